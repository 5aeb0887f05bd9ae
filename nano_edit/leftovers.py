"""Temporary files and folders: named, locked while in use, swept after a kill.

Strategy: whatever is temporary carries a name of this module and is locked by its
process (``flock``; on Windows a byte locked far past the end) from its making to
its end.  A lock ends with its process, so a file that has the name and no lock was
left behind by a kill.

Rules:
- A lock counts only on the machine that made the file, which the name tells:
  network drives may keep locks to each machine.  What another machine made, and
  what cannot be locked, is left alone until nobody has written to it for a day.
- Only the user's own regular files and folders are removed, never through a link.
- A failure to sweep is no error: the next run sweeps again.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
import tempfile
import time
import zlib
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ABANDONED = 24 * 3600.0  # seconds without a write, where a lock tells nothing

_NAME = re.compile(r"\.?nano-edit-([0-9a-f]{8})-[a-z0-9_]+(\.part)?")
_FAR = 1 << 40  # bytes; where Windows locks: past the end of any file
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


def machine() -> str:
    """Return 8 hex digits that tell this machine from its neighbours."""
    if sys.platform == "win32":  # pragma: no cover - Windows
        name = os.environ.get("COMPUTERNAME", "")
    else:
        name = os.uname().nodename
    return f"{zlib.crc32(name.encode('utf-8', 'surrogateescape')):08x}"


def temporary_name() -> str:
    """Return a new name for a temporary file."""
    return f".nano-edit-{machine()}-{os.urandom(8).hex()}.part"


class TemporaryFolder:
    """A new folder that only the user can read; raises OSError.

    It is made in the system's folder for temporary files, which is swept first.
    """

    def __init__(self) -> None:
        sweep(Path(tempfile.gettempdir()))
        self._descriptor = -1
        while True:
            prefix = f"nano-edit-{machine()}-"
            self.path = Path(tempfile.mkdtemp(prefix=prefix))
            if sys.platform == "win32":  # pragma: no cover - no locks on folders
                return
            try:
                self._descriptor = os.open(self.path, os.O_RDONLY)
            except FileNotFoundError:  # swept before it could be held
                continue
            if hold(self._descriptor, self.path):
                return
            os.close(self._descriptor)

    def remove(self) -> None:
        """Remove the folder and all in it; what another program holds open stays."""
        shutil.rmtree(self.path, ignore_errors=True)
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


# --- sweeping ----------------------------------------------------------------


@cache
def sweep(folder: Path) -> None:
    """Remove what killed processes left in ``folder``; once in each process."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if match := _NAME.fullmatch(entry.name):
                with suppress(OSError):  # it went meanwhile, or may not be removed
                    _sweep_one(entry, is_local=match[1] == machine())


def _sweep_one(entry: os.DirEntry[str], *, is_local: bool) -> None:
    facts = entry.stat(follow_symlinks=False)
    is_folder = stat.S_ISDIR(facts.st_mode)
    if not (is_folder or stat.S_ISREG(facts.st_mode)):
        return
    if hasattr(os, "geteuid") and facts.st_uid != os.geteuid():
        return
    is_old = time.time() - facts.st_mtime > ABANDONED
    if sys.platform == "win32" and is_folder:  # pragma: no cover - no locks on folders
        if is_old:
            shutil.rmtree(entry.path, ignore_errors=True)
        return
    descriptor = os.open(entry.path, os.O_RDONLY | _NO_LINK)
    try:
        is_free = _try_lock(descriptor, shared=True)
        if is_free is False or not (is_old or (is_local and is_free)):
            return
        if is_folder:
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            os.unlink(entry.path)  # noqa: PTH108 - an entry is no Path
    finally:
        os.close(descriptor)


# --- locks -------------------------------------------------------------------


def hold(descriptor: int, path: Path) -> bool:
    """Lock a new file or folder for this process; False if it was swept meanwhile."""
    # A sweeper that was first has removed it by the time that the lock is ours.
    return _try_lock(descriptor, shared=False) is not False and os.path.lexists(path)


def is_held(path: Path) -> bool:
    """Whether a process holds the file; False where no locks are.  Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return _try_lock(descriptor, shared=True) is False
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file at ``path``, waiting for whoever holds it; raises OSError.

    Where there are no locks nothing is held.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        with suppress(OSError):
            _wait_for_lock(descriptor)
        yield
    finally:
        os.close(descriptor)


if sys.platform == "win32":  # pragma: no cover - Windows
    import msvcrt

    def _wait_for_lock(descriptor: int) -> None:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)

    def _try_lock(descriptor: int, *, shared: bool) -> bool | None:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            if shared:
                os.lseek(descriptor, _FAR, os.SEEK_SET)
                msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _wait_for_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)

    def _try_lock(descriptor: int, *, shared: bool) -> bool | None:
        """Return whether the lock was got; None where there are no locks."""
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a network drive without locks
            return None
        return True
