from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nano_edit.errors import UsageError
from nano_edit.wire.models import (
    ALL_RATIOS,
    MODELS,
    SIZES,
    TEN_RATIOS,
    Model,
    check_model_options,
    find_model,
    full_name,
    model_note,
    near_ratios,
    near_sizes,
    price_of,
    ratio_named,
    ratios_of,
    short_names,
    size_named,
)
from nano_edit.wire.providers import PROVIDERS

if TYPE_CHECKING:
    from nano_edit.wire.providers import Provider

PRO = "gemini-3-pro-image"


def check(
    model: str, images: int = 1, ratio: str | None = None, size: str | None = None
) -> None:
    check_model_options(model, size, ratio, images)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_every_row_of_the_table_is_sound(model: Model) -> None:
    assert find_model(model.name) is model
    assert model.providers
    assert {*model.providers, *model.short, *model.prices} <= {*PROVIDERS}
    assert {*model.short, *model.prices} <= {*model.providers}
    assert model.state in {"current", "deprecated"}
    assert (model.successor in MODELS) == model.deprecated
    assert set(model.sizes) <= set(SIZES)
    assert set(model.ratios) <= set(ALL_RATIOS)
    assert not model.thinking or model.default_thinking in model.thinking
    assert not model.since or re.fullmatch(r"\d{4}-\d\d-\d\d", model.since)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_every_price_is_one_of_a_size_with_its_day_and_source(model: Model) -> None:
    for price in model.prices.values():
        assert set(price.dollars) == {*(model.sizes or ("1K",))}
        assert all(0 < dollars < 1 for dollars in price.dollars.values())
        assert re.fullmatch(r"\d{4}-\d\d(-\d\d)?", price.read)
        assert price.source


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)
def test_a_provider_serves_its_default_model(provider: Provider) -> None:
    model = MODELS[provider.default_model]
    assert provider.name in model.providers
    assert not model.deprecated


TAKES = {
    "gemini-3-pro-image": (14, "1K 2K 4K", 10),
    "gemini-3-pro-image-preview": (14, "1K 2K 4K", 10),
    "gemini-nano-banana-2.1": (14, "1K 2K 4K", 14),
    "gemini-3.1-flash-image": (14, "512 1K 2K 4K", 14),
    "gemini-3.1-flash-image-preview": (14, "512 1K 2K 4K", 14),
    "gemini-3.1-flash-lite-image": (14, "1K", 10),
    "gemini-2.5-flash-image": (3, "", 10),
}


@pytest.mark.parametrize("model", MODELS)
def test_a_model_takes_what_its_page_says_and_nothing_else(model: str) -> None:
    images, sizes, ratios = TAKES[model]
    assert len(ratios_of(model)) == ratios
    check(model, images)
    with pytest.raises(UsageError, match=f"{images} pictures at most"):
        check(model, images + 1)
    for size in ("512", "1K", "2K", "4K"):
        if size in sizes.split():
            check(model, size=size)
        else:
            with pytest.raises(UsageError, match=f"--size {size}"):
                check(model, size=size)
    for ratio in ALL_RATIOS:
        if ratio in ratios_of(model):
            check(model, ratio=ratio)
        else:
            with pytest.raises(UsageError, match=f"--aspect-ratio {ratio}"):
                check(model, ratio=ratio)


def test_a_refusal_names_what_the_model_takes() -> None:
    with pytest.raises(UsageError) as caught:
        check_model_options("gemini-3.1-flash-lite-image", "4K", None, 1)
    assert caught.value.hint == "It takes 1K."
    with pytest.raises(UsageError) as caught:
        check_model_options("gemini-2.5-flash-image", "1K", None, 1)
    assert "Leave --size out" in caught.value.hint
    with pytest.raises(UsageError) as caught:
        check_model_options(PRO, None, "8:1", 1)
    assert caught.value.hint == f"It takes {' '.join(TEN_RATIOS)}."


def test_an_unknown_model_is_not_checked() -> None:
    check_model_options("gemini-9-image", "16K", "7:5", 99)
    assert ratios_of("gemini-9-image") == TEN_RATIOS


# --- names --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "provider", "full"),
    [
        ("pro", "apiyi", "gemini-3-pro-image-preview"),
        ("pro", "google", "gemini-3-pro-image"),
        ("Flash", "google", "gemini-nano-banana-2.1"),
        ("flash", "apiyi", "gemini-nano-banana-2.1"),
        ("lite", "google", "gemini-3.1-flash-lite-image"),
        ("gemini-3-pro-image", "apiyi", "gemini-3-pro-image"),
        ("gemini-9-image", "google", "gemini-9-image"),
        ("pro", "another", "pro"),
    ],
)
def test_a_short_name_stands_for_the_providers_own(
    name: str, provider: str, full: str
) -> None:
    assert full_name(name, provider) == full


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_short_name_is_that_of_a_current_model(provider: str) -> None:
    assert list(short_names(provider)) == ["pro", "flash", "lite"]
    for full in short_names(provider).values():
        assert not model_note(full, provider)


