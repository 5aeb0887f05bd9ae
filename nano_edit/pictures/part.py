"""A file that is not there yet: written under a name nobody mistakes for a result.

Owns the part file's life: opened exclusively, never through a link, with the
permissions that the umask asks for (a move keeps them, so the result has them
too); written; then synced and moved by `nano_edit.pictures.placement`, or dropped.
A kill leaves at worst a file called ``.nano-edit-<random>.part``.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from nano_edit.domain import Billed
from nano_edit.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path

AHEAD = 8 << 20  # bytes after which the disk is told to begin
_FLAGS = (
    os.O_RDWR
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_BINARY", 0)  # Windows
    | getattr(os, "O_NOFOLLOW", 0)  # elsewhere
)


class PartFile:
    """A new file in ``folder``; every call may raise OSError, `drop` never does."""

    __slots__ = ("_begun", "_dropped", "_size", "descriptor", "path")

    def __init__(self, folder: Path, *, mode: int = 0o666) -> None:
        self.path = folder / f".nano-edit-{secrets.token_hex(8)}.part"
        self._dropped = False
        self._size = 0  # bytes written
        self._begun = 0  # bytes that are on their way to the disk
        self.descriptor = -1
        try:
            self.descriptor = os.open(self.path, _FLAGS, mode)
        except KeyboardInterrupt:  # it comes as soon as the file is there
            self.drop()
            raise

    def write(self, data: bytes) -> None:
        """Write every byte of ``data``."""
        write_all(self.descriptor, data)
        self._size += len(data)
        if self._size - self._begun >= AHEAD:
            _begin_sync(self.descriptor, self._begun, self._size - self._begun)
            self._begun = self._size

    def settle(self) -> None:
        """Bring the bytes to the disk itself, and close: the file can be moved."""
        if self.descriptor >= 0:
            os.fsync(self.descriptor)
            self.close()

    def close(self) -> None:
        """Close the file and leave it where it is."""
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def drop(self) -> None:
        """Close the file and remove it, unless it has been moved; once is enough."""
        if not self._dropped:
            self._dropped = True
            with suppress(OSError):
                self.close()
            with suppress(OSError):
                self.path.unlink()


def _begin_sync(descriptor: int, start: int, length: int) -> None:
    """Let the disk begin with what has come, so that the sync at the end is short.

    The advice is that these bytes are not needed in memory; Linux follows it by
    writing them out, without waiting for it.  Elsewhere it does no harm.
    """
    if hasattr(os, "posix_fadvise"):
        with suppress(OSError):  # it is only advice
            os.posix_fadvise(descriptor, start, length, os.POSIX_FADV_DONTNEED)


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte of ``data``; one system call may take fewer."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def reason(error: Exception) -> str:
    """Return the system's words for an error: "No space left on device"."""
    words = error.strerror if isinstance(error, OSError) else None
    return words or str(error) or type(error).__name__


def unwritten(where: Path | str, error: Exception) -> OutputError:
    """Return the error of a paid picture that could not be written to ``where``."""
    return OutputError(
        f"The picture came, but it cannot be written to {where}: {reason(error)}.",
        hint="Put that right, then --recover makes the picture without a new call.",
        billed=Billed.YES,
    )
