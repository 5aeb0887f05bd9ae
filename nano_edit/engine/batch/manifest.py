"""``results.jsonl``: one line for each edit that has ended, so that a run resumes.

Rules:
- A line is the ``--json`` object and what tells which edit it was; it is written
  in one piece and at once.
- Before a picture is put in its place a line of the journal, the file beside, says
  so and is on the disk.  So a kill or a power cut between placing and noting leaves
  a run that can go on: if the file has the bytes that the line tells of, the edit is
  done.  The journal goes when the manifest knows all that it tells.
- A torn last line, left by a kill, is passed over; so is any that is not JSON.
- Manifests merge by concatenation: the last line about an edit counts.
- One run at a time: the file is locked.  It is for its owner alone, and a file that
  this program did not write is refused.
"""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from nano_edit.atomic_file import PRIVATE, reason
from nano_edit.errors import ExitStatus, InputError, OutputError
from nano_edit.leftovers import hold

if TYPE_CHECKING:
    from nano_edit.domain import Edit, WrittenImage

# What makes an edit another one; the rest only changes how it is carried out.
_SHAPING = (
    "instruction", "images", "aspect_ratio", "size", "text", "max_side", "format",
    "output", "variant",
)  # fmt: skip
_KEEPING = ("region", "mask", "invert_mask", "keep_rest", "keep_size")
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)


def job_id(
    edit: Edit, provider: str, model: str, *, emulated: bool, after: str = ""
) -> str:
    """Return 16 hex digits that are the same for the same edit in every run.

    ``after`` is the id of the edit that it goes on from.
    """
    shape = [getattr(edit, name) for name in _SHAPING]
    kept = {name: said for name in _KEEPING if (said := getattr(edit, name))}
    kept |= {"after": after} if after else {}
    whole = json.dumps([*shape, kept, provider, model, emulated], ensure_ascii=True)
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


