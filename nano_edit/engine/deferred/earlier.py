"""What earlier runs made of an edit: done, refused, failed; or nothing yet."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nano_edit.domain import Billed
from nano_edit.engine.batch.manifest import job_id
from nano_edit.engine.batch.runner import Outcome
from nano_edit.engine.deferred.answers import HINT
from nano_edit.engine.prepare import model_of, possible_outputs
from nano_edit.engine.records import record_of_error
from nano_edit.errors import ExitStatus, NanoEditError

if TYPE_CHECKING:
    from nano_edit.domain import Edit
    from nano_edit.engine.batch.manifest import Manifest
    from nano_edit.engine.batch.submissions import Submissions
    from nano_edit.engine.editor import Editor
    from nano_edit.engine.records import Record


class Earlier:
    """Looks edits up in the manifest and the file of submissions."""

    def __init__(
        self,
        editor: Editor,
        manifest: Manifest,
        submissions: Submissions,
        *,
        skip_existing: bool,
        retry_failed: bool,
        retry_refused: bool,
    ) -> None:
        self._editor = editor
        self._manifest = manifest
        self._fetched = submissions.fetched()
        self._skip_existing = skip_existing
        self._retry_failed = retry_failed
        self._retry_refused = retry_refused

    def id_of(self, edit: Edit) -> str:
        """Return the edit's id in every run."""
        provider = self._editor.provider
        model = model_of(edit, provider)
        return job_id(edit, provider.name, model, emulated=self._editor.emulated)

    def done(self, edit: Edit, edit_id: str) -> Outcome | None:
        """Return the outcome of an edit whose output is there."""
        there = self._output_there(edit, edit_id)
        if there is None:
            return None
        record = {"ok": True, "skipped": True, "output": there}
        return Outcome(edit, {**record, **facts_of(edit, edit_id)}, is_new=False)

    def failed(self, edit: Edit, edit_id: str) -> Outcome | None:
        """Return the outcome of an edit that failed and is not to be asked again."""
        error = self._failure_of(edit, edit_id)
        if error is None:
            return None
        record = {**record_of_error(error, edit.output), **facts_of(edit, edit_id)}
        return Outcome(edit, record, error=error, is_new=False)

    def _output_there(self, edit: Edit, edit_id: str) -> str | None:
        if output := self._manifest.output_of(edit_id):
            return output
        if not self._skip_existing:
            return None
        files = possible_outputs(edit)
        return next((str(file) for file in files if file.exists()), None)

    def _failure_of(self, edit: Edit, edit_id: str) -> NanoEditError | None:
        """Return the error of an earlier run that asking again might repeat."""
        told = self._manifest.error_of(edit_id)
        if told is None:
            return None
        is_refused = told.get("code") == ExitStatus.REFUSED.code
        is_answered = edit_id in self._fetched
        if self._retry_refused if is_refused else not is_answered or self._retry_failed:
            return None
        hint, kept = HINT, _kept_of(told)
        if is_refused:
            hint = "Change the instruction or the picture; --retry-refused asks again."
        elif kept:
            hint = f"nano-edit replies recover makes its picture; {PAID_AGAIN}"
        kind = _KINDS.get(str(told.get("code")), NanoEditError)
        what = "Refused" if is_refused else "Failed"
        said = f"{what} in an earlier run: {told.get('message')}"
        error = kind(f"{edit.label}: {said}", hint=hint)
        error.billed = Billed.NO  # by this run
        error.recovery = kept
        return error


def _kept_of(told: dict[str, Any]) -> Path | None:
    """Return what a failure has left of what was paid for, if it is still there."""
    name = told.get("recovery")
    return Path(name) if isinstance(name, str) and os.path.exists(name) else None  # noqa: PTH110 - no error for what is not a path


PAID_AGAIN = "--retry-failed asks, and pays, for it again."
_KINDS = {kind.exit_status.code: kind for kind in NanoEditError.__subclasses__()}


def facts_of(edit: Edit, edit_id: str) -> Record:
    """Return what a record tells of the edit itself."""
    return {
        "job": edit_id,
        "label": edit.label,
        "instruction": edit.instruction,
        "images": list(edit.images),
    }
