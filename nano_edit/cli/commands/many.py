"""What runs of many edits share, whether they are made now or later."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nano_edit.report.writer import ReportWriter

if TYPE_CHECKING:
    from nano_edit.cli.options import Options
    from nano_edit.engine.batch.summary import Summary

MANIFEST = "results.jsonl"


def again_hint(summary: Summary, *, resumable: bool) -> str:
    """Return what to do after a run that is not all done."""
    if summary.only_refused:
        again = "; --retry-refused asks again" if resumable else ""
        return f"Change what was refused, the instruction or the picture{again}."
    how = "what is done is not done twice"
    if not resumable:
        how = "with --skip-existing it makes only what is missing"
    if summary.needs_changes:
        return f"Correct what failed, then run the same command again: {how}."
    return f"Run the same command again: {how}."


def manifest_of(options: Options) -> Path | None:
    """Return the manifest: the one named, or for lists the one beside the outputs."""
    if options.manifest:
        return Path(options.manifest)
    if not (options.batch or options.each):
        return None
    beside = Path(options.output) if options.output else Path()
    is_folder = options.each or beside.is_dir() or str(options.output).endswith("/")
    return (beside if is_folder else beside.parent) / MANIFEST


def report_of(options: Options) -> ReportWriter:
    """Return the report that the options ask for."""
    title = options.instruction or options.batch or "nano-edit"
    path = Path(options.report or "")
    return ReportWriter(path, title=title, started=datetime.now(UTC))
