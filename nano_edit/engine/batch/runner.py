"""Many edits at once: a few threads, one queue of what has ended.

Strategy: the threads take jobs from one iterator, so nothing is planned further
ahead than it is worked on; the caller's thread takes the outcomes in the order
they end and is the only one that writes.

Rules:
- One failing job stops no other, unless `Batch.drain` is called.
- Draining begins nothing new and lets what runs, and is paid for, end.
- Stopping ends what runs too; see `Client.stop` and `SharedPace.stop`.
"""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

J = TypeVar("J")
R = TypeVar("R")

TICK = 0.5  # seconds; Windows delivers Ctrl-C only between two waits


@dataclass(frozen=True, slots=True)
class Ended(Generic[J, R]):
    """A job and what its work returned, or the exception that it raised."""

    job: J
    value: R | None
    error: BaseException | None = None


class Batch(Generic[J, R]):
    """Runs ``work(job)`` for every job, ``threads`` at a time.

    Iterate for the outcomes; the iteration ends when all that was begun has.
    """

    def __init__(
        self, jobs: Iterable[J], work: Callable[[J], R], *, threads: int
    ) -> None:
        self._jobs = iter(jobs)
        self._work = work
        self._threads = threads
        self._lock = threading.Lock()
        self._draining = False
        self._ended: queue.SimpleQueue[Ended[J, R] | None] = queue.SimpleQueue()

    def drain(self) -> None:
        """Begin no more jobs; may be called from a signal's handler."""
        self._draining = True

    def __iter__(self) -> Iterator[Ended[J, R]]:
        workers = [
            threading.Thread(target=self._take_jobs, daemon=True)
            for _ in range(self._threads)
        ]
        for worker in workers:
            worker.start()
        left = len(workers)
        while left:
            try:
                ended = self._ended.get(timeout=TICK)
            except queue.Empty:
                continue
            if ended is None:
                left -= 1
            else:
                yield ended

    def _take_jobs(self) -> None:
        try:
            while (job := self._next()) is not None:
                try:
                    self._ended.put(Ended(job, self._work(job)))
                except BaseException as error:  # noqa: BLE001 - told to the caller
                    self._ended.put(Ended(job, None, error))
        finally:
            self._ended.put(None)

    def _next(self) -> J | None:
        with self._lock:
            return None if self._draining else next(self._jobs, None)