class Manifest:
    """The file of results: what earlier runs did, and this run's lines.

    Its methods may be called from any thread.  Raises InputError for a file that
    cannot be used, that another run uses, or that is not a manifest.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last: dict[str, dict[str, Any]] = {}  # by job: what its last line says
        self._placing: dict[str, dict[str, Any]] = {}  # by job: the journal's lines
        self.spent = 0.0  # dollars of earlier runs; what may have been billed counts
        self._torn = False
        self._lock = threading.Lock()
        self._file = self._journal = -1
        self._journal_path = path.with_name(f"{path.name}.journal")
        try:
            self._file = os.open(path, _FLAGS, PRIVATE)
            self._begin()
        except OSError as fault:
            self.close()
            raise InputError(
                f"The manifest {path} cannot be used: {reason(fault)}. Nothing was "
                "sent.",
                hint="Name another with --manifest.",
            ) from None
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the files; no more can be added."""
        journal, self._journal = self._journal, -1
        if journal >= 0:
            os.close(journal)
        file, self._file = self._file, -1
        if file < 0:
            return
        if self._placing and all(map(self._is_done, self._placing)):
            with suppress(OSError):
                self._journal_path.unlink()
        os.close(file)  # last: it holds the lock

    def forget_if_new(self) -> None:
        """Close the files, and remove the manifest if nothing was ever written."""
        self.close()
        with suppress(OSError):
            if self._path.is_file() and not self._path.stat().st_size:
                self._path.unlink()

    def output_of(self, job: str) -> str | None:
        """Return the picture that this edit gave, if it did and it is there."""
        if self._is_done(job):
            output = self._last[job].get("output")
            return output if output and os.path.exists(output) else None  # noqa: PTH110 - no error for what is not a path
        placing = self._placing.get(job)
        return _placed(placing) if placing else None

    def error_of(self, job: str) -> dict[str, Any] | None:
        """Return what the failure said, if that is how this edit ended."""
        error = self._last.get(job, {}).get("error")
        return error if isinstance(error, dict) else None

    def refusal_of(self, job: str) -> dict[str, Any] | None:
        """Return what a refusal said, if that is how this edit ended."""
        error = self._last.get(job, {}).get("error")
        is_refusal = error and error.get("code") == ExitStatus.REFUSED.code
        return error if is_refusal else None

    def placing(self, job: str, image: WrittenImage) -> None:
        """Write down, and on the disk, that a picture is about to be placed.

        A line that cannot be written is not an error here: the picture is paid for.
        """
        line = {"job": job, "placing": str(image.path), "bytes": image.size}
        line["sha256"] = image.sha256
        with self._lock, suppress(OSError):
            self._placing[job] = line
            if self._journal < 0:
                self._journal = os.open(self._journal_path, _FLAGS, PRIVATE)
                os.write(self._journal, b"\n")  # behind what a kill may have torn
            os.write(self._journal, _as_line(line))
            os.fsync(self._journal)

    def settle(self, record: dict[str, Any]) -> None:
        """Add the result of an edit that only the journal knew to be done."""
        job = record["job"]
        if job in self._placing and not self._is_done(job):
            self.add(record)

    def add(self, record: dict[str, Any]) -> None:
        """Append a result, whole and at once; raises OutputError."""
        try:
            with self._lock:
                self._write(record)
        except OSError as fault:
            raise OutputError(
                f"The manifest {self._path} cannot be written: {reason(fault)}.",
                hint="The pictures are in their places; free space, and run again.",
            ) from None

    def _is_done(self, job: str) -> bool:
        return bool(self._last.get(job, {}).get("ok"))

    def _write(self, record: dict[str, Any]) -> None:
        raw = _as_line(record)
        raw = b"\n" + raw if self._torn else raw
        written = os.write(self._file, raw)
        self._torn = written < len(raw)
        if self._torn:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._take(raw)

    def _begin(self) -> None:
        if not self._path.is_file():  # a pipe or a device takes and never gives
            return
        if not hold(self._file, self._path):
            raise InputError(
                f"Another nano-edit is at work with the manifest {self._path}.",
                hint="Wait for it to end, or name another with --manifest.",
            )
        line = b"\n"
        with self._path.open("rb") as file:
            for number, line in enumerate(file):
                is_torn = line.startswith(b"{") and not line.endswith(b"\n")
                self.spent += _dollars_of(_parsed(line))
                if not self._take(line) and number == 0 and not is_torn:
                    raise InputError(
                        f"{self._path} is not a manifest of this program; it is left "
                        "as it is.",
                        hint="Name another file with --manifest.",
                    )
        self._torn = not line.endswith(b"\n")
        with suppress(FileNotFoundError), self._journal_path.open("rb") as file:
            for line in file:
                if placing := _parsed(line):
                    self._placing[placing["job"]] = placing

    def _take(self, line: bytes) -> bool:
        """Take in one line; return whether it is one of a manifest."""
        record = _parsed(line)
        if record is None:
            return False
        kept = ("ok", "output", "error")
        facts = {name: record[name] for name in kept if name in record}
        self._last[record["job"]] = facts
        return True


def _as_line(record: dict[str, Any]) -> bytes:
    text = json.dumps(record, ensure_ascii=False)
    # Half a character, as in a name that is not UTF-8, is escaped as JSON does.
    return text.encode("utf-8", "backslashreplace") + b"\n"


def _parsed(line: bytes) -> dict[str, Any] | None:
    """Return the object of a line that tells of an edit; None for any other."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    is_told = isinstance(record, dict) and isinstance(record.get("job"), str)
    return record if is_told else None


def _dollars_of(record: dict[str, Any] | None) -> float:
    """Return the dollars that a line tells of; 0 where it tells of none."""
    cost = (record or {}).get("cost")
    dollars = cost.get("dollars") if isinstance(cost, dict) else None
    if isinstance(dollars, int | float) and 0 < dollars < math.inf:
        return float(dollars)
    return 0.0


def _placed(line: dict[str, Any]) -> str | None:
    """Return the picture that was about to be placed, if it is there to the byte."""
    path = Path(str(line.get("placing")))
    try:
        if path.stat().st_size != line.get("bytes"):
            return None
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError):
        return None
    return str(path) if digest == line.get("sha256") else None
