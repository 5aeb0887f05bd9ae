"""The contact sheet: every picture in its place, and no other file replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import support
from PIL import Image

from nano_edit.errors import InputError, OutputError, UsageError
from nano_edit.report.contact_sheet import (
    MOST,
    WIDTH,
    Cell,
    check_sheet,
    contact_sheet,
    write_sheet,
)

if TYPE_CHECKING:
    from pathlib import Path

COLOURS = [(255, 0, 0), (0, 160, 0), (0, 0, 255), (255, 160, 0), (160, 0, 255)]


def cells(folder: Path, count: int) -> list[Cell]:
    found = []
    for number in range(1, count + 1):
        path = folder / f"out-{number}.png"
        colour = COLOURS[(number - 1) % len(COLOURS)]
        Image.new("RGB", (300, 200), colour).save(path)
        found.append(Cell(number, path))
    return found


def places(sheet: Image.Image) -> list[tuple[int, tuple[float, float]]]:
    """Which of the colours is where: its number, and its middle in shares."""
    found = []
    for number, colour in enumerate(COLOURS, 1):
        points = [
            (x / sheet.width, y / sheet.height)
            for y in range(0, sheet.height, 9)
            for x in range(0, sheet.width, 9)
            if sheet.getpixel((x, y)) == colour
        ]
        if points:
            xs, ys = zip(*points, strict=True)
            found.append((number, (sum(xs) / len(xs), sum(ys) / len(ys))))
    return found


def test_pictures_stand_in_rows_in_their_order(tmp_path: Path) -> None:
    found = places(contact_sheet(cells(tmp_path, 5)))
    assert [number for number, _ in found] == [1, 2, 3, 4, 5]
    rows = [round(y * 2 - 0.5) for _, (_, y) in found]
    columns = [round(x * 3 - 0.5) for _, (x, _) in found]
    assert (rows, columns) == ([0, 0, 0, 1, 1], [0, 1, 2, 0, 1])


def test_numbers_are_written_and_differ(tmp_path: Path) -> None:
    one, two = cells(tmp_path, 2)
    same = [contact_sheet([Cell(number, one.path)]) for number in (1, 2)]
    assert same[0].tobytes() != same[1].tobytes()
    assert contact_sheet([one, two]).width > same[0].width


@pytest.mark.parametrize("count", [1, 30])
def test_a_sheet_is_bounded(tmp_path: Path, count: int) -> None:
    (one,) = cells(tmp_path, 1)
    sheet = contact_sheet([Cell(number, one.path) for number in range(count)])
    assert sheet.width <= WIDTH + 20


def test_what_cannot_be_read_gets_an_empty_place(tmp_path: Path) -> None:
    one, two, three = cells(tmp_path, 3)
    two.path.write_bytes(b"no picture")
    found = places(contact_sheet([one, two, three]))
    assert [number for number, _ in found] == [1, 3]


def test_transparency_and_strange_names_are_drawn(tmp_path: Path) -> None:
    path = support.cutout(
        tmp_path
        / "\u732b\ud83d\ude00-a-very-long-name.png".encode(
            "utf-16", "surrogatepass"
        ).decode("utf-16")
    )
    assert contact_sheet([Cell(12, path)]).mode == "RGB"


def test_only_a_sheet_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "sheet.jpg"
    check_sheet(path, 4, force=False)
    write_sheet(cells(tmp_path, 4), path)
    check_sheet(path, 4, force=False)
    write_sheet(cells(tmp_path, 2), path)
    photo = support.photo(tmp_path / "photo.jpg")
    with pytest.raises(UsageError, match="not a contact sheet"):
        check_sheet(photo, 4, force=False)
    check_sheet(photo, 4, force=True)
    with pytest.raises(UsageError, match="is there already"):
        check_sheet(tmp_path, 4, force=True)


def test_what_cannot_be_written_is_refused_before_and_told_after(
    tmp_path: Path,
) -> None:
    path = tmp_path / "missing" / "sheet.jpg"
    with pytest.raises(InputError, match="cannot be written"):
        check_sheet(path, 4, force=False)
    with pytest.raises(OutputError, match="cannot be written"):
        write_sheet(cells(tmp_path, 1), path)
    with pytest.raises(UsageError, match=f"holds {MOST} pictures"):
        check_sheet(tmp_path / "s.jpg", MOST + 1, force=False)
