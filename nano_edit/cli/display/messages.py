"""The words about results and failures, for one edit and for many.

Rules: a line about a result says pixels, size, time and tokens; a failure says what
happened, whether it was billed, what is kept, and the next step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nano_edit.domain import Billed
from nano_edit.engine.money.billing import NOTHING
from nano_edit.engine.records import record_of_cost
from nano_edit.engine.replies.kept import id_of
from nano_edit.errors import ExitStatus
from nano_edit.units import duration, money, size_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nano_edit.cli.terminal import Terminal
    from nano_edit.engine.batch.summary import Summary
    from nano_edit.errors import NanoEditError

ALARM = "nano-edit:"  # how the end of a run that failed begins

# With these nothing was sent, so nothing is said about the bill.
_NEVER_SENT = {ExitStatus.USAGE, ExitStatus.INPUT, ExitStatus.PENDING}


def shows_paths(terminal: Terminal) -> bool:
    """Whether the paths of standard output stand on the screen of standard error."""
    return terminal.stdout_is_tty and terminal.stderr.isatty()


def done_text(record: Mapping[str, Any], *, named: bool = True) -> str:
    """Return the line about a result; ``named``: with its path."""
    path = record["output"] if record["output"] != "-" else "standard output"
    if several := record.get("outputs"):
        path = f"{several[0]} ... {several[-1]}"
    if record.get("skipped"):
        return f"{path}  exists already, skipped"
    tokens = record["usage"]["total_tokens"]
    facts = [
        path if named else "",
        f"{record['width']}x{record['height']}",
        size_text(record["bytes"]),
        _took(record),
        f"{tokens:,} tokens" if tokens and not record["cached"] else "",
        cost_text(record.get("cost")),
        _tier(record.get("tier")),
        f"{record['attempts']} attempts" if record["attempts"] > 1 else "",
        change_text(record.get("change")),
    ]
    return "  ".join(fact for fact in facts if fact)


def _tier(tier: str | None) -> str:
    return "" if tier in {None, "standard"} else f"{tier} tier"


def cost_text(cost: Mapping[str, Any] | None) -> str:
    """Return a cost in a few words: counted, or about so much; "" for nothing."""
    if not cost or cost["dollars"] == 0:
        return ""
    if cost["dollars"] is None:
        return "price unknown"
    about = "about " if cost["estimated"] else ""
    return f"{about}{money(cost['dollars'])}"


def _cost_of(error: NanoEditError) -> str:
    """Return what a failure cost, behind a comma; "" for nothing."""
    cost = error.cost
    if cost is None or error.billed is Billed.NO:
        return ""
    told = cost_text({"dollars": cost.dollars, "estimated": not cost.counted})
    return f", {told}" if told else ""


def change_text(change: Mapping[str, Any] | None) -> str:
    """Return what a result that keeps the rest has changed, in a few words."""
    if not change:
        return ""
    inside, outside = (_percent(change[name]) for name in ("inside", "outside"))
    if not change["area"]:
        return "nothing changed"
    area = _percent(change["area"])
    return f"changed {inside} inside ({area} of the picture), {outside} outside"


def _percent(value: float) -> str:
    """Return a share for people; what is not quite nothing is not 0 %."""
    if 0 < value < 0.01:
        return "<0.01 %"
    return f"{value:.2g} %" if value < 10 else f"{value:.0f} %"


def _took(record: Mapping[str, Any]) -> str:
    if record["cached"]:
        return "from the cache"
    if record["recovered"]:
        return "from a kept reply"
    return duration(record["elapsed_s"])


def error_text(error: NanoEditError) -> str:
    """Return the end of a run: what happened, the bill, what is kept, what to do."""
    lines = [f"{ALARM} {error.message}"]
    if error.recovery is not None:
        lines.append(_kept(error))
    if error.hint:
        lines.append(f"  {error.hint}")
    if error.exit_status not in _NEVER_SENT:
        billed = f"{error.billed}{_cost_of(error)}"
        lines.append(f"  Billed: {billed}.{_attempts(error.attempts)}")
    return "\n".join(lines)


def _kept(error: NanoEditError) -> str:
    if error.recovery is not None and error.recovery.name.startswith("reply-"):
        return (
            f"  The reply is kept: {error.recovery}\n"
            f"  Try: nano-edit replies recover {id_of(error.recovery)}"
        )
    return f"  The picture is kept: {error.recovery}"


def _attempts(count: int) -> str:
    return f" Attempts: {count}." if count > 1 else ""


def failure_text(label: str, error: NanoEditError) -> tuple[str, str]:
    """Return which edit of many failed and why, and what happened and was billed."""
    billed = f" (billed: {error.billed.value}{_cost_of(error)})"
    billed = "" if error.exit_status in _NEVER_SENT else billed
    message = error.message.removeprefix(f"{label}: ")
    return f"{label}: {error.exit_status.code}:", f"{message}{billed}"


def sums(summary: Summary, seconds: float) -> list[tuple[str, str]]:
    """Return the sums of a run: what, and how much; only what there is of."""
    reasons = ", ".join(
        f"{count} {code}{_billed_refusals(code, count, summary)}"
        for code, count in summary.reasons.most_common()
    )
    rows = [
        ("done", f"{summary.done}", summary.done or not summary.ended),
        ("from the cache", f"{summary.cached}", summary.cached),
        ("from kept replies", f"{summary.recovered}", summary.recovered),
        ("skipped", f"{summary.skipped}", summary.skipped),
        ("failed", f"{summary.failed} ({reasons})", summary.failed),
        ("under way", f"{summary.under_way}", summary.under_way),
        ("not begun", f"{summary.left}", summary.left),
        ("tokens", f"{summary.tokens:,}", summary.tokens),
        ("cost", cost_text(record_of_cost(summary.cost)), summary.cost != NOTHING),
        ("time", duration(seconds), True),
    ]
    return [(name, value) for name, value, there in rows if there]


def _billed_refusals(code: str, count: int, summary: Summary) -> str:
    """Return the mark of refusals that were billed."""
    billed = summary.billed_refusals if code == ExitStatus.REFUSED.code else 0
    if not billed:
        return ""
    return " and billed" if billed == count else f" ({billed} billed)"
