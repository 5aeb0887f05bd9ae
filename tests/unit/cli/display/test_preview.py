"""--show: the picture that is drawn, and a drawing that fails."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from support import cutout, gps_photo, photo

from nano_edit.cli.display.preview import show, side_by_side
from nano_edit.cli.options import Options
from nano_edit.cli.terminal import Terminal
from nano_edit.domain import EditRequest, EditResult, ReplyEnded, WrittenImage
from nano_edit.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


class Screen(io.TextIOWrapper):
    """A terminal of this process's own."""

    def isatty(self) -> bool:
        return True


class Interrupted(io.BytesIO):
    """Standard input of a person who presses Ctrl-C as soon as it is looked at."""

    def isatty(self) -> bool:
        raise KeyboardInterrupt


def told(result: Path, stdin: io.BytesIO) -> str:
    """What is told when ``result`` is shown."""
    drawn = io.BytesIO()
    screen = Screen(drawn, encoding="utf-8")
    image = WrittenImage(result, "image/png", 9, 9, 9, None, "image/png")
    edited = EditResult(image, "model", ReplyEnded(), "", 1, 1.0)
    show(
        EditRequest("blur", (), "model"),
        edited,
        Options(show=True),
        Terminal(stdin, io.BytesIO(), screen, {"TERM": "xterm"}),
    )
    return drawn.getvalue().decode()


def test_a_result_that_has_gone_is_named(tmp_path: Path) -> None:
    gone = tmp_path / "gone.png"
    words = f"--show: {gone} cannot be read as a picture."
    assert told(gone, io.BytesIO()).strip() == words


def test_ctrl_c_ends_the_drawing_alone(tmp_path: Path) -> None:
    photo(tmp_path / "in.jpg", 96, 64)
    assert told(tmp_path / "in.jpg", Interrupted()) == ""


# --- the picture that is drawn -----------------------------------------------


def test_pictures_stand_side_by_side_at_one_height(tmp_path: Path) -> None:
    left = photo(tmp_path / "left.png", 90, 60)
    right = photo(tmp_path / "right.jpg", 300, 400)
    row = side_by_side([left, right])
    assert row.mode == "RGB"
    assert row.size == (90 + 1 + 45, 60)


def test_a_large_picture_is_made_small(tmp_path: Path) -> None:
    row = side_by_side([photo(tmp_path / "in.png", 300, 200)], height=50)
    assert row.size == (75, 50)


def test_a_photo_stands_upright(tmp_path: Path) -> None:
    turned = gps_photo(tmp_path / "in.jpg", 96, 64, orientation=6)
    assert side_by_side([turned]).size == (64, 96)


def test_what_is_clear_shows_as_grey(tmp_path: Path) -> None:
    row = side_by_side([cutout(tmp_path / "in.png")])
    assert (128, 128, 128) in [row.getpixel((0, 32)), row.getpixel((95, 32))]


def test_what_is_no_picture_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "in.jpg"
    broken.write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"in\.jpg cannot be read as a picture\."):
        side_by_side([broken])


def test_every_mode_of_a_result_can_be_drawn(tmp_path: Path) -> None:
    for mode in ("L", "RGB", "RGBA", "P", "1", "I;16"):
        path = tmp_path / f"{mode[0]}.png"
        Image.new(mode, (8, 8)).save(path)
        assert side_by_side([path]).mode == "RGB"
