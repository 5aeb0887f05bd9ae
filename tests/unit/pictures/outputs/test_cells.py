"""A picture cut into cells: none of it is lost, and all or none are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import support
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from nano_edit.cli.choices import GRIDS
from nano_edit.domain import Destination, WrittenImage
from nano_edit.errors import OutputError
from nano_edit.pictures.outputs.cells import Grid, cut, grid_named

if TYPE_CHECKING:
    from pathlib import Path

SIDES = st.integers(9, 6000)


@given(st.sampled_from(GRIDS), SIDES, SIDES)
def test_cells_cover_the_picture_and_are_equal_to_one_pixel(
    text: str, width: int, height: int
) -> None:
    grid = grid_named(text)
    boxes = grid.boxes(width, height)
    assert len(boxes) == grid.count
    assert boxes[0][:2] == (0, 0)
    assert boxes[-1][2:] == (width, height)
    for place, (left, top, right, bottom) in enumerate(boxes):
        row, column = divmod(place, grid.columns)
        assert left == (boxes[place - 1][2] if column else 0)
        assert top == (boxes[place - grid.columns][3] if row else 0)
        assert 0 <= right - left - width // grid.columns <= 1
        assert 0 <= bottom - top - height // grid.rows <= 1


@pytest.mark.parametrize(
    ("text", "ratio", "side", "size"),
    [
        ("2x2", "3:2", 1024, (624, 416)),
        ("1x2", "3:4", 1024, (880, 592)),
        ("3x3", "1:1", 4096, (1365, 1365)),
    ],
)
def test_the_size_of_a_cell_is_told_before(
    text: str, ratio: str, side: int, size: tuple[int, int]
) -> None:
    assert grid_named(text).cell_of(ratio, side) == size


def test_the_sentence_counts_columns_and_rows() -> None:
    assert "4 different variants" in Grid(1, 4).sentence
    assert "a grid of 1 column and 4 rows:" in Grid(1, 4).sentence


def whole(folder: Path, mode: str = "RGB", name: str = "whole.png") -> WrittenImage:
    picture = support.scene(97, 65).convert(mode)
    if mode == "RGBA":
        picture.putalpha(100)
    picture.save(folder / name)
    size = (folder / name).stat().st_size
    return WrittenImage(folder / name, "image/png", 97, 65, size, "0" * 64, "image/png")


def places(folder: Path, kind: str | None, suffix: str = "") -> list[Destination]:
    return [Destination(folder, f"out-{n}{suffix}", kind) for n in range(1, 5)]


def test_cells_of_a_png_put_together_are_the_picture(tmp_path: Path) -> None:
    picture = whole(tmp_path)
    notes: list[str] = []
    cells = cut(picture, Grid(2, 2), places(tmp_path, None), notes.append)
    assert [cell.path for cell in cells] == [
        tmp_path / f"out-{n}.png" for n in range(1, 5)
    ]
    canvas = Image.new("RGB", (97, 65))
    for cell, box in zip(cells, Grid(2, 2).boxes(97, 65), strict=True):
        assert cell.path is not None
        data = cell.path.read_bytes()
        assert cell.size == len(data)
        assert cell.sha256 is not None
        with Image.open(cell.path) as image:
            assert image.size == (cell.width, cell.height)
            canvas.paste(image, box)
    with Image.open(tmp_path / "whole.png") as original:
        assert ImageChops.difference(canvas, original).getbbox() is None
    assert not notes


def test_a_loss_is_told_once(tmp_path: Path) -> None:
    notes: list[str] = []
    picture = whole(tmp_path, "RGBA")
    cells = cut(picture, Grid(2, 2), places(tmp_path, "jpeg", ".jpg"), notes.append)
    assert notes == ["JPEG knows no transparency: it is now white."]
    assert {cell.mime_type for cell in cells} == {"image/jpeg"}


def test_a_picture_that_cannot_be_cut_stays_whole(tmp_path: Path) -> None:
    picture = whole(tmp_path)
    (tmp_path / "whole.png").write_bytes((tmp_path / "whole.png").read_bytes()[:500])
    with pytest.raises(OutputError) as caught:
        cut(picture, Grid(2, 2), places(tmp_path, None), print)
    assert caught.value.recovery == tmp_path / "whole.png"
    assert [path.name for path in tmp_path.iterdir()] == ["whole.png"]
