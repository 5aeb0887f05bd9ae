"""A file that appears whole or not at all.

Owns the temporary file that is written beside the final name, synced, and renamed
or linked to it.  A kill leaves at worst a file called ``.nano-edit-....part``,
which the next run in that folder removes; see `nano_edit.leftovers`.

Without ``force`` a name is taken only if it is free at that very moment, so of two
runs that race for one name exactly one wins:

- POSIX: a hard link refuses a name that exists; then the temporary name goes.
- Windows: a rename refuses it by itself.
- A disk that has no hard links (FAT, some network drives): the name is reserved
  by creating it exclusively, then the file is moved over it.  Only a kill between
  these two calls could leave an empty file.

With ``force`` what is replaced lends its permissions, and its owner and group as
far as the user may give files away.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from nano_edit.leftovers import hold, temporary_name

if TYPE_CHECKING:
    from typing import BinaryIO

PRIVATE = 0o600  # the owner alone may read and write it
AHEAD = 8 << 20  # bytes after which the disk is told to begin

_BLOCK = 1 << 20  # bytes
_LONG_NAME = 230  # bytes; most file systems take 255
_ACCESS_LIST = "system.posix_acl_access"  # Linux, see acl(5)
_FLAGS = (
    os.O_RDWR
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_BINARY", 0)  # Windows
    | getattr(os, "O_NOFOLLOW", 0)  # elsewhere
)


class AtomicFile:
    """A new temporary file in ``folder``, to be written and then placed.

    ``mode`` is what the umask leaves of it.  Every method may raise OSError but
    `discard`, which removes the file unless it has been placed.
    """

    __slots__ = ("_begun", "_ended", "_fault", "_size", "descriptor", "path")

    def __init__(self, folder: Path, *, mode: int = 0o666) -> None:
        self._ended = False
        self._fault: OSError | None = None  # why it could not be synced
        self._size = 0  # bytes written
        self._begun = 0  # bytes that are on their way to the disk
        self.descriptor = -1
        self.path = folder / temporary_name()
        try:
            self.descriptor = os.open(self.path, _FLAGS, mode)
            while not hold(self.descriptor, self.path):
                self.close()
                self.path = folder / temporary_name()
                self.descriptor = os.open(self.path, _FLAGS, mode)
        except KeyboardInterrupt:  # it comes as soon as the file is there
            self.discard()
            raise

    def write(self, data: bytes) -> None:
        """Write every byte of ``data``."""
        write_all(self.descriptor, data)
        self._size += len(data)
        if self._size - self._begun >= AHEAD:
            _begin_sync(self.descriptor, self._begun, self._size - self._begun)
            self._begun = self._size

    def place(
        self, final: Path, *, force: bool, as_before: bool = True, sync: bool = True
    ) -> None:
        """Sync the file and give it its name; FileExistsError if that is taken.

        With ``force`` a file of that name is replaced; the new one gets its
        permissions, unless ``as_before`` is false.  Without ``sync`` a power cut may
        leave it torn.
        """
        if sync:
            self._sync()
        if force and as_before:
            self._take_permissions_of(final)
        if sys.platform == "win32":  # pragma: no cover - no open file is moved there
            self.close()
        if force:
            self.path.replace(final)
        elif sys.platform == "win32":  # pragma: no cover - Windows
            self.path.rename(final)
        else:
            claim(self.path, final)
        self._ended = True
        self.close()  # only now: it is locked until it is no longer temporary
        if sync:
            sync_folder(final.parent)

    def place_beside(self, final: Path, word: str) -> Path:
        """Place it under the first free name like ``out.<word>-1.jpg``; return that."""
        stem = final.stem
        if len(os.fsencode(final.name)) > _LONG_NAME:
            stem = stem[:50]  # a name must not fail for what is added to it
        number = 1
        while True:
            path = final.with_name(f"{stem}.{word}-{number}{final.suffix}")
            with suppress(FileExistsError):
                self.place(path, force=False)
                return path
            number += 1

    def copy_from(self, source: Path) -> None:
        """Append the bytes of another file; raises OSError."""
        with source.open("rb", buffering=0) as original:
            while block := original.read(_BLOCK):
                self.write(block)

    def copy_into(self, stream: BinaryIO) -> None:
        """Write its bytes to a stream; an unbuffered one may take fewer at a time."""
        with self.path.open("rb", buffering=0) as source:
            while block := source.read(_BLOCK):
                view = memoryview(block)
                while view:
                    view = view[stream.write(view) :]
        stream.flush()

    def close(self) -> None:
        """Close the file and leave it where it is."""
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def discard(self) -> None:
        """Close the file and remove it, unless it has been placed."""
        if not self._ended:
            self._ended = True
            with suppress(OSError):
                self.path.unlink()
            with suppress(OSError):
                self.close()
            if sys.platform == "win32":  # pragma: no cover - no open file is removed
                with suppress(OSError):
                    self.path.unlink()

    def _sync(self) -> None:
        """Bring the bytes to the disk; a failure is final.

        After one the system may have dropped what it could not write, and calls the
        next sync a success.
        """
        if self._fault is None and self.descriptor >= 0:
            try:
                os.fsync(self.descriptor)
            except OSError as error:
                self._fault = error
        if self._fault is not None:
            raise self._fault

    def _take_permissions_of(self, final: Path) -> None:
        """Take over the permissions of the regular file ``final``, if there is one."""
        with suppress(OSError):
            facts = final.lstat()
            if stat.S_ISREG(facts.st_mode):
                mode = stat.S_IMODE(facts.st_mode) & 0o777
                if not self._take_owner(facts.st_uid, facts.st_gid):
                    mode &= ~0o070 | (mode & 0o007) << 3  # another group: as all others
                self.path.chmod(mode)
                _copy_access_list(final, self.path)

    def _take_owner(self, owner: int, group: int) -> bool:
        """Give the file to ``owner`` and ``group``; return whether the group took."""
        if sys.platform == "win32":  # pragma: no cover - Windows
            return True
        mine = os.fstat(self.descriptor)
        if (mine.st_uid, mine.st_gid) == (owner, group):
            return True
        with suppress(OSError):
            os.fchown(self.descriptor, owner, group)
            return True
        with suppress(OSError):  # only root gives files away; a group may be shared
            os.fchown(self.descriptor, -1, group)
            return True
        return False


def replace_file(path: Path, data: bytes, *, mode: int = PRIVATE) -> None:
    """Write ``data`` to ``path`` with ``mode``, whole or not at all.

    Raises OSError.
    """
    file = AtomicFile(path.parent, mode=mode)
    try:
        file.write(data)
        file.place(path, force=True, as_before=False)
    finally:
        file.discard()


def target_of(final: Path, *, force: bool) -> Path:
    """Return the file that is to appear: with ``force`` a link is written through."""
    return Path(os.path.realpath(final)) if force and final.is_symlink() else final


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte of ``data``; one system call may take fewer."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def append_line(descriptor: int, line: bytes) -> None:
    """Add a line to a log that is open for appending; raises OSError.

    It begins anew behind one that a kill or a full disk has torn.
    """
    end = os.lseek(descriptor, 0, os.SEEK_END)
    if end:
        os.lseek(descriptor, end - 1, os.SEEK_SET)
        line = line if os.read(descriptor, 1) == b"\n" else b"\n" + line
    write_all(descriptor, line)


def reason(error: Exception) -> str:
    """Return the system's words for an error: "No space left on device"."""
    words = error.strerror if isinstance(error, OSError) else None
    return words or str(error) or type(error).__name__


