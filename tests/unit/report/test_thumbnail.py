"""Thumbnails of real pictures: small enough, upright, in the right colours."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest
import support
from PIL import Image, ImageCms

from nano_edit.errors import InputError
from nano_edit.report.thumbnail import thumbnail

if TYPE_CHECKING:
    from pathlib import Path


def opened(path: Path, limit: int = 16_000) -> Image.Image:
    return Image.open(BytesIO(thumbnail(path, limit=limit).data))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
@pytest.mark.parametrize("limit", [16_000, 6_000, 1_000])
def test_noise_fits_every_limit(tmp_path: Path, mode: str, limit: int) -> None:
    path = tmp_path / "noise.png"
    support.noise(480, 480, mode=mode).save(path)
    assert len(thumbnail(path, limit=limit).data) <= limit


def test_a_limit_that_nothing_fits_gets_the_smallest(tmp_path: Path) -> None:
    small = thumbnail(support.photo(tmp_path / "a.png", 200, 200), limit=1)
    assert max(small.width, small.height) == 32


def test_a_photo_is_shown_at_full_thumbnail_size(tmp_path: Path) -> None:
    small = thumbnail(support.photo(tmp_path / "a.jpg", 1200, 800), limit=16_000)
    assert (small.width, small.height, small.alpha) == (480, 320, False)


def test_a_small_picture_is_not_enlarged(tmp_path: Path) -> None:
    assert opened(support.photo(tmp_path / "a.png", 40, 30)).size == (40, 30)


def test_a_line_of_pixels_keeps_one_pixel(tmp_path: Path) -> None:
    path = tmp_path / "line.png"
    Image.new("RGB", (5000, 1), "red").save(path)
    assert opened(path).size == (480, 1)


def test_a_photo_on_its_side_is_turned_upright(tmp_path: Path) -> None:
    path = support.gps_photo(tmp_path / "side.jpg", 90, 60, orientation=6)
    small = opened(path).convert("RGB")
    assert small.size == (60, 90)
    red, green, blue = small.getpixel((56, 3))  # type: ignore[misc]
    assert red > 150 > green + blue  # the upper left corner, turned clockwise


def test_nothing_but_pixels_is_left(gps_jpeg: Path) -> None:
    small = thumbnail(gps_jpeg, limit=16_000).data
    assert support.CAMERA.encode() not in small
    assert not Image.open(BytesIO(small)).getexif()


def test_alpha_is_kept(alpha_png: Path) -> None:
    assert thumbnail(alpha_png, limit=16_000).alpha
    assert opened(alpha_png).mode == "RGBA"


def test_a_colour_profile_is_applied(tmp_path: Path) -> None:
    """The same numbers mean other colours under another profile."""
    path = tmp_path / "lab.png"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # Red and green change places: the two colorants of the profile are swapped.
    swapped = profile.replace(b"rXYZ", b"tmpX", 1).replace(b"gXYZ", b"rXYZ", 1)
    swapped = swapped.replace(b"tmpX", b"gXYZ", 1)
    Image.new("RGB", (8, 8), (255, 0, 0)).save(path, icc_profile=swapped)
    red, green, _ = opened(path).convert("RGB").getpixel((4, 4))  # type: ignore[misc]
    assert (green > 200, red < 60) == (True, True)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_broken_colour_profile_is_ignored(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "broken.png"
    profile = bytes(16) + b"RGB " + bytes(200)
    Image.new(mode, (8, 8), "red").save(path, icc_profile=profile)
    assert opened(path).convert("RGB").getpixel((4, 4))[0] > 200  # type: ignore[index]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16", "I"])
def test_every_mode_is_shown(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "any.tiff"
    Image.new(mode, (30, 20)).save(path)
    assert opened(path).size == (30, 20)


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.png .*no such file"):
        thumbnail(tmp_path / "gone.png", limit=16_000)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"no picture", "is not a picture"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "is not a whole"),
    ],
)
def test_what_is_no_picture_is_said_to_be_none(
    tmp_path: Path, data: bytes, words: str
) -> None:
    path = tmp_path / "odd.png"
    path.write_bytes(data)
    with pytest.raises(InputError, match=words):
        thumbnail(path, limit=16_000)


def test_a_truncated_picture_is_said_to_be_cut_off(tmp_path: Path) -> None:
    path = support.photo(tmp_path / "cut.png", 200, 200)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(InputError, match="cut off"):
        thumbnail(path, limit=16_000)
