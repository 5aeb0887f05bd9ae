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

from PIL import Image, ImageChops, ImageCms

from nano_edit.pictures.inputs.decode import Reduction, decoded
from nano_edit.pictures.inputs.examine import examine
from nano_edit.pictures.inputs.raster import size_within
from nano_edit.pictures.inputs.sources import Source

if TYPE_CHECKING:
    from pathlib import Path

LEAST = 1000  # bytes into which any picture fits

# (longest side in pixels, WebP quality), best first.
_LADDER = ((480, 75), (480, 55), (480, 35), (320, 35), (200, 20), (96, 10), (32, 1))
_HEAT_SIDE = 320  # px
_FINER = 4  # times as large are pictures decoded for it
_UNSEEN = 6  # levels: smaller differences are the encoders' own
# Yellow for what can just be seen, over red, to violet; a channel each.
_RAMPS = tuple(
    [round(start + (end - start) * min(1, value / 120)) for value in range(256)]
    for start, end in ((255, 120), (220, 0), (60, 120))
)
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
    image = shrunk(path, _LADDER[0][0])
    return _fit(image if image.mode == "RGBA" else image.convert("RGB"), limit)


def shrunk(path: Path, side: int, *, finer: int = 1) -> Image.Image:
    """Return the picture at ``path`` in sRGB, its longer side at most ``side`` px.

    A JPEG is decoded ``finer`` times as large, at least.  Raises `InputError`.
    """
    original = examine(Source(path.name, str(path), path, path))
    with decoded(original, Reduction(finer * side)) as raster:
        image = raster.image(size_within(raster.size, side)).copy()
    return _in_srgb(image, raster.profile)


def heat_map(before: Path, after: Path, *, limit: int) -> Thumbnail:
    """Return where two pictures differ: the first in grey, the differences in colour.

    Both are compared as small as they are shown.  ``limit`` and what it raises are
    those of `thumbnail`.
    """
    one, other = (_small(path) for path in (before, after))
    if other.size != one.size:
        other = other.resize(one.size, Image.Resampling.LANCZOS)
    bands = ImageChops.difference(one, other).split()
    most = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2])
    grey = one.convert("L").point([96 + value // 2 for value in range(256)])
    heat = Image.merge("RGB", [most.point(ramp) for ramp in _RAMPS])
    seen = most.point([0] * _UNSEEN + [255] * (256 - _UNSEEN))
    return _fit(Image.composite(heat, grey.convert("RGB"), seen), limit)


def _small(path: Path) -> Image.Image:
    # Reduced while it is decoded, a JPEG's edges differ from those of the same PNG:
    # not so far that it would be seen after the second reduction.
    return shrunk(path, _HEAT_SIDE, finer=_FINER).convert("RGB")


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
