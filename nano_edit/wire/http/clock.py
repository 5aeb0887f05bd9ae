"""Functions called at their times: one thread for all attempts, however many.

Rules: a function that is called must not wait; it runs in the clock's thread.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Alarm:
    """A call that is to come; `cancel` prevents it."""

    __slots__ = ("call",)

    def __init__(self, call: Callable[[], None]) -> None:
        self.call: Callable[[], None] | None = call

    def cancel(self) -> None:
        """Prevent the call, unless it is being made already."""
        self.call = None


class Clock:
    """Calls functions at their times; its thread starts with the first of them."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._alarms: list[tuple[float, int, Alarm]] = []  # a heap, the next one first
        self._count = itertools.count()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def after(self, seconds: float, call: Callable[[], None]) -> Alarm:
        """Call the function in so many seconds, unless the alarm is cancelled.

        Raises RuntimeError where the system allows no thread.
        """
        alarm = Alarm(call)
        with self._changed:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="clock", daemon=True)
                thread.start()
                self._thread = thread
            when = time.monotonic() + seconds
            heapq.heappush(self._alarms, (when, next(self._count), alarm))
            if self._alarms[0][2] is alarm:
                self._changed.notify()
        return alarm

    def close(self) -> None:
        """End the thread; what has not been called is not called any more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()

    def _run(self) -> None:
        while (alarm := self._next()) is not None:
            if (call := alarm.call) is not None:
                call()

    def _next(self) -> Alarm | None:
        """Wait for the next alarm's time; None when the clock is closed."""
        with self._changed:
            while not self._is_closed:
                if not self._alarms:
                    self._changed.wait()
                elif (left := self._alarms[0][0] - time.monotonic()) > 0:
                    # No longer than a system's lock can wait.
                    self._changed.wait(min(left, threading.TIMEOUT_MAX))
                else:
                    return heapq.heappop(self._alarms)[2]
        return None
