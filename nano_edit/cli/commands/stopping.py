"""What ends a run before its time: signals, and errors that all edits would meet.

Rules:
- The first signal begins nothing new and keeps what is under way, since that is
  paid for; a second one, or 30 s after SIGTERM, ends it.
- A refused key, an empty account and, if asked for, any failure drain as well.
- A signal's handler only starts a thread: the frame it interrupts may hold a lock.
"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nano_edit.errors import (
    AuthError,
    QuotaError,
    Retry,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nano_edit.cli.commands.work import Work
    from nano_edit.cli.display.batch_log import BatchDisplay
    from nano_edit.errors import NanoEditError

GRACE = 30.0  # seconds that what is under way gets after SIGTERM


@contextmanager
def drained_by_signals(work: Work, display: BatchDisplay) -> Iterator[None]:
    """While inside, the first Ctrl-C or SIGTERM drains and the second stops."""
    reactions: list[threading.Thread] = []

    def take(signum: int, _: object) -> None:
        # Locks may be held by the very frame that was interrupted.
        react = _stop if reactions else _drain
        display.tally.stopped_by = display.tally.stopped_by or signum
        reactions.append(threading.Thread(target=react, args=(signum, work, display)))
        reactions[-1].start()

    # A shell's background job ignores Ctrl-C, and is to go on doing so.
    before = {
        each: signal.signal(each, take)
        for each in (signal.SIGINT, signal.SIGTERM)
        if signal.getsignal(each) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for each, earlier in before.items():
            signal.signal(each, earlier)
        for reaction in reactions:
            reaction.join()


def _drain(signum: int, work: Work, display: BatchDisplay) -> None:
    work.drain()
    terminated = signum == signal.SIGTERM
    end = (
        f"They are ended in {GRACE:.0f} s" if terminated else "Another Ctrl-C ends them"
    )
    display.note(
        f"{'Terminated' if terminated else 'Interrupted'}: no new edits are begun. "
        f"Those under way are paid for and go on. {end}."
    )
    if terminated:
        timer = threading.Timer(GRACE, work.stop)
        timer.daemon = True
        timer.start()


def _stop(signum: int, work: Work, display: BatchDisplay) -> None:
    del signum
    work.stop()
    display.note("Stopped: the edits under way are ended; they may be billed.")


def is_for_all(error: NanoEditError) -> bool:
    """Whether every other edit would meet this error too."""
    return isinstance(error, AuthError) or (
        isinstance(error, QuotaError) and error.retry is Retry.NEVER
    )