@pytest.mark.parametrize(
    ("name", "provider", "said"),
    [
        (
            "gemini-3.1-flash-image",
            "google",
            (
                "gemini-3.1-flash-image is deprecated since 2026-10-06 "
                "(Google's shutdown was reported for 2026-10-29; gateways still "
                "serve it); use -m gemini-nano-banana-2.1."
            ),
        ),
        (
            "gemini-2.5-flash-image",
            "apiyi",
            (
                "gemini-2.5-flash-image is deprecated (the earliest shutdown date that "
                "was named is 2026-10-02); use -m gemini-nano-banana-2.1."
            ),
        ),
        (
            "gemini-3-pro-image-preview",
            "google",
            (
                "google is not known to serve gemini-3-pro-image-preview (the gateway "
                "maps it to the current release; Google retired this name in June "
                "2026)."
            ),
        ),
        (PRO, "google", ""),
        ("gemini-9-image", "google", ""),
    ],
)
def test_a_model_that_should_not_be_used_has_a_note(
    name: str, provider: str, said: str
) -> None:
    assert model_note(name, provider) == said


# --- prices -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "provider", "size", "dollars"),
    [
        (PRO, "google", "4K", 0.24),
        (PRO, "google", None, 0.134),
        (PRO, "apiyi", "4K", 0.09),
        ("gemini-nano-banana-2.1", "google", "4K", 0.1134),  # the higher of two
        ("gemini-2.5-flash-image", "google", None, 0.039),
        ("gemini-3.1-flash-image", "apiyi", "512", 0.055),
        ("gemini-3.1-flash-lite-image", "apiyi", "1K", None),  # unknown
        (PRO, "google", "512", None),  # no such size
        ("gemini-9-image", "google", "1K", None),
        (PRO, "another", "1K", None),
    ],
)
def test_a_price_is_the_providers_for_the_size(
    name: str, provider: str, size: str | None, dollars: float | None
) -> None:
    assert price_of(name, provider, size) == dollars


# --- near misses --------------------------------------------------------------


@pytest.mark.parametrize("ratio", ALL_RATIOS)
@pytest.mark.parametrize("sign", [":", "x", "X", "/", "-", " : ", "\u00d7"])
def test_a_ratio_may_be_written_in_several_ways(ratio: str, sign: str) -> None:
    assert ratio_named(ratio.replace(":", sign)) == ratio


@pytest.mark.parametrize(
    ("text", "named", "near"),
    [
        ("1920x1080", "16:9", ("16:9", "3:2")),
        ("42:18", "21:9", ("21:9", "16:9")),
        ("2:1", None, ("16:9", "21:9")),
        ("10:16", None, ("2:3", "9:16")),
        ("0:1", None, ()),
        ("1:0", None, ()),
        ("wide", None, ()),
        ("", None, ()),
    ],
)
def test_a_ratio_that_no_model_takes_has_near_ones(
    text: str, named: str | None, near: tuple[str, ...]
) -> None:
    assert ratio_named(text) == named
    assert near_ratios(text) == near


@pytest.mark.parametrize(
    ("text", "named", "near"),
    [
        ("512", "512", ("512", "1K")),
        ("0.5k", "512", ("512", "1K")),
        ("1k", "1K", ("1K", "2K")),
        (" 1024 ", "1K", ("1K", "2K")),
        ("2048px", "2K", ("2K", "4K")),
        ("4096x4096", "4K", ("4K",)),
        ("3K", None, ("2K", "4K")),
        ("8K", None, ("4K",)),
        ("100", None, ("512",)),
        ("0", None, ()),
        ("large", None, ()),
        ("", None, ()),
    ],
)
def test_a_size_is_understood_where_it_is_unambiguous(
    text: str, named: str | None, near: tuple[str, ...]
) -> None:
    assert size_named(text) == named
    assert near_sizes(text) == near


@given(st.text(max_size=12) | st.from_regex(r"[0-9]{1,7}[:xk][0-9]{0,7}"))
def test_any_text_is_named_or_not_without_a_crash(text: str) -> None:
    assert ratio_named(text) in {None, *ALL_RATIOS}
    assert size_named(text) in {None, *SIZES}
    assert set(near_ratios(text)) <= {*ALL_RATIOS}
    assert set(near_sizes(text)) <= {*SIZES}
