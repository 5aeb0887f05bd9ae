"""``--help``: grouped, 80 columns, plain text; loads nothing that is slow.

Typer's own help is Rich's, which takes longer to import than this program takes
to start, and reads square brackets as markup.  `PlainCommand` writes the help
from `Reference` instead; README and man page show the same rows.
"""

from __future__ import annotations

import os
import sys
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand

from nano_edit.cli.help.coercion import lighten
from nano_edit.cli.help.reference import EXAMPLES, EXITS, reference_of
from nano_edit.cli.options import PANELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nano_edit.cli.help.reference import Entry, Reference
    from nano_edit.errors import ExitStatus

WIDTH = 80  # columns
COLUMN = 28  # where the explanations begin


class PlainCommand(TyperCommand):
    """A command whose help is plain text, for ``app.command(cls=PlainCommand)``."""

    def get_params(self, ctx: Any) -> Any:
        """Return the parameters, ``--help`` among them, by rules that load fast."""
        parameters = super().get_params(ctx)
        lighten(parameters)
        return parameters

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help; headings are bold for a person at a terminal."""
        reference = reference_of(self, ctx)
        formatter.write(help_text(reference, bold=_takes_bold()))


def _takes_bold() -> bool:
    quiet = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not quiet


def help_text(reference: Reference, *, bold: bool = False) -> str:
    """Return the help, at most `WIDTH` columns wide, ending in a newline."""
    return "\n".join(_lines(reference, "\x1b[1m%s\x1b[0m" if bold else "%s")) + "\n"


def _lines(reference: Reference, heading: str) -> Iterator[str]:
    yield f"{heading % 'Usage:'} {reference.usage}"
    yield ""
    yield from wrap(reference.summary, WIDTH)
    for panel in PANELS:
        yield ""
        yield heading % f"{panel}:"
        for entry in reference.panel(panel):
            yield from _entry_lines(entry)
    yield ""
    yield from wrap(
        "A name in brackets is the environment variable that gives the same; for a "
        "flag, 1 or 0. The command line comes first, then the variable, then the "
        "configuration.",
        WIDTH,
    )
    yield ""
    yield heading % "Examples:"
    yield from (f"  {command}" for _, command in EXAMPLES)
    yield ""
    yield heading % "Exit status:"
    yield exit_table()


def _entry_lines(entry: Entry) -> Iterator[str]:
    names, indent = f"  {_names(entry)}", " " * COLUMN
    said = f"{entry.help} [{entry.variable}]" if entry.variable else entry.help
    lines = wrap(said, WIDTH - COLUMN, break_long_words=False, break_on_hyphens=False)
    if len(names) > COLUMN - 2:
        yield names
        names = ""
    yield f"{names:{COLUMN}}{lines[0]}"
    yield from (f"{indent}{line}" for line in lines[1:])


def _names(entry: Entry) -> str:
    """Return ``-s, --size SIZE``; a long name stands below the other long names."""
    if not entry.flags:
        return entry.metavar
    shorts = [flag for flag in entry.flags if not flag.startswith("--")]
    longs = [flag for flag in entry.flags if flag.startswith("--")]
    name = "/".join([*longs, *entry.negations])
    return f"{shorts[0] + ',' if shorts else '':4}{name} {entry.metavar}".rstrip()


def exit_table() -> str:
    """Return the exit statuses, one a line: number, name, when."""
    return "\n".join(
        f"  {status:>3}  {_code(status):11}  {when}" for status, when in EXITS.items()
    )


def exit_table_markdown() -> str:
    """Return the same table as Markdown, for README and docs."""
    rows = [f"| {it} | {_code(it)} | {when} |" for it, when in EXITS.items()]
    return "\n".join(["| status | name | when |", "|---|---|---|", *rows])


def _code(status: ExitStatus) -> str:
    return status.code if status else ""
