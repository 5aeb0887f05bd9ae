"""The raw reply, kept until its picture is in place.

Owns the files in the state folder that hold what was paid for.  While a reply comes,
its bytes are written here as they came over the wire, compressed or not; when the
picture is in place the files go.  Whatever fails in between, a kill included, they
stay, and the picture can be made from them without a new call.

A reply is two files, of mode 0600 in a folder of mode 0700::

    reply-20260131T120000Z-1f2e3d4c-out.png.part      being written, or cut
    reply-20260131T120000Z-1f2e3d4c-out.png.json.gz   whole; .json if not compressed
    reply-20260131T120000Z-1f2e3d4c-out.png.jsonl     what is known about it

The second holds one JSON object a line, written as it becomes known; together they
are the facts of `About` and the reason why the reply was kept.  It is for lists: the
reply is read without it.

Rules:
- Both are made before anything is sent, so a disk that takes no file is refused then.
- Only `Spool.discard` and `hand_over` remove a reply.  Leaving the context keeps it.
- A spool that is being written is locked by its process, so a kill leaves a spool
  that is seen to be orphaned.
- The spool comes before the picture: where the disk cannot hold both, ``make_room``
  gives up the picture, which can be made from the spool.  What was written of a spool
  that still cannot go on stays, and `Spool.fault` says why it is not whole.
"""

from __future__ import annotations

import errno
import json
import os
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from nano_edit.atomic_file import PRIVATE, reason, write_all
from nano_edit.errors import InputError
from nano_edit.frozen import Frozen
from nano_edit.leftovers import hold, machine
from nano_edit.user_folders import user_folder

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER_VARIABLE = "NANO_EDIT_STATE_DIR"

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_APPEND = os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0)
_FULL = {errno.ENOSPC, errno.EDQUOT}
_GZIP_MAGIC = b"\x1f\x8b"  # RFC 1952, 2.3.1


class About(Frozen):
    """What a reply is the reply to; every field may be empty."""

    output: str = ""  # the file it was to become
    instruction: str = ""
    provider: str = ""
    model: str = ""
    job: str = ""  # the edit's id, the same in every run


def state_folder() -> Path:
    """Return the folder of kept replies; it need not exist yet."""
    override = os.environ.get(FOLDER_VARIABLE)
    if override:
        return Path(override) / "replies"
    return user_folder("state") / "replies"


class Spool:
    """One reply on the disk; kept unless it is discarded."""

    def __init__(self, folder: Path, about: About) -> None:
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        label = _slug(Path(about.output).name)
        words = filter(None, ("reply", now, os.urandom(4).hex(), label))
        self._stem = folder / "-".join(words)
        self._facts = self._with(".jsonl")
        self._descriptor = -1
        self._is_gzip = False
        self.path = self._with(".part")
        self.size = 0  # bytes written
        self.fault: str | None = None  # why the spool is not whole
        self.make_room: Callable[[int], bool] = lambda _: False

    @classmethod
    def create(cls, folder: Path, about: About) -> Self:
        """Make the files of a reply in ``folder``, which is made if need be.

        Raises `InputError` where that is impossible; nothing was sent.  An attribute
        ``make_room`` may be set: it is called with the number of the spool's device
        when that is full, and returns whether it freed something.
        """
        spool = cls(folder, about)
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            spool._open(about)
        except BaseException as error:
            spool.discard()
            if not isinstance(error, OSError):
                raise
            raise InputError(
                f"The reply could not be kept safe in {folder}: {reason(error)}."
                " Nothing was sent.",
                hint=f"Name another folder in {FOLDER_VARIABLE}.",
            ) from None
        return spool

    def describe(self, **facts: Any) -> None:
        """Note what has become known about the reply, such as its headers.

        A fact that cannot be noted is left out.
        """
        line = json.dumps(facts).encode() + b"\n"
        with suppress(OSError):
            descriptor = os.open(self._facts, _APPEND, PRIVATE)
            try:
                os.write(descriptor, line)
            finally:
                os.close(descriptor)

    def write(self, data: bytes) -> None:
        """Add the next bytes of the body; a failure is remembered, not raised."""
        if self.fault is not None:
            return
        if not self.size:
            self._is_gzip = data.startswith(_GZIP_MAGIC)
        try:
            self._write(data)
        except OSError as error:
            self.fault = reason(error)
            self.describe(fault=self.fault)

    def mark_whole(self) -> None:
        """Give the reply the name of a whole one: all of its bytes are written.

        The file stays locked until the context is left (but on Windows).
        """
        if self.fault is not None or not self.size:
            return
        if os.name == "nt":  # pragma: no cover - no open file is renamed there
            self._close()
        whole = self._with(".json.gz" if self._is_gzip else ".json")
        with suppress(OSError):
            self.path.rename(whole)
            self.path = whole

    def keep(self, why: str = "") -> Path | None:
        """Close the file and leave it; None (and no file) when nothing was written.

        ``why`` is a sentence for lists: why there is no picture.
        """
        if not self._holds_bytes():
            self.discard()
            return None
        if why:
            self.describe(reason=why)
        if self._descriptor >= 0:
            try:
                os.fsync(self._descriptor)
            except OSError as error:
                self.fault = self.fault or reason(error)
        self._close()
        return self.path

    def hand_over(self, take: Callable[[Path], bool]) -> None:
        """Let ``take`` move the whole reply away; its picture is in place."""
        if self.fault is None and self.size:
            if os.name == "nt":  # pragma: no cover - no open file is renamed there
                self._close()
            take(self.path)
        self.discard()

    def discard(self) -> None:
        """Remove the files: the picture is in place, or there is none."""
        self.size = 0
        for path in (self.path, self._facts):
            with suppress(OSError):
                path.unlink()
        self._close()
        if os.name == "nt":  # pragma: no cover - no open file is removed there
            with suppress(OSError):
                self.path.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._descriptor >= 0:
            self.keep()

    def _open(self, about: About) -> None:
        self._descriptor = os.open(self.path, _FLAGS, PRIVATE)
        hold(self._descriptor, self.path)
        fields = {name: getattr(about, name) for name in about.__match_args__}
        facts = json.dumps({"machine": machine(), **fields}).encode() + b"\n"
        descriptor = os.open(self._facts, _FLAGS, PRIVATE)
        try:
            write_all(descriptor, facts)
        finally:
            os.close(descriptor)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            try:
                written = os.write(self._descriptor, view)
            except OSError as error:
                if error.errno not in _FULL or not self._free_space():
                    raise
                continue
            self.size += written
            view = view[written:]

    def _holds_bytes(self) -> bool:
        """Whether bytes were written; a signal may come before they are counted."""
        with suppress(OSError):
            return os.fstat(self._descriptor).st_size > 0
        return self.size > 0

    def _free_space(self) -> bool:
        return self.make_room(os.fstat(self._descriptor).st_dev)

    def _with(self, ending: str) -> Path:
        return self._stem.with_name(self._stem.name + ending)

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            with suppress(OSError):
                os.close(descriptor)


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._]+", "-", name).strip("-.")[:48]
