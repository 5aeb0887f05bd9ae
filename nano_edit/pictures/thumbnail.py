"""Thumbnails: a picture on disk as a small WebP that never exceeds a byte limit.

Strategy: let the decoder shrink while it reads where the format allows that,
then encode at the first rung of a ladder, from large and fine to small and
coarse, that fits the limit.  Noise fits on the lowest rung too.

Rules:
- Upright and in sRGB: two thumbnails side by side differ only where the
  pictures do.  Alpha is kept, everything else beside the pixels is dropped.
- A picture that cannot be shown is an `InputError` with a short reason, never
  an exception of Pillow.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image, ImageCms, ImageOps

from nano_edit.errors import InputError
from nano_edit.pictures.modes import settle

if TYPE_CHECKING:
    from pathlib import Path

# (longest side in pixels, WebP quality), best first.
_LADDER = ((480, 75), (480, 55), (480, 35), (320, 35), (200, 20), (96, 10), (32, 1))
_METHOD = 2  # of libwebp's 0-6: half the time of the default for 3 % more bytes


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small WebP; ``width`` and ``height`` are its own pixels."""

    data: bytes
    width: int
    height: int
    alpha: bool


def thumbnail(path: Path, *, limit: int) -> Thumbnail:
    """Return the picture at ``path`` in at most ``limit`` bytes of WebP.

    ``limit`` is at least 1000.  Raises `InputError` when the file is missing or
    cannot be decoded.
    """
    try:
        with Image.open(path) as opened:
            return _fit(_small(opened), limit)
    except FileNotFoundError as error:
        raise InputError("The file is missing.") from error
    except Exception as error:  # Pillow raises anything over a broken file
        raise InputError("The file cannot be read as a picture.") from error


def _small(opened: Image.Image) -> Image.Image:
    """Upright, in sRGB, RGB or RGBA, and no longer than the first rung's side."""
    side = _LADDER[0][0]
    opened.draft(None, (2 * side, 2 * side))  # JPEG: decode an eighth to a half
    ImageOps.exif_transpose(opened, in_place=True)
    picture, profile = settle(opened, bit_depth=8)
    picture.thumbnail((side, side), reducing_gap=2.0)
    shown = _in_srgb(picture, profile) if profile else picture
    return shown if shown.mode == "RGBA" else shown.convert("RGB")


def _in_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    mode = "RGBA" if picture.mode == "RGBA" else "RGB"
    with suppress(ImageCms.PyCMSError, OSError):  # a broken profile is no profile
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        made = ImageCms.profileToProfile(picture, source, target, outputMode=mode)
        return made or picture
    return picture


def _fit(picture: Image.Image, limit: int) -> Thumbnail:
    for side, quality in _LADDER:
        picture.thumbnail((side, side))
        data = _encode(picture, quality)
        if len(data) <= limit:
            break
    return Thumbnail(data, *picture.size, alpha=picture.mode == "RGBA")


def _encode(picture: Image.Image, quality: int) -> bytes:
    target = BytesIO()
    picture.info = {}  # or a colour profile would be written with it
    picture.save(target, "WEBP", quality=quality, alpha_quality=quality, method=_METHOD)
    return target.getvalue()
