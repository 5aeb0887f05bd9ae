"""Many edits from the command line: their list, the run, the words about it.

Rules:
- This thread takes what has ended, and is the only one that writes: report, terminal.
- Ctrl-C, SIGTERM or SIGHUP begins nothing new and keeps what is under way, since that
  is paid for; a second one, or 30 s after the latter two, ends it.
- A signal's handler only starts a thread: the frame it interrupts may hold a lock.
"""

from __future__ import annotations

import dataclasses
import os
import signal
import threading
from contextlib import ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING

from nano_edit.cli.commands.asking import may_choose
from nano_edit.cli.commands.edit import tell_dry_run
from nano_edit.cli.commands.many import again_hint, manifest_of, report_of
from nano_edit.cli.commands.spending import agreed_to_cost, confirm_limit
from nano_edit.cli.config.service import base_edit, edit_of, editor_for
from nano_edit.cli.display.batch_live import batch_display_for
from nano_edit.cli.display.dry_run import dry_run_total
from nano_edit.cli.json_line import json_line
from nano_edit.cli.signals import SIGNALS
from nano_edit.domain import Note
from nano_edit.engine.again import prepare_next
from nano_edit.engine.batch.chains import Chains, check_no_chain
from nano_edit.engine.batch.estimate import expected_cost
from nano_edit.engine.batch.folders import each_picture
from nano_edit.engine.batch.lists import read_list
from nano_edit.engine.batch.plan import check_all, shard, variants
from nano_edit.engine.batch.runner import Batch
from nano_edit.engine.batch.summary import edits as count_text
from nano_edit.engine.money.billing import NOTHING, added
from nano_edit.engine.records import record_of_cost
from nano_edit.errors import InterruptedEdit, TerminatedEdit, UsageError
from nano_edit.pictures.inputs.sources import STDIN, locate
from nano_edit.pictures.inputs.workspace import Workspace
from nano_edit.pictures.outputs.destination import default_stem
from nano_edit.wire.http.download import download

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from nano_edit.cli.commands.choosing import Choosing
    from nano_edit.cli.config.settings import Settings
    from nano_edit.cli.display.batch_log import BatchDisplay
    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal
    from nano_edit.domain import Edit, EditEvent, Observe, Prepared
    from nano_edit.engine.editor import Editor
    from nano_edit.engine.records import Record
    from nano_edit.errors import NanoEditError
    from nano_edit.report.writer import ReportWriter

    Make = Callable[[list[Edit], Editor, Options, Terminal], NanoEditError | None]

GRACE = 30.0  # seconds that what is under way gets after SIGTERM or SIGHUP


def run_many(base: Settings, terminal: Terminal) -> NanoEditError | None:
    """Make all the edits; return what the run ends with if not all are done.

    Raises NanoEditError for what is refused before anything is sent.
    """
    return run_list(base, terminal, _run)


def run_list(base: Settings, terminal: Terminal, make: Make) -> NanoEditError | None:
    """Read the list and hand it to ``make``, or tell what it would send."""
    options = base.options
    with Workspace() as workspace, ExitStack() as stack:

        def say(text: str) -> None:
            if not options.quiet:
                terminal.say(text)

        editor = stack.enter_context(editor_for(base, terminal, say))
        edits = plan_edits(base, terminal, workspace, editor)
        if options.dry_run:
            _tell_plan(edits, editor, options, terminal)
            return None
        return make(edits, editor, options, terminal)


# --- the list ------------------------------------------------------------------


