from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image
from support.photos import Model, photo

from nano_edit.pictures.region.align import Alignment, align
from nano_edit.pictures.region.boxes import Box, whole
from nano_edit.pictures.region.resample import Sampler

SIZE = (640, 432)


def error(found: Alignment, model: Model, size: tuple[int, int]) -> float:
    """Return the farthest, in px, that a point is from where it should be."""
    a, _, c, _, e, f = model.matrix(size)
    mapped = found.affine(size)
    points = [(x, y) for x in np.linspace(0, size[0], 5) for y in (0, size[1])]
    return max(
        math.hypot(
            mapped[0] * x + mapped[1] * y + mapped[2] - (x - c) / a,
            mapped[3] * x + mapped[4] * y + mapped[5] - (y - f) / e,
        )
        for x, y in points
    )


@pytest.mark.parametrize("name", ["china", "coffee", "chelsea", "rocket"])
@pytest.mark.parametrize(
    "model",
    [
        Model(),
        Model(shift=(2.7, -1.4), gain=(1.03, 0.97, 1.02)),
        Model(zoom=1.009, shift=(-3, 3)),
        Model(zoom=0.991, shift=(1, 2), soften=0.8),
    ],
    ids=["still", "shifted", "larger", "smaller and soft"],
)
def test_a_motion_is_found_to_half_a_pixel_without_a_mask(
    name: str, model: Model
) -> None:
    sent = photo(name).resize(SIZE, Image.Resampling.LANCZOS)
    edited = sent.copy()
    edited.paste((200, 30, 30), (200, 150, 330, 300))
    found = align(sent.convert("L"), model.answer(edited, SIZE).convert("L"))
    assert found.is_plausible
    assert error(found, model, SIZE) <= 0.5


def test_only_the_pixels_to_keep_count() -> None:
    sent = photo("china").resize(SIZE)
    model = Model(shift=(2, -1))
    half = sent.copy()
    half.paste(
        sent.crop((0, 0, 320, 432)).transpose(Image.Transpose.ROTATE_180), (0, 0)
    )
    keep = Image.new("L", SIZE, 0)
    keep.paste(255, (340, 0, *SIZE))
    found = align(sent.convert("L"), model.answer(half, SIZE).convert("L"), keep)
    assert error(found, model, SIZE) <= 0.5


def test_another_scene_is_not_found() -> None:
    sent, other = photo("china").resize(SIZE), photo("coffee").resize(SIZE)
    found = align(sent.convert("L"), other.convert("L"))
    moved = found.farthest(SIZE)
    assert not found.is_plausible or moved > 5


@pytest.mark.parametrize("size", [(8, 8), (3, 400), (1, 1)])
def test_pictures_too_small_or_plain_stay_where_they_are(size: tuple[int, int]) -> None:
    plain = Image.new("L", size, 90)
    found = align(plain, plain)
    assert found.farthest(size) < 0.01


def test_what_moved_is_moved_back() -> None:
    sent = photo("chelsea").resize(SIZE)
    model = Model(shift=(3, -2), zoom=1.01)
    came = model.answer(sent, SIZE)
    found = align(sent.convert("L"), came.convert("L"))
    back = Sampler.of(came, found, whole(SIZE)).part(whole(SIZE))
    inner = (slice(20, -20), slice(20, -20))
    off = np.abs(np.asarray(back, int) - np.asarray(sent, int))[inner]
    before = np.abs(np.asarray(came, int) - np.asarray(sent, int))[inner]
    assert off.mean() < before.mean() / 2
    assert off.mean() < 4


def test_parts_fit_together_without_a_seam() -> None:
    came = photo("coffee").resize(SIZE)
    sampler = Sampler.of(came, Alignment(0.002, 0.004, -0.002, 0.001, 0.002, 0.004),
                         Box(0, 0, 900, 610))  # fmt: skip
    at_once = np.asarray(sampler.part(Box(100, 100, 300, 300)), int)
    upper = np.asarray(sampler.part(Box(100, 100, 300, 164)), int)
    lower = np.asarray(sampler.part(Box(100, 164, 300, 300)), int)
    assert np.abs(at_once - np.concatenate([upper, lower])).max() <= 1
