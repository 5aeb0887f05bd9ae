"""What a run is likely to cost and take, before it begins."""

from __future__ import annotations

from typing import Any

import pytest

from nano_edit.domain import Edit
from nano_edit.engine.batch.estimate import estimate_of
from nano_edit.engine.money.billing import Billing
from nano_edit.wire.providers import PROVIDERS

GOOGLE = Billing(PROVIDERS["google"])


def edits(count: int, **more: Any) -> list[Edit]:
    return [Edit("sepia", ("in.jpg",), **more) for _ in range(count)]


@pytest.mark.parametrize(
    ("wanted", "more", "text"),
    [
        (
            edits(48, size="2K"),
            {},
            "48 edits, gemini-3-pro-image 2K: about $6.63, about 9 min",
        ),
        (
            edits(48, size="2K", tier="flex"),
            {"jobs": 8},
            "48 edits, gemini-3-pro-image 2K flex: about $3.31, about 48 min",
        ),
        (
            edits(30),
            {"jobs": 30, "rpm": 10},
            "30 edits, gemini-3-pro-image: about $4.14, about 3 min",
        ),
        (
            [*edits(1), *edits(1, model="flash")],
            {"jobs": 1},
            "2 edits: about $0.172, about 1 min",
        ),
        (
            edits(2, model="gemini-9-image"),
            {},
            "2 edits, gemini-9-image: price unknown, about 1 min",
        ),
        ([], {}, "0 edits: about $0.00, about 0 min"),
    ],
)
def test_an_estimate_in_half_a_sentence(
    wanted: list[Edit], more: dict[str, Any], text: str
) -> None:
    assert estimate_of(wanted, GOOGLE, **{"jobs": 4, **more}).text == text
