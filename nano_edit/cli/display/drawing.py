"""What Rich draws at the bottom of a terminal: a line for one edit, a board for many.

Rules:
- Loaded late: Rich takes longer to load than a short edit to make.
- Nothing drawn is wider or taller than the terminal.
- Names and messages come from outside: they are cleaned, and never read as markup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from nano_edit.cli.display.progress import Phase
from nano_edit.units import duration, size_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import OverflowMethod, RenderableType

    from nano_edit.cli.display.progress import Stage
    from nano_edit.cli.terminal import Terminal
    from nano_edit.engine.batch.summary import Summary

BAR = 24  # cells
ROOM = 3  # lines of the terminal that a board leaves for other things
TURNS = 10  # pictures of the spinner a second

HIDE, SHOW = b"\x1b[?25l", b"\x1b[?25h"  # the cursor
ERASE, UP = b"\r\x1b[2K", b"\x1b[1A"  # the line; to the line above


def console_of(terminal: Terminal, **more: Any) -> Console:
    """Return Rich's view of standard error, which is known to be a terminal.

    ``more`` goes to `rich.console.Console` as it is.
    """
    return _Console(
        file=terminal.stderr,
        force_terminal=True,  # asked already; FORCE_COLOR and others are not
        force_interactive=True,
        markup=False,
        emoji=False,
        highlight=False,
        _environ=terminal.environ,
        **more,
    )


class _Console(Console):
    """Rich's console, which does not end the program when its reader has gone."""

    def on_broken_pipe(self) -> None:
        """Raise; Rich's own exits, and turns standard output away too."""
        raise BrokenPipeError


class Screen:
    """The bottom lines of a terminal, which change until they are closed."""

    def __init__(self, terminal: Terminal) -> None:
        self._console = console_of(terminal)
        self._shown: RenderableType = ""
        self._height = 1  # lines of what is shown
        self.open()

    def open(self) -> None:
        """Draw below what is there."""
        self._live = Live(  # a new one, since it counts lines from here
            self._shown,
            console=self._console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,  # results go there, and not through Rich
            redirect_stderr=False,
        )
        self._live.start(refresh=True)

    def close(self) -> None:
        """Remove what is drawn and show the cursor."""
        self._live.stop()

    def say(self, text: str, alarm: str = "") -> None:
        """Print text that is wrapped already above what is drawn, ``alarm`` in red."""
        said = Text(text)
        if text.startswith(alarm):
            said.stylize("red", 0, len(alarm))
        self._console.print(said, soft_wrap=True)

    def show_line(self, stage: Stage, now: float, usual: str) -> None:
        """Show one edit as it is at the time ``now``."""
        self._show(line_of(stage, now, usual, self._console), 1)

    def show_text(self, text: str) -> None:
        """Show a line of text."""
        self._show(Text(text, "dim", no_wrap=True, overflow="ellipsis"), 1)

    def show_board(
        self,
        running: Sequence[tuple[str, Stage]],
        summary: Summary,
        now: float,
        seconds: float,
    ) -> None:
        """Show many edits as they are at the time ``now``, ``seconds`` after the start.

        ``running`` are the names and stages of those under way, the oldest first.
        """
        self._show(*board_of(running, summary, now, seconds, self._console))

    def _show(self, shown: RenderableType, height: int) -> None:
        self._shown, self._height = shown, height
        self._live.update(shown, refresh=True)

    def erasure(self) -> bytes:
        """Return what removes the lines and shows the cursor, written as it is."""
        return ERASE + (UP + ERASE) * (self._height - 1) + SHOW

    def restoration(self) -> bytes:
        """Return what makes place for the lines again and hides the cursor."""
        return b"\n" * (self._height - 1) + HIDE


