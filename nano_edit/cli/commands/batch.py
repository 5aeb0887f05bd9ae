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
import os
import signal
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nano_edit.cli.commands.job import prepare_job
from nano_edit.cli.commands.manifest import Manifest
from nano_edit.cli.commands.plan import Planned, as_text, plan_edits
from nano_edit.cli.commands.stopping import drained_by_signals, is_for_all
from nano_edit.cli.commands.work import Outcome, Work
from nano_edit.cli.config.service import connect
from nano_edit.cli.display.batch_log import Tally, batch_display_for
from nano_edit.engine.batch.memory import give_back, share_heap
from nano_edit.engine.batch.runner import Batch, Ended
from nano_edit.errors import (
    InterruptedEdit,
    NanoEditError,
    PartialError,
    TerminatedEdit,
)
from nano_edit.pictures.inputs.sources import STDIN, locate
from nano_edit.pictures.outputs.destination import default_stem

if TYPE_CHECKING:
    from nano_edit.cli.config.settings import Resolved
    from nano_edit.cli.display.batch_log import BatchDisplay
    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal
    from nano_edit.pictures.inputs.workspace import Workspace
    from nano_edit.report.writer import ReportWriter

MANIFEST = "results.jsonl"


def run_many(base: Resolved, terminal: Terminal) -> None:
    """Make all the edits; raises PartialError when some failed."""
    from nano_edit.pictures.inputs.workspace import Workspace  # noqa: PLC0415

    with Workspace() as workspace:
        first = (base.options.images or [""])[0]
        base = _with_pipes_read(base, terminal, workspace)
        name = "standard input" if first == STDIN else first
        planned = plan_edits(base, terminal, name)
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
    if tally.drained_by and is_for_all(tally.drained_by) and not tally.done:
        return tally.drained_by
    if tally.failed:
        left = f" {tally.left} were not begun." if tally.left else ""
        failed = f"{tally.failed} of {tally.total} edits failed.{left}"
        return PartialError(failed, hint=again, billed=tally.billed)
    return None


def _with_pipes_read(
    base: Resolved, terminal: Terminal, workspace: Workspace
) -> Resolved:
    """Put files in the place of what variants could read only once."""
    options = base.options
    if options.batch:
        return base
    changes: dict[str, Any] = {}
    if options.instruction == "@-":
        from nano_edit.cli.commands.instruction import read_instruction  # noqa: PLC0415

        changes["instruction"] = as_text(read_instruction("@-", terminal.stdin))
    images = options.images or []
    if any(map(_is_pipe, images)) and not options.each:
        files = [_as_file(image, terminal, workspace) for image in images]
        changes["images"] = files
        if files[0] != images[0]:
            changes["output"] = options.output or default_stem(images[0])
    return dataclasses.replace(base, options=dataclasses.replace(options, **changes))


def _is_pipe(image: str) -> bool:
    """Whether the picture can be read only once: ``-``, ``<(...)``, a FIFO."""
    there = os.path.exists(image) and not os.path.isdir(image)  # noqa: PTH110, PTH112 - Path's raise on a long name
    return image == STDIN or (there and not os.path.isfile(image))  # noqa: PTH113


def _as_file(image: str, terminal: Terminal, workspace: Workspace) -> str:
    if not _is_pipe(image):
        return image
    from nano_edit.wire.http.download import download  # noqa: PLC0415

    source = locate(image, workspace=workspace, stdin=terminal.stdin, fetch=download)
    return str(source.file)


def _tell_plan(planned: list[Planned], base: Resolved, terminal: Terminal) -> None:
    """Show what each edit would send; nothing is sent."""
    import json  # noqa: PLC0415

    from nano_edit.cli.display.dry_run import dry_run_record, dry_run_text  # noqa: PLC0415
    from nano_edit.pictures.inputs.workspace import Workspace  # noqa: PLC0415

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
        share_heap()
        connection = connect(options, terminal, stack, display.note)
        work = Work(base, terminal, connection, manifest, display)
        work.batch = Batch(planned, work, threads=min(options.jobs, len(planned)))
        _take_all(work, display, manifest, report)
        if report and display.tally.left:
            report.finish(cut_short=True)
        return display.tally


def _take_all(
    work: Work,
    display: BatchDisplay,
    manifest: Manifest | None,
    report: ReportWriter | None,
) -> None:
    """Take what ends, in that order.

    A bug, a full disk, a reader that is gone: it is raised when what was begun, and
    is paid for, has ended.
    """
    faults: list[BaseException] = []
    with drained_by_signals(work, display):
        for ended in work.batch:
            try:
                outcome = _outcome_of(ended)
                _note_down(outcome, manifest, report)
                display.ended(outcome, ended.job)
                if outcome.error and outcome.error is work.drained_by:
                    display.drained(outcome.error)
            except Exception as fault:  # noqa: BLE001 - raised below
                faults.append(fault)
                work.drain()
            give_back(display.tally.ended)
    if faults:
        raise faults[0]


def _outcome_of(ended: Ended[Planned, Outcome]) -> Outcome:
    if ended.error is not None:
        raise ended.error
    assert ended.value is not None  # noqa: S101 - what raised nothing has returned
    return ended.value


def _note_down(
    outcome: Outcome, manifest: Manifest | None, report: ReportWriter | None
) -> None:
    """Write down what an edit ended with."""
    if not outcome.begun:
        return
    if manifest and not outcome.record.get("skipped"):
        manifest.add(outcome.record)
    if report:
        report.add(outcome.record)


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
    from nano_edit.report.writer import ReportWriter  # noqa: PLC0415

    title = options.instruction or options.batch or "nano-edit"
    return ReportWriter(Path(options.report), title=title, started=datetime.now(UTC))
