"""One edit from the command line: prepare, ask, tell."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from nano_edit.cli.job import edit_options, prepare_job
from nano_edit.cli.messages import summary
from nano_edit.cli.records import record_of_result
from nano_edit.cli.service import connect
from nano_edit.errors import UsageError

if TYPE_CHECKING:
    from nano_edit.cli.options import Options
    from nano_edit.cli.progress import Display
    from nano_edit.cli.terminal import Terminal
    from nano_edit.domain import EditResult


def run_single(options: Options, terminal: Terminal) -> None:
    """Make one edit and tell of it; raises NanoEditError."""
    from nano_edit.cli.progress import display_for  # noqa: PLC0415

    if options.json and options.output == "-":
        raise UsageError("--json and the picture cannot both go to standard output.")
    with display_for(options, terminal) as display:
        result = _edit(options, terminal, display)
    tell(result, options, terminal)


def _edit(options: Options, terminal: Terminal, display: Display) -> EditResult:
    from nano_edit.pictures.workspace import Workspace  # noqa: PLC0415

    with ExitStack() as stack:
        workspace = stack.enter_context(Workspace())
        job = prepare_job(options, terminal, workspace, display.note)
        connection = connect(options, terminal, stack, display.note)
        from nano_edit.engine.edit import Means, edit  # noqa: PLC0415
        from nano_edit.engine.retry import RetryPolicy  # noqa: PLC0415
        from nano_edit.pictures.spool import state_folder  # noqa: PLC0415

        means = Means(
            client=connection.client,
            spools=state_folder(),
            observe=display.observe,
            policy=RetryPolicy(
                options.retries, options.max_wait, options.retry_unknown
            ),
        )
        return edit(
            job.request,
            job.destination,
            means,
            edit_options(options, digest=options.json),
        )


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