def _begin_sync(descriptor: int, start: int, length: int) -> None:
    """Let the disk begin with what has come, so that the sync at the end is short.

    The advice is that these bytes are not needed in memory; Linux follows it by
    writing them out, without waiting for it.  Elsewhere it does no harm.
    """
    if hasattr(os, "posix_fadvise"):
        with suppress(OSError):  # it is only advice
            os.posix_fadvise(descriptor, start, length, os.POSIX_FADV_DONTNEED)


def claim(path: Path, final: Path) -> None:
    """Give a file its name; FileExistsError if that is taken, or another OSError."""
    try:
        os.link(path, final)
    except FileExistsError:
        raise
    except OSError:
        os.close(os.open(final, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        try:
            path.replace(final)
        except OSError:
            final.unlink()  # the reservation, for nothing came of it
            raise
    else:
        with suppress(OSError):  # the file is in its place; the next run removes this
            path.unlink()


def _copy_access_list(source: Path, target: Path) -> None:
    if hasattr(os, "getxattr"):
        with suppress(OSError):  # none there, or a disk without
            os.setxattr(target, _ACCESS_LIST, os.getxattr(source, _ACCESS_LIST))


def sync_folder(folder: Path) -> None:
    """Make the new name outlive a power cut, where folders can be synced."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
