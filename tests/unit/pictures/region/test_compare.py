from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from support.photos import Model, original, painted, photo

from nano_edit.pictures.region.areas import area_of_boxes
from nano_edit.pictures.region.boxes import Box
from nano_edit.pictures.region.compare import compare

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

BOX = Box(100, 100, 220, 180)


@pytest.fixture
def before(tmp_path: Path) -> Path:
    path = tmp_path / "before.png"
    photo("china").save(path)
    return path


def saved(image: Image.Image, folder: Path) -> Path:
    path = folder / "after.png"
    image.save(path)
    return path


def test_the_same_picture_has_not_changed(before: Path) -> None:
    found = compare(original(before), original(before), lambda _: None)
    assert found.exact
    assert (found.outside, found.inside, found.area) == (0, None, None)
    assert found.residual == 0


def test_a_change_is_counted_where_it_is(before: Path, tmp_path: Path) -> None:
    after = saved(painted(photo("china"), BOX.corners), tmp_path)
    found = compare(
        original(before), original(after), lambda size: area_of_boxes([BOX], size)
    )
    assert found.exact
    assert found.outside < 0.1  # the disc's own edge
    assert found.inside == pytest.approx(100 * np.pi / 4, abs=4)
    assert found.area == pytest.approx(100 * BOX.area / (640 * 427))


def test_a_moved_picture_is_moved_back_first(before: Path, tmp_path: Path) -> None:
    model = Model(shift=(3, -2), zoom=1.008)
    after = saved(model.answer(photo("china"), (640, 427)), tmp_path)
    found = compare(original(before), original(after), lambda _: None)
    assert not found.exact
    assert found.alignment is not None
    assert found.alignment.zoom == pytest.approx(1.008, abs=0.002)
    still = Model().answer(photo("china"), (640, 427))
    plain = compare(original(before), original(saved(still, tmp_path)), lambda _: None)
    assert found.outside <= plain.outside + 25


def test_another_scene_is_not_aligned_and_all_changed(
    before: Path, tmp_path: Path
) -> None:
    after = saved(photo("coffee"), tmp_path)
    found = compare(original(before), original(after), lambda _: None)
    assert found.outside > 50
    assert found.heat.size == (640, 427)


def test_the_heat_map_is_grey_but_for_the_change(before: Path, tmp_path: Path) -> None:
    after = saved(painted(photo("china"), BOX.corners), tmp_path)
    heat = np.asarray(compare(original(before), original(after), lambda _: None).heat)
    coloured = heat.max(axis=2).astype(int) - heat.min(axis=2) > 20
    assert coloured[140, 160]
    assert not coloured[300:, 300:].any()


def test_what_became_transparent_has_changed(before: Path, tmp_path: Path) -> None:
    image = photo("china")
    image.putalpha(255)
    image.paste((0, 0, 0, 0), BOX.corners)
    after = saved(image, tmp_path)
    found = compare(original(before), original(after), lambda _: None)
    share = 100 * BOX.area / (found.size[0] * found.size[1])
    assert found.outside == pytest.approx(share, rel=0.2)