def print_sums(terminal: Terminal, rows: Iterable[tuple[str, str]]) -> None:
    """Print the sums of a run, a line each."""
    table = Table.grid(padding=(0, 2))
    for name, value in rows:
        style = "red" if name == "failed" else ""
        table.add_row(Text(name, "dim"), Text(value, style))
    console_of(terminal).print(table)


# --- one edit ------------------------------------------------------------------


def line_of(stage: Stage, now: float, usual: str, console: Console) -> RenderableType:
    """Return the line for a stage at the time ``now``, with a bar where it has one."""
    head = Text.assemble(
        (_spinner(now, console), "cyan"), f" {stage.phase.value.capitalize()} "
    )
    facts = Text(facts_of(stage, now, usual), "dim")
    overflow = _overflow(console)
    line = Table.grid()
    line.add_column(no_wrap=True, overflow=overflow)
    if stage.phase not in {Phase.SENDING, Phase.RECEIVING} or not stage.total:
        line.add_row(head.append_text(facts))
        return line
    line.add_column(max_width=BAR)  # the one that gives way in a narrow terminal
    line.add_column(no_wrap=True, overflow=overflow)
    bar = ProgressBar(total=stage.total, completed=stage.done)
    line.add_row(head, bar, Text(" ").append_text(facts))
    return line


def facts_of(stage: Stage, now: float, usual: str) -> str:
    """Return what is known in numbers of a stage at the time ``now``."""
    seconds = max(0.0, now - stage.began)
    facts = [f"{seconds:.0f} s"]
    match stage.phase:
        case Phase.SENDING:
            facts = [f"{size_text(stage.done)} of {size_text(stage.total or 0)}"]
        case Phase.WAITING if usual:
            facts.append(f"(usually {usual})")
        case Phase.RECEIVING:
            facts = [size_text(stage.done)]
            if seconds >= 0.5:  # before that the speed is a guess
                facts.append(f"{size_text(stage.done / seconds)}/s")
        case Phase.PAUSING:
            facts = [f"{max(0.0, (stage.total or 0) - seconds):.0f} s left"]
    if stage.attempt > 1:
        facts.append(f"attempt {stage.attempt}")
    return "  ".join(facts)


def _spinner(now: float, console: Console) -> str:
    frames = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏" if _is_unicode(console) else "|/-\\"
    return frames[int(now * TURNS) % len(frames)]


def _is_unicode(console: Console) -> bool:
    return console.encoding.startswith("utf")


def _overflow(console: Console) -> OverflowMethod:
    return "ellipsis" if _is_unicode(console) else "crop"


# --- many edits ----------------------------------------------------------------


def board_of(
    running: Sequence[tuple[str, Stage]],
    summary: Summary,
    now: float,
    seconds: float,
    console: Console,
) -> tuple[RenderableType, int]:
    """Return the board and its lines: the oldest edits, as many as fit, and the bar."""
    most = max(1, console.height - ROOM)
    shown = running[: most if len(running) <= most else most - 1]
    overflow = _overflow(console)
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, overflow=overflow, max_width=console.width // 2)
    table.add_column(no_wrap=True, overflow=overflow)
    table.add_column(no_wrap=True, overflow=overflow)
    for name, stage in shown:
        table.add_row(Text(name), stage.phase.value, facts_of(stage, now, ""))
    parts: list[RenderableType] = [table] if shown else []
    if more := len(running) - len(shown):
        parts.append(Text(f"and {more} more", "dim"))
    bar = _bar(summary, seconds, overflow)
    return Group(*parts, bar), len(shown) + bool(more) + 1


def _bar(summary: Summary, seconds: float, overflow: OverflowMethod) -> RenderableType:
    line = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(4):
        line.add_column(no_wrap=True, overflow=overflow)
    line.add_row(
        ProgressBar(total=summary.total, completed=summary.ended, width=BAR),
        Text(f"{summary.ended} of {summary.total}", "bold"),
        Text(f"{summary.failed} failed" if summary.failed else "", "red"),
        Text(duration(seconds), "dim"),
    )
    return line
