"""The choice of how one edit is told: not at all, as a line that changes, or a log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nano_edit.cli.display.progress import Display, LogDisplay

if TYPE_CHECKING:
    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal


def display_for(options: Options, terminal: Terminal) -> Display:
    """Return the display for this run; a context manager."""
    if options.quiet:
        return Display(options, terminal)
    if terminal.is_interactive:
        from nano_edit.cli.display.live import LiveDisplay  # noqa: PLC0415 - seldom in a script

        return LiveDisplay(options, terminal)
    return LogDisplay(options, terminal)
