"""What is answered before anything else is loaded: help and version.

Rules: only what the first arguments ask for; wherever else ``--help`` stands, the
parser finds it, since it may be another option's value.
"""

from __future__ import annotations

from nano_edit.cli.command_table import BY_NAME, DEFAULT, GROUPS, PROGRAM, chosen
from nano_edit.cli.help.exits import exit_table
from nano_edit.cli.help.pages import command_help, group_help, short_help
from nano_edit.version import VERSION

TYPE_CHECKING = False  # `typing` takes longer to load than this module
if TYPE_CHECKING:
    from collections.abc import Sequence

    from nano_edit.cli.help.pages import Page

HELP = ("-h", "--help")
_QUESTIONS = {
    **dict.fromkeys(HELP, "help"),
    "--help-all": "help_all",
    **dict.fromkeys(("-V", "--version"), "version"),
}


def answer(arguments: Sequence[str], page: Page) -> str | None:
    """Return what is to be printed; None where a command is to be run."""
    if not arguments:
        return short_help(page)
    if arguments[0] == "help":
        return _explained(" ".join(arguments[1:]), page)
    name, rest = chosen(arguments)
    if name in GROUPS:
        return group_help(name, page) if not rest or rest[0] in HELP else None
    question = _QUESTIONS.get(rest[0]) if rest else None
    if question is None or BY_NAME[name].parses_itself:
        return None
    if question == "version" and name != DEFAULT:
        return None
    return asked(question, arguments, page)


def asked(name: str, arguments: Sequence[str], page: Page) -> str:
    """Return the answer to the option called ``name``, wherever it stands."""
    if name == "version":
        return version()
    command, _ = chosen(arguments)
    if name == "help" and command == DEFAULT and arguments[0] != DEFAULT:
        return short_help(page)
    return command_help(BY_NAME[command], page)


def version() -> str:
    """Return the line of ``--version``."""
    return f"{PROGRAM} {VERSION}\n"


def _explained(topic: str, page: Page) -> str | None:
    if topic in {"", *HELP}:
        return short_help(page)
    if topic == "exit":
        return exit_table()
    if topic in GROUPS:
        return group_help(topic, page)
    known = BY_NAME.get(topic)
    return None if known is None or known.parses_itself else command_help(known, page)
