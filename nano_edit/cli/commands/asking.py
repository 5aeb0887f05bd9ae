"""A question to the person at the terminal: what to remove, to pay, to keep."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from nano_edit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

    from nano_edit.cli.options import Options
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


def chosen(question: str, numbers: Collection[int], terminal: Terminal) -> int | None:
    """Return which of the ``numbers`` is answered; None for all, or no answer."""
    while True:
        terminal.ask(f"{question} ")
        answer = _answer(terminal)
        if answer is None:
            terminal.say("")  # its line has no end
        if answer in {None, "", "a", "all"}:
            return None
        for number in numbers:
            if answer == str(number):
                return number


def may_choose(options: Options, terminal: Terminal) -> bool:
    """Whether a person can see variants of one edit here, and say which to keep."""
    several = options.count and options.count > 1 and not options.pick
    files_are_named = (
        *(options.each, options.batch, options.manifest, options.report),
        *(options.shard, options.skip_existing, options.defer),
    )
    unasked = options.yes or options.quiet or options.json or options.dry_run
    return bool(
        several
        and not unasked
        and not any(files_are_named)
        and terminal.stdin.isatty()
        and terminal.is_interactive
        and terminal.stderr.encoding.lower().startswith("utf")
        and find_spec("textual_image")
    )


def _answer(terminal: Terminal) -> str | None:
    """Return the answer's line, lower-case; None where the input has ended."""
    line = terminal.stdin.readline(100)
    return line.decode("utf-8", "replace").strip().casefold() if line else None
