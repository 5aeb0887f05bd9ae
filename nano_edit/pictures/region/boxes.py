"""Boxes in pixels: what a region means, what is sent, how it is padded.

Pure.  A box is half-open and counts from the upper left corner of the upright
picture.  Strategy of `plan`: the smallest box of a shape that the model takes which
holds the region and its context; when that is most of the picture, or none fits, the
whole picture, padded outside its edges to the nearest shape.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

from nano_edit.errors import InputError, UsageError
from nano_edit.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CONTEXT: Final = 256  # pixels around a region, at least
WHOLE_FROM: Final = 0.7  # of the picture's area: beyond, all of it is sent
SAME_SHAPE: Final = 0.02  # shapes this near to each other are one: no padding
_NUMBER = re.compile(r"\s*(\d+(?:\.\d+)?|\.\d+)\s*(%|px)?\s*")


class Box(Frozen):
    """``left`` <= x < ``right`` and ``top`` <= y < ``bottom``, in pixels."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Pixels across."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Pixels down."""
        return self.bottom - self.top

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.width, self.height

    @property
    def area(self) -> int:
        """Pixels in it; 0 when it is empty."""
        return max(self.width, 0) * max(self.height, 0)

    @property
    def corners(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom: what Pillow calls a box."""
        return self.left, self.top, self.right, self.bottom

    def holds(self, other: Box) -> bool:
        """Whether ``other`` lies inside."""
        return (
            self.left <= other.left
            and self.top <= other.top
            and self.right >= other.right
            and self.bottom >= other.bottom
        )

    def moved(self, right: int, down: int) -> Box:
        """Return the box so many pixels further right and down."""
        return Box(
            self.left + right, self.top + down, self.right + right, self.bottom + down
        )

    def grown(self, across: int, down: int) -> Box:
        """Return the box with so many pixels more on each side."""
        return Box(
            self.left - across, self.top - down, self.right + across, self.bottom + down
        )

    def within(self, other: Box) -> Box:
        """Return the part that lies in ``other``; its area is 0 when none does."""
        return Box(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )


def whole(size: tuple[int, int]) -> Box:
    """Return the box of a picture of ``size`` (width, height)."""
    return Box(0, 0, *size)


def union(boxes: Iterable[Box]) -> Box:
    """Return the smallest box that holds all of ``boxes``, at least one."""
    lefts, tops, rights, bottoms = zip(*(box.corners for box in boxes), strict=True)
    return Box(min(lefts), min(tops), max(rights), max(bottoms))


# --- what --region says -------------------------------------------------------


class Length(Frozen):
    """A number of pixels, or a share of the picture's side."""

    value: float
    percent: bool

    def pixels(self, side: int) -> float:
        """Return the pixels of it, where the side has ``side``."""
        return self.value * side / 100 if self.percent else self.value


class Region(Frozen):
    """X, Y, width and height as they were written."""

    text: str
    x: Length
    y: Length
    width: Length
    height: Length

    def box(self, size: tuple[int, int]) -> Box:
        """Return the pixels of it in a picture of ``size``; what juts out is cut.

        Fractions of a pixel are rounded outwards.  Raises InputError when no pixel
        of the picture lies in it.
        """
        x, y = self.x.pixels(size[0]), self.y.pixels(size[1])
        right = x + self.width.pixels(size[0])
        bottom = y + self.height.pixels(size[1])
        rounding = 1e-6  # 10 % of 30 is 3, whatever binary fractions say
        box = Box(
            math.floor(x + rounding),
            math.floor(y + rounding),
            math.ceil(right - rounding),
            math.ceil(bottom - rounding),
        ).within(whole(size))
        if not box.area:
            raise InputError(
                f"--region {self.text} lies outside the picture,"
                f" which has {size[0]}x{size[1]} pixels.",
                hint="X,Y is the region's upper left corner in the upright picture.",
            )
        return box


