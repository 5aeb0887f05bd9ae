"""Calls that cost nothing, made again when they fail."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, TypeVar

from nano_edit.engine.retry import next_delay
from nano_edit.errors import NanoEditError

if TYPE_CHECKING:
    from collections.abc import Callable

    from nano_edit.engine.retry import RetryPolicy

T = TypeVar("T")


class Repeating:
    """Makes calls again as the retry policy allows, and waits in between."""

    def __init__(
        self,
        policy: RetryPolicy,
        note: Callable[[str], None],
        hide: Callable[[str], str],
    ) -> None:
        self._policy = policy
        self._note = note
        self._hide = hide
        self.pause = min(1.0, policy.max_wait)  # seconds between two looks

    def __call__(self, call: Callable[[], T]) -> T:
        """Return what the call gives, at the first attempt that works."""
        failures = 0
        while True:
            try:
                return call()
            except NanoEditError as error:
                failures += 1
                self.after(error, failures)

    def after(self, error: NanoEditError, failures: int) -> None:
        """Wait after a failure, the last of so many in a row, or raise it."""
        error.message = self._hide(error.message)
        error.args = (error.message,)
        delay = next_delay(self._policy, failures, error, random.random())  # noqa: S311 - jitter
        if delay is None:
            raise error
        self._note(f"{error.message} Again in {delay:.0f} s.")
        time.sleep(delay)
