"""`Batch`: many edits at once, a few threads, one queue of what has ended.

::

    with Batch(editor, edits, jobs=8, manifest="results.jsonl") as batch:
        for outcome in batch:
            print(outcome.edit.label, outcome.error or outcome.output)
    print(batch.summary.done)

Strategy: the threads take edits from one iterator, so nothing is prepared further
ahead than it is worked on; the caller's thread takes the outcomes in the order
they end and is the only one that writes the manifest.

Rules:
- One failing edit stops no other, but for a refused key or an empty account, which
  every other edit would meet too, and ``fail_fast``.
- What the manifest says is done, and is there, is not done again; what was refused
  is not asked for again unless ``retry_refused``.
- An edit that goes on from another (`nano_edit.engine.batch.chains`) waits for it, and
  fails unsent when that one does.
- Where the system allows fewer threads than jobs, there are fewer, and a note.
- Draining begins nothing new and lets what runs, and is paid for, end; leaving the
  context early drains.  Stopping ends what runs too.
- An edit that was stopped before it cost anything has not ended: it never began.
"""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from nano_edit.domain import Billed
from nano_edit.engine.again import prepare_next
from nano_edit.engine.batch.chains import Chains
from nano_edit.engine.batch.folders import make_folders
from nano_edit.engine.batch.manifest import Manifest
from nano_edit.engine.batch.memory import STACK, give_back, most_threads, share_heap
from nano_edit.engine.batch.order import Order
from nano_edit.engine.batch.plan import check_all
from nano_edit.engine.batch.submissions import Submissions, file_of
from nano_edit.engine.batch.summary import Summary, is_for_all
from nano_edit.engine.batch.summary import edits as counted
from nano_edit.engine.prepare import possible_outputs
from nano_edit.engine.records import record_of_error, record_of_result
from nano_edit.errors import (
    BudgetError,
    InputError,
    InterruptedEdit,
    NanoEditError,
    RefusedError,
    UsageError,
)

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator

    from nano_edit.domain import Edit, EditEvent, EditResult, WrittenImage
    from nano_edit.engine.editor import Editor
    from nano_edit.engine.records import Record

    ObserveMany = Callable[[Edit, EditEvent], None]

TICK = 0.5  # seconds; Windows delivers Ctrl-C only between two waits


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one edit ended with: its record as JSON has it, and its result or error."""

    edit: Edit
    record: Record
    result: EditResult | None = None  # None: it failed, or was done already
    error: NanoEditError | None = None
    is_new: bool = True  # False: an earlier run had done it, or was refused
    place: int = 0  # of the edit in the batch, from 0

    @property
    def output(self) -> str | None:
        """The picture's path, "-" for standard output; None when it failed."""
        return None if self.error else str(self.record["output"])


