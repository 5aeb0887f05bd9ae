"""What the model sees of a picture, and the same pixels again to compare its answer.

Owns the making of the frame of a `Plan`: cut out, in sRGB, padded by mirroring.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from nano_edit.pictures.region.profiles import to_srgb
from nano_edit.pictures.region.resample import reflected

if TYPE_CHECKING:
    from nano_edit.pictures.inputs.raster import Raster
    from nano_edit.pictures.region.areas import Area
    from nano_edit.pictures.region.boxes import Plan

_AREA = 1024 * 1024  # px of the raster on which pictures are compared


def frame_to_send(raster: Raster, plan: Plan) -> Image.Image:
    """Return the frame in full size: sRGB, L, RGB or RGBA."""
    part = raster.piece(plan.crop.corners)
    if raster.profile is not None:
        alpha = part.getchannel("A") if part.mode == "RGBA" else None
        part = to_srgb(raster.profile)(part)
        if alpha is not None:
            part.putalpha(alpha)
    return reflected(part, plan.frame.moved(-plan.crop.left, -plan.crop.top))


def mask_to_send(area: Area, plan: Plan, side: int) -> Image.Image:
    """Return the area in the frame, no larger than the model's picture."""
    weight = area.within(plan.frame)
    scale = min(1.0, side / math.sqrt(plan.frame.area))
    if scale == 1.0:
        return weight
    size = tuple(max(1, round(each * scale)) for each in weight.size)
    return weight.resize((size[0], size[1]), Image.Resampling.BOX)


def comparing_size(came: tuple[int, int]) -> tuple[int, int]:
    """Return the size of the raster on which a picture of size ``came`` is compared."""
    scale = min(1.0, math.sqrt(_AREA / (came[0] * came[1])))
    return max(16, round(came[0] * scale)), max(16, round(came[1] * scale))


def on_raster(
    raster: Raster, plan: Plan, size: tuple[int, int]
) -> tuple[Image.Image, Image.Image]:
    """Return the frame as RGB (sRGB) of ``size``, and where it is the picture's own.

    The second is of mode L: white but for the padding and what is transparent.
    """
    across = size[0] / plan.frame.width
    down = size[1] / plan.frame.height
    inner = _inner(plan, across, down, size)
    box = (
        plan.frame.left + inner[0] / across,
        plan.frame.top + inner[1] / down,
        plan.frame.left + inner[2] / across,
        plan.frame.top + inner[3] / down,
    )
    small = (inner[2] - inner[0], inner[3] - inner[1])
    part = raster.scaled(box, small)
    own = Image.new("L", size, 0)
    if part.mode == "RGBA":
        opaque = part.getchannel("A").point([0] * 255 + [255])
        own.paste(opaque, inner[:2])
    else:
        own.paste(255, inner)
    pixels = np.asarray(to_srgb(raster.profile)(over_white(part)))
    margins = [(inner[1], size[1] - inner[3]), (inner[0], size[0] - inner[2]), (0, 0)]
    return Image.fromarray(np.pad(pixels, margins, "symmetric")), own


def over_white(image: Image.Image) -> Image.Image:
    """Return the picture as it looks on white paper; one without alpha as it is."""
    if image.mode != "RGBA":
        return image
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def _inner(
    plan: Plan, across: float, down: float, size: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Return the whole pixels of the raster that lie in the crop."""
    crop = plan.crop.moved(-plan.frame.left, -plan.frame.top)
    tiny = 1e-6
    return (
        math.ceil(crop.left * across - tiny),
        math.ceil(crop.top * down - tiny),
        min(size[0], math.floor(crop.right * across + tiny)),
        min(size[1], math.floor(crop.bottom * down + tiny)),
    )
