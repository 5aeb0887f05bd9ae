"""The sums of a run, and what the run ends with."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nano_edit.domain import Billed, Cost
from nano_edit.engine.money.billing import NOTHING, added
from nano_edit.errors import (
    AuthError,
    BudgetError,
    ExitStatus,
    InterruptedEdit,
    NanoEditError,
    PartialError,
    QuotaError,
    RefusedError,
    Retry,
)

if TYPE_CHECKING:
    from nano_edit.engine.records import Record

# What fails in the same way until the list, a picture or an option is changed.
_TO_CHANGE = (
    ExitStatus.USAGE,
    ExitStatus.INPUT,
    ExitStatus.REJECTED,
    ExitStatus.REFUSED,
)


@dataclass(slots=True)
class Summary:
    """How many edits there were, and how they ended."""

    total: int
    done: int = 0
    cached: int = 0
    recovered: int = 0  # from replies that earlier runs kept
    skipped: int = 0
    tokens: int = 0
    cost: Cost = NOTHING  # of this run; what may have been billed counts
    billed_refusals: int = 0
    reasons: Counter[str] = field(default_factory=Counter)  # exit code -> failures
    billed: Billed = Billed.NO  # the worst that is known of any edit
    stopped_by: type[InterruptedEdit] | None = None  # Ctrl-C or SIGTERM
    under_way: int = 0  # deferred: submitted, and not fetched yet
    drained_by: NanoEditError | None = None  # the failure that ended the run

    @property
    def failed(self) -> int:
        """How many edits failed."""
        return self.reasons.total()

    @property
    def ended(self) -> int:
        """How many edits have ended, one way or another."""
        return self.done + self.skipped + self.failed

    @property
    def left(self) -> int:
        """How many edits were not begun."""
        return self.total - self.ended - self.under_way

    @property
    def exit_status(self) -> ExitStatus:
        """The exit status of the run."""
        error = self.error()
        return error.exit_status if error else ExitStatus.OK

    def add(self, record: Record, error: NanoEditError | None) -> None:
        """Count one edit."""
        self.cost = added(self.cost, cost_of(record))
        if error is not None:
            self.reasons[error.exit_status.code] += 1
            self._bill(error.billed)
            self.billed_refusals += is_billed_refusal(error)
        elif record.get("skipped"):
            self.skipped += 1
        else:
            self.done += 1
            self.cached += record["cached"]
            self.recovered += record["recovered"]
            if not (record["cached"] or record["recovered"]):
                self._bill(Billed.YES)
                self.tokens += record["usage"]["total_tokens"] or 0

    @property
    def only_refused(self) -> bool:
        """Whether nothing is left that asking again would help."""
        return not self.left and {*self.reasons} <= {ExitStatus.REFUSED.code}

    @property
    def needs_changes(self) -> bool:
        """Whether nothing is left that the same command again would help."""
        codes = {each.code for each in _TO_CHANGE}
        return not self.left and {*self.reasons} <= codes

    def error(self, again: str = "") -> NanoEditError | None:
        """Return what the run ends with, if not all is done; ``again`` is its hint."""
        if self.stopped_by is not None:
            has = f"{self.done + self.skipped} of {edits(self.total)} are done."
            return self.stopped_by(f"Stopped: {has}", hint=again, billed=self.billed)
        if isinstance(self.drained_by, BudgetError):
            return self._budget_error(self.drained_by, again)
        if self.drained_by and is_for_all(self.drained_by) and not self.done:
            return self.drained_by
        if self.failed:
            left = f" {self._not_begun}." if self.left else ""
            failed = f"{self.failed} of {edits(self.total)} failed.{left}"
            return PartialError(failed, hint=again, billed=self.billed)
        return None

    def _budget_error(self, stopped: BudgetError, again: str) -> BudgetError:
        failed = f", {self.failed} failed" if self.failed else ""
        return BudgetError(
            f"{stopped.message} {self.done + self.skipped} of {edits(self.total)} are "
            f"done{failed}, {self._not_begun}.",
            hint=f"{stopped.hint} {again}".strip(),
            billed=self.billed,
        )

    @property
    def _not_begun(self) -> str:
        return f"{self.left} {'was' if self.left == 1 else 'were'} not begun"

    def _bill(self, billed: Billed) -> None:
        self.billed = max(self.billed, billed, key=list(Billed).index)


def cost_of(record: Record) -> Cost:
    """Return what the edit of a record cost."""
    told = record.get("cost")
    if told is None:
        return NOTHING
    return Cost(told["dollars"], counted=not told["estimated"])


def is_billed_refusal(error: NanoEditError) -> bool:
    """Whether an answer without a picture was billed."""
    return isinstance(error, RefusedError) and error.billed is Billed.YES


def edits(count: int) -> str:
    """Return ``1 edit``, ``2 edits``."""
    return f"{count} edit" if count == 1 else f"{count} edits"


def is_for_all(error: NanoEditError) -> bool:
    """Whether every other edit would meet this error too."""
    return isinstance(error, AuthError) or (
        isinstance(error, QuotaError) and error.retry is Retry.NEVER
    )
