"""The memory that decoded pictures take: one pool for all threads of the process.

Strategy: before pixels are decoded, their bytes are reserved; who finds the pool
too full waits for others to give back.  A picture that alone is larger than the
pool gets it when nobody else has any, so nobody waits for ever.

Rules:
- In order of arrival: a large picture is not overtaken by later small ones.
- A thread reserves once at a time: two reservations could wait for each other.
"""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from threading import Condition
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class MemoryPool:
    """At most ``capacity`` bytes at a time, or one reservation that is larger."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._taken = 0
        self._queue: deque[object] = deque()
        self._changed = Condition()

    @contextmanager
    def reserved(self, size: int) -> Iterator[None]:
        """Hold ``size`` bytes within the block; waits until they are free."""
        self._take(size)
        try:
            yield
        finally:
            with self._changed:
                self._taken -= size
                self._changed.notify_all()

    def _take(self, size: int) -> None:
        ticket = object()
        with self._changed:
            self._queue.append(ticket)
            try:
                self._changed.wait_for(lambda: self._may_take(ticket, size))
                self._taken += size
            finally:
                self._queue.remove(ticket)  # by its turn, or by Ctrl-C
                self._changed.notify_all()

    def _may_take(self, ticket: object, size: int) -> bool:
        if self._queue[0] is not ticket:
            return False
        return self._taken == 0 or self._taken + size <= self._capacity


DECODED = MemoryPool(120_000_000)  # bytes; two photos of 48 megapixels, reduced
