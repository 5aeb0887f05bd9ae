"""One request's bill: noted once, settled once, added up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nano_edit.domain import Billed, Cost, EditRequest
from nano_edit.engine.money.billing import Billing, added
from nano_edit.engine.money.ledger import Ledger, read_calls
from nano_edit.errors import NetworkError
from nano_edit.wire.providers import PROVIDERS

if TYPE_CHECKING:
    from pathlib import Path

REQUEST = EditRequest("sepia", (), "gemini-3-pro-image")


def test_a_request_is_noted_once_and_an_unforeseen_end_too(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    billing = Billing(PROVIDERS["google"], ledger=Ledger(path))
    bill = billing.begin(REQUEST)
    bill.send()
    bill.send()
    assert len(read_calls(path)) == 1
    bill.served_by("platinum")
    bill.served_by(None)
    assert bill.tier is None
    bill.served_by("FLEX")
    cost = bill.abandon(Billed.UNKNOWN)
    (call,) = read_calls(path)
    assert (call.outcome, call.billed, call.tier) == ("internal", "unknown", "flex")
    assert call.dollars == cost.dollars == pytest.approx(0.0685)


def test_what_was_not_sent_costs_nothing_whatever_went_before() -> None:
    bill = Billing(PROVIDERS["apiyi"]).begin(REQUEST)
    assert bill.settle(NetworkError("No.", billed=Billed.UNKNOWN)) == Cost(0.0)


def test_nothing_is_expected_of_an_emulator() -> None:
    billing = Billing(PROVIDERS["apiyi"], emulated=True)
    assert billing.estimate(REQUEST) == Cost(0.0)
    assert billing.most(REQUEST) == 0.0


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        (Cost(0.0), Cost(0.0), Cost(0.0)),
        (Cost(0.0), Cost(0.5, counted=True), Cost(0.5, counted=True)),
        (Cost(0.25), Cost(0.5, counted=True), Cost(0.75)),
        (Cost(None), Cost(0.5, counted=True), Cost(None)),
        (Cost(0.5), Cost(None), Cost(None)),
    ],
)
def test_costs_add_up_and_what_is_unknown_stays_so(
    first: Cost, second: Cost, both: Cost
) -> None:
    assert added(first, second) == both
