"""The picture of a reply: inputs composed, edited, fitted, encoded.

Edits are done at the pixels of the reply, but for 4K, which is scaled from 2K so
that it takes no seconds.  Pixels are taken as they are stored: like the service, this
room does not turn a photo by its EXIF orientation.

An instruction without a word that is known is lettered onto the picture.  The
same request gives the same bytes.
"""

from __future__ import annotations

import re
import struct
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any

from PIL import (
    Image,
    ImageChops,
    ImageDraw,
    ImageEnhance,
    ImageFilter,
    ImageFont,
    ImageOps,
)

from nano_edit.emulator.distort import distort
from nano_edit.emulator.edits import Picture, plan
from nano_edit.emulator.errors import invalid
from nano_edit.emulator.received import FORMATS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nano_edit.emulator.drift import Drift

_Box = tuple[int, int, int, int]  # left, top, right, bottom
_WORK = 1600  # the longer side that edits are done at, pixels, at least
_MOST_WORK = 2816  # and at most
_SAME_SHAPE = 0.05  # two shapes nearer than this are stretched into each other
_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 90, "dpi": (300, 300)},
    "PNG": {"compress_level": 1},
    "WEBP": {"quality": 90, "method": 2},
}
# The service's JPEG carries content credentials in APP11; ours says it has none.
_CREDENTIALS = b"JP\0\1\0\0\0\1nano-edit-emulator: no content credentials\0"


def render(
    images: Sequence[bytes],
    instruction: str,
    size: tuple[int, int],
    *,
    drift: Drift,
    seed: bytes,
    mark: str,
) -> Picture:
    """Return the edited picture, RGB, ``size`` pixels (width, height).

    ``seed`` decides what ``drift`` leaves to chance; ``mark`` is written in the
    corner, to say that no model made this and to tell drafts apart.  `Refusal`
    when an image opens but cannot be decoded.
    """
    side = min(max(_WORK, *size), _MOST_WORK)
    pictures = [_open(data, side, number) for number, data in enumerate(images, 1)]
    mask = _take_mask(pictures, instruction)
    original = _beside(pictures)
    instruction, columns, rows = _grid_of(instruction)
    edits = plan(instruction)
    picture = original
    for edit in edits:
        picture = edit.apply(picture)
    if mask is not None and picture.size == original.size:
        picture = Image.composite(picture, original, mask.resize(original.size))
    words = "" if edits else instruction
    cells = _cells(size, columns, rows)
    if len(cells) > 1:
        picture = _variants(picture, size, cells, words)
    else:
        picture = _crop(picture, size) if drift.wrong_ratio else _fit(picture, size)
        _letter(picture, words)
    picture = distort(picture, drift, seed)
    for cell in cells if mark else ():
        _mark(picture, mark, cell)
    return picture


def _open(data: bytes, side: int, number: int) -> Picture:
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            image.draft("RGB", (side, side))
            image.thumbnail((side, side), reducing_gap=2.0)
            return _to_rgb(image)
    except (OSError, ValueError, SyntaxError) as error:
        where = f"contents[0].parts[{number}].inline_data"
        raise invalid("Unable to process input image.", field=where) from error


def _to_rgb(image: Picture) -> Picture:
    """Flatten transparency on white and bring any mode to 8-bit RGB."""
    if image.mode.startswith("I"):
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image)
    return image.convert("RGB")


def _take_mask(pictures: list[Picture], instruction: str) -> Picture | None:
    """Remove the mask from ``pictures`` and return it (mode L), if one is meant.

    It is the last of several pictures, without colour and nearly all of it black
    or white, where the instruction speaks of a mask: white may change.
    """
    if len(pictures) < 2 or not re.search(r"\bmask", instruction, re.IGNORECASE):
        return None
    red, green, blue = pictures[-1].split()
    grey = pictures[-1].convert("L")
    strays = [ImageChops.difference(red, other) for other in (green, blue)]
    coloured = any(sum(stray.histogram()[17:]) for stray in strays)
    counts = grey.histogram()
    plain = sum(counts[:32]) + sum(counts[224:])
    if coloured or plain < 0.6 * sum(counts):
        return None
    pictures.pop()
    return grey


