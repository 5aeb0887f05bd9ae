"""Pictures on disk as one picture to look at: upright, small, side by side.

Rules: the result is RGB; transparency shows as grey; each picture has the same
height, so that what differs is the edit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageOps

from nano_edit.errors import InputError
from nano_edit.pictures.inputs.modes import settle

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HEIGHT = 1200  # pixels at most; no terminal shows more
_GREY = (128, 128, 128)


def side_by_side(paths: Sequence[Path], *, height: int = HEIGHT) -> Image.Image:
    """Return the pictures at ``paths`` in a row, at most ``height`` pixels high.

    Raises InputError for a file that cannot be read as a picture.
    """
    pictures = [_small(path, height) for path in paths]
    height = min(picture.height for picture in pictures)
    pictures = [_of_height(picture, height) for picture in pictures]
    gap = max(1, height // 40) if len(pictures) > 1 else 0
    width = sum(picture.width + gap for picture in pictures) - gap
    row = Image.new("RGB", (width, height))
    left = 0
    for picture in pictures:
        row.paste(picture, (left, 0))
        left += picture.width + gap
    return row


def _small(path: Path, height: int) -> Image.Image:
    try:
        with Image.open(path) as opened:
            opened.draft("RGB", (height, height))  # JPEG: decode a part of it
            ImageOps.exif_transpose(opened, in_place=True)
            picture, _ = settle(opened, bit_depth=8)
    except Exception as error:  # Pillow raises anything over a broken file
        raise InputError(f"{path} cannot be read as a picture.") from error
    picture.thumbnail((4 * height, height), reducing_gap=2.0)
    return _opaque(picture)


def _opaque(picture: Image.Image) -> Image.Image:
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    ground = Image.new("RGB", picture.size, _GREY)
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground


def _of_height(picture: Image.Image, height: int) -> Image.Image:
    if picture.height == height:
        return picture
    width = max(1, round(picture.width * height / picture.height))
    return picture.resize((width, height))
