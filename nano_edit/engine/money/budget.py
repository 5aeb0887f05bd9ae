"""The budget: how many dollars may still be spent, for all requests together.

Strategy: before a request goes out, the most that it is likely to cost is reserved;
when it has ended, what it did cost takes the reservation's place.  Where a request
would not fit, it waits for those under way, which may cost less than was reserved;
only one that does not fit by itself is refused.

Rules:
- What was spent, what is reserved and what is asked for never exceed a limit
  together.
- What may have been billed counts as spent.
- A price that is not known cannot be held to a limit: such a request is refused.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from nano_edit.errors import BudgetError, InterruptedEdit, UsageError
from nano_edit.units import money

if TYPE_CHECKING:
    from collections.abc import Callable

_DUST = 1e-9  # dollars; sums of cents are not exact
BUDGET, MONTHLY = "--budget", "monthly_budget"


class Limit:
    """One limit: its name, its dollars, and what of them is spent."""

    def __init__(self, name: str, dollars: float, spent: float = 0.0) -> None:
        self.name = name
        self.dollars = dollars
        self.spent = spent


class Budget:
    """The limits of a run; without any, everything fits.  May be shared by threads."""

    def __init__(self, *limits: Limit) -> None:
        self.limits = limits
        self._reserved = 0.0  # dollars
        self._changed = threading.Condition()
        self._stopped = False

    def reserve(self, dollars: float | None, what: str = "Another edit") -> Reservation:
        """Hold the dollars of a request until `Reservation.settle`.

        ``what`` names the request in a sentence.  Raises BudgetError where it cannot
        fit, UsageError where ``dollars`` is None and there is a limit, and
        InterruptedEdit after `stop`.
        """
        if not self.limits:
            return Reservation(lambda _: None)
        if dollars is None:
            raise UsageError(
                f"The price is not known, so {self.limits[0].name} cannot be held.",
                hint="Set it under [prices] in the configuration, or leave the budget "
                "out.",
            )
        with self._changed:
            while short := self._short(dollars):
                if self._stopped or self._reserved <= _DUST:
                    break
                self._changed.wait()
            if self._stopped:
                raise InterruptedEdit("Stopped before anything was sent.")
            if short:
                raise self._refusal(short, dollars, what)
            self._reserved += dollars
        return Reservation(lambda cost: self._settle(dollars, cost))

    def add(self, dollars: float, name: str = BUDGET) -> None:
        """Count what an earlier run has spent of the limit called ``name``."""
        with self._changed:
            for limit in self.limits:
                if limit.name == name:
                    limit.spent += dollars

    def allow(self) -> None:
        """Let reservations begin again."""
        with self._changed:
            self._stopped = False

    def stop(self) -> None:
        """End every waiting, and let no reservation begin."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _short(self, dollars: float) -> Limit | None:
        """Return the first limit that does not leave so much."""
        for limit in self.limits:
            if limit.spent + self._reserved + dollars > limit.dollars + _DUST:
                return limit
        return None

    def _refusal(self, limit: Limit, dollars: float, what: str) -> BudgetError:
        left = limit.dollars - limit.spent
        left = left if left > _DUST else 0.0
        return BudgetError(
            f"The budget of {money(limit.dollars)} ({limit.name}) has {money(left)} "
            f"left. {what} costs about {money(dollars)}; it was not sent.",
            hint=f"Raise {limit.name}.",
        )

    def _settle(self, reserved: float, cost: float) -> None:
        with self._changed:
            self._reserved = max(self._reserved - reserved, 0.0)
            for limit in self.limits:
                limit.spent += cost
            self._changed.notify_all()


class Reservation:
    """Dollars that are held for a request; settled once."""

    def __init__(self, settle: Callable[[float], None]) -> None:
        self._settle: Callable[[float], None] | None = settle

    def settle(self, dollars: float) -> None:
        """Give the reservation back and count what was spent; then nothing more."""
        settle, self._settle = self._settle, None
        if settle is not None:
            settle(dollars)
