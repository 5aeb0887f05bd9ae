"""What came is held against what was asked, with the service's own rounding."""

from __future__ import annotations

import pytest

from nano_edit.pictures.outputs.conformance import mismatch, nearest_ratio

TEN = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
AS_SERVED = {  # width, height at 1K
    "1:1": (1024, 1024),
    "2:3": (848, 1264),
    "3:2": (1264, 848),
    "3:4": (896, 1200),
    "4:3": (1200, 896),
    "4:5": (928, 1152),
    "5:4": (1152, 928),
    "9:16": (768, 1376),
    "16:9": (1376, 768),
    "21:9": (1584, 672),
}


@pytest.mark.parametrize(("factor", "size"), [(1, "1K"), (2, "2K"), (4, "4K")])
@pytest.mark.parametrize("ratio", AS_SERVED)
def test_what_the_service_really_sends_is_no_mismatch(
    ratio: str, factor: int, size: str
) -> None:
    width, height = (side * factor for side in AS_SERVED[ratio])
    sentences = mismatch(
        width, height, image_size=size, aspect_ratio=ratio, source=None
    )
    assert sentences == []


@pytest.mark.parametrize("ratio", AS_SERVED)
@pytest.mark.parametrize("other", AS_SERVED)
def test_every_other_ratio_is_a_mismatch(ratio: str, other: str) -> None:
    width, height = AS_SERVED[other]
    sentences = mismatch(
        width, height, image_size=None, aspect_ratio=ratio, source=None
    )
    assert bool(sentences) is (ratio != other)


@pytest.mark.parametrize(
    ("asked", "came"),
    [
        ("2K", (1376, 768)),
        ("4K", (2752, 1536)),
        ("512", (1024, 1024)),
        ("1K", (512, 512)),
    ],
)
def test_size_that_was_dropped_is_told_with_both_figures(
    asked: str, came: tuple[int, int]
) -> None:
    (sentence,) = mismatch(*came, image_size=asked, aspect_ratio=None, source=None)
    assert f"Size {asked} was asked for" in sentence
    assert f"{came[0]}x{came[1]} came" in sentence
    assert sentence.count("megapixels") == 2


def test_size_and_shape_can_both_be_wrong() -> None:
    sentences = mismatch(
        1024, 1024, image_size="2K", aspect_ratio="16:9", source=(4, 3)
    )
    assert len(sentences) == 2
    assert "16:9 was asked for, 1.78:1; 1024x1024 came, 1.00:1" in sentences[1]


def test_shape_is_held_against_the_source_when_no_ratio_was_asked() -> None:
    near = mismatch(1200, 896, image_size=None, aspect_ratio=None, source=(4000, 3000))
    assert near == []
    (sentence,) = mismatch(
        1024, 1024, image_size=None, aspect_ratio=None, source=(4000, 3000)
    )
    assert sentence.startswith("The first picture is 4000x3000, 1.33:1; 1024x1024")


def test_nothing_asked_is_nothing_missed() -> None:
    assert mismatch(9, 400, image_size=None, aspect_ratio=None, source=None) == []


def test_size_not_known_here_is_held_against_nothing() -> None:
    assert mismatch(9, 9, image_size="8K", aspect_ratio=None, source=None) == []


@pytest.mark.parametrize(
    ("size", "ratio"),
    [
        ((4000, 3000), "4:3"),
        ((3000, 4000), "3:4"),
        ((1920, 1080), "16:9"),
        ((1000, 1001), "1:1"),
        ((5000, 500), "21:9"),
        ((100, 3000), "9:16"),
        ((1179, 2556), "9:16"),
    ],
)
def test_nearest_ratio_is_measured_as_a_factor(
    size: tuple[int, int], ratio: str
) -> None:
    assert nearest_ratio(*size, TEN) == ratio
