"""Where a picture may change, and how much: weights of 0 to 255 in one box.

Strategy: regions are drawn, masks are read; either way an `Area` is a box of the
upright picture with an 8-bit weight for each of its pixels.  Feathering works inwards
only: what had weight 0 keeps it, so "outside" is exact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from nano_edit.errors import InputError
from nano_edit.pictures.region.boxes import Box, union, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

_SAME_SHAPE: Final = 0.01  # a mask's shape may be off by rounding
_FEATHER: Final = (2, 40)  # px, least and most
_FEATHER_SHARE: Final = 0.03  # of the side of a square as large as the area


@dataclass(frozen=True, slots=True)
class Area:
    """The pixels that may change: ``weight`` (mode L) has the size of ``box``."""

    size: tuple[int, int]  # px, of the upright picture
    box: Box
    weight: Image.Image

    def share(self) -> float:
        """Return the share of the picture's pixels that may change at all."""
        changing = self.box.area - self.weight.histogram()[0]
        return changing / (self.size[0] * self.size[1])

    def within(self, frame: Box) -> Image.Image:
        """Return the weights in ``frame``, 0 outside the area's box."""
        canvas = Image.new("L", frame.size, 0)
        canvas.paste(
            self.weight, (self.box.left - frame.left, self.box.top - frame.top)
        )
        return canvas

    def feathered(self) -> Area:
        """Return the area with weights that rise from its edge inwards.

        An edge that is the picture's own has nothing beside it and stays hard.
        """
        pixels = self.box.area - self.weight.histogram()[0]
        least, most = _FEATHER
        radius = min(max(round(_FEATHER_SHARE * math.sqrt(pixels)), least), most)
        canvas = self.box.grown(radius + 1, radius + 1).within(whole(self.size))
        support = self.within(canvas).point(_ANY)
        blurred = support.filter(ImageFilter.BoxBlur(radius))
        ramp = blurred.point(_UPPER_HALF)
        thick = ramp.point(_ANY).filter(ImageFilter.BoxBlur(2 * radius)).point(_ANY)
        # What is too thin to have an inside keeps its hard edge.
        ramp = ImageChops.lighter(ramp, ImageChops.invert(thick))
        inner = ramp.crop(self.box.moved(-canvas.left, -canvas.top).corners)
        return Area(self.size, self.box, ImageChops.multiply(self.weight, inner))


_ANY: Final = [0] + [255] * 255
_UPPER_HALF: Final = [max(0, 2 * value - 255) for value in range(256)]


def area_of_boxes(boxes: Sequence[Box], size: tuple[int, int]) -> Area:
    """Return the pixels of ``boxes``, all at full weight."""
    box = union(boxes)
    weight = Image.new("L", box.size, 0)
    draw = ImageDraw.Draw(weight)
    for each in boxes:
        left, top, right, bottom = each.moved(-box.left, -box.top).corners
        draw.rectangle((left, top, right - 1, bottom - 1), fill=255)
    return Area(size, box, weight)


def area_of_weights(weight: Image.Image) -> Area | None:
    """Return the area of a mask (L) as large as the picture; None: it is all black."""
    corners = weight.getbbox()
    if corners is None:
        return None
    box = Box(*corners)
    return Area(weight.size, box, weight.crop(corners))


def area_of_mask(
    mask: Image.Image, size: tuple[int, int], *, name: str, invert: bool
) -> Area:
    """Return the area of a mask that is L, RGB or RGBA, upright, of the same shape.

    Raises InputError for another shape, and for a mask that allows nothing.
    """
    off = math.log(mask.width / mask.height) - math.log(size[0] / size[1])
    if abs(off) > _SAME_SHAPE + 1 / min(mask.size):
        raise InputError(
            f"The mask {name} is {mask.width}x{mask.height} and the picture"
            f" {size[0]}x{size[1]}: not the same shape.",
            hint="Make the mask from the picture itself; its size may differ.",
        )
    weight = _whiteness(mask)
    if mask.size != size:
        weight = weight.resize(size, Image.Resampling.BILINEAR)
    if invert:
        weight = ImageChops.invert(weight)
    area = area_of_weights(weight)
    if area is None:
        raise InputError(
            f"The mask {name} allows no change: it is all black.",
            hint="Paint white what may change, or add --invert-mask.",
        )
    return area


def _whiteness(mask: Image.Image) -> Image.Image:
    """Return how white each pixel is.

    Transparent counts as black.  Where nothing visible is white, the mask was drawn
    with its alpha channel, and opaque is what may change.
    """
    if mask.mode != "RGBA":
        return mask.convert("L")
    alpha = mask.getchannel("A")
    over_black = ImageChops.multiply(mask.convert("RGB").convert("L"), alpha)
    return over_black if over_black.getbbox() else alpha
