"""The command: what it answers at once, its run, and the funnel of every error.

Strategy: help and version are answered from the tables alone.  For anything else
`run_command` is loaded, which parses and imports the chosen command's module.

Rules:
- The program below this module raises; `failures` prints and gives exit statuses.
- A signal raises only while a command runs; see `signals`.
"""

from __future__ import annotations

import sys

from nano_edit.cli.help.answers import answer
from nano_edit.cli.help.pages import Page
from nano_edit.cli.signals import leave_to_system, take_over
from nano_edit.cli.terminal import Terminal

TYPE_CHECKING = False  # `typing` takes longer to load than this module
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and end the process with its exit status."""
    take_over()
    arguments = sys.argv[1:] if arguments is None else arguments
    sys.exit(run(arguments, Terminal.of_process()))


def run(arguments: Sequence[str], terminal: Terminal) -> int:
    """Run the command and return its exit status; every error ends here."""
    told = _Told(as_json="--json" in arguments)  # the configuration may say so too
    try:
        _go(list(arguments), terminal, told)
    except BaseException as fault:  # noqa: BLE001 - the funnel: nothing goes past it
        leave_to_system()
        # Loaded only now, since --help loads none of what it needs.
        from nano_edit.cli.failures import tell_failure  # noqa: PLC0415

        return tell_failure(fault, terminal, as_json=told.as_json)
    leave_to_system()
    return 0


class _Told:
    """How a failure is to be told."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def in_json(self, wanted: bool) -> None:
        """Tell it as JSON too, or not."""
        self.as_json = wanted


def _go(arguments: list[str], terminal: Terminal, told: _Told) -> None:
    page = Page.for_reader(terminal.stdout, terminal.environ)
    text = answer(arguments, page)
    if text is None:
        # Loaded only now: this loads Typer, of which --help has no need.
        from nano_edit.cli.run_command import run_command  # noqa: PLC0415

        text = run_command(arguments, terminal, page, told.in_json)
    if text:
        terminal.page(text)
