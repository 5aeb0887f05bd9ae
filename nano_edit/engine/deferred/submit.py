"""Edits handed over: prepared, uploaded together, and made a job, each step noted.

Rules:
- Each step is on the disk before the next begins, so a kill leaves a run that goes on
  where it stood, and makes no job twice.
- The request for a job is made again only where it was surely not taken; where that
  is unknown, the job is looked for by its key.
- What the service refuses for good is dropped, and its file removed.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from nano_edit.domain import Billed, Cost, Note
from nano_edit.engine.batch.submissions import DROPPED
from nano_edit.engine.deferred.money import line_of, note_not_made, note_submitted
from nano_edit.engine.deferred.upload import find_file, upload_lines
from nano_edit.engine.money.billing import NOTHING, added
from nano_edit.engine.replies.cache import cache_key
from nano_edit.errors import NanoEditError, Retry
from nano_edit.wire.gemini.batch_jobs import (
    MOST_BYTES,
    MOST_LINES,
    RequestLine,
)
from nano_edit.wire.gemini.request import RequestBody

if TYPE_CHECKING:
    from nano_edit.domain import Observe, Prepared
    from nano_edit.engine.batch.submissions import (
        Submission,
        Submissions,
        SubmittedLine,
    )
    from nano_edit.engine.deferred.calls import Repeating
    from nano_edit.engine.money.billing import Billing
    from nano_edit.wire.gemini.batch_jobs import RemoteJob
    from nano_edit.wire.http.batch_api import BatchApi

LOOKS = 3  # how often a job is looked for whose making nobody knows of


class Group:
    """Prepared edits of one model that become one job."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self.lines: list[RequestLine] = []
        self.notes: dict[str, SubmittedLine] = {}  # by line key
        self.cost = NOTHING  # the estimate
        self.size = 0  # bytes

    def add(self, prepared: Prepared, edit_id: str, billing: Billing) -> bool:
        """Add an edit; False when it does not fit in any more."""
        request = prepared.request
        key = str(len(self.lines) + 1)
        line = RequestLine(key, RequestBody(request))
        is_full = len(self.lines) == MOST_LINES or self.size + line.length > MOST_BYTES
        if self.lines and is_full:
            return False
        self.lines.append(line)
        reply_key = cache_key(request, prepared.edit.variant)
        note = line_of(billing, prepared, edit_id, reply_key)
        self.notes[key] = note
        self.cost = added(self.cost, Cost(note.dollars))
        self.size += line.length
        return True


class Submitting:
    """Takes submissions to the service, step by step."""

    def __init__(
        self,
        api: BatchApi,
        submissions: Submissions,
        repeating: Repeating,
        billing: Billing,
        observe: Observe,
    ) -> None:
        self._billing = billing
        self._api = api
        self._submissions = submissions
        self._repeating = repeating
        self._observe = observe

    def submit(self, submission: Submission, group: Group) -> None:
        """Upload the group's lines and make the job."""
        file = upload_lines(
            self._api, submission.key, group.lines, self._repeating, self._observe
        )
        self._submissions.note(submission, file=file.name)
        self._make(submission)

    def go_on(self, submission: Submission) -> None:
        """Take a submission that an earlier run left to its end, or drop it."""
        if submission.making and (job := self._find(submission)):
            self._submissions.note(submission, name=job.name)
        elif submission.file:
            self._observe(Note("An upload of an earlier run is whole; it is used."))
            self._make(submission)
        else:
            self.drop(submission)

    def drop(self, submission: Submission) -> None:
        """Note that no job was made of it, and remove its file."""
        self._submissions.note(submission, ended=DROPPED, removed=True)
        lines = submission.lines.values()
        if submission.making:
            note_not_made(self._billing, submission, lines, "rejected")
        with suppress(NanoEditError):
            file = submission.file or getattr(
                find_file(self._api, submission.key), "name", ""
            )
            if file:
                self._api.delete(file)

    def _make(self, submission: Submission) -> None:
        note_submitted(self._billing, submission)
        self._submissions.note(submission, making=True)
        try:
            job = self._repeating(
                lambda: self._api.create(
                    submission.model, submission.key, submission.file
                )
            )
        except NanoEditError as error:
            found = self._after_failure(submission, error)
            if found is None:
                raise
            job = found
        self._submissions.note(submission, name=job.name)

    def _after_failure(
        self, submission: Submission, error: NanoEditError
    ) -> RemoteJob | None:
        """Return the job if it was made after all; drop what was refused."""
        if error.billed is Billed.NO:
            if error.retry is Retry.NEVER and error.http_status is not None:
                self.drop(submission)
            return None
        for _ in range(LOOKS):
            if job := self._find(submission):
                return job
            time.sleep(self._repeating.pause)
        error.message = f"It is unknown whether the job was made. {error.message}"
        error.args = (error.message,)
        error.hint = "Run the same command again: it looks for the job first."
        return None

    def _find(self, submission: Submission) -> RemoteJob | None:
        """Return the job with the submission's key, if there is one."""

        def look() -> RemoteJob | None:
            found = (j for j in self._api.jobs() if j.display_name == submission.key)
            return next(found, None)

        return self._repeating(look)
