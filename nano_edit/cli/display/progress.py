"""What is told while one edit runs: its stage, and sentences.

Strategy: `Progress.observe` only notes down which stage the edit is in and how
far it has come, so the bytes never wait for a line to be written.  A second
thread (`Watch`) reads those notes: every 15 s for a log, ten times a second for
a terminal (`nano_edit.cli.display.live`).

Rules:
- Standard error only; ``--quiet`` leaves errors alone.
- What is no terminal gets plain lines, whatever the environment says of colours.
- Every thread has ended when the ``with`` block has.
- A stream that fails ends the telling and nothing else.
"""

from __future__ import annotations

import threading
import time
from enum import Enum
from typing import TYPE_CHECKING, Self

from nano_edit.domain import (
    AttemptStarted,
    BytesReceived,
    BytesSent,
    Connected,
    EditEvent,
    Finishing,
    Note,
    Preparing,
    ReplyStarted,
    RequestSent,
    RetryScheduled,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal

HEARTBEAT = 15.0  # seconds; CI services end a job that is silent for minutes


class Phase(Enum):
    """The phases of an edit, each with the words for it."""

    PREPARING = "preparing"
    CONNECTING = "connecting"
    SENDING = "sending"
    WAITING = "waiting for the model"
    RECEIVING = "receiving"
    FINISHING = "checking and saving the picture"
    PAUSING = "waiting for the next attempt"


class Stage:
    """Where an edit is; ``done`` alone changes, many times a second."""

    __slots__ = ("attempt", "began", "done", "phase", "total")

    def __init__(
        self,
        phase: Phase,
        began: float,  # time.monotonic()
        attempt: int = 1,
        total: float | None = None,  # bytes; of a pause: seconds
        done: int = 0,  # bytes
    ) -> None:
        self.phase = phase
        self.began = began
        self.attempt = attempt
        self.total = total
        self.done = done


class Progress:
    """Follows the events of one edit; ``note`` is given its sentences."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note = note
        self._attempt = 1
        self._total = 0  # bytes of the request
        self.stage = Stage(Phase.PREPARING, time.monotonic())

    def observe(self, event: EditEvent) -> None:
        """Take an event of the edit."""
        match event:
            case BytesSent(done) | BytesReceived(done):
                self.stage.done = done
            case Note(text):
                self._note(text)
            case Preparing():
                self._enter(Phase.PREPARING)
            case AttemptStarted(number, total):
                self._attempt, self._total = number, total
                self._enter(Phase.CONNECTING)
            case Connected():
                self._enter(Phase.SENDING, self._total)
            case RequestSent():
                self._enter(Phase.WAITING)
            case ReplyStarted(_, length):
                self._enter(Phase.RECEIVING, length)
            case Finishing():
                self._enter(Phase.FINISHING)
            case RetryScheduled(number, delay, reason):
                self._note(retry_text(number, delay, reason))
                self._attempt = number + 1
                self._enter(Phase.PAUSING, delay)
            case _:  # no phase begins with it
                pass

    def _enter(self, phase: Phase, total: float | None = None) -> None:
        self.stage = Stage(phase, time.monotonic(), self._attempt, total)


def retry_text(number: int, delay: float, reason: str) -> str:
    """Return the line that says why attempt ``number`` is not the last one."""
    when = f"in {delay:.{0 if delay >= 10 else 1}f} s" if delay else "at once"
    return f"Attempt {number} failed: {reason} Attempt {number + 1} begins {when}."


class Watch:
    """A thread that looks every ``interval`` seconds, and at once when woken.

    ``look`` is called with whether it was woken.  The thread is no daemon: what
    it put on the screen is removed however the program ends.
    """

    def __init__(
        self,
        interval: float,
        look: Callable[[bool], None],
        leave: Callable[[], None] = lambda: None,
    ) -> None:
        self._interval = interval
        self._look = look
        self._leave = leave
        self._signal = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="progress")
        try:
            self._thread.start()
        except KeyboardInterrupt:  # `start` waits, so it is where Ctrl-C comes
            self._ended = True
            self._signal.set()
            raise

    def wake(self) -> None:
        """Let it look now; the next interval begins anew."""
        self._signal.set()

    def end(self) -> None:
        """End the thread and wait for it."""
        self._ended = True
        self._signal.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            # A program whose main thread died unheard must not be kept alive.
            while not self._ended and threading.main_thread().is_alive():
                woken = self._signal.wait(self._interval)
                self._signal.clear()
                if not self._ended:
                    self._look(woken)
        except OSError:
            pass  # the terminal or the log is gone: nobody is left to be told
        finally:
            self._leave()


class EditDisplay:
    """Tells the sentences of one edit and nothing of its progress: ``--quiet``.

    Also the base of the displays that show progress.
    """

    def __init__(self, options: Options, terminal: Terminal) -> None:
        self._quiet = options.quiet
        self._terminal = terminal
        self._watch: Watch | None = None
        self.progress = Progress(self.note)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._watch:
            self._watch.end()

    def note(self, text: str) -> None:
        """Tell a sentence."""
        if not self._quiet:
            self._terminal.say(text)

    def observe(self, event: EditEvent) -> None:
        """Take an event of the edit."""
        self.progress.observe(event)


class LogDisplay(EditDisplay):
    """Writes a line each ``interval`` seconds that a stage lasts."""

    def __init__(
        self, options: Options, terminal: Terminal, interval: float = HEARTBEAT
    ) -> None:
        super().__init__(options, terminal)
        self._interval = interval

    def observe(self, event: EditEvent) -> None:
        """Take an event; a new stage begins a new interval."""
        before = self.progress.stage
        super().observe(event)
        if self._watch is None:
            self._watch = Watch(self._interval, self._look)
        elif self.progress.stage is not before:
            self._watch.wake()

    def _look(self, woken: bool) -> None:
        if not woken:
            stage = self.progress.stage
            seconds = time.monotonic() - stage.began
            self.note(f"still {stage.phase.value}, {seconds:.0f} s so far")
