"""A question to the person at the terminal, before something is removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nano_edit.errors import UsageError

if TYPE_CHECKING:
    from nano_edit.cli.terminal import Terminal


def confirmed(question: str, terminal: Terminal) -> bool:
    """Return whether the answer is yes.

    Raises UsageError where nobody can answer: standard input is not a terminal.
    """
    if not terminal.stdin.isatty():
        raise UsageError(
            "There is nobody to ask: standard input is not a terminal.",
            hint="--yes goes ahead without asking.",
        )
    terminal.ask(f"{question} [y/N] ")
    answer = terminal.stdin.readline(100).decode("utf-8", "replace").strip().casefold()
    return answer in {"y", "yes"}
