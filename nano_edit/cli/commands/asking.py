"""A question to the person at the terminal: before something is removed, or paid."""

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
    return _answer(terminal) in {"y", "yes"}


def agreed(question: str, terminal: Terminal) -> bool:
    """Return whether the answer is yes, or nothing but Enter.

    Where nobody can answer there is no question, and it goes ahead.
    """
    if not (terminal.stdin.isatty() and terminal.stderr.isatty()):
        return True
    terminal.ask(f"{question} [Y/n] ")
    return _answer(terminal) in {"y", "yes", ""}


def _answer(terminal: Terminal) -> str | None:
    """Return the answer's line, lower-case; None where the input has ended."""
    line = terminal.stdin.readline(100)
    return line.decode("utf-8", "replace").strip().casefold() if line else None
