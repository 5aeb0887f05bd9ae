"""``spend``: what was spent, from the ledger; what a gateway refunds.

Rules:
- What was billed, and what may have been, are never one figure.
- Days are those of this machine's time zone.
- A price that is not known is counted as such, never as 0.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nano_edit.cli.json_line import json_line
from nano_edit.domain import Billed
from nano_edit.engine.money.ledger import PICTURE, Call, ledger_path, read_calls
from nano_edit.errors import UsageError
from nano_edit.units import money
from nano_edit.wire.providers import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from nano_edit.cli.config.settings import Settings
    from nano_edit.cli.terminal import Terminal

BAR = 24  # columns of the longest bar
COLUMNS = (
    *("requests", "pictures", "dollars", "unknown_requests", "unknown_dollars"),
    "unpriced",
)


@dataclass(slots=True)
class Sums:
    """What the requests of one group add up to."""

    requests: int = 0  # that were billed
    pictures: int = 0
    dollars: float = 0.0
    unknown_requests: int = 0  # that may have been billed
    unknown_dollars: float = 0.0
    unpriced: int = 0  # of both, those whose price is not known

    def add(self, call: Call) -> None:
        """Count a request that was or may have been billed."""
        dollars = call.dollars or 0.0
        self.unpriced += call.dollars is None
        if call.billed is Billed.YES:
            self.requests += 1
            self.pictures += call.outcome == PICTURE
            self.dollars += dollars
        else:
            self.unknown_requests += 1
            self.unknown_dollars += dollars

    def record(self) -> dict[str, Any]:
        """Return the sums as JSON holds them."""
        found = {name: getattr(self, name) for name in COLUMNS}
        for name in ("dollars", "unknown_dollars"):
            found[name] = round(found[name], 6)
        return found


def run(settings: Settings, terminal: Terminal) -> None:
    """Print the sums by day, model or provider, or the claims."""
    options = settings.options
    if options.json and options.csv:
        raise UsageError("--json and --csv are two forms of the same.")
    since = _since(options.since)
    calls = [
        call
        for call in read_calls(ledger_path())
        if call.billed is not Billed.NO and day_of(call) >= since
    ]
    if options.claims:
        _tell_claims(calls, options.claims, settings, terminal)
        return
    groups: dict[str, Sums] = {}
    for call in calls:
        groups.setdefault(GROUPS[options.by](call), Sums()).add(call)
    rows = sorted(groups.items())
    if options.json:
        for name, sums in rows:
            terminal.result(json_line({options.by: name, **sums.record()}))
    elif options.csv:
        found = [{options.by: name, **sums.record()} for name, sums in rows]
        _print_csv((options.by, *COLUMNS), found, terminal)
    else:
        _print_table(rows, terminal)


def day_of(call: Call) -> str:
    """Return the day on which a request was sent, here: 2026-11-24."""
    try:
        return datetime.fromisoformat(call.at).astimezone().date().isoformat()
    except (ValueError, OverflowError, OSError):
        return call.at[:10]


GROUPS: dict[str, Callable[[Call], str]] = {
    "day": day_of,
    "model": lambda call: " ".join(filter(None, (call.model, call.size))),
    "provider": lambda call: call.provider,
}


def _since(text: str | None) -> str:
    if text is None:
        return ""
    try:
        return datetime.fromisoformat(text).date().isoformat()
    except ValueError:
        raise UsageError(
            f"--since {text}: this is not a day.", hint="For example: 2026-11-01"
        ) from None


# --- for a person ---------------------------------------------------------------


def _print_table(rows: list[tuple[str, Sums]], terminal: Terminal) -> None:
    if not rows:
        terminal.say(f"Nothing was spent, as far as {ledger_path()} tells.")
        return
    total = Sums()
    for _, sums in rows:
        for name in COLUMNS:
            setattr(total, name, getattr(total, name) + getattr(sums, name))
    most = max(sums.dollars + sums.unknown_dollars for _, sums in rows)
    lines = [*(_cells(name, sums, most) for name, sums in rows)]
    if len(rows) > 1:
        lines.append(_cells("total", total, 0.0))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for name, count, dollars, bar, rest in lines:
        cells = (name.ljust(widths[0]), count.rjust(widths[1]))
        terminal.result(
            "  ".join(
                (*cells, dollars.rjust(widths[2]), bar.ljust(widths[3]), rest)
            ).rstrip()
        )
    if total.dollars:
        terminal.say("Dollars are estimates where the provider bills by call.")


def _cells(name: str, sums: Sums, most: float) -> tuple[str, str, str, str, str]:
    """Return a line's cells: name, billed requests, dollars, bar, and the rest."""
    more = []
    if sums.pictures < sums.requests:
        more.append(f"{sums.requests - sums.pictures} without a picture")
    if sums.unknown_requests:
        unknown = money(sums.unknown_dollars)
        more.append(f"{sums.unknown_requests} unknown, up to {unknown}")
    if sums.unpriced:
        more.append(f"{sums.unpriced} without a known price")
    bar = "█" * round(BAR * sums.dollars / most) if most else ""
    bar += "░" * round(BAR * sums.unknown_dollars / most) if most else ""
    dollars = None if sums.unpriced and not sums.dollars else sums.dollars
    return name, f"{sums.requests}", money(dollars), bar, "; ".join(more)


# --- for a spreadsheet ------------------------------------------------------------


def _print_csv(
    columns: Iterable[str], rows: Iterable[dict[str, Any]], terminal: Terminal
) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    terminal.result(text.getvalue().removesuffix("\n"))


# --- what a gateway refunds -------------------------------------------------------


def _claims(calls: Iterable[Call], provider: str) -> Iterator[dict[str, Any]]:
    for call in calls:
        if call.provider != provider or call.billed is not Billed.YES:
            continue
        if call.outcome == PICTURE:
            continue
        tokens = (call.tokens or {}).get("candidates_tokens")
        yield {
            "time": call.at,
            "model": call.model,
            "size": call.size,
            "outcome": call.outcome,
            "output_tokens": tokens,
            "response_id": call.response_id,
            "dollars": call.dollars,
        }


def _tell_claims(
    calls: list[Call], provider: str, settings: Settings, terminal: Terminal
) -> None:
    if not PROVIDERS[provider].bills_by_call:
        raise UsageError(
            f"{provider} bills by token; it has no list of claims.",
            hint="It is for a gateway that bills by call: --claims apiyi",
        )
    found = list(_claims(calls, provider))
    if settings.options.json:
        for each in found:
            terminal.result(json_line(each))
        return
    if not found:
        terminal.say("There is no billed request without a picture.")
        return
    _print_csv(found[0], found, terminal)
    dollars = sum(each["dollars"] or 0.0 for each in found)
    count = "1 billed request" if len(found) == 1 else f"{len(found)} billed requests"
    terminal.say(
        f"{count} gave no picture, about {money(dollars)}. Hand the list in to the "
        "gateway."
    )
