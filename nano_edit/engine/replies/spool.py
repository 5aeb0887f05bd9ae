"""The raw reply, kept until its picture is in place.

Owns the files in the state folder that hold what was paid for.  While a 200 is
read, its decoded body is written here as it comes; when the picture is in place
the file goes.  Whatever fails in between, a kill included, the file stays, and
the picture can be made from it without a new call.

Rules:
- A name such as ``reply-20260131T120000Z-1f2e3d4c-out.json`` sorts by time; its
  tail says which output it was for.  Mode 0600 in a folder of mode 0700.
- The place is proved before anything is sent; the file itself is made with the
  first byte, so a call that fails earlier leaves nothing.
- Only `Spool.discard` removes a reply.  Leaving the context keeps it.
- A spool that is being written is locked by its process (``flock``, on Windows a
  byte locked far past the end); the lock goes with the process, so a kill leaves
  a spool that is seen to be orphaned.
- A write that fails is no failure of the edit: the picture itself may well go
  on.  The reason is remembered in `Spool.fault`, and the file is removed, for half
  a reply is of less use than the space it takes from the picture.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from nano_edit.atomic_file import AtomicFile, reason, write_all
from nano_edit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER_VARIABLE = "NANO_EDIT_STATE_DIR"
SPACE_NEEDED = 64 << 20  # bytes: a 4K reply is about 35 MB

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_FAR = 1 << 40  # where Windows locks: past the end of any reply


@dataclass(frozen=True, slots=True)
class SpoolInfo:
    """One reply that is kept."""

    path: Path
    size: int  # bytes
    age: float  # seconds since it was last written to
    label: str  # what it was for, from its name
    in_use: bool  # its process is still writing it


def state_folder() -> Path:
    """Return the folder of kept replies; it need not exist yet."""
    override = os.environ.get(FOLDER_VARIABLE)
    if override:
        return Path(override) / "replies"
    from platformdirs import user_state_path  # noqa: PLC0415 - loads late

    return user_state_path("nano-edit", appauthor=False) / "replies"


class Spool:
    """One reply on the disk; kept unless it is discarded."""

    def __init__(self, folder: Path, label: str) -> None:
        self.path: Path | None = None  # None: nothing is on the disk
        self.fault: str | None = None  # why there is no (whole) spool
        self._folder = folder
        self._label = label
        self._descriptor = -1

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        label: Mapping[str, str],
        fallback: Path | None = None,
    ) -> Self:
        """Prove that ``folder`` can hold a reply, or else ``fallback``.

        The words of ``label`` (such as the output's name) become part of the file
        name.  Raises `InputError` if neither folder will do; nothing was sent.
        """
        fault = _fault_of(folder, make=True)
        if fault and fallback is not None and not _fault_of(fallback, make=False):
            folder, fault = fallback, ""
        if fault:
            raise InputError(
                f"The reply could not be kept safe in {folder}: {fault}."
                " Nothing was sent.",
                hint=f"Name another folder in {FOLDER_VARIABLE}.",
            )
        return cls(folder, _slug(label))

    def write(self, data: bytes) -> None:
        """Add the next bytes of the body; a failure is remembered, not raised."""
        if self.fault is not None:
            return
        try:
            if self._descriptor < 0:
                self._open()
            write_all(self._descriptor, data)
        except OSError as error:
            self.discard()
            self.fault = reason(error)

    def keep(self) -> Path | None:
        """Close the file and leave it; None when nothing was written."""
        self._close()
        return self.path

    def discard(self) -> None:
        """Remove the file: its picture is in place."""
        self._close()
        path, self.path = self.path, None
        if path is not None:
            with suppress(OSError):
                path.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.keep()

    def _open(self) -> None:
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        words = "-".join(
            filter(None, ("reply", now, secrets.token_hex(4), self._label))
        )
        path = self._folder / f"{words}.json"
        self._descriptor = os.open(path, _FLAGS, 0o600)
        self.path = path
        _lock(self._descriptor)

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            with suppress(OSError):
                os.close(descriptor)


def list_spools(folder: Path) -> list[SpoolInfo]:
    """Return the kept replies in ``folder``, oldest first; [] without a folder."""
    spools = []
    for path in sorted(folder.glob("reply-*.json")):
        with suppress(OSError):  # it went while we looked
            facts = path.stat()
            age = max(0.0, time.time() - facts.st_mtime)
            label = _LABEL.sub("", path.stem)
            in_use = _is_locked(path)
            spools.append(SpoolInfo(path, facts.st_size, age, label, in_use))
    return spools


# --- names and folders -------------------------------------------------------

_LABEL = re.compile(r"^reply-[0-9TZ]+-[0-9a-f]+-?")


def _slug(label: Mapping[str, str]) -> str:
    words = "-".join(label.values())
    return re.sub(r"[^A-Za-z0-9._]+", "-", words).strip("-.")[:48]


def _fault_of(folder: Path, *, make: bool) -> str:
    """Return why ``folder`` cannot hold a reply; "" when it can."""
    try:
        if make:
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
        AtomicFile(folder, mode=0o600).discard()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return reason(error)
    return f"its disk has {free >> 20} MB left" if free < SPACE_NEEDED else ""


# --- the lock ----------------------------------------------------------------

if sys.platform == "win32":  # pragma: no cover - Windows
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        with suppress(OSError):
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)

    def _is_locked(path: Path) -> bool:
        with path.open("r+b") as file:
            file.seek(_FAR)
            try:
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            except OSError:
                return True
        return False

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        with suppress(OSError):  # a network drive without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _is_locked(path: Path) -> bool:
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            except OSError:
                return False
        return False
