from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nano_edit.errors import InputError, UsageError
from nano_edit.pictures.region.boxes import Box, parse_region, plan, union, whole
from nano_edit.wire.models import ALL_RATIOS, TEN_RATIOS

sizes = st.tuples(st.integers(1, 9000), st.integers(1, 9000))


@st.composite
def regions(draw: st.DrawFn) -> tuple[tuple[int, int], Box]:
    width, height = draw(sizes)
    left = draw(st.integers(0, width - 1))
    top = draw(st.integers(0, height - 1))
    right = draw(st.integers(left + 1, width))
    bottom = draw(st.integers(top + 1, height))
    return (width, height), Box(left, top, right, bottom)


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("10,20,30,40", Box(10, 20, 40, 60)),
        ("10px, 20px, 30px, 40px", Box(10, 20, 40, 60)),
        ("10%,20%,30%,40%", Box(20, 20, 80, 60)),
        ("12.5%,0,.5%,100%", Box(25, 0, 26, 100)),
        ("190,90,50,50", Box(190, 90, 200, 100)),
        ("0,0,100%,100%", Box(0, 0, 200, 100)),
    ],
)
def test_a_region_is_pixels_or_percent(text: str, box: Box) -> None:
    assert parse_region(text).box((200, 100)) == box


@pytest.mark.parametrize(
    "text", ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "1,2,-3,4", "1;2;3;4", "1,2,3,4cm"]
)
def test_what_is_not_a_region_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="is not X,Y,W,H") as caught:
        parse_region(text)
    assert "--region" in caught.value.hint


@pytest.mark.parametrize("text", ["1,2,0,4", "1,2,3,0%"])
def test_a_region_without_area_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no area"):
        parse_region(text)


def test_a_region_outside_the_picture_is_refused() -> None:
    with pytest.raises(InputError, match=r"outside the picture.*200x100"):
        parse_region("200,0,10,10").box((200, 100))


@given(regions(), st.sampled_from([TEN_RATIOS, ALL_RATIOS]), st.integers(256, 4096))
def test_the_crop_holds_the_region_and_lies_in_the_picture(
    case: tuple[tuple[int, int], Box], ratios: tuple[str, ...], side: int
) -> None:
    size, region = case
    made = plan(size, region, ratios, side)
    assert made.crop.holds(region)
    assert whole(size).holds(made.crop)
    assert made.frame.holds(made.crop)
    assert made.is_whole or not made.is_padded


@given(regions(), st.integers(256, 4096))
def test_the_frame_has_a_ratio_that_the_model_takes(
    case: tuple[tuple[int, int], Box], side: int
) -> None:
    made = plan(*case, TEN_RATIOS, side)
    assert made.ratio in TEN_RATIOS
    width, _, height = made.ratio.partition(":")
    shape = made.frame.width / made.frame.height
    rounding = 2 / min(made.frame.size)
    assert abs(math.log(shape * int(height) / int(width))) <= 0.02 + rounding


@given(regions(), st.integers(256, 4096))
def test_a_crop_has_context_on_every_side_that_has_picture_left(
    case: tuple[tuple[int, int], Box], side: int
) -> None:
    size, region = case
    made = plan(size, region, TEN_RATIOS, side)
    across, down = max(256, region.width // 2), max(256, region.height // 2)
    assert made.crop.left <= max(0, region.left - across)
    assert made.crop.top <= max(0, region.top - down)
    assert made.crop.right >= min(size[0], region.right + across)
    assert made.crop.bottom >= min(size[1], region.bottom + down)


def test_a_region_of_most_of_the_picture_sends_all_of_it() -> None:
    made = plan((4000, 3000), Box(300, 200, 3600, 2800), TEN_RATIOS, 1024)
    assert made.is_whole
    assert made.ratio == "4:3"


def test_a_small_region_of_a_large_picture_is_sent_in_full_resolution() -> None:
    made = plan((8000, 6000), Box(4000, 3000, 4300, 3300), TEN_RATIOS, 1024)
    assert made.ratio == "1:1"
    assert max(made.frame.size) <= 1024


def test_a_shape_within_two_percent_is_not_padded() -> None:
    assert not plan((1376, 768), None, TEN_RATIOS, 1024).is_padded
    made = plan((1500, 768), None, TEN_RATIOS, 1024)
    assert made.is_padded
    assert made.crop == whole((1500, 768))


def test_a_model_of_unknown_ratios_gets_the_picture_as_it_is() -> None:
    made = plan((1000, 300), None, (), 1024)
    assert (made.frame, made.ratio) == (Box(0, 0, 1000, 300), None)


@given(st.lists(regions().map(lambda case: case[1]), min_size=1, max_size=5))
def test_a_union_holds_every_box(boxes: list[Box]) -> None:
    assert all(union(boxes).holds(box) for box in boxes)
