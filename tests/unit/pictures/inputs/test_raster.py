"""Pieces of a decoded picture: joined, they are the picture that one step makes."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops
from support.input_pictures import pattern

from nano_edit.pictures.inputs import raster as module
from nano_edit.pictures.inputs.jpeg_strips import MULTIPLE, write_jpeg
from nano_edit.pictures.inputs.modes import ModeChange
from nano_edit.pictures.inputs.raster import TURNS, Raster, size_within

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOISE = Image.merge("RGB", [Image.effect_noise((97, 61), 20) for _ in "RGB"])


@pytest.fixture(autouse=True, scope="module")
def narrow_strips() -> Iterator[None]:
    """Make strips so low that small pictures have several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_STRIP", 97 * 20)
        yield


def raster(image: Image.Image, orientation: int = 1) -> Raster:
    return Raster(image, ModeChange(image, 8), orientation=orientation)


def farthest(one: Image.Image, other: Image.Image) -> int:
    """The largest difference of any sample."""
    assert (one.mode, one.size) == (other.mode, other.size)
    return max(ImageChops.difference(one, other).tobytes())


def turned(image: Image.Image, orientation: int) -> Image.Image:
    turn = TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


@given(
    orientation=st.integers(1, 8),
    size=st.tuples(st.integers(1, 97), st.integers(1, 61)),
)
def test_strips_joined_are_the_picture_scaled_at_once(
    orientation: int, size: tuple[int, int]
) -> None:
    stored = size if orientation < 5 else size[::-1]  # on its side
    at_once = NOISE.resize(stored, Image.Resampling.LANCZOS)
    pieces = raster(NOISE, orientation).image(size)
    assert farthest(pieces, turned(at_once, orientation)) <= 2


@pytest.mark.parametrize("orientation", range(1, 9))
def test_picture_that_is_only_turned_keeps_every_pixel(orientation: int) -> None:
    found = raster(NOISE, orientation)
    assert found.image(found.size).tobytes() == turned(NOISE, orientation).tobytes()


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "I", "F"])
def test_mode_is_settled_in_every_strip(mode: str) -> None:
    image = pattern().convert(mode, dither=Image.Dither.NONE)
    whole = ModeChange(image, 8).apply(image.copy())
    found = raster(image, 3)
    assert (
        found.image(found.size).tobytes()
        == whole.transpose(Image.Transpose.ROTATE_180).tobytes()
    )


@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("height", [1, 15, 16, 17, 61])
def test_jpeg_of_strips_has_the_pixels_of_one_encoded_at_once(
    tmp_path: Path, subsampling: int, mode: str, height: int
) -> None:
    picture = NOISE.crop((0, 0, 97, height)).convert(mode)
    options = {"quality": 80, "subsampling": subsampling}
    path = tmp_path / "strips.jpg"
    write_jpeg(path, raster(picture).strips(picture.size, MULTIPLE), height, options)
    buffer = BytesIO()
    picture.save(buffer, "JPEG", **options)
    with Image.open(path) as joined, Image.open(buffer) as at_once:
        assert joined.size == (97, height)
        assert joined.tobytes() == at_once.tobytes()


def test_jpeg_of_more_strips_than_restart_markers(tmp_path: Path) -> None:
    picture = Image.linear_gradient("L").resize((97, 16 * 19 + 3))
    path = tmp_path / "strips.jpg"
    strips = raster(picture).strips(picture.size, MULTIPLE)
    options = {"quality": 90, "subsampling": 0, "icc_profile": b"profile"}
    write_jpeg(path, strips, picture.height, options)
    assert path.read_bytes().count(b"ICC_PROFILE") == 1
    with Image.open(path) as joined:
        assert joined.info["icc_profile"] == b"profile"
        assert farthest(joined.convert("L"), picture) <= 4


@pytest.mark.parametrize(
    ("size", "most", "fitting"),
    [
        ((4000, 3000), None, (4000, 3000)),
        ((4000, 3000), 4000, (4000, 3000)),
        ((3000, 4000), 2000, (1500, 2000)),
        ((4000, 1), 10, (10, 1)),
    ],
)
def test_longer_side_is_brought_within(
    size: tuple[int, int], most: int | None, fitting: tuple[int, int]
) -> None:
    assert size_within(size, most) == fitting
