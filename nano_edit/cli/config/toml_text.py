"""What a TOML text means, and on which line each table and each key stands.

Strategy: the standard parser says what the text means, but not where things are.  So
a text that it has accepted is walked once more, statement by statement: a key, then
whatever its value is, skipped.  Since the text is valid, the walk need not check it,
and it takes time in proportion to its length.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

# 33 keys with dots between: the parser takes memory by the square of the depth.
_DEEP = re.compile(
    r"(?<![\w-])(?:(?:[\w-]++|\"[^\"\n]*+\"|'[^'\n]*+')[ \t]*+\.[ \t]*+){33}", re.ASCII
)
_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_KEY = re.compile(r"([A-Za-z0-9_-]+)|\"((?:[^\"\\]|\\.)*)\"|'([^']*)'")
_MARK = re.compile(r"\"\"\"|'''|[\"'#\[\]{}\n]")
_ENDS = {  # of a string that begins so
    '"': re.compile(r'(?:[^"\\]|\\.)*"'),
    "'": re.compile(r"[^']*'"),
    '"""': re.compile(r'(?:[^"\\]|\\.|"(?!""))*"""(?:""?)?', re.DOTALL),
    "'''": re.compile(r"(?:[^']|'(?!''))*'''(?:''?)?"),
}


class Statement(NamedTuple):
    """A table's header, or a key with its value."""

    path: tuple[str, ...]  # from the top: ("presets", "product", "size")
    line: int  # from 1
    header: str = ""  # "[", or "[[" for one of an array of tables


def loads(text: str) -> dict[str, Any]:
    """Return what the text means; raises ValueError, or RecursionError for depth."""
    if _DEEP.search(text):
        raise RecursionError
    return tomllib.loads(text)


def statements(text: str) -> Iterator[Statement]:
    """Yield the statements of a text that is valid TOML, in their order."""
    table: tuple[str, ...] = ()
    line, counted, at = 1, 0, 0
    while (at := _after(_BLANK, text, at)) < len(text):
        line += text.count("\n", counted, at)
        counted = at
        if text[at] == "[":
            header = "[[" if text.startswith("[[", at) else "["
            table, at = _path(text, at + len(header))
            yield Statement(table, line, header)
            at += len(header)
        else:
            path, at = _path(text, at)
            yield Statement((*table, *path), line)
            at = _after_value(text, at + 1)


def _after(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _path(text: str, at: int) -> tuple[tuple[str, ...], int]:
    """Return the dotted key at ``at`` and where it ends: at ``=`` or ``]``."""
    parts = []
    while True:
        found = _KEY.match(text, _after(_SPACE, text, at))
        assert found  # noqa: S101 - the text is valid
        bare, basic, literal = found.groups()
        if basic is not None and "\\" in basic:
            (basic,) = tomllib.loads(f'"{basic}" = 0')
        parts.append(next(part for part in (bare, basic, literal) if part is not None))
        at = _after(_SPACE, text, found.end())
        if text[at] != ".":
            return tuple(parts), at
        at += 1


def _after_value(text: str, at: int) -> int:
    """Return where the line ends in which the value at ``at`` ends."""
    depth = 0
    while found := _MARK.search(text, at):
        mark, at = found[0], found.end()
        if mark in _ENDS:
            at = _after(_ENDS[mark], text, at)
        elif mark == "#":
            at = text.find("\n", at)
            if at < 0:
                break
        elif mark in "[{":
            depth += 1
        elif mark in "]}":
            depth -= 1
        elif not depth:
            return at
    return len(text)
