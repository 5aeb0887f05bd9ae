"""The help: short, of one command, of a group; plain text, made from the tables.

Strategy: text is laid out here and nowhere else, in the width of the reader's
terminal.  Typer's own help is Rich's, which takes longer to import than this
program takes to start, and reads square brackets as markup.

Rules:
- Between 60 and 100 columns; 80 where there is no terminal.
- Bold and nothing else, and only at a terminal.
- What ``--help`` prints is made without loading Typer.
"""

from __future__ import annotations

import os

from nano_edit.cli.command_table import BY_NAME, COMMANDS, GROUPS, PROGRAM, members
from nano_edit.cli.option_table import (
    BATCH,
    CONFIG_SHOW,
    EDIT,
    MANY,
    PANELS,
    rows_of,
)

TYPE_CHECKING = False  # `typing` takes longer to load than this module
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import BinaryIO

    from nano_edit.cli.command_table import Command
    from nano_edit.cli.option_table import Row

NARROW, USUAL, WIDE = 60, 80, 100  # columns
COLUMN = 28  # where the explanations begin
LIKE_EDIT = (BATCH, CONFIG_SHOW)  # whose options are an edit's, but for a few
EXAMPLES = tuple(command for _, command in BY_NAME[EDIT].examples)
FIRST_EXAMPLES = (EXAMPLES[0], EXAMPLES[1], EXAMPLES[4], EXAMPLES[5])
PRECEDENCE = (
    "A name in brackets is the environment variable that gives the same; for a flag, "
    "1 or 0. The command line comes first, then the variable, then the preset, then "
    "the configuration."
)
READ_ON = (
    ("nano-edit --help-all", "every option"),
    ("nano-edit help COMMAND", "one command"),
    ("nano-edit help exit", "the exit statuses"),
    ("man nano-edit", "all of it"),
)


class Page:
    """How wide a help is, and whether its headings are bold."""

    __slots__ = ("_heading", "width")

    def __init__(self, width: int = USUAL, *, bold: bool = False) -> None:
        self.width = min(max(width, NARROW), WIDE)
        self._heading = "\x1b[1m%s\x1b[0m" if bold else "%s"

    @classmethod
    def for_reader(cls, stdout: BinaryIO, environ: Mapping[str, str]) -> Page:
        """Return the page for whoever reads standard output."""
        at_terminal = stdout.isatty()
        plain = environ.get("NO_COLOR") or environ.get("TERM") == "dumb"
        return cls(
            _columns(environ, stdout if at_terminal else None),
            bold=at_terminal and not plain,
        )

    def heading(self, text: str) -> str:
        """Return a heading."""
        return self._heading % f"{text}:"

    def wrapped(self, text: str, indent: int = 0) -> list[str]:
        """Return the text in lines of at most `width` columns, words whole."""
        return wrapped(text, self.width, indent)

    def entry(self, names: str, text: str, column: int = COLUMN) -> Iterator[str]:
        """Yield names at the left and what they mean beside them, or below."""
        lines = self.wrapped(text, column)
        if len(names) > column - 2:
            yield names
        else:
            lines[0] = names + lines[0][len(names) :]
        yield from lines


def _columns(environ: Mapping[str, str], terminal: BinaryIO | None) -> int:
    asked = environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    if terminal is None:
        return USUAL
    try:
        return os.get_terminal_size(terminal.fileno()).columns or USUAL
    except (OSError, ValueError):
        return USUAL


def wrapped(text: str, width: int, indent: int = 0) -> list[str]:
    """Return the text in lines of at most ``width`` columns, if its words allow it."""
    lines, line = [], ""
    for word in text.split():
        if line and indent + len(line) + 1 + len(word) > width:
            lines.append(" " * indent + line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, " " * indent + line]


# --- the pages ---------------------------------------------------------------


def short_help(page: Page) -> str:
    """Return the first help: what it does, examples, the options people use."""
    return _text(_short(page))


def command_help(
    command: Command,
    page: Page,
    rows: tuple[Row, ...] | None = None,
    *,
    read_on: bool = True,
) -> str:
    """Return the whole help of one command, whose rows are the table's by default."""
    lines = [*_whole(command, rows or rows_of(command.name), page)]
    return _text([*lines, "", *_read_on(page)] if read_on else lines)


