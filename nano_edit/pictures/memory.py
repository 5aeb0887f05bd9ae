"""The memory that decoded pictures take: one pool for all threads of the process.

Strategy: before pixels are decoded, their bytes are reserved; who finds the pool
too full waits for others to give back.  A picture that alone is larger than the
pool gets it when nobody else has any, so nobody waits for ever.

Rules:
- In order of arrival: a large picture is not overtaken by later small ones.
- A thread that holds memory gets more at once: were it to wait, two could wait for
  each other, or one for itself.
"""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager, suppress
from functools import cache
from threading import Condition, local
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TICK = 0.1  # seconds, after which a wait is looked at again


class MemoryPool:
    """At most ``capacity`` bytes at a time, or one reservation that is larger."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._taken = 0
        self._queue: deque[object] = deque()
        self._changed = Condition()
        self._mine = local()  # `count`: the reservations of this thread

    @contextmanager
    def reserved(
        self, size: int, go_on: Callable[[], None] | None = None
    ) -> Iterator[None]:
        """Hold ``size`` bytes within the block; waits until they are free.

        While it waits it calls ``go_on``; what that raises ends the wait.
        """
        held = getattr(self._mine, "count", 0)
        self._take(size, go_on or _for_ever, at_once=held > 0)
        self._mine.count = held + 1
        try:
            yield
        finally:
            self._mine.count = held
            with self._changed:
                self._taken -= size
                self._changed.notify_all()

    def _take(self, size: int, go_on: Callable[[], None], *, at_once: bool) -> None:
        ticket = object()
        with self._changed:
            if at_once:
                self._taken += size
                return
            self._queue.append(ticket)
            try:
                while not self._may_take(ticket, size):
                    go_on()
                    self._changed.wait(_TICK)
                self._taken += size
            finally:
                self._queue.remove(ticket)  # its turn has come, or it gives up
                self._changed.notify_all()

    def _may_take(self, ticket: object, size: int) -> bool:
        if self._queue[0] is not ticket:
            return False
        return self._taken == 0 or self._taken + size <= self._capacity


def give_back() -> None:
    """Give free memory back to the system, where the C library can (glibc's)."""
    with suppress(AttributeError):
        c_library().malloc_trim(0)


@cache
def c_library() -> Any:
    """Return the C library, or what has none of its functions."""
    try:
        import ctypes  # noqa: PLC0415 - for many edits and large pictures alone

        return ctypes.CDLL(None)
    except (ImportError, TypeError, OSError):  # pragma: no cover - Windows
        return None


def _for_ever() -> None:
    """Let a wait last as long as it takes."""


DECODED = MemoryPool(120_000_000)  # bytes; two photos of 48 megapixels, reduced
