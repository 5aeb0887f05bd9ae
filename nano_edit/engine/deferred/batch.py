"""`DeferredBatch`: many edits at half the price, made by the service within a day.

::

    with DeferredBatch(editor, edits, manifest="results.jsonl") as batch:
        for outcome in batch:
            print(outcome.edit.label, outcome.error or outcome.output)
    print(batch.pending or batch.summary.done)

Strategy: one thread.  What the manifest and the file of submissions say decides what
is to be done: what is done stays, what is under way is asked after, what has ended is
fetched, and the rest is submitted.  So the same call again goes on.

Rules:
- An edit is in one job at a time.  What a fetched job answered with an error is asked
  for again only with ``retry_failed``.
- A job that ended without results is told; its edits are submitted anew by the next
  run, not by this one.
- What is at the service is removed when all of it is fetched.
"""

from __future__ import annotations

import random
import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from nano_edit.domain import Billed, BytesSent, Note
from nano_edit.engine.batch.chains import check_no_chain
from nano_edit.engine.batch.folders import make_folders
from nano_edit.engine.batch.manifest import Manifest
from nano_edit.engine.batch.memory import give_back
from nano_edit.engine.batch.plan import check_all
from nano_edit.engine.batch.runner import Outcome
from nano_edit.engine.batch.submissions import Submissions
from nano_edit.engine.batch.summary import Summary
from nano_edit.engine.batch.summary import edits as counted
from nano_edit.engine.deferred.calls import Repeating
from nano_edit.engine.deferred.earlier import Earlier, facts_of
from nano_edit.engine.deferred.jobs import Job, Jobs
from nano_edit.engine.deferred.money import reserve
from nano_edit.engine.deferred.submit import Group, Submitting
from nano_edit.engine.prepare import model_of
from nano_edit.engine.records import record_of_error, record_of_result
from nano_edit.errors import (
    BudgetError,
    InterruptedEdit,
    NanoEditError,
    PendingError,
    Retry,
    Terminated,
    TerminatedEdit,
    UsageError,
)
from nano_edit.pictures.inputs.workspace import Workspace
from nano_edit.units import size_text
from nano_edit.wire.http.batch_api import BatchApi
from nano_edit.wire.prices import BATCH

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Generator, Iterable, Iterator

    from nano_edit.domain import Edit, EditEvent
    from nano_edit.engine.batch.runner import ObserveMany
    from nano_edit.engine.editor import Editor

POLL = 30.0  # seconds between two questions, at first
SLOWER = 1.5  # each pause is so much longer than the one before
LONGEST = 10.0  # times the first pause
PATIENCE = 10  # questions in a row that may fail
TICK = 1.0  # seconds between two lines of progress


