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
from nano_edit.cli.memory import give_back
from nano_edit.cli.plan import Planned, plan_edits
from nano_edit.cli.records import Record, record_of_error, record_of_result
from nano_edit.cli.service import connect, means_of
from nano_edit.domain import Billed
from nano_edit.engine.batch import Batch
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
    if error := _error_of(tally, resumable=_manifest_name(base.options) is not None):
        error.in_results = True
        raise error


def _error_of(tally: Tally, *, resumable: bool) -> NanoEditError | None:
    """Return what the run ends with, if not all is done."""
    again = "what is done is not done twice"
    if not resumable:
        again = "with --skip-existing it makes only what is missing"
    again = f"Run the same command again: {again}."
    if tally.stopped_by is not None:
        stop = TerminatedEdit if tally.stopped_by == signal.SIGTERM else InterruptedEdit
        has = f"{tally.done + tally.skipped} of {tally.total} edits are done."
        return stop(f"Stopped: {has}", hint=again, billed=tally.billed)
    if tally.fatal is not None and not tally.done:
        return tally.fatal
    if tally.failed:
        left = f" {tally.left} were not begun." if tally.left else ""
        failed = f"{tally.failed} of {tally.total} edits failed.{left}"
        return PartialError(failed, hint=again, billed=tally.billed)
    return None


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
        work.batch = batch
        bugs: list[BaseException] = []
        with _drained_by_signals(work, display):
            for ended in batch:
                if ended.value is None:
                    bugs += [ended.error] if ended.error else []
                    work.drain()  # it may be every edit's, and each is paid for
                    continue
                _note_down(ended.value, manifest, report)
                display.ended(ended.value, ended.job)
                give_back(display.tally.ended)
                _drain_if_fatal(ended.value.error, work, display, options)
        if bugs:
            raise bugs[0]
        if report and display.tally.left:
            report.finish(cut_short=True)
        return display.tally


def _note_down(
    outcome: _Outcome, manifest: Manifest | None, report: ReportWriter | None
) -> None:
    """Write down what an edit ended with."""
    if not outcome.begun:
        return
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


def _drain_if_fatal(
    error: NanoEditError | None, work: _Work, display: BatchDisplay, options: Options
) -> None:
    """Begin nothing new after an error that every other edit would meet too."""
    if error is None or isinstance(error, InterruptedEdit) or work.draining:
        return
    fatal = isinstance(error, AuthError) or (
        isinstance(error, QuotaError) and error.retry is Retry.NEVER
    )
    if fatal or options.fail_fast:
        work.drain()
        display.note("No new edits are begun; those under way go on.")
    if fatal:
        display.tally.fatal = error


@dataclasses.dataclass(frozen=True, slots=True)
class _Outcome:
    """What one edit ended with: its record, and the error if it failed.

    One that was stopped before it cost anything has not ended: it never began.
    """

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
        self.draining = False

    def __call__(self, edit: Planned) -> _Outcome:
        """Make the edit and return what it ended with; a bug alone is raised."""
        options = edit.options(self._base)
        job = job_id(options, edit.index)
        about = {
            "job": job,
            "label": edit.label,
            "instruction": options.instruction or "",
            "images": options.images or [],
        }
        if there := self._output_there(options, edit, job):
            skipped = {"ok": True, "skipped": True, "output": there}
            return _Outcome({**skipped, **about})
        self._display.began(edit)
        try:
            record = self._edit(options, edit)
        except NanoEditError as error:
            begun = not isinstance(error, InterruptedEdit) or error.billed != Billed.NO
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
                job.request,
                job.destination,
                means,
                edit_options(options, digest=True, index=edit.index),
            )
        for warning in result.warnings:
            note(f"warning: {warning}")
        if options.text and result.text:
            note(result.text)
        return record_of_result(result)

    def drain(self) -> None:
        """Begin nothing new; what is under way goes on."""
        self.draining = True
        if self.batch:
            self.batch.drain()
        self._pace.stop()

    def stop(self) -> None:
        """End what is under way too."""
        self.drain()
        self._connection.client.stop()


def _manifest_of(options: Options) -> Manifest | None:
    name = _manifest_name(options)
    return Manifest(name) if name else None


def _manifest_name(options: Options) -> Path | None:
    """Return the manifest: the one named, or for lists the one beside the outputs."""
    if options.manifest:
        return Path(options.manifest)
    if not (options.batch or options.each):
        return None
    beside = Path(options.output) if options.output else Path()
    return (beside if beside.is_dir() else beside.parent) / MANIFEST


def _report_of(options: Options) -> ReportWriter | None:
    if not options.report:
        return None
    from nano_edit.cli.report import ReportWriter  # noqa: PLC0415

    title = options.instruction or options.batch or "nano-edit"
    return ReportWriter(Path(options.report), title=title, started=datetime.now(UTC))


# --- signals -----------------------------------------------------------------


@contextmanager
def _drained_by_signals(work: _Work, display: BatchDisplay) -> Iterator[None]:
    """While inside, the first Ctrl-C or SIGTERM drains and the second stops."""
    reactions: list[threading.Thread] = []

    def take(signum: int, _: object) -> None:
        # Locks may be held by the very frame that was interrupted.
        react = _stop if reactions else _drain
        display.tally.stopped_by = display.tally.stopped_by or signum
        reactions.append(threading.Thread(target=react, args=(signum, work, display)))
        reactions[-1].start()

    # A shell's background job ignores Ctrl-C, and is to go on doing so.
    before = {
        each: signal.signal(each, take)
        for each in (signal.SIGINT, signal.SIGTERM)
        if signal.getsignal(each) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for each, earlier in before.items():
            signal.signal(each, earlier)
        for reaction in reactions:
            reaction.join()


def _drain(signum: int, work: _Work, display: BatchDisplay) -> None:
    work.drain()
    terminated = signum == signal.SIGTERM
    how = f"after {GRACE:.0f} s" if terminated else "by another Ctrl-C"
    display.note(
        f"{'Terminated' if terminated else 'Interrupted'}: no new edits are begun. "
        f"Those under way are paid for and go on; they end {how}."
    )
    if terminated:
        timer = threading.Timer(GRACE, work.stop)
        timer.daemon = True
        timer.start()


def _stop(signum: int, work: _Work, display: BatchDisplay) -> None:
    del signum
    work.stop()
    display.note("Stopped: the edits under way are ended; they may be billed.")
