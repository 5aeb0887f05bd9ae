"""Many edits from the command line: plan, run at once, tell, note down.

Strategy: worker threads prepare and make the edits; this thread takes what has
ended and is the only one that writes: manifest, report, terminal.

Rules:
- What the manifest says is done, and is there, is not done again.
- A failing edit stops no other, but for a refused key or an empty account, which
  every other edit would meet too, and ``--fail-fast``.
- Ctrl-C or SIGTERM begins nothing new and keeps what is under way, since that is
  paid for; a second one, or 30 s after SIGTERM, ends it.
"""

from __future__ import annotations

import dataclasses
import signal
import threading
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nano_edit.cli.batch_display import Tally, batch_display_for
from nano_edit.cli.job import edit_options, prepare_job
from nano_edit.cli.manifest import Manifest, job_id
from nano_edit.cli.plan import Planned, plan_edits
from nano_edit.cli.records import Record, record_of_error, record_of_result
from nano_edit.cli.service import connect, means_of
from nano_edit.engine.batch import Batch, Ended
from nano_edit.engine.pace import SharedPace
from nano_edit.errors import (
    AuthError,
    InterruptedEdit,
    NanoEditError,
    PartialError,
    QuotaError,
    Retry,
    TerminatedEdit,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nano_edit.cli.batch_display import BatchDisplay
    from nano_edit.cli.options import Options
    from nano_edit.cli.report import ReportWriter
    from nano_edit.cli.service import Connection
    from nano_edit.cli.settings import Resolved
    from nano_edit.cli.terminal import Terminal
    from nano_edit.pictures.workspace import Workspace

GRACE = 30.0  # seconds that what is under way gets after SIGTERM
MANIFEST = "results.jsonl"


def run_many(base: Resolved, terminal: Terminal) -> None:
    """Make all the edits; raises PartialError when some failed."""
    from nano_edit.pictures.workspace import Workspace  # noqa: PLC0415

    with Workspace() as workspace:
        base = _with_stdin_read(base, terminal, workspace)
        planned = plan_edits(base, terminal)
        if base.options.dry_run:
            _tell_plan(planned, base, terminal)
            return
        tally = _run(planned, base, terminal)
    if tally.stopped_by is not None:
        raise tally.stopped_by
    if tally.failed:
        raise PartialError(
            f"{tally.failed} of {tally.total} edits failed.",
            hint="Run the same command again: what is done is not done twice.",
            billed=tally.billed,
        )


def _with_stdin_read(
    base: Resolved, terminal: Terminal, workspace: Workspace
) -> Resolved:
    """Put files in the place of standard input, which variants read only once."""
    options = base.options
    if options.batch:
        return base
    changes: dict[str, Any] = {}
    if options.instruction == "@-":
        from nano_edit.cli.instruction import read_instruction  # noqa: PLC0415

        changes["instruction"] = read_instruction("@-", terminal.stdin)
    if options.images and "-" in options.images and not options.each:
        from nano_edit.pictures.sources import locate  # noqa: PLC0415
        from nano_edit.wire.download import download  # noqa: PLC0415

        source = locate("-", workspace=workspace, stdin=terminal.stdin, fetch=download)
        changes["images"] = [
            str(source.file) if image == "-" else image for image in options.images
        ]
        if options.images[0] == "-":
            changes["output"] = options.output or "picture-edited"
    return dataclasses.replace(base, options=dataclasses.replace(options, **changes))


def _tell_plan(planned: list[Planned], base: Resolved, terminal: Terminal) -> None:
    """Show what each edit would send; nothing is sent."""
    import json  # noqa: PLC0415

    from nano_edit.cli.dry_run import dry_run_record, dry_run_text  # noqa: PLC0415
    from nano_edit.pictures.workspace import Workspace  # noqa: PLC0415

    for edit in planned:
        options = edit.options(base)
        with Workspace() as workspace:
            job = prepare_job(
                options, terminal, workspace, terminal.say, index=edit.index
            )
            record = dry_run_record(job, options)
        if base.options.json:
            terminal.result(json.dumps(record, ensure_ascii=False))
        else:
            terminal.result(f"# {edit.label}\n{dry_run_text(record)}\n")


# --- the run -----------------------------------------------------------------


def _run(planned: list[Planned], base: Resolved, terminal: Terminal) -> Tally:
    options = base.options
    with ExitStack() as stack:
        manifest = _manifest_of(options)
        if manifest:
            stack.enter_context(manifest)
        report = _report_of(options)
        if report:
            stack.enter_context(report)
        display = stack.enter_context(
            batch_display_for(options, terminal, len(planned))
        )
        connection = connect(options, terminal, stack, display.note)
        work = _Work(base, terminal, connection, manifest, display)
        batch = Batch(planned, work, threads=min(options.jobs, max(1, len(planned))))
        with _drained_by_signals(batch, work, display):
            for ended in batch:
                display.ended(_noted(ended, base, manifest, report, work), ended.job)
        return display.tally


def _noted(
    ended: Ended[Planned, _Outcome],
    base: Resolved,
    manifest: Manifest | None,
    report: ReportWriter | None,
    work: _Work,
) -> _Outcome:
    """Write down what an edit ended with."""
    if ended.value is None:
        raise ended.error or AssertionError("an edit ended with nothing")
    outcome = ended.value
    if outcome.error is not None and not outcome.begun:
        return outcome  # stopped before its turn: it has not ended, it never began
    if manifest and not outcome.record.get("skipped"):
        manifest.add(outcome.record)
    if report:
        from nano_edit.cli.report import entry_from_record  # noqa: PLC0415

        images = outcome.record["images"]
        before = Path(images[0]) if images and Path(images[0]).exists() else None
        report.add(
            entry_from_record(
                outcome.record, instruction=outcome.record["instruction"], before=before
            )
        )
    if outcome.error is not None and _ends_the_run(outcome.error, base.options):
        work.drain()
    return outcome


def _ends_the_run(error: NanoEditError, options: Options) -> bool:
    for_all = isinstance(error, AuthError) or (
        isinstance(error, QuotaError) and error.retry is Retry.NEVER
    )
    return for_all or options.fail_fast


@dataclasses.dataclass(frozen=True, slots=True)
class _Outcome:
    """What one edit ended with: its record, and the error if it failed."""

    record: Record
    error: NanoEditError | None = None
    begun: bool = True


class _Work:
    """Makes one edit; called by many threads."""

    def __init__(
        self,
        base: Resolved,
        terminal: Terminal,
        connection: Connection,
        manifest: Manifest | None,
        display: BatchDisplay,
    ) -> None:
        self._base = base
        self._terminal = terminal
        self._connection = connection
        self._manifest = manifest
        self._display = display
        self._pace = SharedPace(base.options.jobs, base.options.rpm)
        self.batch: Batch[Planned, _Outcome] | None = None

    def __call__(self, edit: Planned) -> _Outcome:
        """Make the edit and return what it ended with; a bug alone is raised."""
        options = edit.options(self._base)
        about = {
            "job": job_id(options, edit.index),
            "label": edit.label,
            "instruction": options.instruction or "",
            "images": options.images or [],
        }
        if there := self._output_there(options, edit, about["job"]):
            skipped = {"ok": True, "skipped": True, "output": there}
            return _Outcome({**skipped, **about})
        self._display.began(edit)
        try:
            record = self._edit(options, edit)
        except NanoEditError as error:
            begun = error.attempts > 0 or not isinstance(error, InterruptedEdit)
            record = record_of_error(error, options.output)
            return _Outcome({**record, **about}, error, begun)
        return _Outcome({**record, **about})

    def _output_there(self, options: Options, edit: Planned, job: str) -> str | None:
        """Return the output of an edit that is done, or that is to be skipped."""
        if self._manifest and (output := self._manifest.output_of(job)):
            return output
        if not options.skip_existing:
            return None
        from nano_edit.pictures.destination import possible_files  # noqa: PLC0415

        files = possible_files(
            options.output,
            first_source=(options.images or ("",))[0],
            format_name=options.format,
            suffix_index=edit.index,
        )
        return next((str(file) for file in files if file.exists()), None)

    def _edit(self, options: Options, edit: Planned) -> Record:
        from nano_edit.engine.edit import edit as make  # noqa: PLC0415
        from nano_edit.pictures.workspace import Workspace  # noqa: PLC0415

        def observe(event: Any) -> None:
            self._display.observe(edit, event)

        def note(text: str) -> None:
            self._display.note(f"{edit.label}: {text}")

        with Workspace() as workspace:
            job = prepare_job(
                options, self._terminal, workspace, note, index=edit.index
            )
            means = means_of(options, self._connection, observe, self._pace)
            result = make(
                job.request, job.destination, means, edit_options(options, digest=True)
            )
        return record_of_result(result)

    def drain(self) -> None:
        """Begin nothing new; what is under way goes on."""
        if self.batch:
            self.batch.drain()
        self._pace.stop()

    def stop(self) -> None:
        """End what is under way too."""
        self.drain()
        self._connection.client.stop()


def _manifest_of(options: Options) -> Manifest | None:
    """Return the manifest: the one named, or for lists the one beside the outputs."""
    if options.manifest:
        return Manifest(Path(options.manifest))
    if not (options.batch or options.each):
        return None
    beside = Path(options.output) if options.output else Path()
    return Manifest((beside if beside.is_dir() else beside.parent) / MANIFEST)


def _report_of(options: Options) -> ReportWriter | None:
    if not options.report:
        return None
    from nano_edit.cli.report import ReportWriter  # noqa: PLC0415

    title = options.instruction or options.batch or "nano-edit"
    return ReportWriter(Path(options.report), title=title, started=datetime.now(UTC))


# --- signals -----------------------------------------------------------------


@contextmanager
def _drained_by_signals(
    batch: Batch[Planned, _Outcome], work: _Work, display: BatchDisplay
) -> Iterator[None]:
    """While inside, the first Ctrl-C or SIGTERM drains and the second stops."""
    work.batch = batch
    stopping: list[int] = []

    def take(signum: int, _: object) -> None:
        stopping.append(signum)
        # Locks may be held by the very frame that was interrupted.
        threading.Thread(target=react, args=(signum, len(stopping))).start()

    def react(signum: int, times: int) -> None:
        if times > 1:
            work.stop()
            return
        work.drain()
        name = "Terminated" if signum == signal.SIGTERM else "Interrupted"
        display.tally.stopped_by = _stopped(signum)
        display.note(
            f"{name}: no new edits are begun; those under way are paid for and go on. "
            "Again to stop them too."
        )
        if signum == signal.SIGTERM:
            timer = threading.Timer(GRACE, work.stop)
            timer.daemon = True
            timer.start()

    before = {each: signal.signal(each, take) for each in _SIGNALS}
    try:
        yield
    finally:
        for each, earlier in before.items():
            signal.signal(each, earlier)


_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def _stopped(signum: int) -> InterruptedEdit:
    kind = TerminatedEdit if signum == signal.SIGTERM else InterruptedEdit
    return kind("The run was stopped before its end.", hint="Run it again to go on.")
