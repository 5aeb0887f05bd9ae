"""``results.jsonl.jobs``: what was handed to the service to be made later.

One JSON object a line, beside the manifest; each line tells more about one
submission, and the lines about it add up.

Rules:
- A submission's key is on the disk before anything is uploaded under it, and that it
  is about to be made before the request for it goes out.  So a kill at any moment
  leaves a run that can find the job by its key, and makes none twice.
- A torn last line, left by a kill, is passed over.
- The manifest's lock holds for this file too.
"""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from nano_edit.atomic_file import PRIVATE, reason, sync_folder, write_all
from nano_edit.errors import InputError, OutputError
from nano_edit.version import VERSION

if TYPE_CHECKING:
    from pathlib import Path

PREFIX = "nano-edit-"  # of every display name of ours at the service
DROPPED = "dropped"  # never made
FETCHED = "fetched"

_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)


class SubmittedLine(NamedTuple):
    """One edit of a submission."""

    edit: str  # its id, as the manifest has it
    reply: str  # what its reply answers, as the kept replies have it
    call: str = ""  # its entry in the ledger
    at: str = ""  # when it was submitted, as the ledger has times
    size: str | None = None
    dollars: float | None = None  # the estimate; None: unknown


@dataclass(slots=True)
class Submission:
    """Edits that were, or are to be, handed over together."""

    key: str  # its display name at the service
    model: str = ""
    edits: dict[str, list[Any]] = field(default_factory=dict)  # see `lines`
    version: str = ""  # of this program
    provider: str = ""
    file: str = ""  # "files/abc": the uploaded lines
    making: bool = False  # the request for the job may have gone out
    name: str = ""  # "batches/abc"
    results: str = ""  # "files/abc", once it has ended
    ended: str = ""  # FETCHED, DROPPED, or the state of a job without results
    removed: bool = False  # from the service

    @property
    def is_pending(self) -> bool:
        """Whether its results are still to come."""
        return not self.ended

    @property
    def lines(self) -> dict[str, SubmittedLine]:
        """Its edits, by the keys of their lines."""
        return {key: SubmittedLine(*facts) for key, facts in self.edits.items()}

    @property
    def ids(self) -> set[str]:
        """The ids of its edits."""
        return {line.edit for line in self.lines.values()}


def new_key() -> str:
    """Return a name that tells nothing."""
    return PREFIX + secrets.token_hex(12)


def file_of(manifest: Path) -> Path:
    """Return the file of submissions that belongs to a manifest."""
    return manifest.with_name(f"{manifest.name}.jobs")


class Submissions:
    """The file of submissions; raises InputError when it cannot be used."""

    def __init__(self, manifest: Path) -> None:
        self._path = file_of(manifest)
        self._file = -1
        self.by_key: dict[str, Submission] = {}
        try:
            if self._path.exists():
                self._read()
        except OSError as fault:
            raise InputError(
                f"The file of jobs {self._path} cannot be read: {reason(fault)}. "
                "Nothing was sent.",
                hint="It tells which jobs are under way; do not remove it.",
            ) from None

    def close(self) -> None:
        """Close the file."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)

    @property
    def pending(self) -> list[Submission]:
        """Those whose results are still to come, the oldest first."""
        return [each for each in self.by_key.values() if each.is_pending]

    def under_way(self) -> dict[str, Submission]:
        """Return the pending submission of each edit that is in one, by its id."""
        return {id_: each for each in self.pending for id_ in each.ids}

    @property
    def dollars(self) -> float:
        """What all that is pending is likely to cost; unknown prices count for 0."""
        lines = (line for each in self.pending for line in each.lines.values())
        return sum(line.dollars or 0.0 for line in lines)

    def fetched(self) -> set[str]:
        """Return the ids of the edits that a fetched job answered, well or not."""
        ended = (each for each in self.by_key.values() if each.ended == FETCHED)
        return {id_ for each in ended for id_ in each.ids}

    def begin(
        self, model: str, provider: str, lines: dict[str, SubmittedLine]
    ) -> Submission:
        """Note, and on the disk, that these edits are about to be handed over."""
        submission = Submission(new_key())
        self.note(
            submission,
            model=model,
            provider=provider,
            edits=lines,
            version=VERSION,
        )
        self.by_key[submission.key] = submission
        return submission

    def note(self, submission: Submission, **facts: Any) -> None:
        """Note, and on the disk, what has become known; raises OutputError."""
        line = json.dumps({"submission": submission.key, **facts}).encode() + b"\n"
        try:
            self._append(line)
        except OSError as fault:
            raise OutputError(
                f"The file of jobs {self._path} cannot be written: {reason(fault)}.",
                hint="Free space or fix the permissions, then run the same command "
                "again.",
            ) from None
        _take(submission, facts)

    def _append(self, line: bytes) -> None:
        is_new = self._file < 0 and not self._path.exists()
        if self._file < 0:
            self._file = os.open(self._path, _FLAGS, PRIVATE)
            if not is_new:
                line = b"\n" + line  # behind what a kill may have torn
        write_all(self._file, line)
        os.fsync(self._file)
        if is_new:
            sync_folder(self._path.parent)

    def _read(self) -> None:
        with self._path.open("rb") as file:
            for line in file:
                with suppress(ValueError, RecursionError, TypeError):
                    self._take_line(json.loads(line))

    def _take_line(self, facts: Any) -> None:
        if not isinstance(facts, dict) or not isinstance(facts.get("submission"), str):
            return
        key = facts.pop("submission")
        _take(self.by_key.setdefault(key, Submission(key)), facts)


def _take(submission: Submission, facts: dict[str, Any]) -> None:
    for name, value in facts.items():
        if name in Submission.__slots__:
            setattr(submission, name, value)
