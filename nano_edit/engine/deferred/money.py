"""The money of deferred edits: counted when they are submitted, settled when fetched.

Rules:
- What does not fit the budget is not submitted.
- Each line is noted in the ledger before the job is made, as one that may be billed;
  its end is noted when its result is read, maybe by a later run.
- The price is that of the batch tier; what a result says of tokens is counted.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from nano_edit.domain import Billed
from nano_edit.engine.batch.submissions import SubmittedLine
from nano_edit.engine.money.billing import Bill, Billing
from nano_edit.engine.money.ledger import SENT, Call, now
from nano_edit.errors import NanoEditError
from nano_edit.wire.prices import BATCH

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nano_edit.domain import EditRequest, Prepared
    from nano_edit.engine.batch.submissions import Submission


def as_batched(request: EditRequest) -> EditRequest:
    """Return the request as one of the batch tier, for its price alone."""
    return replace(request, tier=BATCH)


def reserve(billing: Billing, request: EditRequest) -> None:
    """Count a request as spent; raises what `Budget.reserve` raises."""
    dollars = billing.most(as_batched(request))
    billing.budget.reserve(dollars).settle(dollars or 0.0)


def line_of(
    billing: Billing, prepared: Prepared, edit_id: str, reply_key: str
) -> SubmittedLine:
    """Return what is to be noted of an edit that is submitted."""
    request = prepared.request
    return SubmittedLine(
        edit=edit_id,
        reply=reply_key,
        call=os.urandom(8).hex(),
        at=now(),
        size=request.image_size,
        dollars=billing.estimate(as_batched(request)).dollars,
    )


def call_of(submission: Submission, line: SubmittedLine) -> Call:
    """Return the ledger's entry of a line that has been submitted."""
    return Call(
        id=line.call,
        at=line.at,
        provider=submission.provider,
        model=submission.model,
        size=line.size,
        tier=BATCH,
        outcome=SENT,
        billed=Billed.UNKNOWN,
        dollars=line.dollars,
    )


def note_submitted(billing: Billing, submission: Submission) -> None:
    """Note that the job is about to be made; raises InputError."""
    if billing.ledger:
        for line in submission.lines.values():
            billing.ledger.note_sent(call_of(submission, line))


def note_not_made(
    billing: Billing, submission: Submission, lines: Iterable[SubmittedLine], code: str
) -> None:
    """Note that these lines were not made, so cost nothing."""
    _note_end(billing, submission, lines, code, Billed.NO)


def note_kept(
    billing: Billing, submission: Submission, line: SubmittedLine, code: str
) -> None:
    """Note that a line was made and no picture came of it here."""
    _note_end(billing, submission, [line], code, Billed.YES)


def _note_end(
    billing: Billing,
    submission: Submission,
    lines: Iterable[SubmittedLine],
    code: str,
    billed: Billed,
) -> None:
    if billing.ledger is None:
        return
    for line in lines:
        dollars = 0.0 if billed is Billed.NO else line.dollars
        call = call_of(submission, line)
        end = replace(call, outcome=code, billed=billed, dollars=dollars)
        with suppress(NanoEditError):
            billing.ledger.note_end(end)


class LineBilling(Billing):
    """Gives the bill of one line, which was noted and counted when it was submitted."""

    def __init__(self, billing: Billing, call: Call) -> None:
        super().__init__(
            billing.provider, ledger=billing.ledger, emulated=billing.emulated
        )
        self.prices = billing.prices
        self._call = call

    def begin(self, request: EditRequest) -> Bill:
        """Return the line's bill; nothing is reserved."""
        return _LineBill(self, as_batched(request), self._call)


class _LineBill(Bill):
    def __init__(self, billing: Billing, request: EditRequest, call: Call) -> None:
        super().__init__(billing, request)
        self._call = call

    def send(self) -> None:
        """Take up the entry that the ledger has."""
        self._sent = self._call
