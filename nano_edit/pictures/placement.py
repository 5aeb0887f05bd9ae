"""The last step: a finished part file gets its name, or its bytes are handed on.

Owns what is atomic about the output.  A name is there with the whole picture or
it is not there.

Without ``--force`` a name is taken only if it is free at that very moment, so of
two runs that race for one name exactly one wins:

- POSIX: a hard link refuses a name that exists; then the part's name goes.
- Windows: a rename refuses it by itself.
- A disk that knows no hard links (FAT, some network drives): the name is reserved
  by creating it exclusively, then the part is moved over it.  Only a kill between
  these two calls could leave an empty file.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from nano_edit.domain import Billed
from nano_edit.errors import OutputError
from nano_edit.pictures.part import unwritten

if TYPE_CHECKING:
    from nano_edit.pictures.part import PartFile

_BLOCK = 1 << 20  # bytes
_LONG_NAME = 230  # bytes; most file systems take 255


def target_of(final: Path, *, force: bool) -> Path:
    """Return the file that is to appear: with ``force`` a link is written through."""
    return Path(os.path.realpath(final)) if force and final.is_symlink() else final


def place(part: Path, final: Path, *, force: bool) -> None:
    """Move ``part`` to ``final``; raises FileExistsError where it must not."""
    if force:
        part.replace(final)
    elif sys.platform == "win32":  # pragma: no cover - Windows
        part.rename(final)
    else:
        _claim(part, final)
    _sync_folder(final.parent)


def place_beside(part: Path, final: Path, word: str) -> Path:
    """Move ``part`` to the first free name like ``out.<word>-1.jpg``; return it."""
    stem = final.stem
    if len(os.fsencode(final.name)) > _LONG_NAME:
        stem = stem[:50]  # a name must not fail for what is added to it
    number = 1
    while True:
        path = final.with_name(f"{stem}.{word}-{number}{final.suffix}")
        with suppress(FileExistsError):
            place(part, path, force=False)
            return path
        number += 1


def keep_beside(file: PartFile, final: Path, suffix: str, why: str) -> OutputError:
    """Leave a whole picture under a free name near ``final``; return the error.

    ``suffix`` is the true one; ``why`` says what went wrong.  The error's
    ``recovery`` is where the picture is, if it could be kept at all.
    """
    try:
        file.settle()
        kept = place_beside(file.path, final.with_suffix(suffix), "kept")
    except OSError as error:
        return unwritten(final, error)
    failure = OutputError(
        f"{why}; the picture is kept as {kept}.",
        hint="It is whole: move it where you want it.",
        billed=Billed.YES,
    )
    failure.recovery = kept
    return failure


def copy_into(part: Path, stream: BinaryIO) -> None:
    """Write the bytes of ``part`` to a stream; an unbuffered one may take fewer."""
    with part.open("rb", buffering=0) as source:
        while block := source.read(_BLOCK):
            view = memoryview(block)
            while view:
                view = view[stream.write(view) :]
    stream.flush()


def _claim(part: Path, final: Path) -> None:
    try:
        os.link(part, final)
    except FileExistsError:
        raise
    except OSError:
        os.close(os.open(final, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        try:
            part.replace(final)
        except OSError:
            final.unlink()  # the reservation, for nothing came of it
            raise
    else:
        part.unlink()


def _sync_folder(folder: Path) -> None:
    """Make the new name outlive a power cut, where folders can be synced."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
