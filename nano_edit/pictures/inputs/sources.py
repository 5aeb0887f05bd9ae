"""Owns where an input comes from: a path, standard input, a pipe, a URL.

Whatever the user named becomes a regular file on disk, because a request body is
read again when an attempt is repeated, and a PNG is walked by seeking.  A regular
file is used where it is; everything else is spooled.

Rules:
- What cannot be read is an `InputError` that names it and says why.
- Standard input is read once; naming it twice is an error, not an empty picture.
- A URL is shown without what may give access to it.
- Names are kept as the system gave them: one that is not UTF-8 holds surrogates.
"""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from nano_edit.domain import shown_source
from nano_edit.errors import InputError
from nano_edit.frozen import Frozen
from nano_edit.pictures.inputs.near_names import near_name
from nano_edit.units import size_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nano_edit.pictures.inputs.workspace import Workspace

STDIN = "-"
SPOOL_LIMIT = 1_000_000_000  # bytes; /dev/zero must not fill the disk
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_REASONS: dict[type[Exception], str] = {
    FileNotFoundError: "there is no such file",
    PermissionError: "permission denied",
    NotADirectoryError: "a part of its path is not a folder",
}


class Source(Frozen):
    """An input as a regular file."""

    name: str  # for messages: as the user named it, or "standard input"
    given: str  # as the user named it
    file: Path  # where its bytes lie
    path: Path | None  # the same when the user named a file, for output names


def refuse_unusable(sources: Sequence[str]) -> None:
    """Raise InputError for what no reading is needed to see."""
    if list(sources).count(STDIN) > 1:
        raise InputError(
            "Standard input is named twice; it can be read only once.",
            hint="Give one picture as - and the others as files.",
        )
    for source in sources:
        if not source:
            raise InputError(
                "A picture's path is empty.", hint="Is a variable of the shell unset?"
            )
        scheme = _SCHEME.match(source)
        if scheme and scheme[1].lower() != "https":
            raise InputError(
                f"{shown_source(source)} cannot be fetched: only https URLs are.",
                hint="Download the picture and give the file.",
            )


def locate(
    source: str,
    *,
    workspace: Workspace,
    stdin: BinaryIO,
    fetch: Callable[[str, BinaryIO], None],
) -> Source:
    """Make one input a regular file.  Raises InputError."""
    if source == STDIN:
        return _spooled_stdin(workspace, stdin)
    if _SCHEME.match(source):
        spooled = workspace.new_file(".download")
        with spooled.open("wb") as file:
            fetch(source, file)
        return Source(shown_source(source), source, spooled, None)
    return _located_path(source, workspace)


def unreadable(name: str, error: Exception) -> InputError:
    """Word the error for a file that the system does not let us read."""
    reason = _REASONS.get(type(error)) or getattr(error, "strerror", None) or error
    hint = "Check the path, and that you may read the file."
    if isinstance(error, FileNotFoundError) and (near := near_name(name)):
        hint = f"Did you mean {near}?"
    return InputError(f"{name} cannot be read: {reason}.", hint=hint)


def _spooled_stdin(workspace: Workspace, stdin: BinaryIO) -> Source:
    if stdin.isatty():
        raise InputError(
            "Standard input is a terminal, which holds no picture.",
            hint="Pipe or redirect one: nano-edit ... - < photo.jpg",
        )
    spooled = _spool(stdin, "standard input", workspace)
    return Source("standard input", STDIN, spooled, None)


def _located_path(source: str, workspace: Workspace) -> Source:
    """Leave a regular file where it is; read a FIFO or ``<(...)`` once."""
    path = Path(source)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise InputError(
                f"{source} is a folder, not a picture.",
                hint="Edit every picture in it with --each, or name pictures in it.",
            )
        with path.open("rb") as file:
            if stat.S_ISREG(mode):
                return Source(source, source, path, path)
            return Source(source, source, _spool(file, source, workspace), None)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise unreadable(source, error) from error


def _spool(stream: BinaryIO, name: str, workspace: Workspace) -> Path:
    spooled = workspace.new_file(".spool")
    left = SPOOL_LIMIT
    with spooled.open("wb") as file:
        while block := stream.read(256 * 1024):
            left -= len(block)
            if left < 0:
                raise InputError(
                    f"{name} holds more than {size_text(SPOOL_LIMIT)}, which is too "
                    "much for a picture.",
                    hint="Check what is written into the pipe.",
                )
            file.write(block)
    return spooled
