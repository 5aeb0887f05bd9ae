from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from skimage.color import deltaE_cie76, rgb2lab
from support.photos import photo

from nano_edit.pictures.region import colour
from nano_edit.pictures.region.profiles import from_srgb, to_srgb


def test_lab_is_that_of_the_books() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (40, 50, 3), np.uint8)
    assert np.abs(colour.lab(pixels) - rgb2lab(pixels)).max() < 0.4


def test_a_difference_is_delta_e_and_exactly_zero_for_the_same() -> None:
    one = np.random.default_rng(2).integers(0, 256, (40, 50, 3), np.uint8)
    other = one[::-1].copy()
    expected = deltaE_cie76(rgb2lab(one), rgb2lab(other))  # type: ignore[no-untyped-call]
    assert np.abs(colour.difference(one, other) - expected).max() < 0.5
    assert not colour.difference(one, one).any()


@pytest.mark.parametrize("name", ["china", "coffee", "astronaut"])
def test_a_drift_of_colours_is_taken_back(name: str) -> None:
    sent = np.asarray(photo(name)).reshape(-1, 3)
    light = colour.linear(sent) * np.array([1.07, 0.94, 1.03]) + 0.004
    came = np.rint(colour.encoded(light)).astype(np.uint8)
    came[:3000] = 255 - came[:3000]  # an edit among them has no say
    found = colour.match(sent[::5], came[::5])
    pixels = Image.fromarray(came[None, 3000:]).point(found.table())
    off = colour.difference(np.asarray(pixels)[0], sent[3000:])
    assert np.median(off) < 0.8


def test_a_plain_wall_and_too_few_pixels_match_nothing_wild() -> None:
    wall = np.full((5000, 3), 120, np.uint8)
    found = colour.match(wall, wall + np.uint8(4))
    assert all(abs(gain - 1) < 0.2 for gain in found.gain)
    table = found.table()
    assert abs(table[124] - 120) <= 1
    assert colour.match(wall[:10], wall[:10]) == colour.Match()


def test_no_match_changes_no_value() -> None:
    assert colour.Match().table() == list(range(256)) * 3


def test_a_profile_that_cannot_be_used_is_taken_for_none() -> None:
    image = Image.new("RGB", (2, 2), (10, 200, 30))
    assert to_srgb(b"broken" * 40)(image).getpixel((0, 0)) == (10, 200, 30)
    assert from_srgb(b"broken" * 40, "L")(image).mode == "L"
