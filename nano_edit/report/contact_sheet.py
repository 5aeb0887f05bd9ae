"""The contact sheet: the pictures of a run, small and numbered, in one JPEG.

Rules:
- A number is written above its picture and hides nothing of it.
- The picture is bounded: as there are more, they become smaller.
- A result that cannot be read gets an empty place; the others keep theirs.
- Only a sheet is replaced, known by its comment; any other file needs ``force``.
- Loaded late: it needs Pillow.
"""

from __future__ import annotations

import math
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from nano_edit.atomic_file import AtomicFile, reason, target_of
from nano_edit.errors import InputError, OutputError, UsageError
from nano_edit.frozen import Frozen
from nano_edit.report.thumbnail import shrunk

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MOST = 400  # pictures on a sheet
WIDTH = 2560  # pixels at most, about
LARGEST, GAP = 640, 12  # pixels: a picture's longer side; between two
HEAD, LARGE_HEAD = 0.2, 0.4  # large: legible on a terminal, where a cell is a dot
_MARK = b"nano-edit contact sheet"
_MARK_WITHIN = 256  # bytes from the start
_PAPER, _INK, _EMPTY = (255, 255, 255), (0, 0, 0), (200, 200, 200)
_QUALITY = 88


class Cell(Frozen):
    """One picture of a sheet, and what is written above it."""

    number: int
    path: Path


def contact_sheet(cells: Sequence[Cell], *, head: float = HEAD) -> Image.Image:
    """Return the pictures in rows, each below its number and name.

    ``head`` is what these take, as a share of a picture's side.
    """
    columns = math.ceil(math.sqrt(len(cells)))
    side = min(LARGEST, WIDTH // columns - GAP)
    pictures = [_picture(cell.path, side) for cell in cells]
    wide = max(picture.width for picture in pictures)
    high = max(picture.height for picture in pictures)
    strip = round(side * head)
    right, down = wide + GAP, high + strip + GAP
    rows = math.ceil(len(cells) / columns)
    sheet = Image.new("RGB", (columns * right + GAP, rows * down + GAP), _PAPER)
    draw = ImageDraw.Draw(sheet)
    for place, (cell, picture) in enumerate(zip(cells, pictures, strict=True)):
        left = GAP + place % columns * right
        top = GAP + place // columns * down
        _write(draw, cell, (left, top), wide, strip)
        sheet.paste(picture, (left, top + strip))
    return sheet


def _picture(path: Path, side: int) -> Image.Image:
    try:
        picture = shrunk(path, side)
    except InputError:
        return Image.new("RGB", (side, side), _EMPTY)
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    ground = Image.new("RGB", picture.size, _EMPTY)
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground


def _write(
    draw: ImageDraw.ImageDraw, cell: Cell, at: tuple[int, int], wide: int, strip: int
) -> None:
    """Write the number, large, and the name as far as there is room."""
    left, top = at
    large = ImageFont.load_default(strip * 0.8)
    small = ImageFont.load_default(max(8.0, strip * 0.25))
    number = str(cell.number)
    draw.text((left, top + strip // 2), number, _INK, large, anchor="lm")
    start = left + draw.textlength(number, large) + strip // 3
    name = cell.path.name.encode("latin-1", "replace").decode("latin-1")
    while name and start + draw.textlength(name, small) > left + wide:
        name = name[:-1]
    draw.text((start, top + strip // 2), name, _INK, small, anchor="lm")


# --- the file ------------------------------------------------------------------


def check_sheet(path: Path, count: int, *, force: bool) -> None:
    """Raise for a sheet of ``count`` pictures that could not be written.

    Raises UsageError or InputError; nothing has been sent.
    """
    if count > MOST:
        raise UsageError(
            f"A sheet holds {MOST} pictures, and this run may make {count:,}.",
            hint="--report shows any number of them.",
        )
    try:
        if path.exists() and not (path.is_file() and (force or _is_sheet(path))):
            raise UsageError(
                f"{path} is there already, and is not a contact sheet.",
                hint="Choose another name."
                + (" --force replaces it." if path.is_file() else ""),
            )
        AtomicFile(target_of(path, force=True).parent).discard()
    except OSError as fault:
        raise InputError(
            f"The sheet {path} cannot be written: {reason(fault)}.",
            hint="Nothing was sent. Choose another place.",
        ) from fault


def write_sheet(cells: Sequence[Cell], path: Path) -> None:
    """Write the sheet, in the place of an earlier one.  Raises OutputError."""
    encoded = BytesIO()
    sheet = contact_sheet(cells)
    sheet.save(encoded, "JPEG", quality=_QUALITY, comment=_MARK)
    target = target_of(path, force=True)
    try:
        file = AtomicFile(target.parent)
        try:
            file.write(encoded.getbuffer().tobytes())
            file.place(target, force=True)
        finally:
            file.discard()
    except OSError as fault:
        raise OutputError(
            f"The sheet {path} cannot be written: {reason(fault)}.",
            hint="The pictures are in place.",
        ) from fault


def _is_sheet(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(_MARK_WITHIN)
    return head.startswith(b"\xff\xd8") and _MARK in head
