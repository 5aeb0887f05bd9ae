"""One edit as the report shows it: what the page's parts agree upon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Outcome = Literal["done", "failed", "skipped", "cached"]
OUTCOMES: dict[Outcome, str] = {  # in the order of showing
    "done": "Done",
    "failed": "Failed",
    "skipped": "Skipped",
    "cached": "Cached",
}


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """One edit; all texts may be foreign."""

    title: str  # the output's name or the job's label
    instruction: str
    before: Path | None  # the first input on disk
    after: Path | None  # the output on disk
    figures: Mapping[str, str]  # name -> value, in the order of showing
    outcome: Outcome
    failure: str = ""  # message and hint of an edit that failed
    code: str = ""  # the exit table's name: "refused", "quota", ...
    tokens: int = 0  # that this edit used, in this run or an earlier one
