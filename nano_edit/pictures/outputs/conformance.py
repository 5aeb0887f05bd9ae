"""What came against what was asked: pixels against size, shape against ratio.

Pure.  The service rounds both sides to its own grid, so neither is exact: 16:9 at
1K is 1376x768, which is 0.8 % off the ratio and 0.8 % over one megapixel.  The
sizes lie a factor of four apart in area and the ratios at least 6 % in shape, so
the tolerances between tell a rounding from a setting that was not honoured.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

SIDES: Final = {"512": 512, "1K": 1024, "2K": 2048, "4K": 4096}  # of a square
_AREA_TOLERANCE = math.log(1.75)  # either way; the next size is log(4) off
_RATIO_TOLERANCE = math.log(1.04)  # either way; 5:4 and 4:3 are log(1.067) apart


def mismatch(
    width: int,
    height: int,
    *,
    image_size: str | None,
    aspect_ratio: str | None,
    source: tuple[int, int] | None,
) -> list[str]:
    """Return a sentence for each way in which ``width`` x ``height`` is not as asked.

    ``image_size`` is "512" to "4K" or None; ``aspect_ratio`` is "16:9" or None,
    then the shape is held against ``source``, the first input's upright (width,
    height).  What this version does not know is not held against anything.
    """
    sentences = (
        _size_mismatch(width, height, image_size),
        _shape_mismatch(width, height, aspect_ratio, source),
    )
    return [sentence for sentence in sentences if sentence]


def nearest_ratio(width: int, height: int, ratios: Sequence[str]) -> str:
    """Return the ratio ("4:3") nearest to the shape, measured as a factor."""
    return min(ratios, key=lambda ratio: abs(_off(width / height, _shape(ratio))))


def _size_mismatch(width: int, height: int, image_size: str | None) -> str:
    side = SIDES.get(image_size or "")
    if side is None or abs(_off(width * height, side * side)) <= _AREA_TOLERANCE:
        return ""
    return (
        f"Size {image_size} was asked for, {_megapixels(side * side)};"
        f" {width}x{height} came, {_megapixels(width * height)}."
    )


def _shape_mismatch(
    width: int, height: int, aspect_ratio: str | None, source: tuple[int, int] | None
) -> str:
    came = f"{width}x{height} came, {width / height:.2f}:1"
    if aspect_ratio is not None:
        asked = _shape(aspect_ratio)
        words = f"Shape {aspect_ratio} was asked for, {asked:.2f}:1"
    elif source is not None:
        asked = source[0] / source[1]
        words = f"The first picture is {source[0]}x{source[1]}, {asked:.2f}:1"
    else:
        return ""
    is_near = abs(_off(width / height, asked)) <= _RATIO_TOLERANCE
    return "" if is_near else f"{words}; {came}."


def _shape(ratio: str) -> float:
    width, _, height = ratio.partition(":")
    return float(width) / float(height)


def _off(one: float, other: float) -> float:
    return math.log(one / other)


def _megapixels(area: int) -> str:
    return f"{area / 1e6:.1f} megapixels"