def parse_region(text: str) -> Region:
    """Read ``X,Y,W,H``, each in pixels ("120", "120px") or percent ("12.5%").

    Raises UsageError.
    """
    parts = [_NUMBER.fullmatch(part) for part in text.split(",")]
    numbers = [Length(float(part[1]), part[2] == "%") for part in parts if part]
    if len(parts) != 4 or len(numbers) != 4:
        raise UsageError(
            f"--region {text} is not X,Y,W,H.",
            hint="For example: --region 120,80,400,300 or --region 10%,20%,30%,25%",
        )
    x, y, width, height = numbers
    if not width.value or not height.value:
        raise UsageError(f"--region {text} has no area: W and H must be above 0.")
    return Region(text, x, y, width, height)


# --- what is sent -------------------------------------------------------------


class Plan(Frozen):
    """The part of a picture that is sent, and what is added around it."""

    size: tuple[int, int]  # px, of the upright picture
    frame: Box  # what the model sees; may reach beyond the picture's edges
    ratio: str | None  # to ask of the model; None: it has none that fits

    @property
    def crop(self) -> Box:
        """The part of the frame that is the picture's."""
        return self.frame.within(whole(self.size))

    @property
    def is_padded(self) -> bool:
        """Whether the frame reaches beyond the picture."""
        return self.frame != self.crop

    @property
    def is_whole(self) -> bool:
        """Whether all of the picture is sent."""
        return self.crop == whole(self.size)


def plan(
    size: tuple[int, int], region: Box | None, ratios: Sequence[str], side: int
) -> Plan:
    """Plan what is sent of a picture of ``size`` to edit ``region`` (None: all of it).

    ``side`` is that of the square with as many pixels as the model answers with.
    """
    if region is not None:
        inner = _with_context(region, side).within(whole(size))
        fitting = [
            (box, ratio)
            for ratio in ratios
            if (box := _grown_to(inner, _shape(ratio), size)) is not None
        ]
        if fitting:
            box, ratio = min(fitting, key=lambda pair: pair[0].area)
            if box.area <= WHOLE_FROM * size[0] * size[1]:
                return Plan(size, box, ratio)
    return _padded(size, ratios)


def _with_context(region: Box, side: int) -> Box:
    """Add half the region's size on each side, and `CONTEXT` px of the model's view.

    In the model's view, `CONTEXT` px on each side leave ``side`` - 2 `CONTEXT` for
    the region; a crop smaller than the model's picture is not counted larger.
    """
    least = CONTEXT
    if side > 2 * CONTEXT:
        longer = max(region.size)
        least = max(least, round(longer * CONTEXT / (side - 2 * CONTEXT)))
    across = max(region.width // 2, least)
    down = max(region.height // 2, least)
    return region.grown(across, down)


def _grown_to(inner: Box, shape: float, size: tuple[int, int]) -> Box | None:
    """Grow to width / height = ``shape`` inside the picture; None: there is no room."""
    width = max(inner.width, round(inner.height * shape))
    height = max(inner.height, round(inner.width / shape))
    if width > size[0] or height > size[1]:
        return None
    left = _start(inner.left, inner.right, width, size[0])
    top = _start(inner.top, inner.bottom, height, size[1])
    return Box(left, top, left + width, top + height)


def _start(start: int, end: int, length: int, most: int) -> int:
    """Return where ``length`` begins so that it is centred, yet ends by ``most``."""
    centred = start - (length - (end - start)) // 2
    return min(max(centred, 0), most - length)


def _padded(size: tuple[int, int], ratios: Sequence[str]) -> Plan:
    """Pad the whole picture to the nearest shape, with nothing where it is near."""
    if not ratios:
        return Plan(size, whole(size), None)
    width, height = size
    shape = width / height
    ratio = min(ratios, key=lambda each: abs(math.log(shape / _shape(each))))
    wanted = _shape(ratio)
    if abs(math.log(shape / wanted)) <= SAME_SHAPE:
        return Plan(size, whole(size), ratio)
    across = max(0, round(height * wanted) - width)
    down = max(0, round(width / wanted) - height)
    left, top = across // 2, down // 2
    frame = Box(-left, -top, width + across - left, height + down - top)
    return Plan(size, frame, ratio)


def _shape(ratio: str) -> float:
    width, _, height = ratio.partition(":")
    return float(width) / float(height)