def plan_edits(
    base: Settings, terminal: Terminal, workspace: Workspace, editor: Editor
) -> list[Edit]:
    """Return the edits of this run, checked as far as no picture is needed.

    Raises UsageError or InputError, telling several faults at once.
    """
    options = base.options
    _check_combination(options)
    confirm_limit(options)
    faults: list[NanoEditError] = []
    if options.batch:
        found = read_list(
            options.batch,
            base_edit(options, options.instruction or ""),
            prefix=base.preset_instruction,
            stdin=terminal.stdin,
        )
        edits, faults = found.edits, found.faults
    elif options.each:
        edits = each_picture(edit_of(options, terminal), recursive=options.recursive)
    else:
        edits = [_without_pipes(edit_of(options, terminal), terminal, workspace)]
    if options.count:
        edits = variants(edits, options.count)
    # The whole list: two shards may write the same file.
    chains = Chains(edits, editor)
    if options.defer:
        check_no_chain(edits)
    check_all(chains.edits, editor.check, [*faults, *chains.faults])
    edits = chains.edits
    if options.shard:
        edits = shard(edits, options.shard, chains.first)
    if options.sheet or options.pick:
        _choosing(edits, editor, options, terminal)  # refuses what cannot be
    return edits


def _check_combination(options: Options) -> None:
    if options.batch and (options.each or options.images):
        raise UsageError(
            "A list has its own pictures.", hint="Leave IMAGE and --each out."
        )
    if not (options.batch or options.each or options.count):
        raise UsageError(
            "There is no list.",
            hint='Try: nano-edit batch list.csv "put it on a {colour} cloth"',
        )
    if options.output == "-":
        raise UsageError("Standard output takes one picture, not many.")
    if options.each and options.images and STDIN in options.images:
        raise UsageError("--each takes files and folders, not standard input.")


def _without_pipes(edit: Edit, terminal: Terminal, workspace: Workspace) -> Edit:
    """Put files in the place of what variants could read only once."""
    if not any(map(_is_pipe, edit.images)):
        return edit
    first = "standard input" if edit.images[0] == STDIN else edit.images[0]
    files = [_as_file(image, terminal, workspace) for image in edit.images]
    output = edit.output
    if files[0] != edit.images[0]:
        output = output or default_stem(edit.images[0])
    return dataclasses.replace(edit, images=tuple(files), output=output, where=first)


def _is_pipe(image: str) -> bool:
    """Whether the picture can be read only once: ``-``, ``<(...)``, a FIFO."""
    there = os.path.exists(image) and not os.path.isdir(image)  # noqa: PTH110, PTH112 - Path's raise on a long name
    return image == STDIN or (there and not os.path.isfile(image))  # noqa: PTH113


def _as_file(image: str, terminal: Terminal, workspace: Workspace) -> str:
    if not _is_pipe(image):
        return image
    source = locate(image, workspace=workspace, stdin=terminal.stdin, fetch=download)
    return str(source.file)


def _tell_plan(
    edits: list[Edit], editor: Editor, options: Options, terminal: Terminal
) -> None:
    """Show what each edit would send; nothing is sent."""

    def note(event: EditEvent) -> None:
        if isinstance(event, Note):
            terminal.say(event.text)

    total, cost = 0, NOTHING  # bytes
    chains = Chains(edits, editor)
    for place, edit in enumerate(edits):
        if place in chains.before:
            terminal.say(
                f"{edit.label} goes on from {edits[chains.before[place]].label}: its "
                "request is not shown, nor its size counted: that picture is yet to be "
                "made."
            )
            cost = added(cost, expected_cost(edit, editor.billing))
            continue
        with _prepared(chains, place, editor, note) as prepared:
            if not options.json:
                terminal.result(f"# {edit.label}")
            size, likely = tell_dry_run(prepared, editor, options, terminal)
            total, cost = total + size, added(cost, likely)
            if not options.json:
                terminal.result("")
    if options.json:
        record: Record = {"ok": True, "dry_run": True, "requests": len(edits)}
        record |= {"cost": record_of_cost(cost), "bytes": total}
        terminal.result(json_line(record))
    else:
        told = count_text(len(edits))
        terminal.result(dry_run_total(told, len(edits), total, cost.dollars))


def _prepared(
    chains: Chains, place: int, editor: Editor, note: Observe
) -> AbstractContextManager[Prepared]:
    entry, edit = chains.entry(place), chains.edits[place]
    if entry is None:
        return editor.prepare(edit, note, prove=False)
    following = chains.next_of(place, entry.output)
    return prepare_next(editor, following, note, prove=False)


