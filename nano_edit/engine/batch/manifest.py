"""``results.jsonl``: one line for each edit that has ended, so that a run resumes.

Rules:
- A line is the ``--json`` object and what tells which edit it was; it is written
  in one piece and at once.
- A torn last line, left by a kill, is passed over; so is any that is not JSON.
- Manifests merge by concatenation: the last line about an edit counts.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from nano_edit.errors import OutputError

if TYPE_CHECKING:
    from nano_edit.domain import Edit

# What makes an edit another one; the rest only changes how it is carried out.
_SHAPING = (
    "instruction", "images", "aspect_ratio", "size", "text", "max_side", "format",
    "output", "variant",
)  # fmt: skip


def job_id(edit: Edit, provider: str, model: str, *, emulated: bool) -> str:
    """Return 16 hex digits that are the same for the same edit in every run."""
    shape = [getattr(edit, name) for name in _SHAPING]
    whole = json.dumps([*shape, provider, model, emulated], ensure_ascii=True)
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


class Manifest:
    """The file of results: what earlier runs did, and this run's lines."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._done: dict[str, str] = {}
        self._torn = False
        try:
            self._read()
            self._file = path.open("ab", buffering=0)  # one write is one line
        except OSError as fault:
            raise self._unusable(fault) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; no more can be added."""
        self._file.close()

    def output_of(self, job: str) -> str | None:
        """Return the picture that this edit gave, if it did and it is there."""
        output = self._done.get(job)
        return output if output and Path(output).exists() else None

    def add(self, record: dict[str, Any]) -> None:
        """Append a result, whole and at once; raises OutputError."""
        line = json.dumps(record, ensure_ascii=False)
        # Half a character, as in a name that is not UTF-8, is escaped as JSON does.
        raw = line.encode("utf-8", "backslashreplace")
        try:
            self._file.write(b"\n%s\n" % raw if self._torn else b"%s\n" % raw)
        except OSError as fault:
            raise self._unusable(fault) from None
        self._torn = False

    def _unusable(self, fault: OSError) -> OutputError:
        return OutputError(
            f"The manifest {self._path} cannot be used: {fault.strerror}.",
            hint="Name another with --manifest.",
        )

    def _read(self) -> None:
        if not self._path.is_file():  # new, or a pipe that takes and never gives
            return
        line = b"\n"
        with self._path.open("rb") as file:
            for line in file:
                self._take(line)
        self._torn = not line.endswith(b"\n")

    def _take(self, line: bytes) -> None:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            return
        job = record.get("job") if isinstance(record, dict) else None
        if not isinstance(job, str):
            return
        if record.get("ok"):
            self._done[job] = str(record.get("output"))
        else:
            self._done.pop(job, None)
