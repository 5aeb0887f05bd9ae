"""Thumbnails: a picture on disk as a small WebP that never exceeds a byte limit.

Strategy: read the file as any input is read, which lets a JPEG shrink while it
is decoded; then encode at the first rung of a ladder, from large and fine to
small and coarse, that fits the limit.  Noise fits on the lowest rung too.

Rules:
- Upright and in sRGB: two thumbnails side by side differ only where the
  pictures do.  Alpha is kept, everything else beside the pixels is dropped.
- A picture that cannot be shown is an `InputError`, never another exception.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image, ImageCms

from nano_edit.pictures.inputs.decode import Reduction, decoded
from nano_edit.pictures.inputs.examine import examine
from nano_edit.pictures.inputs.raster import size_within
from nano_edit.pictures.inputs.sources import Source

if TYPE_CHECKING:
    from pathlib import Path

LEAST = 1000  # bytes into which any picture fits

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

    ``limit`` is at least `LEAST`.  Raises `InputError`, which names the file
    without its folder, when it is missing or cannot be decoded.
    """
    original = examine(Source(path.name, str(path), path, path))
    side = _LADDER[0][0]
    with decoded(original, Reduction(side)) as raster:
        image = raster.image(size_within(raster.size, side)).copy()
    image = _in_srgb(image, raster.profile)
    return _fit(image if image.mode == "RGBA" else image.convert("RGB"), limit)


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile is None:
        return image
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    with suppress(ImageCms.PyCMSError, OSError):  # a broken profile is no profile
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        shown = ImageCms.profileToProfile(image, source, target, outputMode=mode)
        return shown or image
    return image


def _fit(image: Image.Image, limit: int) -> Thumbnail:
    for side, quality in _LADDER:
        image.thumbnail((side, side))
        data = _encode(image, quality)
        if len(data) <= limit:
            break
    return Thumbnail(data, *image.size, alpha=image.mode == "RGBA")


def _encode(image: Image.Image, quality: int) -> bytes:
    target = BytesIO()
    image.info = {}  # or a colour profile would be written with it
    image.save(target, "WEBP", quality=quality, alpha_quality=quality, method=_METHOD)
    return target.getvalue()