class DeferredBatch:
    """Has ``edits`` made later at half the price; iterate for what has ended.

    manifest: the file of results; what is under way is noted beside it.
    wait: stay until all has ended; otherwise ask once.
    poll: seconds between the first two questions; later ones are further apart.
    skip_existing: leave out edits whose output is there already.
    retry_failed: ask again for what a job answered with an error.
    retry_refused: ask again for what was refused.
    approve: is given each group of edits just before it is submitted; what it raises
        ends the run.
    note: is told sentences about the run.
    progress: is told how the upload or the wait goes, in a few words.
    observe: is called with each event of each edit.

    Raises what `Batch` raises, and UsageError for a provider without batches.
    """

    def __init__(
        self,
        editor: Editor,
        edits: Iterable[Edit],
        *,
        manifest: str | os.PathLike[str],
        wait: bool = False,
        poll: float = POLL,
        skip_existing: bool = False,
        retry_failed: bool = False,
        retry_refused: bool = False,
        approve: Callable[[Group], None] = lambda _: None,
        note: Callable[[str], None] = lambda _: None,
        progress: Callable[[str], None] = lambda _: None,
        observe: ObserveMany | None = None,
    ) -> None:
        check_provider(editor)
        # The tier of a direct request means nothing here.
        self._edits = [replace(edit, tier=None) for edit in edits]
        check_no_chain(self._edits)
        check_all(self._edits, editor.check)
        self._editor = editor
        self._wait = wait
        self._poll = poll
        self._approve = approve
        self._note = note
        self._progress = progress
        self._observe = observe
        self.summary = Summary(len(self._edits))
        self.submitted: list[str] = []  # the names of the jobs that this run made
        self._uploading = 0  # bytes of the group that is being uploaded
        make_folders(self._edits)
        with ExitStack() as stack:
            self._manifest = stack.enter_context(Manifest(Path(manifest)))
            self._submissions = Submissions(Path(manifest))
            stack.callback(self._submissions.close)
            self._earlier = Earlier(
                editor,
                self._manifest,
                self._submissions,
                skip_existing=skip_existing,
                retry_failed=retry_failed,
                retry_refused=retry_failed or retry_refused,
            )
            self._jobs = Jobs(editor, self._manifest, self._submissions, note)
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def asking(self) -> list[Edit]:
        """Return the edits that are to be submitted, as edits of the batch tier."""
        under_way = self._submissions.under_way()
        ids = ((edit, self._earlier.id_of(edit)) for edit in self._edits)
        return [
            replace(edit, tier=BATCH)
            for edit, edit_id in ids
            if edit_id not in under_way
            and not self._earlier.done(edit, edit_id)
            and not self._earlier.failed(edit, edit_id)
        ]

    def __iter__(self) -> Iterator[Outcome]:
        """Yield each outcome as it ends; what is under way has none yet."""
        with self._interruptions():
            yield from self._run()

    @property
    def pending(self) -> list[Job]:
        """The jobs whose results are still to come."""
        return self._jobs.pending

    def error(self, again: str = "") -> NanoEditError | None:
        """Return what the run ends with, if not all is done.

        That is a job that ended without results, failed edits, or PendingError for
        what was submitted by an earlier run.  ``again`` is the hint.
        """
        if failure := self._jobs.error():
            return failure
        if isinstance(self.summary.drained_by, BudgetError):
            return self.summary.error(again)
        if self.summary.failed:
            failed = self.summary.error(again)
            if failed and self.pending:
                failed.message += f" {self._told_pending()}"
            return failed
        if [job for job in self.pending if job.name not in self.submitted]:
            return PendingError(
                self._told_pending(),
                hint="Run the same command again later; --wait stays until it ends.",
                billed=Billed.NO,
            )
        return None

    def _told_pending(self) -> str:
        pending = self.pending
        total = sum(job.total for job in pending)
        made = sum(job.made for job in pending)
        several = "1 job is" if len(pending) == 1 else f"{len(pending)} jobs are"
        return f"{several} under way: {made} of {counted(total)} made."

    # --- the run ----------------------------------------------------------------

    def _run(self) -> Iterator[Outcome]:
        with BatchApi(self._editor.service_with_key()) as api:
            repeating = Repeating(self._editor.policy, self._note, api.hide_key)
            self._jobs.open(api, repeating)
            billing = self._editor.billing
            billing.budget.add(self._manifest.spent + self._submissions.dollars)
            submitting = Submitting(
                api, self._submissions, repeating, billing, self._tell
            )
            self._jobs.remove_ended()
            for submission in self._submissions.pending:
                if not submission.name:
                    submitting.go_on(submission)
            todo = yield from self._sorted()
            yield from self._fetched()
            yield from self._submitted(todo, submitting)
            if self._wait:
                yield from self._waited_for()

    def _waited_for(self) -> Iterator[Outcome]:
        """Ask again and again; yield what ends, until all has.

        A service that cannot be asked for a while ends no wait of a day.
        """
        pause, failures = self._poll, 0
        while self._jobs.are_waited_for:
            self._stay(pause * random.uniform(0.8, 1.2))  # noqa: S311 - jitter
            pause = min(pause * SLOWER, self._poll * LONGEST)
            try:
                yield from self._fetched()
                failures = 0
            except NanoEditError as error:
                failures += 1
                if error.retry is not Retry.SAFE or failures == PATIENCE:
                    raise
                self._note(f"{error.message} It is asked again later.")

    def _sorted(self) -> Generator[Outcome, None, list[Edit]]:
        """Yield what earlier runs ended; return the edits that are to be submitted."""
        todo = []
        under_way = self._submissions.under_way()
        for edit in self._edits:
            edit_id = self._earlier.id_of(edit)
            outcome = self._earlier.done(edit, edit_id)
            if outcome is None and edit_id in under_way:
                self._jobs.expect(edit, edit_id)
                continue
            outcome = outcome or self._earlier.failed(edit, edit_id)
            if outcome is None:
                todo.append(edit)
                continue
            self._write_down(outcome)
            yield outcome
        self.summary.under_way = self._jobs.expected
        return todo

    def _fetched(self) -> Iterator[Outcome]:
        """Ask after each job, and yield what those that have ended gave."""
        for outcome in self._jobs.fetch(self._hear):
            self._write_down(outcome)
            yield outcome
        self.summary.under_way = self._jobs.expected

    def _submitted(
        self, edits: list[Edit], submitting: Submitting
    ) -> Iterator[Outcome]:
        """Submit the edits; yield those that need not, or cannot be."""
        provider = self._editor.provider
        for model in dict.fromkeys(model_of(edit, provider) for edit in edits):
            of_model = (edit for edit in edits if model_of(edit, provider) == model)
            group = Group(model)
            with Workspace() as workspace:
                for edit in of_model:
                    try:
                        outcome = self._join(edit, group, workspace, submitting)
                    except BudgetError as error:
                        self.summary.drained_by = error
                        break
                    if outcome:
                        self._write_down(outcome)
                        yield outcome
                self._hand_over(group, submitting)
            if self.summary.drained_by:
                return

    def _join(
        self, edit: Edit, group: Group, workspace: Workspace, submitting: Submitting
    ) -> Outcome | None:
        """Prepare an edit and add it to the group, which is submitted when full."""
        edit_id = self._earlier.id_of(edit)
        about = facts_of(edit, edit_id)
        hear, editor = self._hear(edit), self._editor
        try:
            with editor.prepare(edit, hear, shared=workspace) as prepared:
                result = editor.remembered(
                    prepared, hear, lambda image: self._manifest.placing(edit_id, image)
                )
        except NanoEditError as error:
            record = {**record_of_error(error, edit.output), **about}
            return Outcome(edit, record, error=error)
        if result:
            return Outcome(edit, {**record_of_result(result), **about}, result)
        reserve(editor.billing, prepared.request)
        if not group.add(prepared, edit_id, editor.billing):
            self._hand_over(group, submitting)
            group.clear()
            group.add(prepared, edit_id, editor.billing)
        self._jobs.expect(edit, edit_id)
        return None

    def _hand_over(self, group: Group, submitting: Submitting) -> None:
        if not group.lines:
            return
        self._approve(group)
        submission = self._submissions.begin(
            group.model, self._editor.provider.name, group.notes
        )
        self._uploading = group.size
        submitting.submit(submission, group)
        self.submitted.append(submission.name)
        self.summary.under_way = self._jobs.expected
        self._note(f"Submitted {counted(len(group.lines))} as {submission.name}.")

    # --- what is told -------------------------------------------------------------

    def _tell(self, event: EditEvent) -> None:
        if isinstance(event, BytesSent):
            of = f"{size_text(event.sent)} of {size_text(self._uploading)}"
            self._progress(f"Uploading: {of}")
        elif isinstance(event, Note):
            self._note(event.text)

    def _hear(self, edit: Edit) -> Callable[[EditEvent], None]:
        def hear(event: EditEvent) -> None:
            if self._observe:
                self._observe(edit, event)

        return hear

    def _stay(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._progress(f"{self._told_pending()} Asking again in {left:.0f} s.")
            time.sleep(min(TICK, left))
        self._progress(f"{self._told_pending()} Asking ...")

    def _write_down(self, outcome: Outcome) -> None:
        self.summary.add(outcome.record, outcome.error)
        self.summary.under_way = self._jobs.expected
        give_back(self.summary.ended)
        if outcome.is_new:
            self._manifest.add(outcome.record)
        elif outcome.error is None:
            self._manifest.settle(outcome.record)

    @contextmanager
    def _interruptions(self) -> Iterator[None]:
        try:
            yield
        except KeyboardInterrupt as stop:
            terminated = isinstance(stop, Terminated)
            kind = TerminatedEdit if terminated else InterruptedEdit
            raise kind(
                f"{'Terminated' if terminated else 'Interrupted'}. What was submitted "
                "goes on at the service.",
                hint="Run the same command again: it submits nothing twice.",
                billed=Billed.UNKNOWN if self.pending else Billed.NO,
            ) from stop


def check_provider(editor: Editor) -> None:
    """Raise UsageError where the edits cannot be deferred."""
    if not editor.provider.has_batches:
        raise UsageError(
            f"The provider {editor.provider.name} makes no deferred edits.",
            hint="Use --provider google with a key of Google's, or leave --defer out.",
        )
