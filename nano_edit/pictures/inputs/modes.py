"""Owns pixel modes: every one that a file can have becomes L, RGB or RGBA.

Strategy: first the values (16-bit, integer and floating-point grey come down
to 8 bits), then the transparency, then the colours; a colour profile is applied
where the mode it describes goes away, and handed on where it stays.

Rules:
- Values are scaled, never clipped: white stays white.
- Transparency becomes an alpha channel, whatever way the file tells it.
- A profile leaves only together with a mode that it describes.
"""

from __future__ import annotations

import math
from io import BytesIO
from typing import cast

from PIL import Image

# Sample values of 1, 2 and 4 bits are spread over 0 to 255 by these factors.
_SPREAD = {2: 85, 4: 17}
_SPACES = {"L": b"GRAY", "RGB": b"RGB ", "RGBA": b"RGB "}


def settle(image: Image.Image, bit_depth: int) -> tuple[Image.Image, bytes | None]:
    """Give the pixels as L, RGB or RGBA, and the ICC profile that fits them.

    ``bit_depth`` is that of the file's samples, where it is a PNG.  The result
    carries no metadata.  Raises ValueError for values that are no numbers.
    """
    profile = image.info.get("icc_profile")
    profile = profile if isinstance(profile, bytes) else None
    space = profile[16:20] if profile else b""
    settled = _in_eight_bits(image, bit_depth)
    if profile and space == b"CMYK" and settled.mode == "CMYK":
        settled = _through_profile(settled, profile)
    settled = _in_plain_mode(settled)
    if profile and space == b"GRAY" and settled.mode == "RGBA":
        # A grey profile cannot stay with RGBA, and these colours are grey.
        coloured = _through_profile(settled.getchannel("R"), profile)
        coloured.putalpha(settled.getchannel("A"))
        settled = coloured
    settled.info = {}
    return settled, profile if space == _SPACES[settled.mode] else None


def _in_eight_bits(image: Image.Image, bit_depth: int) -> Image.Image:
    """Scale deep samples down, and a transparent colour with them."""
    transparency = image.info.get("transparency")
    if image.mode.startswith("I;16"):
        return _from_sixteen_bits(image.convert("I"), transparency)
    if image.mode in ("I", "F"):
        return _from_numbers(image)
    if isinstance(transparency, int) and bit_depth in _SPREAD:
        image.info["transparency"] = transparency * _SPREAD[bit_depth]
    elif isinstance(transparency, tuple) and bit_depth == 16:
        image.info["transparency"] = tuple(value >> 8 for value in transparency)
    return image


def _from_sixteen_bits(wide: Image.Image, transparent: int | None) -> Image.Image:
    grey = wide.point([round(value / 257) for value in range(65536)], "L")
    if transparent is None:
        return grey
    opaque = [255] * 65536
    opaque[transparent] = 0
    return Image.merge("LA", (grey, wide.point(opaque, "L")))


def _from_numbers(image: Image.Image) -> Image.Image:
    """Scale grey of mode I or F, whose file does not say which value is white.

    White is 1 for fractions, else 255 or 65535, the first that holds all
    values; beyond that, and below zero, the darkest and brightest are the ends.
    """
    low, high = cast("tuple[float, float]", image.getextrema())
    if not math.isfinite(high - low):
        raise ValueError("it holds values that are no numbers")
    whites = (1.0, 255.0, 65535.0) if image.mode == "F" else (255.0, 65535.0)
    white = next((white for white in whites if low >= 0 and high <= white), None)
    if white is not None:
        low, high = 0.0, white
    scale = 255 / ((high - low) or 1)
    shift = 0.5 - low * scale  # the conversion to L cuts fractions off
    return image.convert("F").point(lambda value: value * scale + shift).convert("L")


def _in_plain_mode(image: Image.Image) -> Image.Image:
    if image.mode == "La":  # Pillow knows no direct way
        image = image.convert("LA")
    if image.has_transparency_data:
        mode = "RGBA"
    else:
        mode = "L" if image.mode in ("1", "L") else "RGB"
    return image if image.mode == mode else image.convert(mode)


def _through_profile(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert to sRGB as the profile says; plainly when it is of no use."""
    from PIL import ImageCms  # noqa: PLC0415 - few pictures need it

    try:
        converted = ImageCms.profileToProfile(
            image,
            ImageCms.ImageCmsProfile(BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            outputMode="RGB",
        )
    except (ImageCms.PyCMSError, OSError, ImportError):
        converted = None
    return converted or image.convert("RGB")
