"""When an attempt may begin: at once for one edit, through one gate for many.

Strategy of the gate: a condition over three facts - how many attempts are under
way, when the next may begin, and whether the run was stopped.

Rules:
- No more than ``limit`` attempts at once.  A rate limit halves it; it grows back
  by one after as many successes as it counts.
- A rate limit stops all jobs together until the time the server names.
- ``rpm`` bounds the attempts that begin in any minute, evenly spread.
- `stop` wakes everybody; who waits then is interrupted, since nothing was sent.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Protocol

from nano_edit.errors import InterruptedEdit, QuotaError, Retry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from nano_edit.errors import NanoEditError


TICK = 0.5  # seconds


class Pace(Protocol):
    """When an attempt may begin; many edits at once share one."""

    def turn(self) -> AbstractContextManager[None]:
        """Hold a place for one attempt, waiting for it if need be."""

    def pause(self, seconds: float, error: NanoEditError) -> None:
        """Let the time pass that is to lie between ``error`` and the next try."""


class Alone:
    """The pace of a single edit: at once, and sleeping in between."""

    def turn(self) -> AbstractContextManager[None]:
        """Give a place without waiting."""
        return nullcontext()

    def pause(self, seconds: float, error: NanoEditError) -> None:
        """Sleep; Ctrl-C ends it."""
        del error
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            # A signal that comes just before a sleep begins does not end it.
            time.sleep(min(left, TICK))


class SharedPace:
    """The pace of many edits; its methods may be called from any thread."""

    def __init__(self, jobs: int, rpm: int | None = None) -> None:
        self.limit = jobs  # attempts at once, for now
        self._most = jobs
        self._spacing = 60.0 / rpm if rpm else 0.0  # seconds between two beginnings
        self._running = 0
        self._halvings = 0
        self._successes = 0  # since the limit last changed
        self._not_before = 0.0  # monotonic time of the next beginning
        self._stopped = False
        self._changed = threading.Condition()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold a place for one attempt, waiting for it if need be."""
        halvings = self._begin()
        try:
            yield
        except QuotaError as error:
            # Those that ran side by side were limited by the same thing, once.
            passes = error.retry is Retry.SAFE
            self._end(limited=passes and halvings == self._halvings)
            raise
        except BaseException:
            self._end()
            raise
        self._end(succeeded=True)

    def pause(self, seconds: float, error: NanoEditError) -> None:
        """Let ``seconds`` pass; after a rate limit they pass for everybody."""
        until = time.monotonic() + seconds
        with self._changed:
            if isinstance(error, QuotaError):
                self._not_before = max(self._not_before, until)
                return  # `turn` waits
            self._wait(until)

    def stop(self) -> None:
        """Let nobody begin any more."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _begin(self) -> int:
        """Wait for a place; return how often the limit had been halved by then."""
        with self._changed:
            while (now := time.monotonic()) < self._not_before or (
                self._running >= self.limit
            ):
                self._wait(self._not_before if now < self._not_before else None)
            self._refuse_if_stopped()
            self._not_before = max(self._not_before, now) + self._spacing
            self._running += 1
            return self._halvings

    def _wait(self, until: float | None) -> None:
        """Wait for a change, or for all the time until ``until``."""
        self._refuse_if_stopped()
        if until is None:
            self._changed.wait()
        else:
            self._changed.wait_for(
                lambda: self._stopped, max(0.0, until - time.monotonic())
            )
        self._refuse_if_stopped()

    def _refuse_if_stopped(self) -> None:
        if self._stopped:
            raise InterruptedEdit("Not begun: the run was stopped.")

    def _end(self, *, limited: bool = False, succeeded: bool = False) -> None:
        with self._changed:
            self._running -= 1
            self._successes += succeeded
            if limited:
                self._halvings += 1
                self._set_limit(max(1, self.limit // 2))
            elif self.limit < self._most and self._successes >= self.limit:
                self._set_limit(self.limit + 1)
            self._changed.notify_all()

    def _set_limit(self, limit: int) -> None:
        self.limit, self._successes = limit, 0
