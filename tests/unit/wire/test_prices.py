"""Prices: the table's figures, the user's own, and tokens counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nano_edit.domain import Cost, Usage
from nano_edit.wire.models import MODELS, TIERS, price_of
from nano_edit.wire.prices import PriceBook, factor_of

PRO, PREVIEW = "gemini-3-pro-image", "gemini-3-pro-image-preview"
LITE, FLASH = "gemini-3.1-flash-lite-image", "gemini-3.1-flash-image"
BOOK = PriceBook()
PRICED = [
    (provider, model.name, size)
    for model in MODELS.values()
    for provider, price in model.prices.items()
    for size in price.dollars
]


@pytest.mark.parametrize(("provider", "model", "size"), PRICED)
def test_an_estimate_is_the_listed_price_and_a_little_for_tokens(
    provider: str, model: str, size: str
) -> None:
    listed = price_of(model, provider, size)
    estimate = BOOK.estimate(provider, model, size, images=1)
    assert listed
    assert estimate
    assert listed <= estimate <= listed * 1.035
    if provider == "apiyi":
        assert estimate == listed


def test_a_model_without_a_size_costs_what_its_own_size_costs() -> None:
    assert BOOK.estimate("google", PRO) == BOOK.estimate("google", PRO, "1K")


@pytest.mark.parametrize(
    ("provider", "model", "size"),
    [
        ("apiyi", LITE, "1K"),
        ("google", PRO, "512"),
        ("google", "gemini-9-image", None),
        ("another", PRO, None),
    ],
)
def test_an_unknown_price_is_none_and_never_nothing(
    provider: str, model: str, size: str | None
) -> None:
    usage = Usage(560, 1120, 0, 1680, 1120)
    assert BOOK.estimate(provider, model, size) is None
    assert BOOK.most(provider, model, size) is None
    assert BOOK.cost(provider, model, size, usage=usage) == Cost(None)


def test_each_picture_that_is_sent_adds_its_tokens() -> None:
    one = BOOK.estimate("google", PRO, images=1)
    three = BOOK.estimate("google", PRO, images=3)
    assert one
    assert three == pytest.approx(one + 2 * 560 * 2e-6)


@pytest.mark.parametrize(
    ("tier", "factor"),
    [("standard", 1), ("flex", 0.5), ("priority", 2), ("batch", 0.5)],
)
def test_a_tier_multiplies_every_figure(tier: str, factor: float) -> None:
    usage = Usage(570, 1283, 174, 2027, 1120)
    standard = BOOK.cost("google", PRO, "2K", usage=usage).dollars
    assert standard
    estimate = BOOK.estimate("google", PRO, "2K")
    assert estimate
    assert BOOK.estimate("google", PRO, "2K", tier=tier) == estimate * factor
    counted = BOOK.cost("google", PRO, "2K", usage=usage, tier=tier)
    assert counted == Cost(standard * factor, counted=True)


def test_a_provider_without_tiers_has_the_standard_alone() -> None:
    assert factor_of("apiyi", "standard") == 1
    assert factor_of("apiyi", "flex") is None
    assert BOOK.estimate("apiyi", PREVIEW, tier="flex") is None
    assert {*TIERS} == {"google"}


def test_tokens_are_counted_by_what_they_are() -> None:
    usage = Usage(
        prompt_tokens=1000,
        candidates_tokens=1283,
        thoughts_tokens=174,
        image_tokens=1120,
    )
    expected = 0.134 + 1000 * 2e-6 + (163 + 174) * 12e-6
    cost = BOOK.cost("google", PRO, "1K", usage=usage)
    assert cost.counted
    assert cost.dollars == pytest.approx(expected)


def test_tokens_without_their_kinds_are_all_the_pictures() -> None:
    cost = BOOK.cost("google", FLASH, "512", usage=Usage(candidates_tokens=747))
    assert cost.counted
    assert cost.dollars == pytest.approx(0.045)


def test_a_gateway_that_bills_by_call_counts_no_tokens() -> None:
    usage = Usage(560, 1120, 200, 1880, 1120)
    assert BOOK.cost("apiyi", PREVIEW, "4K", usage=usage) == Cost(0.09)


@pytest.mark.parametrize(
    "usage",
    [
        Usage(),
        Usage(candidates_tokens=-1),
        Usage(candidates_tokens=1120, thoughts_tokens=10**12),
        Usage(candidates_tokens=1120, prompt_tokens=-5),
    ],
)
def test_tokens_that_cannot_be_are_not_counted(usage: Usage) -> None:
    estimate = BOOK.estimate("google", PRO, "1K")
    assert BOOK.cost("google", PRO, "1K", usage=usage) == Cost(estimate)


def test_ones_own_price_takes_the_place_of_the_tables() -> None:
    book = PriceBook(
        {
            "apiyi": {"pro": 0.07, "gemini-9-image": {"1K": 0.5, "4K": 1}},
            "google": {PRO: 0.2},
        }
    )
    assert book.estimate("apiyi", PREVIEW, "4K") == 0.07
    assert book.estimate("apiyi", "gemini-9-image") == 0.5
    assert book.estimate("apiyi", "gemini-9-image", "4K") == 1
    assert book.estimate("apiyi", "gemini-9-image", "2K") is None
    assert book.estimate("apiyi", PRO) == BOOK.estimate("apiyi", PRO)
    usage = Usage(560, 1120, 200, 1880, 1120)
    assert book.cost("google", PRO, usage=usage, tier="flex") == Cost(0.1)
    assert book.most("google", PRO) == 0.2


def test_a_size_that_ones_own_price_lacks_is_the_tables() -> None:
    book = PriceBook({"google": {PRO: {"4K": 0.3}}})
    assert book.estimate("google", PRO, "1K") == BOOK.estimate("google", PRO, "1K")
    assert book.estimate("google", PRO, "4K") == 0.3


COUNTS = st.none() | st.integers(0, 5000)


@given(
    st.sampled_from(PRICED),
    st.builds(Usage, COUNTS, st.integers(0, 1500), st.integers(0, 300)),
    st.sampled_from(["standard", "flex", "priority", "batch"]),
)
def test_a_cost_is_never_negative_and_never_nothing_by_mistake(
    row: tuple[str, str, str], usage: Usage, tier: str
) -> None:
    provider, model, size = row
    cost = BOOK.cost(provider, model, size, usage=usage, tier=tier)
    if cost.dollars is None:
        assert provider == "apiyi"
        assert tier != "standard"
    else:
        assert cost.dollars >= 0
        assert cost.counted == (provider == "google")


def test_a_price_is_listed_with_its_day_or_as_ones_own() -> None:
    book = PriceBook({"apiyi": {"pro": 0.07}})
    assert book.listed("apiyi", PREVIEW, "4K") == (0.07, "")
    assert book.listed("google", PRO) == (0.134, "2026-09-20")
    assert book.listed("google", PRO, "512") == (None, "2026-09-20")
    assert book.listed("apiyi", "gemini-9-image") == (None, "")
