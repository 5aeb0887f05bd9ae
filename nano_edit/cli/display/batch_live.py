"""What a person at a terminal sees while many edits run: a board that changes.

Strategy: as for one edit (`nano_edit.cli.display.live`): a thread draws a line for
each edit under way, then a bar over all.  What stays is printed above the board:
failures, notes, and results if they go to the terminal too.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from nano_edit.cli.display.batch_log import BatchDisplay
from nano_edit.cli.display.live import PATIENCE, LiveArea

if TYPE_CHECKING:
    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal
    from nano_edit.engine.records import Record

FRAME = 0.2  # seconds between two pictures of the board


def batch_display_for(options: Options, terminal: Terminal) -> BatchDisplay:
    """Return the display of many edits for this run: lines, or a board."""
    if terminal.is_interactive and not options.quiet:
        return LiveBatchDisplay(options, terminal)
    return BatchDisplay(options, terminal)


class LiveBatchDisplay(BatchDisplay):
    """Shows many edits on a board."""

    def __init__(self, options: Options, terminal: Terminal) -> None:
        super().__init__(options, terminal, interval=FRAME)
        self._due = self._began + PATIENCE
        self._area = LiveArea(terminal)

    def __enter__(self) -> Self:
        self._area.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        super().__exit__(kind)
        self._area.__exit__()

    def progress(self, text: str) -> None:
        """Show how a wait goes, in the last line."""
        self._area.draw(lambda screen: screen.show_text(text))

    def _look(self, woken: bool) -> None:
        del woken
        now = time.monotonic()
        if now < self._due:
            return
        with self._lock:
            running = [(name, each.stage) for name, each in self._running.values()]
        self._area.draw(
            lambda screen: screen.show_board(
                running, self.summary, now, now - self._began
            )
        )

    def _leave(self) -> None:
        self._area.clear()

    def _say(self, text: str, alarm: str = "") -> None:
        self._area.say(text, alarm)

    def _result(self, line: str) -> None:
        self._area.result(line)

    def _tell_done(self, record: Record) -> None:
        """Let the bar tell it."""

    def _tell_sums(self, rows: list[tuple[str, str]]) -> None:
        self._area.print_sums(rows)