def _beside(pictures: list[Picture]) -> Picture:
    """Compose several pictures side by side, all as high as the first."""
    if not pictures:
        return Image.linear_gradient("L").resize((1024, 1024)).convert("RGB")
    if len(pictures) == 1:
        return pictures[0]
    height = min(pictures[0].height, _WORK // 2)
    widths = [max(1, round(one.width * height / one.height)) for one in pictures]
    canvas = Image.new("RGB", (sum(widths), height))
    at = 0
    for one, width in zip(pictures, widths, strict=True):
        canvas.paste(one.resize((width, height)), (at, 0))
        at += width
    return canvas


def _grid_of(instruction: str) -> tuple[str, int, int]:
    """Return the instruction without the line that asks for a grid, and the grid."""
    lines = instruction.split("\n")
    for line in lines[1:]:
        if found := re.search(r"grid of (\d) columns? and (\d) rows?\b", line):
            lines.remove(line)
            return "\n".join(lines), int(found[1]), int(found[2])
    return instruction, 1, 1


def _cells(size: tuple[int, int], columns: int, rows: int) -> list[_Box]:
    """Return the boxes of a grid without gaps: left, top, right, bottom."""
    width, height = size
    return [
        (
            width * column // columns,
            height * row // rows,
            width * (column + 1) // columns,
            height * (row + 1) // rows,
        )
        for row in range(rows)
        for column in range(columns)
    ]


def _variants(
    picture: Picture, size: tuple[int, int], cells: list[_Box], words: str
) -> Picture:
    """Put the picture into each cell, a little brighter than in the one before."""
    canvas = Image.new("RGB", size)
    for number, (left, top, right, foot) in enumerate(cells):
        cell = _fit(picture, (right - left, foot - top))
        _letter(cell, words)
        factor = 0.8 + 0.4 * number / (len(cells) - 1)
        canvas.paste(ImageEnhance.Brightness(cell).enhance(factor), (left, top))
    return canvas


def _crop(picture: Picture, size: tuple[int, int]) -> Picture:
    """Scale to ``size``; of a picture of another shape two sides are cut off."""
    return ImageOps.fit(picture, size, Image.Resampling.BICUBIC)


def _fit(picture: Picture, size: tuple[int, int]) -> Picture:
    """Scale to ``size``; a picture of another shape lies whole on its own blur."""
    shape, wanted = picture.width / picture.height, size[0] / size[1]
    if abs(shape / wanted - 1) < _SAME_SHAPE:
        return picture.resize(size, Image.Resampling.BICUBIC)
    small = (max(1, size[0] // 16), max(1, size[1] // 16))
    ground = ImageOps.fit(picture, small).filter(ImageFilter.GaussianBlur(3))
    canvas = ground.resize(size, Image.Resampling.BICUBIC)
    inner = ImageOps.contain(picture, size)
    corner = ((size[0] - inner.width) // 2, (size[1] - inner.height) // 2)
    canvas.paste(inner, corner)
    return canvas


# --- letters ----------------------------------------------------------------


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=size)


def _letter(picture: Picture, text: str) -> None:
    """Write ``text``, if any, on a dark band at the foot of the picture."""
    if not text:
        return
    size = max(6, min(picture.size) // 18)
    lines = _wrap("".join(filter(str.isprintable, text)), picture.width * 0.9, size)
    draw = ImageDraw.Draw(picture, "RGBA")
    step = round(size * 1.35)
    top = picture.height - step * len(lines) - size * 2
    draw.rectangle((0, top, *picture.size), fill=(0, 0, 0, 150))
    for row, line in enumerate(lines):
        corner = (picture.width * 0.05, top + size // 2 + row * step)
        draw.text(corner, line, fill="white", font=_font(size))


def _wrap(text: str, width: float, size: int, most: int = 4) -> list[str]:
    """Break ``text`` into at most ``most`` lines of ``width`` pixels."""
    lines = [""]
    for word in text[:400].split():
        longer = f"{lines[-1]} {word}".strip()
        if _font(size).getlength(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    if len(lines) > most:
        lines[most - 1 :] = [f"{lines[most - 1]} ..."]
    return lines


def _mark(picture: Picture, text: str, cell: _Box) -> None:
    """Write ``text`` in the lower right corner of a part of the picture."""
    left, top, right, foot = cell
    size = max(6, min(right - left, foot - top) // 40)
    length = _font(size).getlength(text)
    right, foot = right - size // 2, foot - size // 2
    box = (right - length - size, foot - size * 1.6, right, foot)
    draw = ImageDraw.Draw(picture, "RGBA")
    draw.rounded_rectangle(box, radius=size / 2, fill=(0, 0, 0, 140))
    draw.text((box[0] + size / 2, box[1] + size * 0.2), text, "white", _font(size))


# --- the file ---------------------------------------------------------------


def encode(picture: Picture, image_format: str) -> bytes:
    """Return ``picture`` encoded as JPEG, PNG or WEBP."""
    stream = BytesIO()
    picture.save(stream, image_format, **_OPTIONS[image_format])
    data = stream.getvalue()
    if image_format != "JPEG":
        return data
    segment = struct.pack(">BBH", 0xFF, 0xEB, len(_CREDENTIALS) + 2) + _CREDENTIALS
    after_jfif = 4 + struct.unpack_from(">H", data, 4)[0]
    return b"".join((data[:after_jfif], segment, data[after_jfif:]))
