"""Owns pixel modes: every one that a file can have becomes L, RGB or RGBA.

Strategy: first the values (16-bit, integer and floating-point grey come down
to 8 bits), then the transparency, then the colours; a colour profile is applied
where the mode it describes goes away, and handed on where it stays.  What has to
be known of the whole picture is found once, by `ModeChange`, which then changes
any piece of it: large pictures are worked on in strips.

Rules:
- Values are scaled, never clipped: white stays white.
- Transparency becomes an alpha channel, whatever way the file tells it.
- A profile leaves only together with a mode that it describes.
"""

from __future__ import annotations

import math
from io import BytesIO
from typing import TYPE_CHECKING, cast

from PIL import Image

from nano_edit.pictures.inputs.survey import LARGEST_PROFILE

if TYPE_CHECKING:
    from collections.abc import Callable

    _Change = Callable[[Image.Image], Image.Image]

# Sample values of 1, 2 and 4 bits are spread over 0 to 255 by these factors.
_SPREAD = {2: 85, 4: 17}
_SPACES = {"L": b"GRAY", "RGB": b"RGB ", "RGBA": b"RGB "}
_BITS_PER_SAMPLE, _PHOTOMETRIC, _WHITE_IS_ZERO = 258, 262, 0  # TIFF 6.0


def settle(image: Image.Image, bit_depth: int) -> tuple[Image.Image, bytes | None]:
    """Give the pixels as L, RGB or RGBA, and the ICC profile that fits them.

    ``bit_depth`` is that of the file's samples, where it is a PNG.  The result
    carries no metadata.  Raises ValueError for values that are not numbers.
    """
    change = ModeChange(image, bit_depth)
    return change.apply(image), change.profile


class ModeChange:
    """How the pixels of ``image``, which is loaded, become L, RGB or RGBA."""

    def __init__(
        self,
        image: Image.Image,
        bit_depth: int = 8,
        *,
        profile: bytes = b"",
        gamma: float = 0.0,
    ) -> None:
        given = profile or image.info.get("icc_profile")
        icc = given if isinstance(given, bytes) else b""
        self._to_eight_bits = _eight_bits(image, bit_depth)
        first = self._to_eight_bits(image.crop((0, 0, 1, 1)))
        self.mode = _plain_mode(first)  # of what `apply` returns
        self._from_cmyk: _Change | None = None
        self._colours: _Change | None = _to_screen(gamma) if gamma else None
        space = icc[16:20]
        self.profile: bytes | None = None  # ICC, of the mode
        if space == b"CMYK" and first.mode == "CMYK":
            self._from_cmyk = _through_profile(icc, "CMYK")
        elif space == b"GRAY" and self.mode == "RGBA":
            # A grey profile cannot stay with RGBA, and these colours are grey.
            self._colours = _grey_with_alpha(_through_profile(icc, "L"))
        elif space == _SPACES[self.mode] and len(icc) > LARGEST_PROFILE:
            self._colours = _through_profile(icc, self.mode)
        elif space == _SPACES[self.mode]:
            self.profile = icc

    def apply(self, piece: Image.Image) -> Image.Image:
        """Change a piece of the picture; it may be returned itself."""
        piece = self._to_eight_bits(piece)
        if self._from_cmyk:
            piece = self._from_cmyk(piece)
        if piece.mode == "La":  # Pillow has no direct way
            piece = piece.convert("LA")
        if piece.mode != self.mode:
            piece = piece.convert(self.mode)
        if self._colours:
            piece = self._colours(piece)
        piece.info = {}
        return piece


def _plain_mode(image: Image.Image) -> str:
    if image.has_transparency_data:
        return "RGBA"
    return "L" if image.mode in ("1", "L") else "RGB"


def _eight_bits(image: Image.Image, bit_depth: int) -> _Change:
    """Return what scales deep samples down; scale a transparent colour itself."""
    transparency = image.info.get("transparency")
    if image.mode.startswith("I;16"):
        return _from_sixteen_bits(image, transparency)
    if image.mode in ("I", "F"):
        return _from_numbers(image)
    if isinstance(transparency, int) and bit_depth in _SPREAD:
        image.info["transparency"] = transparency * _SPREAD[bit_depth]
    elif isinstance(transparency, tuple) and bit_depth == 16:
        image.info["transparency"] = tuple(value >> 8 for value in transparency)
    return lambda piece: piece


def _from_sixteen_bits(image: Image.Image, transparent: int | None) -> _Change:
    """Scale to 8 bits; a TIFF says how many bits are used, and which end is white."""
    tags = getattr(image, "tag_v2", {})
    bits = tags.get(_BITS_PER_SAMPLE, (16,))[0]
    white = (1 << min(bits, 16)) - 1
    grey = [min(255, round(value * 255 / white)) for value in range(65536)]
    if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
        grey = [255 - value for value in grey]
    opaque = [255] * 65536
    if transparent is not None:
        opaque[transparent] = 0

    def change(piece: Image.Image) -> Image.Image:
        wide = piece.convert("I")
        scaled = wide.point(grey, "L")
        if transparent is None:
            return scaled
        return Image.merge("LA", (scaled, wide.point(opaque, "L")))

    return change


def _from_numbers(image: Image.Image) -> _Change:
    """Scale grey of mode I or F, whose file does not say which value is white.

    White is 1 for fractions, else 255 or 65535, the first that holds all
    values; beyond that, and below zero, the darkest and brightest are the ends.
    """
    low, high = cast("tuple[float, float]", image.getextrema())
    if not math.isfinite(high - low):
        raise ValueError("it holds values that are not numbers")
    whites = (1.0, 255.0, 65535.0) if image.mode == "F" else (255.0, 65535.0)
    white = next((white for white in whites if low >= 0 and high <= white), None)
    if white is not None:
        low, high = 0.0, white
    scale = 255 / ((high - low) or 1)
    shift = 0.5 - low * scale  # the conversion to L cuts fractions off

    def change(piece: Image.Image) -> Image.Image:
        numbers = piece.convert("F").point(lambda value: value * scale + shift)
        return numbers.convert("L")

    return change


def _through_profile(profile: bytes, mode: str) -> _Change:
    """Return what converts ``mode`` to sRGB as the profile says, else plainly."""
    from PIL import ImageCms  # noqa: PLC0415 - few pictures need it

    result = {"CMYK": "RGB"}.get(mode, mode)
    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB" if mode == "L" else result,
        )
    except (ImageCms.PyCMSError, OSError, ImportError):
        return lambda piece: piece.convert(result)
    return lambda piece: transform.apply(piece).convert(result)


def _grey_with_alpha(change: _Change) -> _Change:
    """Return what puts grey that lies in R, G and B alike through ``change``."""

    def changed(piece: Image.Image) -> Image.Image:
        coloured = change(piece.getchannel("R")).convert("RGB")
        coloured.putalpha(piece.getchannel("A"))
        return coloured

    return changed


def _to_screen(gamma: float) -> _Change:
    """Return what brings samples of a PNG's gamma to that of screens (PNG, 13.13)."""
    curve = [round(255 * (value / 255) ** (1 / (gamma * 2.2))) for value in range(256)]
    opacity = list(range(256))

    def changed(piece: Image.Image) -> Image.Image:
        bands = len(piece.getbands())
        return piece.point(curve * min(bands, 3) + opacity * (bands // 4))

    return changed
