"""Space on the disks for replies and pictures, reserved for all edits together.

Strategy: before an edit is sent, what it may write is reserved on each disk; the sum
of the reservations is held against what is free.  An edit for which there is no space
now waits for the others, which give theirs back as they end, so a batch on a small
disk has fewer edits under way instead of failures.  Only an edit that is alone with
the disk is refused.

Rules:
- Everything that one edit needs is reserved at once, so no two wait for each other.
- What an edit has written already counts twice until it ends: that only delays.
- Only this process is counted; `nano_edit.engine.replies.spool` holds when another
  one fills the disk.
"""

from __future__ import annotations

import shutil
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from nano_edit.errors import InputError, InterruptedEdit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

MEGABYTE = 1_000_000
# What a reply may take on the disk, and its picture again: several times as much as
# any that was seen, for the picture may be converted to a larger format.
NEEDED = {"512": 8, "1K": 16, "2K": 48, "4K": 128}  # megabytes
_USUAL = "1K"


def space_for(image_size: str | None) -> int:
    """Return the bytes to reserve for a reply, and for its picture again."""
    return NEEDED.get(image_size or _USUAL, max(NEEDED.values())) * MEGABYTE


class DiskSpace:
    """The reservations of one process; may be shared by threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._reserved: dict[int, int] = {}  # bytes on each device
        self._stopped = False

    @contextmanager
    def reserve(self, *needs: tuple[Path, int]) -> Iterator[None]:
        """Hold the bytes that each folder needs while the context is entered.

        ``needs`` are all of one edit's, folder and bytes each; a folder need not exist
        yet.  Waits while other edits hold space that is needed; raises `InputError`
        when there is none without them either, and `InterruptedEdit` after `stop`.
        Nothing was sent.
        """
        disks = _by_device(needs)
        with self._changed:
            while short := self._short(disks):
                if self._stopped or not self._is_shared(disks):
                    break
                self._changed.wait()
            if self._stopped:
                raise InterruptedEdit("Stopped before anything was sent.")
            if short:
                raise short
            for device, (_, size) in disks.items():
                self._reserved[device] = self._reserved.get(device, 0) + size
        try:
            yield
        finally:
            with self._changed:
                for device, (_, size) in disks.items():
                    self._reserved[device] -= size
                self._changed.notify_all()

    def allow(self) -> None:
        """Let reservations begin again."""
        with self._changed:
            self._stopped = False

    def stop(self) -> None:
        """End every waiting, and let no reservation begin."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _is_shared(self, disks: Mapping[int, tuple[Path, int]]) -> bool:
        return any(self._reserved.get(device) for device in disks)

    def _short(self, disks: Mapping[int, tuple[Path, int]]) -> InputError | None:
        """Return the error of the first disk without enough space."""
        for device, (folder, size) in disks.items():
            with suppress(OSError):  # a disk that does not tell is not called full
                disk = shutil.disk_usage(folder)
                free = disk.free - self._reserved.get(device, 0)
                if disk.total and free < size:
                    return InputError(
                        f"The disk of {folder} has {disk.free // MEGABYTE} MB left; one"
                        f" edit may need {size // MEGABYTE} MB. Nothing was sent.",
                        hint="Free some space there.",
                    )
        return None


def _by_device(needs: Iterable[tuple[Path, int]]) -> dict[int, tuple[Path, int]]:
    """Return a folder on each device and the sum of the bytes needed there."""
    disks: dict[int, tuple[Path, int]] = {}
    for folder, size in needs:
        above = (each for each in (folder, *folder.parents) if _is_there(each))
        there = next(above, folder)
        with suppress(OSError):
            device = there.stat().st_dev
            named, before = disks.get(device, (there, 0))
            disks[device] = named, before + size
    return disks


def _is_there(folder: Path) -> bool:
    with suppress(OSError):
        return folder.exists()
    return False
