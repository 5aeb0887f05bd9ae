"""When an attempt may begin: one gate for all edits of an `Editor`.

Strategy: a condition over three facts - how many attempts are under way, when the
next may begin, and whether the run was stopped.

Rules:
- No more than ``limit`` attempts at once, if there is a limit.  A rate limit halves
  it; it grows back by one after as many successes as it counts (AIMD).
- A rate limit stops all edits together until the time the server names.
- ``rpm`` bounds the attempts that begin in any minute, evenly spread.
- `stop` wakes everybody; who waits then is interrupted, since nothing was sent.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nano_edit.errors import InterruptedEdit, QuotaError, Retry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nano_edit.errors import NanoEditError

TICK = 0.5  # seconds; a signal that comes just before a wait begins does not end it


class RateGate:
    """Lets attempts begin; its methods may be called from any thread."""

    def __init__(self, most: int | None = None, rpm: int | None = None) -> None:
        self.limit = most  # attempts at once, for now; None: no limit
        self._most = most
        self._spacing = 60.0 / rpm if rpm else 0.0  # seconds between two beginnings
        self._running = 0
        self._halvings = 0
        self._successes = 0  # since the limit last changed
        self._not_before = 0.0  # monotonic time of the next beginning
        self._stopped = False
        self._changed = threading.Condition()

    def allow(self, most: int | None) -> None:
        """Open the gate, for at most ``most`` attempts at once; None: no limit."""
        with self._changed:
            self.limit = self._most = most
            self._stopped = False

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold a slot for one attempt, waiting for it if need be."""
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
                return  # `slot` waits
            self._wait(lambda: False, until)

    def stop(self) -> None:
        """Let nobody begin any more."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def check(self) -> None:
        """Raise InterruptedEdit once it is stopped; for long work before a slot."""
        if self._stopped:
            raise InterruptedEdit("Not begun: the run was stopped.")

    def _begin(self) -> int:
        """Wait for a slot; return how often the limit had been halved by then."""
        with self._changed:
            while (now := time.monotonic()) < self._not_before or self._is_full():
                if now < self._not_before:
                    self._wait(lambda: False, self._not_before)
                else:
                    self._wait(lambda: not self._is_full(), None)
            self.check()
            self._not_before = max(self._not_before, now) + self._spacing
            self._running += 1
            return self._halvings

    def _is_full(self) -> bool:
        return self.limit is not None and self._running >= self.limit

    def _wait(self, ready: Callable[[], bool], until: float | None) -> None:
        """Wait until ``ready()``, or for all the time until ``until``."""
        while not ready():
            self.check()
            left = TICK if until is None else min(TICK, until - time.monotonic())
            if left <= 0:
                break
            self._changed.wait(left)
        self.check()

    def _end(self, *, limited: bool = False, succeeded: bool = False) -> None:
        with self._changed:
            self._running -= 1
            self._successes += succeeded
            if self.limit is not None and self._most is not None:
                if limited:
                    self._halvings += 1
                    self._set_limit(max(1, self.limit // 2))
                elif self.limit < self._most and self._successes >= self.limit:
                    self._set_limit(self.limit + 1)
            self._changed.notify_all()

    def _set_limit(self, limit: int) -> None:
        self.limit, self._successes = limit, 0
