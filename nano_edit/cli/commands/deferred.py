"""Many edits at half the price: submitted now, fetched by the same command later."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from nano_edit.cli.commands.batch import run_list
from nano_edit.cli.commands.many import again_hint, manifest_of, report_of
from nano_edit.cli.commands.spending import agreed_to_cost
from nano_edit.cli.display.batch_live import batch_display_for
from nano_edit.engine.batch.summary import edits as count_text
from nano_edit.engine.deferred.batch import DeferredBatch
from nano_edit.errors import ExitStatus, UsageError
from nano_edit.units import money, size_text

if TYPE_CHECKING:
    from nano_edit.cli.config.settings import Settings
    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal
    from nano_edit.domain import Edit
    from nano_edit.engine.deferred.submit import Group
    from nano_edit.engine.editor import Editor
    from nano_edit.errors import NanoEditError


def run_deferred(base: Settings, terminal: Terminal) -> NanoEditError | None:
    """Submit, ask after or fetch the edits; return what the run ends with."""
    return run_list(base, terminal, _run)


def _run(
    edits: list[Edit], editor: Editor, options: Options, terminal: Terminal
) -> NanoEditError | None:
    if options.emulate:
        raise UsageError(
            "--emulate ends with the command, and deferred edits come later.",
            hint="Run nano-edit emulator, and name its address with --base-url.",
        )
    manifest = manifest_of(options)
    if manifest is None:
        raise UsageError(
            "--defer needs a manifest, by which the edits are found again.",
            hint="Name one: --manifest results.jsonl",
        )
    display = batch_display_for(options, terminal)

    def approve(group: Group) -> None:
        dollars = group.cost.dollars
        about = "price unknown" if dollars is None else f"about {money(dollars)}"
        display.note(
            f"{count_text(len(group.lines))}, {group.model}: {about} at half price. "
            f"Uploading {size_text(group.size)}."
        )

    batch = DeferredBatch(
        editor,
        edits,
        manifest=manifest,
        wait=options.wait,
        poll=options.poll,
        skip_existing=options.skip_existing,
        retry_failed=options.retry_failed,
        retry_refused=options.retry_refused,
        approve=approve,
        note=display.note,
        progress=display.progress,
        observe=display.observe,
    )
    display.summary = batch.summary
    with ExitStack() as stack:
        stack.enter_context(batch)
        if not agreed_to_cost(batch.asking(), editor, options, terminal):
            terminal.say("Nothing was sent.")
            return None
        report = stack.enter_context(report_of(options)) if options.report else None
        stack.enter_context(display)
        for outcome in batch:
            if report:
                report.add(outcome.record)
            display.ended(outcome)
        if report and batch.summary.ended < batch.summary.total:
            report.finish(cut_short=True)
        if batch.submitted and batch.pending:
            display.note(
                "The service makes them within a day. Run the same command again to "
                "ask after them and fetch them; --wait stays until it ends."
            )
        return batch.error(_hint(batch))


def _hint(batch: DeferredBatch) -> str:
    """Return what to do after a run in which edits failed."""
    summary = batch.summary
    if batch.pending:
        return "Run the same command again: it fetches what is missing."
    answered = {*summary.reasons} - {ExitStatus.INPUT.code, ExitStatus.USAGE.code}
    if not answered:
        return again_hint(summary, resumable=True)
    change = "Change what was refused. " if ExitStatus.REFUSED.code in answered else ""
    return f"{change}The same command with --retry-failed submits what failed anew."
