"""A plain command line, read without Typer, whose import takes as long as all else.

Most command lines hold arguments, and options that are spelt out one by one.  They
are read here, from the same rows and by the same checks as `nano_edit.cli.parser`
uses.

Rules:
- In any doubt the answer is None, and Typer reads the line: an unknown or repeated
  option, several in one word (``-fq``), a value that is refused or begins with a
  dash, ``--``, ``--help``, a variable that is set.  So it alone words complaints.
- What is answered is what Typer would find; a test compares the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nano_edit.cli.coercion import coerced
from nano_edit.cli.option_table import AT_ONCE, rows_of
from nano_edit.cli.options import Setting, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nano_edit.cli.option_table import Row


def read_plain(
    command: str, arguments: Sequence[str], environ: Mapping[str, str]
) -> dict[str, Setting] | None:
    """Return what the arguments give to the options of ``command``; None in doubt."""
    rows = [row for row in rows_of(command) if row.name not in AT_ONCE]
    if any(row.variable and row.variable in environ for row in rows):
        return None
    try:
        return _read(rows, arguments)
    except (_Doubt, ValueError):  # ValueError: a check refuses the value
        return None


class _Doubt(Exception):  # noqa: N818 - no error, a way out
    """The line is one for Typer."""


def _read(rows: Sequence[Row], arguments: Sequence[str]) -> dict[str, Setting]:
    by_flag = {flag: row for row in rows for flag in (*row.flags, *row.negations)}
    found: dict[str, Setting] = {}
    texts: list[str] = []
    words = iter(arguments)
    for word in words:
        if _is_value(word):
            texts.append(word)
            continue
        flag, joined, value = word.partition("=")
        row = by_flag.get(flag)
        if row is None or row.name in found:
            raise _Doubt
        found[row.name] = _option(row, flag, value if joined else None, words)
    return found | _arguments(rows, texts)


def _is_value(word: str) -> bool:
    return word == "-" or not word.startswith("-")


def _option(row: Row, flag: str, joined: str | None, words: Iterator[str]) -> Setting:
    """Return what a flag gives; its value is ``joined`` or the next of ``words``."""
    where = max(row.negations if flag in row.negations else row.flags, key=len)
    if kind_of(row.name) is bool or not row.metavar:  # the latter are counted
        if joined is not None:
            raise _Doubt
        return Setting(coerced(row, flag not in row.negations), where)
    if joined is not None and not flag.startswith("--"):
        raise _Doubt  # -o=out.png means a file called =out.png
    value = next(words, "--") if joined is None else joined
    if joined is None and not _is_value(value):
        raise _Doubt
    is_list = kind_of(row.name) is list
    return Setting(coerced(row, [value] if is_list else value), where)


def _arguments(rows: Sequence[Row], texts: list[str]) -> dict[str, Setting]:
    """Return the arguments by their places; the last row may take several."""
    found: dict[str, Setting] = {}
    for row in rows:
        if row.is_argument and texts:
            value: Any = texts if kind_of(row.name) is list else texts[0]
            found[row.name] = Setting(coerced(row, value), row.metavar)
            texts = texts[len(value) if value is texts else 1 :]
    if texts:
        raise _Doubt
    return found
