"""The jobs under way: asked after, fetched when they have ended, and removed."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from nano_edit.domain import Billed
from nano_edit.engine.batch.runner import Outcome
from nano_edit.engine.batch.submissions import FETCHED
from nano_edit.engine.batch.summary import edits as counted
from nano_edit.engine.deferred.answers import HINT
from nano_edit.engine.deferred.earlier import facts_of
from nano_edit.engine.deferred.fetch import Fetching, is_ours
from nano_edit.engine.deferred.money import note_not_made
from nano_edit.engine.deferred.results import result_lines
from nano_edit.engine.records import record_of_error, record_of_result
from nano_edit.engine.replies.kept import list_kept, remove_reply
from nano_edit.engine.replies.spool import state_folder
from nano_edit.errors import (
    ExitStatus,
    InterruptedEdit,
    NanoEditError,
    ServerError,
)
from nano_edit.frozen import Frozen
from nano_edit.wire.gemini.batch_jobs import JobState
from nano_edit.wire.gemini.errors import quoted_words
from nano_edit.wire.http.batch_api import GoneError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nano_edit.domain import Edit, EditEvent
    from nano_edit.engine.batch.manifest import Manifest
    from nano_edit.engine.batch.submissions import (
        Submission,
        Submissions,
        SubmittedLine,
    )
    from nano_edit.engine.deferred.calls import Repeating
    from nano_edit.engine.deferred.results import ResultLine
    from nano_edit.engine.editor import Editor
    from nano_edit.wire.gemini.batch_jobs import RemoteJob
    from nano_edit.wire.http.batch_api import BatchApi

    HearOf = Callable[[Edit], Callable[[EditEvent], None]]

LEFT = "Its edit is not in the list any more."
GONE = "gone"  # the service does not know it any more
LOST = "lost"  # it has ended, and its results are not there
_ENDS = {
    JobState.EXPIRED: "expired at the service",
    JobState.FAILED: "failed at the service",
    JobState.CANCELLED: "was cancelled",
    GONE: "is not known to the service any more",
    LOST: "has ended, and its results are gone from the service",
}


class Job(Frozen):
    """A job under way, as it was when it was asked after."""

    name: str  # "batches/abc"
    state: str  # "pending", "running"
    total: int  # edits
    made: int  # edits that the service has made
    failed: int


class Jobs:
    """What was submitted and is not fetched yet."""

    def __init__(
        self,
        editor: Editor,
        manifest: Manifest,
        submissions: Submissions,
        note: Callable[[str], None],
    ) -> None:
        self._editor = editor
        self._manifest = manifest
        self._submissions = submissions
        self._note = note
        self._expected: dict[str, Edit] = {}  # by the edit's id
        self._last: dict[str, RemoteJob] = {}  # by key: as it was last told
        self._told: set[str] = set()  # ids of edits that this run has told the end of
        self._unplaced: set[str] = set()  # keys: fetched in part, see `_fetched`
        self._ends: list[str] = []  # sentences: jobs that ended without results

    def open(self, api: BatchApi, repeating: Repeating) -> None:
        """Take the service that is to be asked."""
        self._api = api
        self._repeating = repeating

    def expect(self, edit: Edit, edit_id: str) -> None:
        """Note that an edit of this run is in a job."""
        self._expected[edit_id] = edit

    @property
    def are_waited_for(self) -> bool:
        """Whether a later question may bring more."""
        return any(each.key not in self._unplaced for each in self._submissions.pending)

    @property
    def expected(self) -> int:
        """How many edits of this run are in jobs under way."""
        return len(self._expected)

    @property
    def pending(self) -> list[Job]:
        """The jobs that have not ended."""
        return [self._described(each) for each in self._submissions.pending]

    def error(self) -> NanoEditError | None:
        """Return the error for the jobs that ended without results."""
        if not self._ends:
            return None
        return ServerError(
            " ".join(self._ends),
            hint="Run the same command again to submit what is missing anew.",
        )

    def _described(self, submission: Submission) -> Job:
        job = self._last.get(submission.key)
        return Job(
            name=submission.name,
            state=str(job.state if job else JobState.PENDING),
            total=len(submission.edits),
            made=job.succeeded if job else 0,
            failed=job.failed if job else 0,
        )

    # --- fetching ---------------------------------------------------------------

    def fetch(self, hear_of: HearOf) -> Iterator[Outcome]:
        """Ask after each job; yield the outcomes of those that have ended."""
        for submission in self._submissions.pending:
            if submission.key in self._unplaced:
                continue
            name = submission.name
            job = self._repeating(lambda name=name: self._api.job(name))  # type: ignore[misc]
            if job is None:
                self._end(submission, GONE)
            elif job.state.has_ended:
                yield from self._fetched(submission, job, hear_of)
            else:
                self._last[submission.key] = job

    def _fetched(
        self, submission: Submission, job: RemoteJob, hear_of: HearOf
    ) -> Iterator[Outcome]:
        fetching = Fetching(self._editor, submission, self._api.hide_key)
        left = submission.lines
        try:
            yield from self._read(fetching, submission, job, left, hear_of)
        except GoneError:
            self._end(submission, LOST)
            return
        if job.state is JobState.SUCCEEDED:
            yield from self._missing(left)
        if submission.key not in self._unplaced:
            self._settle(submission, job, left)

    def _read(
        self,
        fetching: Fetching,
        submission: Submission,
        job: RemoteJob,
        left: dict[str, SubmittedLine],
        hear_of: HearOf,
    ) -> Iterator[Outcome]:
        """Yield what the lines of the results give, and take them from ``left``."""
        if not job.results:
            return
        folder = state_folder()
        for line in result_lines(self._api, job.results, folder, self._repeating):
            key = line.key
            noted = left.pop(key, None) if key is not None else None
            outcome = noted and self._made(fetching, line, noted, hear_of)
            if not outcome:
                continue
            error = outcome.error
            if isinstance(error, InterruptedEdit):
                raise error
            if error and is_ours(error) and error.recovery is None:
                # Neither placed nor kept: it stays at the service for another run.
                self._unplaced.add(submission.key)
            yield outcome

    def _made(
        self,
        fetching: Fetching,
        line: ResultLine,
        noted: SubmittedLine,
        hear_of: HearOf,
    ) -> Outcome | None:
        """Make the edit of a line; None where an earlier run did, or it is unknown."""
        edit_id = noted.edit
        if edit_id in self._told:  # the download was begun anew
            return None
        edit = self._expected.pop(edit_id, None)
        self._told.add(edit_id)
        if edit is None:
            if not self._manifest.output_of(edit_id) and line.error is None:
                kept = fetching.keep(line, noted, "", LEFT)
                self._note(f"The reply of an edit that left the list is kept: {kept}")
            return None
        facts = facts_of(edit, edit_id)
        try:
            result = fetching.edit(
                edit,
                line,
                noted,
                hear_of(edit),
                lambda image: self._manifest.placing(edit_id, image),
            )
        except NanoEditError as error:
            record = {**record_of_error(error, edit.output), **facts}
            return Outcome(edit, record, error=error)
        return Outcome(edit, {**record_of_result(result), **facts}, result)

    def _missing(self, left: dict[str, SubmittedLine]) -> Iterator[Outcome]:
        """Yield a failure for each edit that the results say nothing of."""
        for edit_id in (noted.edit for noted in left.values()):
            edit = self._expected.pop(edit_id, None)
            if edit is None:
                continue
            error = ServerError(
                "The results of the job hold nothing for this edit.",
                hint=HINT,
                billed=Billed.UNKNOWN,
            )
            record = {**record_of_error(error, edit.output), **facts_of(edit, edit_id)}
            yield Outcome(edit, record, error=error)

    # --- the end of a job -----------------------------------------------------------

    def _settle(
        self, submission: Submission, job: RemoteJob, left: dict[str, SubmittedLine]
    ) -> None:
        """Note that a job is fetched, and remove it from the service."""
        self._submissions.note(submission, results=job.results)
        if job.state is JobState.SUCCEEDED:
            self._submissions.note(submission, ended=FETCHED)
        else:
            self._end(submission, job.state, len(left), job.message)
            if job.state is not JobState.CANCELLED or not job.succeeded:
                lines, billing = left.values(), self._editor.billing
                note_not_made(billing, submission, lines, ExitStatus.SERVER.code)
        self._remove(submission)
        self._forget_cut(submission)

    def _end(
        self,
        submission: Submission,
        state: str,
        missing: int | None = None,
        message: str = "",
    ) -> None:
        count = len(submission.edits) if missing is None else missing
        self._submissions.note(submission, ended=str(state))
        said = quoted_words(self._api.hide_key(message))
        what = f"{_ENDS[state]}: {counted(count)} not made."
        self._ends.append(f"The job {submission.name} {what}{said}")
        for edit_id in submission.ids:
            self._expected.pop(edit_id, None)

    def remove_ended(self) -> None:
        """Remove from the service what earlier runs fetched and left there."""
        for submission in self._submissions.by_key.values():
            if submission.ended and not submission.removed:
                self._remove(submission)

    def _remove(self, submission: Submission) -> None:
        removed = True
        for name in (submission.name, submission.file, submission.results):
            try:
                if name:
                    self._api.delete(name)
            except NanoEditError:
                # The service may keep results to itself until they expire.
                removed = removed and name == submission.results
        if removed:
            self._submissions.note(submission, removed=True)

    def _forget_cut(self, submission: Submission) -> None:
        """Remove the replies that a kill cut while these results were read."""
        keys = {line.reply for line in submission.lines.values()}
        folder = state_folder()
        for reply in list_kept(folder):
            if reply.about.job in keys and not (reply.whole or reply.in_use):
                with suppress(OSError):
                    remove_reply(reply.path, folder)