class Batch:
    """Makes ``edits`` with ``editor``, ``jobs`` at a time; iterate for the outcomes.

    manifest: the file of results by which a later run resumes; None: none.
    skip_existing: leave out edits whose output is there already.
    fail_fast: begin no new edit after the first failure.
    retry_refused: ask again for what an earlier run was refused.
    note: is told sentences about the run.
    observe: is called with each event of each edit, in the thread that edits.

    Raises UsageError or InputError for edits that cannot be meant, several at once,
    AuthError when there is no key, and InputError for a manifest that cannot be
    used, all before anything is sent.
    """

    def __init__(
        self,
        editor: Editor,
        edits: Iterable[Edit],
        *,
        jobs: int = 4,
        manifest: str | os.PathLike[str] | None = None,
        skip_existing: bool = False,
        fail_fast: bool = False,
        retry_refused: bool = False,
        note: Callable[[str], None] = lambda _: None,
        observe: ObserveMany | None = None,
    ) -> None:
        self._chains = Chains([*edits], editor)
        self._edits = self._chains.edits
        check_all(self._edits, editor.check, self._chains.faults)
        self._editor = editor
        self._threads = max(1, min(jobs, len(self._edits)))
        self._skip_existing = skip_existing
        self._fail_fast = fail_fast
        self._retry_refused = retry_refused
        self._note = note
        self._observe = observe
        self._queue: queue.SimpleQueue[Outcome | BaseException | None] = (
            queue.SimpleQueue()
        )
        self._order: Order[Outcome] = Order(len(self._edits), self._chains.before)
        self._running: list[threading.Thread] = []
        self._faults: list[BaseException] = []
        self.summary = Summary(len(self._edits))
        make_folders(self._edits)
        self._manifest = None
        if manifest is not None:
            _check_not_deferred(Path(manifest), self._jobs())
            self._manifest = Manifest(Path(manifest))
        editor.allow(jobs)
        if self._manifest:
            editor.billing.budget.add(self._manifest.spent)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Let what is under way end, and write it down."""
        self.drain()
        try:
            for _outcome in self._ended():
                pass
        finally:
            self._editor.allow()
            if self._manifest:
                self._manifest.close()

    def __iter__(self) -> Iterator[Outcome]:
        """Yield each outcome as it ends; a bug is raised when all has ended."""
        if not self._running:
            self._editor.open()
            share_heap()
            self._start()
        yield from self._ended()
        if self._faults:
            raise self._faults[0]

    def asking(self) -> list[Edit]:
        """Return the edits that the run will ask for, but for kept and cached ones."""
        found = []
        for edit, job in zip(self._edits, self._jobs(), strict=True):
            if not (self._output_there(edit, job) or self._refusal_of(edit, job)):
                found.append(edit)
        return found

    def cancel(self) -> None:
        """Begin nothing at all; a manifest without a line is removed."""
        self.drain()
        if self._manifest:
            self._manifest.forget_if_new()

    def drain(self, by: type[InterruptedEdit] | None = None) -> None:
        """Begin nothing new; what is under way goes on.

        ``by`` is the error that the run is to end with.
        """
        self.summary.stopped_by = self.summary.stopped_by or by
        self._order.drain()
        self._editor.drain()

    def stop(self) -> None:
        """End what is under way too."""
        self.drain()
        self._editor.stop()

    # --- the caller's thread ---------------------------------------------------

    def _start(self) -> None:
        wanted = min(self._threads, most_threads() or self._threads)
        before = threading.stack_size(STACK)
        try:
            while len(self._running) < wanted:
                thread = threading.Thread(target=self._work, daemon=True)
                thread.start()
                self._running.append(thread)
        except (RuntimeError, MemoryError):  # the system allows no more of them
            if not self._running:
                raise NanoEditError(
                    "The system allows no thread: nothing was sent.",
                    hint="Raise the limit of processes (ulimit -u) or of memory.",
                ) from None
        finally:
            threading.stack_size(before)
        if len(self._running) < self._threads:
            self._note(f"The system allows only {counted(len(self._running))} at once.")

    def _ended(self) -> Iterator[Outcome]:
        """Yield what has ended until every thread has."""
        while self._running:
            try:
                ended = self._queue.get(timeout=TICK)
            except queue.Empty:
                continue
            if ended is None:
                self._running.pop()
            elif isinstance(ended, BaseException):
                self._fail(ended)
            else:
                try:
                    self._write_down(ended)
                except Exception as fault:  # noqa: BLE001 - raised at the end
                    self._fail(fault)
                yield ended

    def _write_down(self, outcome: Outcome) -> None:
        self.summary.add(outcome.record, outcome.error)
        give_back(self.summary.ended)
        if self._manifest is None:
            return
        if outcome.is_new:
            self._manifest.add(outcome.record)
        elif outcome.error is None:
            self._manifest.settle(outcome.record)

    def _fail(self, fault: BaseException) -> None:
        """Raise a bug or a full disk later: what was begun, and is paid for, ends."""
        self._faults.append(fault)
        self.drain()

    # --- the workers' threads --------------------------------------------------

    def _work(self) -> None:
        try:
            while (place := self._order.take()) is not None:
                outcome = None
                try:
                    if outcome := self._made(place):
                        self._queue.put(replace(outcome, place=place))
                except BaseException as bug:  # noqa: BLE001 - told to the caller
                    self._queue.put(bug)
                finally:
                    self._order.end(place, outcome)
        finally:
            self._queue.put(None)

    def _made(self, place: int) -> Outcome | None:
        """Make the edit and return what it ended with; a bug alone is raised."""
        edit, job = self._edits[place], self._chains.job(place)
        picture = self._goes_on_from(place)
        about: Record = {
            "job": job,
            "label": edit.label,
            "instruction": edit.instruction,
            "images": [*filter(None, [picture]), *edit.images],
        }
        if there := self._output_there(edit, job):
            record = {"ok": True, "skipped": True, "output": there, **about}
            return Outcome(edit, record, is_new=False)
        if refusal := self._refusal_of(edit, job):
            record = {**record_of_error(refusal, edit.output), **about}
            return Outcome(edit, record, error=refusal, is_new=False)
        try:
            result = self._sent(place, picture)
        except NanoEditError as error:
            self._drain_after(error)
            never_began = isinstance(error, InterruptedEdit | BudgetError)
            if never_began and error.billed is Billed.NO:
                return None
            record = {**record_of_error(error, edit.output), **about}
            return Outcome(edit, record, error=error)
        return Outcome(edit, {**record_of_result(result), **about}, result)

    def _goes_on_from(self, place: int) -> str | None:
        """Return the picture of another edit that this one goes on from, if any."""
        if place in self._chains.before:
            return self._order.ended(self._chains.before[place]).output
        entry = self._chains.entry(place)
        return entry.output if entry else None

    def _sent(self, place: int, picture: str | None) -> EditResult:
        edit, job = self._edits[place], self._chains.job(place)

        def hear(event: EditEvent) -> None:
            self._hear(edit, event)

        def placing(image: WrittenImage) -> None:
            self._placing(job, image)

        if not edit.after:
            return self._editor.edit(edit, hear, placing)
        if picture is None:
            before = self._edits[self._chains.before[place]]
            raise not_made(before.label)
        following = self._chains.next_of(place, picture)
        with prepare_next(self._editor, following, hear) as prepared:
            return self._editor.send(prepared, hear, placing)

    def _hear(self, edit: Edit, event: EditEvent) -> None:
        if self._observe:
            self._observe(edit, event)

    def _placing(self, job: str, image: WrittenImage) -> None:
        if self._manifest:
            self._manifest.placing(job, image)

    def _refusal_of(self, edit: Edit, job: str) -> RefusedError | None:
        """Return the refusal of an earlier run, which asking again would repeat."""
        if self._manifest is None or self._retry_refused:
            return None
        told = self._manifest.refusal_of(job)
        if told is None:
            return None
        return RefusedError(
            f"{edit.label} was refused by an earlier run: {told.get('message')}",
            hint="Change the instruction or the picture; --retry-refused asks again.",
        )

    def _jobs(self) -> Iterator[str]:
        return map(self._chains.job, range(len(self._edits)))

    def _output_there(self, edit: Edit, job: str) -> str | None:
        """Return the output of an edit that is done, or that is to be skipped."""
        if self._manifest and (output := self._manifest.output_of(job)):
            return output
        if not self._skip_existing:
            return None
        files = possible_outputs(edit)
        return next((str(file) for file in files if file.exists()), None)

    def _drain_after(self, error: NanoEditError) -> None:
        """Drain at once, in the thread that failed: its next edit is paid for too."""
        if isinstance(error, InterruptedEdit) or self.summary.drained_by is not None:
            return
        if self._fail_fast or is_for_all(error):
            self.summary.drained_by = error
            self.drain()


def not_made(label: str) -> InputError:
    """Return the error of an edit whose picture another one was to make."""
    return InputError(
        f"It was not sent: {label}, which it goes on from, failed.",
        hint="Once that one is made, this one can be.",
    )


def _check_not_deferred(manifest: Path, edit_ids: Iterable[str]) -> None:
    """Raise UsageError for edits that a job makes already: they would be paid twice."""
    if not file_of(manifest).exists():
        return
    submissions = Submissions(manifest)
    submissions.close()
    under_way = submissions.under_way()
    found = [under_way[edit_id] for edit_id in edit_ids if edit_id in under_way]
    if found:
        names = ", ".join(sorted({each.name or "a job" for each in found}))
        raise UsageError(
            f"{counted(len(found))} of this list are in {names} already; made now, "
            "they would be paid for twice.",
            hint="Add --defer to fetch them, or cancel: nano-edit jobs cancel JOB.",
        )
