"""From one result, as ``--json`` and the manifest have it, to the report's entry.

Rules:
- A record may be foreign too: what is missing, or is not what it should be, is
  not shown, and never an exception.
- A figure is there when it says something: one attempt does not.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from nano_edit.report.entry import ReportEntry
from nano_edit.units import duration, size_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nano_edit.report.entry import Outcome


def entry_from_record(record: Mapping[str, object]) -> ReportEntry:
    """Return the entry of one result.

    An edit that failed goes by its label, since its output may be any other's.
    """
    before = _first_picture(record.get("images"))
    output, error = record.get("output"), record.get("error")
    path = Path(output) if isinstance(output, str) and output not in {"", "-"} else None
    outcome = _outcome(record)
    fault = error if isinstance(error, dict) else {}
    said = (str(fault[key]) for key in ("message", "hint") if fault.get(key))
    named = path or before
    title = named.name if named else "standard output"
    label = str(record.get("label") or title)
    return ReportEntry(
        title=label if outcome == "failed" else title,
        instruction=str(record.get("instruction") or ""),
        before=before,
        after=None if outcome == "failed" else path,
        figures=_figures(record, fault),
        outcome=outcome,
        failure="\n".join(said),
        code=str(fault.get("code") or ""),
        tokens=_tokens(record),
    )


def _first_picture(images: object) -> Path | None:
    """Return the picture to compare with, if it is a file: a URL or a pipe is none."""
    first = str(images[0]) if isinstance(images, list) and images else ""
    # Not `Path.is_file`: that raises over what is too long for a path.
    return Path(first) if os.path.isfile(first) else None  # noqa: PTH113


def _outcome(record: Mapping[str, object]) -> Outcome:
    if not record.get("ok"):
        return "failed"
    if record.get("skipped"):
        return "skipped"
    return "cached" if record.get("cached") else "done"


def _tokens(record: Mapping[str, object]) -> int:
    usage = record.get("usage")
    tokens = usage.get("total_tokens") if isinstance(usage, dict) else None
    return tokens if isinstance(tokens, int) else 0


def _figures(
    record: Mapping[str, object], fault: Mapping[str, object]
) -> dict[str, str]:
    """Return what a result says in figures, as a person reads them."""
    tokens, warnings = _tokens(record), record.get("warnings")
    width, height = record.get("width"), record.get("height")
    pixels = f"{width} \N{MULTIPLICATION SIGN} {height}"
    attempts = record.get("attempts")
    told = {
        "pixels": pixels if width and height else "",
        "bytes": _number(record.get("bytes"), size_text),
        "seconds": _number(record.get("elapsed_s"), duration),
        "tokens": f"{tokens:,}" if tokens else "",
        "attempts": str(attempts) if attempts not in {None, 0, 1} else "",
        "model": str(record.get("model") or ""),
        "billed": str(fault.get("billed") or ""),
        "kept": str(fault.get("recovery") or ""),
        "notes": " ".join(map(str, warnings)) if isinstance(warnings, list) else "",
    }
    return {name: value for name, value in told.items() if value}


def _number(value: object, show: Callable[[float], str]) -> str:
    return show(value) if isinstance(value, int | float) else ""
