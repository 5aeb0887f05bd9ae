"""One request's bill, from the reservation to what it did cost.

Strategy: `Billing` knows the prices, the budget and the ledger of an `Editor`; each
request takes a `Bill` from it and tells it how far it came.

Rules:
- Nothing goes out that does not fit the budget, or that the ledger cannot note.
- What may have been billed costs what it would have, as far as anyone can know.
- Where a provider bills by call, an answer without a picture is billed too.
- An emulated request costs nothing and is not noted.
"""

from __future__ import annotations

import dataclasses
import os
import time
from typing import TYPE_CHECKING

from nano_edit.domain import Billed, Cost, Usage
from nano_edit.engine.money.budget import BUDGET, MONTHLY, Budget, Limit
from nano_edit.engine.money.ledger import (
    PICTURE,
    SENT,
    SWITCH,
    Call,
    Ledger,
    is_wanted,
    ledger_path,
    now,
    read_calls,
    spent,
)
from nano_edit.errors import ExitStatus, RefusedError, UsageError
from nano_edit.wire.gemini.request import pieces_of
from nano_edit.wire.prices import STANDARD, PriceBook, factor_of

if TYPE_CHECKING:
    from nano_edit.domain import EditRequest, ReplyEnded
    from nano_edit.errors import NanoEditError
    from nano_edit.wire.prices import OwnPrices
    from nano_edit.wire.providers import Provider

NOTHING = Cost(0.0)
TIER_HEADER = "x-gemini-service-tier"
_CLAIM = "What the gateway refunds: nano-edit spend --claims apiyi."


class Billing:
    """The money of one `Editor`; may be shared by threads."""

    def __init__(
        self,
        provider: Provider,
        *,
        prices: OwnPrices | None = None,
        budget: Budget | None = None,
        ledger: Ledger | None = None,
        emulated: bool = False,
    ) -> None:
        self.provider = provider
        self.prices = PriceBook(prices)
        self.budget = budget or Budget()
        self.ledger = None if emulated else ledger
        self.emulated = emulated

    def estimate(self, request: EditRequest) -> Cost:
        """Return what a request is likely to cost."""
        return self.expected(
            request.model,
            request.image_size,
            images=len(pieces_of(request)),
            tier=tier_of(request),
        )

    def expected(self, model: str, size: str | None, *, images: int, tier: str) -> Cost:
        """Return what a request of so many pictures is likely to cost."""
        if self.emulated:
            return NOTHING
        name = self.provider.name
        return Cost(self.prices.estimate(name, model, size, images=images, tier=tier))

    def most(self, request: EditRequest) -> float | None:
        """Return the dollars to reserve for a request; None: not known."""
        if self.emulated:
            return 0.0
        return self.prices.most(
            self.provider.name,
            request.model,
            request.image_size,
            images=len(pieces_of(request)),
            tier=tier_of(request),
        )

    def cost(
        self, request: EditRequest, usage: Usage | None = None, tier: str | None = None
    ) -> Cost:
        """Return what an answered request cost, served by ``tier``."""
        if self.emulated:
            return NOTHING
        return self.prices.cost(
            self.provider.name,
            request.model,
            request.image_size,
            images=len(pieces_of(request)),
            tier=tier or tier_of(request),
            usage=usage,
        )

    def begin(self, request: EditRequest) -> Bill:
        """Reserve a request's dollars; raises what `Budget.reserve` raises."""
        return Bill(self, request)


