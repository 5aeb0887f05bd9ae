"""One edit from the command line: prepare, send, tell."""

from __future__ import annotations

import dataclasses
from contextlib import ExitStack
from typing import TYPE_CHECKING

from nano_edit.cli.config.service import edit_of, editor_for
from nano_edit.cli.display.dry_run import dry_run_text
from nano_edit.cli.display.live import display_for
from nano_edit.cli.display.messages import done_text, shows_paths
from nano_edit.cli.display.reminder import remind_of_kept
from nano_edit.cli.display.trace import Trace
from nano_edit.cli.json_line import json_line
from nano_edit.domain import ApiKey
from nano_edit.engine.describe import describe
from nano_edit.engine.records import record_of_cost, record_of_result
from nano_edit.errors import UsageError
from nano_edit.wire.prices import BATCH

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from nano_edit.cli.config.settings import Settings
    from nano_edit.cli.display.progress import EditDisplay
    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal
    from nano_edit.domain import Cost, EditResult, Observe, Prepared
    from nano_edit.engine.editor import Editor
    from nano_edit.engine.variants import Variants

    Prepare = Callable[[Editor, Observe, bool], AbstractContextManager[Prepared]]


def run_single(settings: Settings, terminal: Terminal) -> None:
    """Make one edit and tell of it; raises NanoEditError."""
    options = settings.options

    def prepare(
        editor: Editor, observe: Observe, prove: bool
    ) -> AbstractContextManager[Prepared]:
        return editor.prepare(edit_of(options, terminal), observe, prove=prove)

    make_one(settings, terminal, prepare)


def make_one(
    settings: Settings,
    terminal: Terminal,
    prepare: Prepare,
    variants: Variants | None = None,
) -> None:
    """Make the edit that ``prepare`` makes ready, cut it if asked, and tell of it."""
    options = settings.options
    if options.json and options.output == "-":
        raise UsageError("--json and the picture cannot both go to standard output.")
    with ExitStack() as stack:
        with display_for(options, terminal) as display:
            editor = stack.enter_context(editor_for(settings, terminal, display.note))
            prepared = stack.enter_context(
                prepare(editor, display.observe, not options.dry_run)
            )
            if options.dry_run:
                tell_dry_run(prepared, editor, options, terminal, variants)
                return
            whole = result = _send(prepared, editor, options, display)
            if variants is not None:
                result = variants.cut(whole, display.note)
                stack.callback(variants.close)
        tell(result, options, terminal, variants.outputs if variants else ())
        if options.show or options.show_both:
            from nano_edit.cli.display.preview import show  # noqa: PLC0415 - Pillow

            show(prepared.request, whole, options, terminal)


def _send(
    prepared: Prepared, editor: Editor, options: Options, display: EditDisplay
) -> EditResult:
    if not options.verbose:
        return editor.send(prepared, display.observe)
    key = ApiKey("") if editor.sends_key() else None
    service = editor.service(key, prepared.edit.size, prepared.edit.tier)
    trace = Trace(options.verbose, prepared.request, service, display)
    result = editor.send(prepared, trace.observe)
    trace.result(result)
    return result


def tell_dry_run(
    prepared: Prepared,
    editor: Editor,
    options: Options,
    terminal: Terminal,
    variants: Variants | None = None,
) -> tuple[int, Cost]:
    """Print what would be sent; return its bytes, and what it is likely to cost."""
    edit, request = prepared.edit, prepared.request
    if options.defer:  # only the price is of another tier
        request = dataclasses.replace(request, tier=BATCH)
    cost = editor.billing.estimate(request)
    record = describe(prepared, editor.service(ApiKey(""), edit.size, edit.tier))
    record["emulated"] = options.emulate
    record["cost"] = record_of_cost(cost)
    if variants is not None:
        record |= variants.dry_record()
    if options.json:
        terminal.result(json_line(record))
    else:
        terminal.result(dry_run_text(record))
    return record["content_length"], cost


def tell(
    result: EditResult,
    options: Options,
    terminal: Terminal,
    outputs: Sequence[str] = (),
) -> None:
    """Print the result where its readers look for it.

    ``outputs`` are its files where there are several.
    """
    record = record_of_result(result)
    if outputs:
        record["outputs"] = list(outputs)
    if options.json:
        terminal.result(json_line(record))
    elif result.image.path is not None:
        for path in outputs or [record["output"]]:
            terminal.result(path)
    if options.quiet:
        return
    for warning in result.warnings:
        terminal.say(f"warning: {warning}")
    if result.text and not options.json:
        terminal.say(result.text)
    is_named = options.json or not shows_paths(terminal)
    terminal.say(done_text(record, named=is_named))
    remind_of_kept(terminal)
