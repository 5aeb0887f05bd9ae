"""The totals at the page's top: how many edits ended how, in a limited space.

Rules:
- They are known last and stand first, so their space is reserved: the markup is at
  most `RESERVED` bytes, whatever has been counted.
- Only tokens of this run are counted: those of a cached edit were paid for before.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nano_edit.report.entry import ENDINGS
from nano_edit.report.markup import shown
from nano_edit.units import duration, money

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nano_edit.report.entry import Ending, ReportEntry

RESERVED = 8192  # bytes

_REASONS = 20  # the exit table has fewer; what is beyond counts as "other"


@dataclass(slots=True)
class Totals:
    """Counts of the edits so far."""

    endings: Counter[Ending] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    tokens: int = 0
    dollars: float = 0.0  # of this run; what may have been billed counts
    unpriced: int = 0  # edits whose price is not known

    def add(self, entry: ReportEntry) -> None:
        """Count one edit."""
        self.endings[entry.ending] += 1
        if entry.ending == "failed":
            known = entry.code in self.reasons or len(self.reasons) < _REASONS
            self.reasons[entry.code if known and entry.code else "other"] += 1
        if entry.ending in {"done", "failed"}:
            self.tokens += entry.tokens
            self.dollars += entry.dollars or 0.0
            self.unpriced += entry.dollars is None


def totals_markup(totals: Totals, *, seconds: float, cut_short: bool) -> str:
    """Return their markup; ``seconds`` is the time of the whole run."""
    pieces = [*_notice(totals, cut_short=cut_short), _bar(totals), *_tiles(totals)]
    pieces += [_tile("tokens", "Tokens", f"{totals.tokens:,}")]
    pieces += [_cost(totals)] if totals.dollars or totals.unpriced else []
    pieces += [_tile("time", "Time", duration(seconds)), "</dl>"]
    return "\n".join(pieces)


def _notice(totals: Totals, *, cut_short: bool) -> Iterator[str]:
    if cut_short:
        yield (
            '<p class="notice">The run ended early:'
            " this page shows the edits that had ended by then.</p>"
        )
    if not totals.endings:
        yield '<p class="notice">There were no edits.</p>'


def _bar(totals: Totals) -> str:
    """Return a bar of the endings' shares; the numbers below say the same."""
    total = max(totals.endings.total(), 1)
    shares, start = [], 0.0
    for ending in ENDINGS:
        width = totals.endings[ending] * 1000 / total
        if width:
            shares.append(
                f'<rect class="{ending}" x="{start:.1f}" width="{width:.1f}"'
                ' height="8"/>'
            )
        start += width
    return (
        '<svg class="bar" viewBox="0 0 1000 8" preserveAspectRatio="none"'
        f' aria-hidden="true">{"".join(shares)}</svg>\n<dl class="summary">'
    )


def _tiles(totals: Totals) -> Iterator[str]:
    for ending, label in ENDINGS.items():
        count = totals.endings[ending]
        detail = _reasons(totals) if ending == "failed" and count else ""
        yield _tile(ending, label, f"{count:,}", detail)


def _cost(totals: Totals) -> str:
    unpriced = f"{totals.unpriced:,} without a known price" if totals.unpriced else ""
    return _tile("cost", "Cost, about", money(totals.dollars), unpriced)


def _tile(kind: str, label: str, value: str, detail: str = "") -> str:
    more = f'<dd class="detail">{detail}</dd>' if detail else ""
    return f'<div class="{kind}"><dt>{label}</dt><dd>{value}</dd>{more}</div>'


def _reasons(totals: Totals) -> str:
    """Failures by reason, the commonest first: ``refused 3 · quota 1``."""
    named = totals.reasons.most_common()
    return " · ".join(f"{shown(code, 40)}&nbsp;{count:,}" for code, count in named)
