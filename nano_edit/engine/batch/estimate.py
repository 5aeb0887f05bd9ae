"""What a run is likely to cost and take, told before anything is sent.

Rules:
- It goes by the edits' words; no picture is opened.
- Kept and cached replies cost nothing, and are not known here: it may be less.
- Times are what the service was seen to take (a gateway's users, Google's pages).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nano_edit.engine.batch.summary import edits as count_text
from nano_edit.engine.money.billing import NOTHING, added
from nano_edit.engine.prepare import model_of
from nano_edit.frozen import Frozen
from nano_edit.units import money
from nano_edit.wire.models import DEFAULT_SIZE
from nano_edit.wire.prices import BATCH, STANDARD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nano_edit.domain import Cost, Edit
    from nano_edit.engine.money.billing import Billing

SECONDS = {"512": 20.0, "1K": 25.0, "2K": 45.0, "4K": 90.0}  # for one edit
FLEX_SECONDS = 480.0  # one to fifteen minutes


class Estimate(Frozen):
    """What some edits are likely to cost and take."""

    requests: int
    cost: Cost
    seconds: float
    what: str  # the model and size, where they are the same for all
    is_deferred: bool = False  # they are made by the service in its own time

    @property
    def text(self) -> str:
        """It as half a sentence: ``48 edits, MODEL 2K: about $6.43, about 9 min``."""
        named = f", {self.what}" if self.what else ""
        dollars = f"about {money(self.cost.dollars)}"
        if self.cost.dollars is None:
            dollars = "price unknown"
        when = f"about {math.ceil(self.seconds / 60)} min"
        if self.is_deferred:
            when = "within a day"
        return f"{count_text(self.requests)}{named}: {dollars}, {when}"


def expected_cost(edit: Edit, billing: Billing) -> Cost:
    """Return what one edit is likely to cost; earlier turns are not counted."""
    return billing.expected(
        model_of(edit, billing.provider),
        edit.size,
        images=len(edit.images) + bool(edit.after),
        tier=edit.tier or STANDARD,
    )


def estimate_of(
    edits: Sequence[Edit], billing: Billing, *, jobs: int, rpm: int | None = None
) -> Estimate:
    """Return the estimate of edits that are made ``jobs`` at a time."""
    cost, seconds = NOTHING, 0.0
    kinds: set[str] = set()
    for edit in edits:
        model = model_of(edit, billing.provider)
        tier = edit.tier or STANDARD
        cost = added(cost, expected_cost(edit, billing))
        usual = SECONDS[edit.size or DEFAULT_SIZE]
        seconds += FLEX_SECONDS if tier == "flex" else usual
        words = (model, edit.size or "", "" if tier == STANDARD else tier)
        kinds.add(" ".join(filter(None, words)))
    seconds /= max(1, min(jobs, len(edits)))
    if rpm:
        seconds = max(seconds, len(edits) * 60 / rpm)
    return Estimate(
        requests=len(edits),
        cost=cost,
        seconds=seconds,
        what=kinds.pop() if len(kinds) == 1 else "",
        is_deferred=any(edit.tier == BATCH for edit in edits),
    )
