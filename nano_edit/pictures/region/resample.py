"""The model's picture, looked at where it lies on the picture that was sent.

Strategy: what is turned is turned back once (bicubic); what remains is a shift and a
zoom, and Pillow's Lanczos resizing takes a box with fractions of pixels, so that any
part of the picture can be made by itself, without seams between the parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from nano_edit.pictures.region.align import Alignment
    from nano_edit.pictures.region.boxes import Box

_MARGIN: Final = 32  # px around the model's picture, for what has moved inwards
_TURNED: Final = 0.1  # px at the picture's edge that are worth a resampling


@dataclass(frozen=True, slots=True)
class Sampler:
    """Makes pixels of a frame from the picture that the model made of it."""

    image: Image.Image  # with a margin of `_MARGIN`
    frame: Box  # px of the original
    zoom: tuple[float, float]  # px of `image` for one of the frame
    shift: tuple[float, float]  # px of `image`: where the frame begins

    @classmethod
    def of(cls, came: Image.Image, alignment: Alignment, frame: Box) -> Sampler:
        """Prepare ``came`` (L or RGB), which shows all of ``frame``."""
        a, b, c, d, e, f = alignment.affine(came.size)
        image = _with_margin(came)
        if max(abs(b) * came.height, abs(d) * came.width) > _TURNED:
            turn = (b / e, d / a)
            x, y = c + _MARGIN, f + _MARGIN
            turned = (1, turn[0], -turn[0] * y, turn[1], 1, -turn[1] * x)
            image = image.transform(
                image.size, Image.Transform.AFFINE, turned, Image.Resampling.BICUBIC
            )
        zoom = (a * came.width / frame.width, e * came.height / frame.height)
        return cls(image, frame, zoom, (c + _MARGIN, f + _MARGIN))

    def part(self, box: Box) -> Image.Image:
        """Return the pixels of ``box``, which lies in the frame."""
        moved = box.moved(-self.frame.left, -self.frame.top)
        across, down = self.zoom
        left, right = _inside(
            moved.left * across + self.shift[0],
            moved.right * across + self.shift[0],
            self.image.width,
        )
        top, bottom = _inside(
            moved.top * down + self.shift[1],
            moved.bottom * down + self.shift[1],
            self.image.height,
        )
        return self.image.resize(
            box.size, Image.Resampling.LANCZOS, (left, top, right, bottom)
        )


def _inside(start: float, end: float, most: int) -> tuple[float, float]:
    """Keep at least a pixel between ``start`` and ``end``, both on the picture."""
    start = min(max(start, 0.0), most - 1.0)
    return start, min(max(end, start + 1), float(most))


def _with_margin(image: Image.Image) -> Image.Image:
    """Repeat the picture's edge pixels outwards."""
    pixels = np.asarray(image)
    margins = [(_MARGIN, _MARGIN)] * 2 + [(0, 0)] * (pixels.ndim - 2)
    return Image.fromarray(np.pad(pixels, margins, "edge"))


def reflected(image: Image.Image, frame: Box) -> Image.Image:
    """Pad a whole picture to ``frame`` (in its own pixels) by mirroring it."""
    if frame.corners == (0, 0, *image.size):
        return image
    pixels = np.asarray(image)
    margins = [
        (-frame.top, frame.bottom - image.height),
        (-frame.left, frame.right - image.width),
        *([(0, 0)] * (pixels.ndim - 2)),
    ]
    return Image.fromarray(np.pad(pixels, margins, "symmetric"))
