"""The page's summary: what became of all edits, in a fixed number of bytes.

Rules:
- It is written last and read first, so its place is kept free: the markup is at
  most `RESERVED` bytes, whatever has been counted.
- Only what this run paid for counts as tokens: a cached edit's were paid before.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nano_edit.report.entry import OUTCOMES
from nano_edit.report.markup import shown
from nano_edit.units import duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nano_edit.report.entry import Outcome, ReportEntry

RESERVED = 8192  # bytes

_REASONS = 20  # the exit table has fewer; what is beyond counts as "other"


@dataclass(slots=True)
class Tally:
    """Counts of the edits so far."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    tokens: int = 0

    def take(self, entry: ReportEntry) -> None:
        """Count one edit."""
        self.outcomes[entry.outcome] += 1
        if entry.outcome == "failed":
            known = entry.code in self.reasons or len(self.reasons) < _REASONS
            self.reasons[entry.code if known and entry.code else "other"] += 1
        if entry.outcome in {"done", "failed"}:
            self.tokens += entry.tokens


def summary(tally: Tally, *, seconds: float, cut_short: bool) -> str:
    """Return the summary's markup; ``seconds`` is the time of the whole run."""
    pieces = [*_notice(tally, cut_short=cut_short), _bar(tally), *_tiles(tally)]
    pieces += [_tile("tokens", "Tokens", f"{tally.tokens:,}")]
    pieces += [_tile("time", "Time", duration(seconds)), "</dl>"]
    return "\n".join(pieces)


def _notice(tally: Tally, *, cut_short: bool) -> Iterator[str]:
    if cut_short:
        yield (
            '<p class="notice">The run was ended early:'
            " this page shows what was finished by then.</p>"
        )
    if not tally.outcomes:
        yield '<p class="notice">There was nothing to edit.</p>'


def _bar(tally: Tally) -> str:
    """Return a strip of the outcomes' shares; the numbers below say the same."""
    total = max(tally.outcomes.total(), 1)
    shares, start = [], 0.0
    for outcome in OUTCOMES:
        width = tally.outcomes[outcome] * 1000 / total
        if width:
            shares.append(
                f'<rect class="{outcome}" x="{start:.1f}" width="{width:.1f}"'
                ' height="8"/>'
            )
        start += width
    return (
        '<svg class="bar" viewBox="0 0 1000 8" preserveAspectRatio="none"'
        f' aria-hidden="true">{"".join(shares)}</svg>\n<dl class="summary">'
    )


def _tiles(tally: Tally) -> Iterator[str]:
    for outcome, label in OUTCOMES.items():
        count = tally.outcomes[outcome]
        detail = _reasons(tally) if outcome == "failed" and count else ""
        yield _tile(outcome, label, f"{count:,}", detail)


def _tile(kind: str, label: str, value: str, detail: str = "") -> str:
    more = f'<dd class="detail">{detail}</dd>' if detail else ""
    return f'<div class="{kind}"><dt>{label}</dt><dd>{value}</dd>{more}</div>'


def _reasons(tally: Tally) -> str:
    """Failures by reason, the commonest first: ``refused 3 · quota 1``."""
    named = tally.reasons.most_common()
    return " · ".join(f"{shown(code, 40)}&nbsp;{count:,}" for code, count in named)
