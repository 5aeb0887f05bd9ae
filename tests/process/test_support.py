"""The shared fixtures keep what they promise."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import support
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable


def test_home_is_a_new_empty_folder(home: Path) -> None:
    assert Path.home() == home
    assert not list(home.iterdir())


def test_no_key_reaches_a_test() -> None:
    assert not [name for name in os.environ if name.endswith("_API_KEY")]


def test_a_run_tells_status_and_both_streams(run: support.Run, tmp_path: Path) -> None:
    done = run("--version", module="platform", cwd=tmp_path)
    assert done.status == 0
    assert done.stdout.endswith("\n")
    assert done.stderr == ""


def test_photos_repeat_byte_for_byte(photo: Callable[..., Path]) -> None:
    assert photo("a.jpg").read_bytes() == photo("b.jpg").read_bytes()


def test_corners_tell_which_way_is_up(photo: Callable[..., Path]) -> None:
    with Image.open(photo("a.png", 40, 20)) as picture:
        corners = [picture.getpixel(at) for at in [(0, 0), (39, 0), (39, 19), (0, 19)]]
    assert corners == [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)]


def test_the_cutout_is_clear_at_one_side_and_opaque_at_the_other(
    alpha_png: Path,
) -> None:
    with Image.open(alpha_png) as picture:
        assert picture.mode == "RGBA"
        assert picture.getchannel("A").getextrema() == (0, 255)


def test_the_gps_photo_says_where_it_was_taken(gps_jpeg: Path) -> None:
    with Image.open(gps_jpeg) as picture:
        exif = picture.getexif()
        assert exif[support.TAG_MAKE] == support.CAMERA
        assert exif.get_ifd(support.GPS_IFD)[2] == support.LATITUDE
