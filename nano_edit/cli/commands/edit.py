"""One edit from the command line: prepare, ask, tell."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from nano_edit.cli.commands.job import edit_options, prepare_job
from nano_edit.cli.config.service import begin_trust, connect, means_of
from nano_edit.cli.display.messages import summary
from nano_edit.engine.records import record_of_result
from nano_edit.errors import UsageError

if TYPE_CHECKING:
    from nano_edit.cli.commands.job import Job
    from nano_edit.cli.config.service import Connection
    from nano_edit.cli.display.progress import Display
    from nano_edit.cli.display.trace import Trace
    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal
    from nano_edit.domain import EditResult
    from nano_edit.wire.http.tls import Trust


def run_single(options: Options, terminal: Terminal) -> None:
    """Make one edit and tell of it; raises NanoEditError."""
    from nano_edit.cli.display.choice import display_for  # noqa: PLC0415

    if options.json and options.output == "-":
        raise UsageError("--json and the picture cannot both go to standard output.")
    trust = begin_trust(options)
    from nano_edit.pictures.inputs.workspace import Workspace  # noqa: PLC0415

    with Workspace() as workspace:
        with display_for(options, terminal) as display:
            job = prepare_job(options, terminal, workspace, display.note)
            if options.dry_run:
                _tell_dry_run(job, options, terminal)
                return
            result = _edit(job, options, terminal, display, trust)
        tell(result, options, terminal)
        if options.show or options.show_both:
            from nano_edit.cli.display.preview import show  # noqa: PLC0415 - seldom wanted

            show(job.request, result, options, terminal)


def _edit(
    job: Job,
    options: Options,
    terminal: Terminal,
    display: Display,
    trust: Trust | None,
) -> EditResult:
    with ExitStack() as stack:
        connection = connect(options, terminal, stack, display.note, trust)
        trace = _trace(options, job, connection, display)
        from nano_edit.engine.edit import edit  # noqa: PLC0415 - after the key

        means = means_of(options, connection, (trace or display).observe)
        result = edit(
            job.request,
            job.destination,
            means,
            edit_options(options, digest=options.json),
        )
        if trace:
            trace.result(result)
        return result


def _trace(
    options: Options, job: Job, connection: Connection, display: Display
) -> Trace | None:
    if not options.verbose:
        return None
    from nano_edit.cli.display.trace import Trace  # noqa: PLC0415 - seldom wanted

    return Trace(options.verbose, job.request, connection.service, display)


def _tell_dry_run(job: Job, options: Options, terminal: Terminal) -> None:
    import json  # noqa: PLC0415

    from nano_edit.cli.display.dry_run import dry_run_record, dry_run_text  # noqa: PLC0415

    record = dry_run_record(job, options)
    if options.json:
        terminal.result(json.dumps(record, ensure_ascii=False))
    else:
        terminal.result(dry_run_text(record))


def tell(result: EditResult, options: Options, terminal: Terminal) -> None:
    """Print the result where its readers look for it."""
    if options.json:
        import json  # noqa: PLC0415

        terminal.result(json.dumps(record_of_result(result), ensure_ascii=False))
    elif result.image.path is not None:
        terminal.result(str(result.image.path))
    if options.quiet:
        return
    for warning in result.warnings:
        terminal.say(f"warning: {warning}")
    if result.text and not options.json:
        terminal.say(result.text)
    terminal.say(summary(result))
    _tell_kept(terminal)


def _tell_kept(terminal: Terminal) -> None:
    """Remind of replies that earlier runs kept; nobody else ever will."""
    from nano_edit.engine.replies.kept import list_kept  # noqa: PLC0415
    from nano_edit.engine.replies.spool import state_folder  # noqa: PLC0415

    kept = sum(not reply.in_use for reply in list_kept(state_folder()))
    if kept:
        what = (
            "reply of an earlier run is" if kept == 1 else "replies of earlier runs are"
        )
        terminal.say(f"{kept} {what} still kept: nano-edit --recover lists them.")