def group_help(group: str, page: Page) -> str:
    """Return the help of a word that needs a second one."""
    return _text(_group(group, page))


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"


def _short(page: Page) -> Iterator[str]:
    yield f"{page.heading('Usage')} {PROGRAM} INSTRUCTION IMAGE... [-o OUTPUT]"
    yield f"       {PROGRAM} COMMAND ..."
    yield ""
    yield from page.wrapped(
        "Edit pictures by instruction: a sentence and photos in, the edited picture on "
        "disk."
    )
    yield from ("", page.heading("Examples"))
    yield from (f"  {command}" for command in FIRST_EXAMPLES)
    yield from ("", page.heading("Often used"))
    for row in rows_of(EDIT):
        if row.short:
            yield from page.entry(f"  {names(row)}", row.short)
    yield from ("", page.heading("Commands"))
    yield from _commands(page)
    yield ""
    yield from _read_on(page)


def _commands(page: Page) -> Iterator[str]:
    told: list[str] = []
    for command in COMMANDS:
        word = command.name.split()[0]
        if word in told:
            continue
        told.append(word)
        if word in GROUPS:
            verbs = "|".join(each.name.split()[1] for each in members(word))
            yield from page.entry(f"  {word} {verbs}", GROUPS[word])
        else:
            yield from page.entry(f"  {word}", command.summary)


def _read_on(page: Page) -> Iterator[str]:
    yield page.heading("Read on")
    for command, what in READ_ON:
        yield from page.entry(f"  {command}", what)


def _whole(command: Command, rows: tuple[Row, ...], page: Page) -> Iterator[str]:
    name = command.line if command.name != EDIT else f"{PROGRAM} {command.usage}"
    yield f"{page.heading('Usage')} {name}"
    yield ""
    yield from page.wrapped(command.summary)
    if command.about:
        yield ""
        yield from page.wrapped(command.about)
    yield from _options(command, rows, page)
    if command.name in (EDIT, BATCH):
        yield ""
        yield from page.wrapped(PRECEDENCE)
    if command.examples:
        yield from ("", page.heading("Examples"))
        yield from (f"  {example}" for _, example in command.examples)


def _options(command: Command, rows: tuple[Row, ...], page: Page) -> Iterator[str]:
    if command.name in LIKE_EDIT:
        yield from _options_like_edit(command, rows, page)
        return
    if command.name != EDIT:
        yield from _panel("Options", rows, page)
        return
    for panel in PANELS:
        yield from _panel(panel, [row for row in rows if row.panel == panel], page)


def _options_like_edit(
    command: Command, rows: tuple[Row, ...], page: Page
) -> Iterator[str]:
    """Yield what differs from an edit's options, and for many edits what is theirs."""
    edits = rows_of(EDIT)
    if command.name == BATCH:
        own = [row for row in rows if row not in edits or row.panel == MANY]
        yield from _panel("Options", own, page)
    flags = [row.flags[-1] for row in edits if row.flags and row not in rows]
    yield ""
    yield from page.wrapped(
        f"And all options of an edit ({PROGRAM} help {EDIT}), but for "
        f"{', '.join(flags)}."
    )


def _panel(title: str, rows: Iterable[Row], page: Page) -> Iterator[str]:
    yield from ("", page.heading(title))
    for row in rows:
        said = f"{row.help} [{row.variable}]" if row.variable else row.help
        yield from page.entry(f"  {names(row)}", said)


def _group(group: str, page: Page) -> Iterator[str]:
    yield f"{page.heading('Usage')} {PROGRAM} {group} COMMAND ..."
    yield ""
    yield from page.wrapped(GROUPS[group])
    yield from ("", page.heading("Commands"))
    for command in members(group):
        line = f"  {command.name.split()[1]} {command.usage}".rstrip()
        yield from page.entry(line, command.summary, 16)
    yield ""
    yield from page.wrapped(f"More of each: {PROGRAM} help {group} COMMAND.")


def names(row: Row) -> str:
    """Return ``-s, --size SIZE``; a long name stands below the other long names."""
    if row.is_argument:
        return row.metavar
    shorts = [flag for flag in row.flags if not flag.startswith("--")]
    longs = [flag for flag in row.flags if flag.startswith("--")]
    name = "/".join([*longs, *row.negations])
    return f"{shorts[0] + ',' if shorts else '':4}{name} {row.metavar}".rstrip()
