"""What every script is made of: the commands, their rows, what each value is."""

from __future__ import annotations

from enum import Enum
from functools import cache
from typing import TYPE_CHECKING

from nano_edit.cli.choices import VALUES
from nano_edit.cli.command_table import COMMANDS, GROUPS, WORDS, members
from nano_edit.cli.commands import emulator
from nano_edit.cli.option_table import rows_of
from nano_edit.pictures.formats import READ_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nano_edit.cli.option_table import Row

PICTURE_SUFFIXES = tuple(suffix.removeprefix(".") for suffix in READ_SUFFIXES)
NAMES = tuple(command.name for command in COMMANDS)
VERBS = {
    group: tuple(each.name.split()[1] for each in members(group)) for group in GROUPS
}
SINGLE = tuple(word for word in WORDS if word not in GROUPS)


class Kind(Enum):
    """What a value is."""

    FLAG = "no value at all"
    WORDS = "one of a list"
    FILE = "a file"
    FOLDER = "a folder"
    PICTURE = "a picture, or a folder of them"
    INSTRUCTION = "words, or @FILE"
    REPLY = "a kept reply, or a file"
    COMMAND = "a command's words"
    FREE = "something only the user knows"


_KINDS = {  # by metavar
    "INSTRUCTION": Kind.INSTRUCTION,
    "IMAGE...": Kind.PICTURE,
    "REPLY...": Kind.REPLY,
    "COMMAND...": Kind.COMMAND,
    "FILE": Kind.FILE,
    "FILE.html": Kind.FILE,
    "FILE.jsonl": Kind.FILE,
    "PATH": Kind.FILE,
    "FOLDER": Kind.FOLDER,
}


def kind_of(row: Row) -> Kind:
    """Return what the value of the row is."""
    if not row.metavar:
        return Kind.FLAG
    return Kind.WORDS if row.one_of else _KINDS.get(row.metavar, Kind.FREE)


def values_of(row: Row) -> tuple[str, ...]:
    """Return the values of the row, where they are known."""
    return VALUES.get(row.one_of, ())


@cache
def rows(command: str) -> tuple[Row, ...]:
    """Return the rows of the command, its arguments first."""
    return emulator.rows() if command == emulator.NAME else rows_of(command)


def arguments(command: str) -> list[Row]:
    """Return what the command takes by its place."""
    return [row for row in rows(command) if row.is_argument]


def options(command: str) -> list[Row]:
    """Return what the command takes by a flag."""
    return [row for row in rows(command) if not row.is_argument]


def names(row: Row) -> tuple[str, ...]:
    """Return all flags of the row, those that take it back among them."""
    return (*row.flags, *row.negations)


def all_options() -> Iterator[Row]:
    """Yield every option once, of whatever commands; same flags, same meaning."""
    told: set[tuple[str, ...]] = set()
    for command in NAMES:
        for row in options(command):
            if row.flags not in told:
                told.add(row.flags)
                yield row


def short(row: Row) -> str:
    """Return the letter of the row's short flag, or nothing."""
    return next((flag[1:] for flag in row.flags if len(flag) == 2), "")
