"""The line that changes on a terminal while an edit runs, and is gone at its end.

Strategy: one thread of ours draws, ten times a second, from the stage that
`Display` notes down; Rich's own thread is not started.  Rich is loaded by that
thread, when an edit has lasted a moment, so the request never waits for it.

Rules:
- One line, never wider than the terminal; sentences are printed above it.
- The thread that hid the cursor shows it again, whatever happened meanwhile.
- Text from outside is cleaned, and never read as Rich's markup.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from nano_edit.cli.display.progress import Display, Kind, Stage, Watch
from nano_edit.units import size_text

if TYPE_CHECKING:
    from rich.console import Console, OverflowMethod, RenderableType

    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal

FRAME = 0.1  # seconds between two pictures of the line
PATIENCE = 0.3  # seconds; what is over by then needs no line
BAR = 24  # cells


class LiveDisplay(Display):
    """Shows the stage on a line that changes."""

    def __init__(self, options: Options, terminal: Terminal) -> None:
        super().__init__(options, terminal)
        self._typical = "" if options.emulate else typical_wait(options)
        self._lock = threading.Lock()  # one writes to the terminal at a time
        self._screen: _Screen | None = None
        self._watch: Watch | None = None
        self._due = 0.0

    def __exit__(self, *_: object) -> None:
        if self._watch:
            self._watch.end()

    def note(self, text: str) -> None:
        """Tell a sentence, above the line."""
        with self._lock:
            if self._screen:
                self._screen.say(self._terminal.printable(text))
            else:
                super().note(text)

    def _enter(self, kind: Kind, total: float | None = None) -> None:
        super()._enter(kind, total)
        if not self._watch:
            self._due = time.monotonic() + PATIENCE
            self._watch = Watch(FRAME, self._look, self._leave)

    def _look(self, woken: bool) -> None:
        del woken
        now, stage = time.monotonic(), self.stage
        if stage and now >= self._due:
            screen = self._screen or _Screen(self._terminal)
            with self._lock:
                self._screen = screen
                screen.draw(stage, now, self._typical)

    def _leave(self) -> None:
        with self._lock:
            screen, self._screen = self._screen, None
            if screen:
                screen.close()


class _Screen:
    """The bottom line of a terminal, drawn by Rich."""

    def __init__(self, terminal: Terminal) -> None:
        from rich.live import Live  # noqa: PLC0415 - see above

        self._console = console_of(terminal)
        self._live = Live(
            console=self._console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,  # results go there, and not through Rich
            redirect_stderr=False,
        )
        self._live.start()

    def draw(self, stage: Stage, now: float, typical: str) -> None:
        unicode = self._console.encoding.startswith("utf")
        self._live.update(line_of(stage, now, typical, unicode=unicode), refresh=True)

    def say(self, text: str) -> None:
        from rich.text import Text  # noqa: PLC0415 - see above

        self._console.print(Text(text), soft_wrap=True)

    def close(self) -> None:
        self._live.stop()


def console_of(terminal: Terminal, **more: Any) -> Console:
    """Return Rich's view of standard error, which is known to be a terminal.

    ``more`` goes to `rich.console.Console` as it is.
    """
    from rich.console import Console  # noqa: PLC0415 - see above

    return Console(
        file=terminal.stderr,
        force_terminal=True,  # asked already; FORCE_COLOR and others are not
        force_interactive=True,
        markup=False,
        emoji=False,
        highlight=False,
        _environ=terminal.environ,
        **more,
    )


def typical_wait(options: Options) -> str:
    """Return how long the service is silent as a rule: seconds seen in real use."""
    if options.size == "4K":
        return "30-150 s at 4K"
    if len(options.images or ()) > 1:
        return "35-140 s with several pictures"
    usual = "20-30 s at 1K"
    return {"512": f"{usual}, less at 512", "2K": f"{usual}, more at 2K"}.get(
        options.size or "", usual
    )


def line_of(
    stage: Stage, now: float, typical: str, *, unicode: bool = True
) -> RenderableType:
    """Return the line for a stage at the time ``now``, with a bar where it has one."""
    from rich.progress_bar import ProgressBar  # noqa: PLC0415 - see above
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    overflow: OverflowMethod = "ellipsis" if unicode else "crop"
    head = Text.assemble(
        (_spinner(now, unicode=unicode), "cyan"), f" {stage.kind.value.capitalize()} "
    )
    facts = Text(facts_of(stage, now, typical), "dim")
    line = Table.grid()
    line.add_column(no_wrap=True, overflow=overflow)
    if stage.kind not in {Kind.SENDING, Kind.RECEIVING} or not stage.total:
        line.add_row(head.append_text(facts))
        return line
    line.add_column(max_width=BAR)  # the one that gives way in a narrow terminal
    line.add_column(no_wrap=True, overflow=overflow)
    bar = ProgressBar(total=stage.total, completed=stage.done)
    line.add_row(head, bar, Text(" ").append_text(facts))
    return line


def facts_of(stage: Stage, now: float, typical: str) -> str:
    """Return what is known in numbers of a stage at the time ``now``."""
    seconds = max(0.0, now - stage.began)
    facts = [f"{seconds:.0f} s"]
    match stage.kind:
        case Kind.SENDING:
            facts = [f"{size_text(stage.done)} of {size_text(stage.total or 0)}"]
        case Kind.WAITING if typical:
            facts.append(f"(typically {typical})")
        case Kind.RECEIVING:
            facts = [size_text(stage.done)]
            if seconds >= 0.5:  # before that the speed is a guess
                facts.append(f"{size_text(stage.done / seconds)}/s")
        case Kind.PAUSING:
            facts = [f"{max(0.0, (stage.total or 0) - seconds):.0f} s left"]
    if stage.attempt > 1:
        facts.append(f"attempt {stage.attempt}")
    return "  ".join(facts)


def _spinner(now: float, *, unicode: bool) -> str:
    frames = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏" if unicode else "|/-\\"
    return frames[int(now / FRAME) % len(frames)]
