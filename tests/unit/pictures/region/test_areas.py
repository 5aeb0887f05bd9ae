from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from nano_edit.errors import InputError
from nano_edit.pictures.region.areas import area_of_boxes, area_of_mask
from nano_edit.pictures.region.boxes import Box, whole

SIZE = (120, 80)


def weights(mask: Image.Image, *, invert: bool = False) -> Any:
    area = area_of_mask(mask, SIZE, name="mask.png", invert=invert)
    return np.asarray(area.within(whole(SIZE)))


def drawn(mode: str, white: Any, black: Any) -> Image.Image:
    mask = Image.new(mode, SIZE, black)
    mask.paste(white, (30, 20, 60, 50))
    return mask


@pytest.mark.parametrize(
    "mask",
    [
        drawn("L", 255, 0),
        drawn("RGB", (255, 255, 255), (0, 0, 0)),
        drawn("RGBA", (255, 255, 255, 255), (0, 0, 0, 255)),
        drawn("RGBA", (255, 255, 255, 255), (255, 255, 255, 0)),
        drawn("RGBA", (0, 0, 0, 255), (0, 0, 0, 0)),  # only its alpha was drawn
    ],
    ids=["grey", "colours", "opaque", "transparent", "alpha alone"],
)
def test_white_may_change_whatever_the_mode(mask: Image.Image) -> None:
    expected = np.zeros(SIZE[::-1], np.uint8)
    expected[20:50, 30:60] = 255
    assert np.array_equal(weights(mask), expected)
    assert np.array_equal(weights(mask, invert=True), 255 - expected)


def test_a_mask_of_another_size_and_the_same_shape_is_scaled() -> None:
    found = weights(drawn("L", 255, 0).resize((60, 40), Image.Resampling.BOX))
    assert found[35, 45] == 255
    assert found[5, 5] == 0


def test_a_mask_of_another_shape_is_refused() -> None:
    with pytest.raises(InputError, match="not the same shape"):
        weights(Image.new("L", (120, 100), 255))


@pytest.mark.parametrize(("value", "invert"), [(0, False), (255, True)])
def test_a_mask_that_allows_nothing_is_refused(value: int, *, invert: bool) -> None:
    with pytest.raises(InputError, match="allows no change"):
        weights(Image.new("L", SIZE, value), invert=invert)


@given(
    st.lists(
        st.tuples(*[st.integers(0, 99)] * 2, *[st.integers(1, 60)] * 2),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=60)
def test_feathering_never_reaches_outside(boxes: list[tuple[int, ...]]) -> None:
    size = (160, 160)
    drawn_boxes = [Box(x, y, x + w, y + h).within(whole(size)) for x, y, w, h in boxes]
    area = area_of_boxes(drawn_boxes, size)
    hard = np.asarray(area.within(whole(size)))
    soft = np.asarray(area.feathered().within(whole(size)))
    assert not soft[hard == 0].any()
    assert soft.any()


def test_a_feather_rises_from_the_edge_but_not_from_the_pictures_own() -> None:
    area = area_of_boxes([Box(0, 0, 100, 200)], (300, 200)).feathered()
    row = np.asarray(area.within(whole((300, 200))))[100]
    assert row[0] == 255
    assert row[50] == 255
    assert 0 < row[98] < 255
    assert (np.diff(row[60:100].astype(int)) <= 0).all()


def test_a_thin_line_keeps_its_hard_edge() -> None:
    area = area_of_boxes([Box(10, 50, 290, 51), Box(100, 60, 290, 180)], (300, 200))
    soft = np.asarray(area.feathered().within(whole((300, 200))))
    assert soft[50, 60] == 255


def test_a_grey_mask_blends() -> None:
    area = area_of_mask(Image.new("L", SIZE, 128), SIZE, name="m", invert=False)
    assert set(np.unique(np.asarray(area.feathered().weight))) == {128}
    assert area.share() == 1.0