class Bill:
    """The money of one request."""

    def __init__(self, billing: Billing, request: EditRequest) -> None:
        self._billing = billing
        self._request = request
        self._reservation = billing.budget.reserve(billing.most(request))
        self._sent: Call | None = None
        self._reply: ReplyEnded | None = None
        self.tier: str | None = None  # that served it, where the service told
        self.has_picture = False  # the reply is understood, and a picture is in it

    def send(self) -> None:
        """Note that the request is about to go out; raises InputError."""
        if self._sent is not None:
            return
        billing, request = self._billing, self._request
        estimate = billing.estimate(request)
        self._sent = Call(
            id=os.urandom(8).hex(),
            at=now(),
            provider=billing.provider.name,
            model=request.model,
            size=request.image_size,
            tier=tier_of(request),
            outcome=SENT,
            billed=Billed.UNKNOWN,
            dollars=estimate.dollars,
        )
        if billing.ledger:
            billing.ledger.note_sent(self._sent)

    def served_by(self, tier: str | None) -> None:
        """Take which tier the service says has served the request."""
        if tier and factor_of(self._billing.provider.name, tier.lower()) is not None:
            self.tier = tier.lower()

    def answered(self, reply: ReplyEnded) -> None:
        """Take what a whole reply says of tokens."""
        self._reply = reply

    def settle(self, error: NanoEditError | None) -> Cost:
        """Note how the request ended, and return what it cost.

        ``error`` is why no picture came of it, None where one did; it may be told
        that it was billed.
        """
        if error is None:
            return self._settle(PICTURE, Billed.YES)
        if self.has_picture and error.exit_status is not ExitStatus.SERVER:
            # It came, and could not be placed here: no claim on the gateway.
            return self._settle(PICTURE, error.billed)
        if self._sent is not None and self._is_billed_by_call(error):
            error.billed = Billed.YES
            error.hint = f"{error.hint} {_CLAIM}".strip()
        return self._settle(error.exit_status.code, error.billed)

    def abandon(self, billed: Billed) -> Cost:
        """Note an end that nobody foresaw."""
        return self._settle(ExitStatus.INTERNAL.code, billed)

    def _is_billed_by_call(self, error: NanoEditError) -> bool:
        is_refusal = isinstance(error, RefusedError) and error.billed is Billed.UNKNOWN
        return is_refusal and self._billing.provider.bills_by_call

    def _settle(self, outcome: str, billed: Billed) -> Cost:
        reply = self._reply
        usage = reply.usage if reply and reply.usage != Usage() else None
        cost, paid = NOTHING, 0.0
        if self._sent is None:
            billed = Billed.NO  # whatever an earlier attempt may have cost
        if billed is not Billed.NO:
            cost = self._billing.cost(self._request, usage, self.tier)
            most = cost.dollars if cost.counted else self._billing.most(self._request)
            paid = most or 0.0
        self._reservation.settle(paid)
        ledger, sent, self._sent = self._billing.ledger, self._sent, None
        if ledger and sent:
            end = dataclasses.replace(
                sent,
                outcome=outcome,
                billed=billed,
                tier=self.tier or sent.tier,
                dollars=cost.dollars,
                counted=cost.counted,
                tokens=dataclasses.asdict(usage) if usage else None,
                response_id=reply.response_id if reply else None,
            )
            ledger.note_end(end)
        return cost


def tier_of(request: EditRequest) -> str:
    """Return the tier that a request asks for."""
    return request.tier or STANDARD


def added(first: Cost, second: Cost) -> Cost:
    """Return two costs together; counted where all that cost something is."""
    if first.dollars is None or second.dollars is None:
        return Cost(None)
    counted = all(each.counted for each in (first, second) if each.dollars)
    dollars = first.dollars + second.dollars
    return Cost(dollars, counted=counted and dollars > 0)


def budget_of(dollars: float | None, monthly: float | None) -> Budget:
    """Return the budget with these limits; the monthly one counts over the ledger.

    Raises UsageError for a limit below 0, or a monthly one without a ledger, and
    InputError where that cannot be read.
    """
    limits = []
    for name, value in ((BUDGET, dollars), (MONTHLY, monthly)):
        if value is not None and not value >= 0:
            raise UsageError(f"{name} must be 0 dollars or more, not {value:g}.")
    if dollars is not None:
        limits.append(Limit(BUDGET, dollars))
    if monthly is not None:
        if not is_wanted(os.environ):
            raise UsageError(
                f"{MONTHLY} counts over the ledger, which {SWITCH}=0 leaves out.",
                hint=f"Unset {SWITCH}, or leave the monthly budget out.",
            )
        calls = read_calls(ledger_path())
        limits.append(Limit(MONTHLY, monthly, spent(calls, month_start())))
    return Budget(*limits)


def month_start(seconds: float | None = None) -> str:
    """Return when the month of a time (now) began here, as the ledger has times."""
    here = time.localtime(seconds)
    first = time.mktime((here.tm_year, here.tm_mon, 1, 0, 0, 0, 0, 0, -1))
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(first))


def own_ledger() -> Ledger | None:
    """Return the user's ledger; None where the environment says that there is none."""
    return Ledger(ledger_path()) if is_wanted(os.environ) else None
