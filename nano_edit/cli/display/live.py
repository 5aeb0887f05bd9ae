"""What a person at a terminal sees while an edit runs: a line that changes.

Strategy: one thread of ours draws, ten times a second, from the stage that
`Progress` notes down.  Rich (`nano_edit.cli.display.drawing`) is loaded by that
thread, when an edit has lasted a moment, so the request never waits for it.

Rules:
- What is drawn is removed at the end, and while the program is stopped by Ctrl-Z;
  the cursor is hidden only as long as something is drawn.
- Sentences are printed above it.
- A terminal that fails ends the drawing and nothing else.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self

from nano_edit.cli.display.progress import EditDisplay, LogDisplay, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from types import ModuleType

    from nano_edit.cli.display.drawing import Screen
    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal
    from nano_edit.domain import EditEvent

FRAME = 0.1  # seconds between two pictures of the line
PATIENCE = 0.3  # seconds; what is over by then needs no line


def display_for(options: Options, terminal: Terminal) -> EditDisplay:
    """Return the display of one edit for this run; a context manager."""
    if options.quiet:
        return EditDisplay(options, terminal)
    if terminal.is_interactive:
        return LiveDisplay(options, terminal)
    return LogDisplay(options, terminal)


class LiveDisplay(EditDisplay):
    """Shows the stage on a line that changes."""

    def __init__(self, options: Options, terminal: Terminal) -> None:
        super().__init__(options, terminal)
        self._usual = "" if options.emulate else usual_wait(options)
        self._area = LiveArea(terminal)
        self._due = 0.0

    def __enter__(self) -> Self:
        self._area.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self._area.__exit__()

    def note(self, text: str) -> None:
        """Tell a sentence, above the line."""
        self._area.say(text)

    def observe(self, event: EditEvent) -> None:
        """Take an event; the first one begins the watch."""
        super().observe(event)
        if self._watch is None:
            self._due = time.monotonic() + PATIENCE
            self._watch = Watch(FRAME, self._look, self._area.clear)

    def _look(self, woken: bool) -> None:
        del woken
        now = time.monotonic()
        if now >= self._due:
            stage = self.progress.stage
            self._area.draw(lambda screen: screen.show_line(stage, now, self._usual))


class LiveArea:
    """The bottom of a terminal: what is drawn there, and what is said above it.

    A context manager; any thread may draw and say.
    """

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._lock = threading.RLock()  # one writes to the terminal at a time
        self._screen: Screen | None = None
        self._is_lost = False  # the terminal has failed
        self._stop_key = _StopKey(self._nothing_drawn)

    def __enter__(self) -> Self:
        self._stop_key.take()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop_key.give_back()
        self.clear()

    def draw(self, draw: Callable[[Screen], None]) -> None:
        """Let ``draw`` put something on the screen; the first time loads Rich."""
        if self._is_lost:
            return
        screen = self._screen or _screen_on(self._terminal)
        with self._lock:
            self._screen = screen
            self._guarded(lambda: draw(screen))

    def say(self, text: str, alarm: str = "") -> None:
        """Print a sentence, above what is drawn; see `Terminal.say`."""
        with self._lock:
            screen, to = self._screen, self._terminal
            if screen is None:
                to.say(text, alarm)
            else:
                shaped, red = to.shaped(text), to.printable(alarm)
                self._guarded(lambda: screen.say(shaped, red))

    def result(self, line: str) -> None:
        """Write a line of result to standard output, above what is drawn."""
        with self._lock:
            # The two streams are, as a rule, one terminal.
            screen = self._screen if self._terminal.stdout_is_tty else None
            if screen:
                self._guarded(screen.close)
            self._terminal.result(line)
            if screen and self._screen:
                self._guarded(screen.open)

    def print_sums(self, rows: list[tuple[str, str]]) -> None:
        """Print the sums of a run, a line each."""
        self._guarded(lambda: _drawing().print_sums(self._terminal, rows))

    def clear(self) -> None:
        """Remove what is drawn."""
        with self._lock:
            screen, self._screen = self._screen, None
            if screen:
                self._guarded(screen.close)

    def _guarded(self, act: Callable[[], None]) -> None:
        try:
            act()
        except (OSError, ValueError):  # ValueError: the stream was closed
            self._screen, self._is_lost = None, True

    @contextmanager
    def _nothing_drawn(self) -> Iterator[None]:
        """Remove what is drawn, and draw nothing, while the program is stopped.

        Called within a signal's handler, whose frame may be writing or hold the lock:
        so it writes past the stream, and does not wait for ever.
        """
        is_held = self._lock.acquire(timeout=PATIENCE)
        try:
            self._write_past(lambda screen: screen.erasure())
            yield
            self._write_past(lambda screen: screen.restoration())
        finally:
            if is_held:
                self._lock.release()

    def _write_past(self, data: Callable[[Screen], bytes]) -> None:
        screen = self._screen
        if screen:
            with suppress(OSError, ValueError):
                os.write(self._terminal.stderr.fileno(), data(screen))


def _drawing() -> ModuleType:
    from nano_edit.cli.display import drawing  # noqa: PLC0415 - loads Rich

    return drawing


def _screen_on(terminal: Terminal) -> Screen:
    screen: Screen = _drawing().Screen(terminal)
    return screen


class _StopKey:
    """Ctrl-Z while something is drawn: the program is stopped within ``around``."""

    def __init__(self, around: Callable[[], AbstractContextManager[None]]) -> None:
        self._around = around
        self._is_ours = False

    def take(self) -> None:
        """Handle the signal, where there is one and nobody else does."""
        if (
            hasattr(signal, "SIGTSTP")
            and threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGTSTP) is signal.SIG_DFL
        ):
            self._is_ours = True
            signal.signal(signal.SIGTSTP, self._stop)

    def give_back(self) -> None:
        """Let the signal do again what it does by itself."""
        if self._is_ours:
            self._is_ours = False
            signal.signal(signal.SIGTSTP, signal.SIG_DFL)

    def _stop(self, *_: object) -> None:
        with self._around():
            signal.signal(signal.SIGTSTP, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTSTP)  # stopped here, until SIGCONT
            signal.signal(signal.SIGTSTP, self._stop)


def usual_wait(options: Options) -> str:
    """Return how long the service is usually silent: seconds seen in real use."""
    if options.size == "4K":
        return "30-150 s at 4K"
    if len(options.images or ()) > 1:
        return "35-140 s with several pictures"
    usual = "20-30 s at 1K"
    return {"512": f"{usual}, less at 512", "2K": f"{usual}, more at 2K"}.get(
        options.size or "", usual
    )
