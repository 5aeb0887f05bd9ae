"""The client's ledger held against the emulator's account.

Rules:
- What the ledger calls billed was billed, and what it calls not billed was not.
- A request whose outcome is unknown may be either; it is listed apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nano_edit.domain import Billed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nano_edit.emulator import Emulator
    from nano_edit.emulator.account import Charge
    from nano_edit.engine.money.ledger import Call

CLOSE = 1.02  # estimates are within 2 % of the account


def dollars_of(entries: Sequence[Call] | Sequence[Charge]) -> float:
    """The sum of what is known."""
    return sum(each.dollars or 0.0 for each in entries)


def assert_agree(calls: Sequence[Call], charges: Sequence[Charge]) -> None:
    """Compare the sums of requests that were under way side by side."""
    known = [call for call in calls if call.billed is Billed.YES]
    unknown = [call for call in calls if call.billed is Billed.UNKNOWN]
    assert len(known) <= len(charges) <= len(known) + len(unknown)
    assert dollars_of(known) <= dollars_of(charges) * CLOSE
    assert dollars_of(charges) <= (dollars_of(known) + dollars_of(unknown)) * CLOSE


def assert_agree_one_by_one(calls: Sequence[Call], emulator: Emulator) -> None:
    """Compare requests that were made one after another."""
    charges = {each.number: each for each in emulator.billed}
    numbers = [entry.number for entry in emulator.requests]
    assert len(calls) == len(numbers)
    for call, number in zip(calls, numbers, strict=True):
        charge = charges.get(number)
        if call.billed is Billed.UNKNOWN:
            continue
        assert (call.billed is Billed.YES) == (charge is not None), call
        if charge and charge.dollars is not None:
            assert call.dollars is not None
            assert abs(call.dollars / charge.dollars - 1) <= CLOSE - 1, (call, charge)
    assert_agree(calls, emulator.billed)
