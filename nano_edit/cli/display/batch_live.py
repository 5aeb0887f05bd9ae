"""The board that changes on a terminal while many edits run, gone at their end.

Strategy: as for one edit (`nano_edit.cli.display.live`), a thread draws from what
the others noted down: a line for each edit under way, then a bar over all.  What
stays is printed above the board: failures, notes, and results if they go to the
terminal too.

Rules:
- The board is never taller or wider than the terminal.
- Names and messages come from outside: they are cleaned, and never markup.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nano_edit.cli.display.batch_log import BatchDisplay, sums
from nano_edit.cli.display.live import BAR, PATIENCE, console_of, facts_of
from nano_edit.units import duration

if TYPE_CHECKING:
    from typing import Any

    from rich.console import Console, RenderableType
    from rich.live import Live

    from nano_edit.cli.display.batch_log import Running
    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal
    from nano_edit.engine.batch.summary import Summary

FRAME = 0.2  # seconds between two pictures of the board
ROOM = 3  # lines of the terminal that the board leaves for other things


class LiveBatch(BatchDisplay):
    """Shows many edits on a board."""

    def __init__(self, options: Options, terminal: Terminal) -> None:
        super().__init__(options, terminal, interval=FRAME)
        self._due = self._began + PATIENCE
        self._screen: Screen | None = None

    def _look(self, woken: bool) -> None:
        del woken
        now = time.monotonic()
        if now < self._due:
            return
        screen = self._screen or Screen(self.terminal)
        with self._lock:
            self._screen = screen
            screen.draw(list(self._running.values()), self.summary, now, self._began)

    def _leave(self) -> None:
        with self._lock:
            screen, self._screen = self._screen, None
            if screen:
                screen.close()

    def _say(self, text: str) -> None:
        with self._lock:
            if self._screen:
                self._screen.say(self.terminal.printable(text))
            else:
                super()._say(text)

    def _result(self, line: str) -> None:
        with self._lock:
            if not self._screen or not self.terminal.stdout_is_tty:
                super()._result(line)
                return
            self._screen.close()  # the two streams are, as a rule, one terminal
            super()._result(line)
            self._screen.open()

    def _tell_done(self, record: dict[str, Any]) -> None:
        """Let the bar tell it."""

    def _tell_sums(self) -> None:
        from rich.table import Table  # noqa: PLC0415 - loaded late, as all of Rich
        from rich.text import Text  # noqa: PLC0415

        table = Table.grid(padding=(0, 2))
        for name, value in sums(self.summary, time.monotonic() - self._began):
            style = "red" if name == "failed" else ""
            table.add_row(Text(name, "dim"), Text(value, style))
        console_of(self.terminal).print(table)


class Screen:
    """The bottom lines of a terminal, drawn by Rich."""

    def __init__(self, terminal: Terminal) -> None:
        self._console = console_of(terminal)
        self._board: RenderableType = ""
        self.open()

    def open(self) -> None:
        """Put the board up below what is there."""
        from rich.live import Live  # noqa: PLC0415 - see above

        self._live: Live = Live(
            self._board,
            console=self._console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start(refresh=True)  # a new one: it counts lines from here

    def draw(
        self, running: list[Running], summary: Summary, now: float, began: float
    ) -> None:
        """Draw the board as it is at the time ``now``."""
        self._board = board_of(running, summary, now, now - began, self._console)
        self._live.update(self._board, refresh=True)

    def say(self, text: str) -> None:
        """Print a sentence above the board."""
        from rich.text import Text  # noqa: PLC0415 - see above

        self._console.print(Text(text), soft_wrap=True)

    def close(self) -> None:
        """Take the board away."""
        self._live.stop()


def board_of(
    running: list[Running],
    summary: Summary,
    now: float,
    seconds: float,
    console: Console,
) -> RenderableType:
    """Return the board: the oldest edits under way, as many as fit, and the bar."""
    from rich.console import Group  # noqa: PLC0415 - see above
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    unicode = console.encoding.startswith("utf")
    overflow: Any = "ellipsis" if unicode else "crop"
    most = max(1, console.height - ROOM)
    shown = running[: most if len(running) <= most else most - 1]
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, overflow=overflow, max_width=console.width // 2)
    table.add_column(no_wrap=True, overflow=overflow)
    table.add_column(no_wrap=True, overflow=overflow)
    for edit in shown:
        table.add_row(Text(edit.name), *map(Text, _stage_of(edit, now)))
    parts: list[RenderableType] = [table] if shown else []
    if more := len(running) - len(shown):
        parts.append(Text(f"and {more} more", "dim"))
    return Group(*parts, _bar(summary, seconds, overflow))


def _stage_of(edit: Running, now: float) -> tuple[str, str]:
    stage = edit.stage
    if stage is None:
        return "preparing", ""
    return stage.kind.value, facts_of(stage, now, "")


def _bar(summary: Summary, seconds: float, overflow: Any) -> RenderableType:
    from rich.progress_bar import ProgressBar  # noqa: PLC0415 - see above
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    facts = f"{summary.ended} of {summary.total}"
    line = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(4):
        line.add_column(no_wrap=True, overflow=overflow)
    line.add_row(
        ProgressBar(total=summary.total, completed=summary.ended, width=BAR),
        Text(facts, "bold"),
        Text(f"{summary.failed} failed" if summary.failed else "", "red"),
        Text(duration(seconds), "dim"),
    )
    return line


def batch_display_for(options: Options, terminal: Terminal) -> BatchDisplay:
    """Choose how to tell: in lines, or on a board that changes."""
    if terminal.is_interactive and not options.quiet:
        return LiveBatch(options, terminal)
    return BatchDisplay(options, terminal)
