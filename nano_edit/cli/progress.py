"""What is told while an edit runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from nano_edit.domain import EditEvent, Note, RetryScheduled

if TYPE_CHECKING:
    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal


class Display:
    """Tells nothing."""

    def __init__(self, options: Options, terminal: Terminal) -> None:
        self._quiet = options.quiet
        self._terminal = terminal

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def note(self, text: str) -> None:
        """Tell a sentence."""
        if not self._quiet:
            self._terminal.say(text)

    def observe(self, event: EditEvent) -> None:
        """Take an event."""
        if isinstance(event, Note):
            self.note(event.text)
        elif isinstance(event, RetryScheduled):
            self.note(
                f"Attempt {event.number} failed: {event.reason} "
                f"The next begins in {event.delay:.1f} s."
            )


def display_for(options: Options, terminal: Terminal) -> Display:
    """Choose how to tell."""
    return Display(options, terminal)
