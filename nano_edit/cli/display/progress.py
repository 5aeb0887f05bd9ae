"""What is told while one edit runs, to a person and to a log.

Strategy: `Display.observe` only notes down which stage the edit is in and how
far it has come, so the bytes never wait for a line to be written.  A second
thread reads those notes: every 15 s for a log, ten times a second for a
terminal (`nano_edit.cli.display.live`).

Rules:
- Standard error only; ``--quiet`` leaves errors alone.
- What is no terminal gets plain lines, whatever the environment says of colours.
- Every thread has ended when the ``with`` block has.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
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
    ReplyStarted,
    RequestSent,
    RetryScheduled,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal

HEARTBEAT = 15.0  # seconds; CI services end a job that is silent for minutes


class Kind(Enum):
    """The stages of an edit, each with the words for it."""

    CONNECTING = "connecting"
    SENDING = "sending"
    WAITING = "waiting for the model"
    RECEIVING = "receiving"
    FINISHING = "checking and saving the picture"
    PAUSING = "waiting for the next attempt"


@dataclass(slots=True)
class Stage:
    """Where an edit is; ``done`` alone changes, many times a second."""

    kind: Kind
    began: float  # time.monotonic()
    attempt: int = 1
    total: float | None = None  # bytes; of a pause: seconds
    done: int = 0  # bytes


class Display:
    """Tells what is said in words, and notes the stages down."""

    def __init__(self, options: Options, terminal: Terminal) -> None:
        self._quiet = options.quiet
        self._terminal = terminal
        self._attempt = 1
        self._total = 0  # bytes of the request
        self.stage: Stage | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def note(self, text: str) -> None:
        """Tell a sentence."""
        if not self._quiet:
            self._terminal.say(text)

    def observe(self, event: EditEvent) -> None:
        """Take an event of the edit."""
        match event:
            case BytesSent(done) | BytesReceived(done):
                if self.stage:
                    self.stage.done = done
            case Note(text):
                self.note(text)
            case AttemptStarted(number, total):
                self._attempt, self._total = number, total
                self._enter(Kind.CONNECTING)
            case Connected():
                self._enter(Kind.SENDING, self._total)
            case RequestSent():
                self._enter(Kind.WAITING)
            case ReplyStarted(_, length):
                self._enter(Kind.RECEIVING, length)
            case Finishing():
                self._enter(Kind.FINISHING)
            case RetryScheduled(number, delay, reason):
                self.note(retry_text(number, delay, reason))
                self._attempt = number + 1
                self._enter(Kind.PAUSING, delay)
            case _:  # what comes before the first attempt
                pass

    def _enter(self, kind: Kind, total: float | None = None) -> None:
        self.stage = Stage(kind, time.monotonic(), self._attempt, total)


def retry_text(number: int, delay: float, reason: str) -> str:
    """Return the line that says why attempt ``number`` is not the last one."""
    return (
        f"Attempt {number} failed: {reason} "
        f"Attempt {number + 1} begins in {delay:.{0 if delay >= 10 else 1}f} s."
    )


class Watch:
    """A thread that looks every ``interval`` seconds, and at once when woken.

    ``look`` is called with whether it was woken.  The thread is no daemon: what
    it put on the screen is taken away again however the program ends.
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


class LogDisplay(Display):
    """Writes a line each ``interval`` seconds that a stage lasts."""

    def __init__(
        self, options: Options, terminal: Terminal, interval: float = HEARTBEAT
    ) -> None:
        super().__init__(options, terminal)
        self._interval = interval
        self._watch: Watch | None = None

    def __exit__(self, *_: object) -> None:
        if self._watch:
            self._watch.end()

    def _enter(self, kind: Kind, total: float | None = None) -> None:
        super()._enter(kind, total)
        if self._watch:
            self._watch.wake()
        else:
            self._watch = Watch(self._interval, self._look)

    def _look(self, woken: bool) -> None:
        if not woken and (stage := self.stage):
            seconds = time.monotonic() - stage.began
            self.note(f"still {stage.kind.value}, {seconds:.0f} s so far")