# --- the run -------------------------------------------------------------------


def _run(
    edits: list[Edit], editor: Editor, options: Options, terminal: Terminal
) -> NanoEditError | None:
    manifest = manifest_of(options)
    choosing = _choosing(edits, editor, options, terminal)
    display = batch_display_for(options, terminal)
    report = report_of(options) if options.report else None
    with ExitStack() as stack:
        if report:  # one that is not finished leaves an earlier report as it is
            stack.callback(report.discard)
        batch = Batch(
            editor,
            edits,
            jobs=options.jobs,
            manifest=manifest,
            skip_existing=options.skip_existing,
            fail_fast=options.fail_fast,
            retry_refused=options.retry_refused,
            note=display.note,
            observe=display.observe,
        )
        display.summary = batch.summary
        if not agreed_to_cost(batch.asking(), editor, options, terminal):
            batch.cancel()
            terminal.say("Nothing was sent.")
            return None
        stack.enter_context(choosing or nullcontext())
        _make(batch, display, report, choosing)
        fault = choosing.end(batch.summary) if choosing else None
    hint = again_hint(batch.summary, resumable=manifest is not None)
    return batch.summary.error(hint) or fault


def _make(
    batch: Batch,
    display: BatchDisplay,
    report: ReportWriter | None,
    choosing: Choosing | None,
) -> None:
    """Make the edits, and tell of each as it ends."""
    display.holds_results = choosing is not None and choosing.holds_results
    with ExitStack() as stack:
        if report:
            stack.enter_context(report)
        stack.enter_context(display)
        stack.enter_context(batch)
        stack.enter_context(_drained_by_signals(batch, display))
        for outcome in batch:
            if report:
                report.add(outcome.record)
            display.ended(outcome)
            if choosing:
                choosing.add(outcome)
        if report and batch.summary.left:
            report.finish(cut_short=True)


def _choosing(
    edits: list[Edit], editor: Editor, options: Options, terminal: Terminal
) -> Choosing | None:
    """Return what looks at the results side by side, if that is asked for."""
    asks = may_choose(options, terminal)
    if not (options.sheet or options.pick or asks):
        return None
    from nano_edit.cli.commands.choosing import Choosing  # noqa: PLC0415 - Pillow

    return Choosing(edits, editor, options, terminal, asks=asks)


# --- signals --------------------------------------------------------------------


@contextmanager
def _drained_by_signals(batch: Batch, display: BatchDisplay) -> Iterator[None]:
    """While inside, the first signal drains and the second stops."""
    reactions: list[threading.Thread] = []

    def take(signum: int, _: object) -> None:
        # Locks may be held by the very frame that was interrupted.
        react = _stop if reactions else _drain
        thread = threading.Thread(target=react, args=(signum, batch, display))
        reactions.append(thread)
        thread.start()

    # A shell's background job ignores Ctrl-C, and is to go on doing so.
    before = {
        each: signal.signal(each, take)
        for each in SIGNALS
        if signal.getsignal(each) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for each, earlier in before.items():
            signal.signal(each, earlier)
        for reaction in reactions:
            reaction.join()


def _drain(signum: int, batch: Batch, display: BatchDisplay) -> None:
    terminated = signum != signal.SIGINT
    batch.drain(TerminatedEdit if terminated else InterruptedEdit)
    end = (
        f"They are ended in {GRACE:.0f} s" if terminated else "Another Ctrl-C ends them"
    )
    display.note(
        f"{'Terminated' if terminated else 'Interrupted'}: no new edits are begun. "
        f"Those under way are paid for and go on. {end}."
    )
    if terminated:
        timer = threading.Timer(GRACE, batch.stop)
        timer.daemon = True
        timer.start()


def _stop(signum: int, batch: Batch, display: BatchDisplay) -> None:
    del signum
    batch.stop()
    display.note("Stopped: the edits under way are ended; they may be billed.")
