"""One edit as the report shows it, read from its record.

Rules:
- A record may come from elsewhere: what is missing, or has another type, is not
  shown, and never an exception.
- A figure is shown when it says something: one attempt does not.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nano_edit.units import duration, money, size_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Ending = Literal["done", "failed", "skipped", "cached"]
ENDINGS: dict[Ending, str] = {  # in the order of showing
    "done": "Done",
    "failed": "Failed",
    "skipped": "Skipped",
    "cached": "Cached",
}


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """One edit; every text may come from outside."""

    title: str  # the output's name or the job's label
    instruction: str
    before: Path | None  # the first input on disk
    after: Path | None  # the output on disk
    figures: Mapping[str, str]  # name -> value, in the order of showing
    ending: Ending
    failure: str = ""  # message and hint of an edit that failed
    code: str = ""  # the exit table's name: "refused", "quota", ...
    keeps_rest: bool = False  # a heat map of before and after says something
    dollars: float | None = 0.0  # None: the price is not known
    tokens: int = 0  # that this edit used, in this run or an earlier one


def entry_from_record(record: Mapping[str, object]) -> ReportEntry:
    """Return the entry of one result.

    An edit that failed goes by its label, since its output may be any other's.
    """
    before = _first_picture(record.get("images"))
    output, error = record.get("output"), record.get("error")
    path = Path(output) if isinstance(output, str) and output not in {"", "-"} else None
    ending = _ending(record)
    fault = error if isinstance(error, dict) else {}
    said = (str(fault[key]) for key in ("message", "hint") if fault.get(key))
    named = path or before
    title = named.name if named else "standard output"
    label = str(record.get("label") or title)
    return ReportEntry(
        title=label if ending == "failed" else title,
        instruction=str(record.get("instruction") or ""),
        before=before,
        after=None if ending == "failed" else path,
        figures=_figures(record, fault),
        ending=ending,
        failure="\n".join(said),
        code=str(fault.get("code") or ""),
        keeps_rest=isinstance(record.get("change"), dict),
        dollars=_dollars(record),
        tokens=_tokens(record),
    )


def _first_picture(images: object) -> Path | None:
    """Return the picture to compare with, if it is a file: a URL or a pipe is none."""
    first = str(images[0]) if isinstance(images, list) and images else ""
    # Not `Path.is_file`: that raises over what is too long for a path.
    return Path(first) if os.path.isfile(first) else None  # noqa: PTH113


def _ending(record: Mapping[str, object]) -> Ending:
    if not record.get("ok"):
        return "failed"
    if record.get("skipped"):
        return "skipped"
    return "cached" if record.get("cached") else "done"


def _tokens(record: Mapping[str, object]) -> int:
    usage = record.get("usage")
    tokens = usage.get("total_tokens") if isinstance(usage, dict) else None
    return tokens if isinstance(tokens, int) else 0


def _dollars(record: Mapping[str, object]) -> float | None:
    cost = record.get("cost")
    if not isinstance(cost, dict):
        return 0.0
    dollars = cost.get("dollars")
    return float(dollars) if isinstance(dollars, int | float) else None


def _cost(record: Mapping[str, object]) -> str:
    """Return what the edit cost, as far as it says something."""
    dollars, cost = _dollars(record), record.get("cost")
    if dollars == 0 or not isinstance(cost, dict):
        return ""
    about = "about " if dollars and cost.get("estimated") else ""
    return f"{about}{money(dollars)}"


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
        "cost": _cost(record),
        "attempts": str(attempts) if attempts not in {None, 0, 1} else "",
        "changed": _change(record.get("change")),
        "model": str(record.get("model") or ""),
        "billed": str(fault.get("billed") or ""),
        "kept": str(fault.get("recovery") or ""),
        "notes": " ".join(map(str, warnings)) if isinstance(warnings, list) else "",
    }
    return {name: value for name, value in told.items() if value}


def _change(change: object) -> str:
    """Return what a result that keeps the rest has changed."""
    if not isinstance(change, dict):
        return ""
    shares = [change.get(name) for name in ("area", "inside", "outside")]
    if not all(isinstance(share, int | float) for share in shares):
        return ""
    area, inside, outside = shares
    return f"{inside:.3g} % of {area:.3g} % of the picture; {outside:.3g} % outside"


def _number(value: object, show: Callable[[float], str]) -> str:
    return show(value) if isinstance(value, int | float) else ""
