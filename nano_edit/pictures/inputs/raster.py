"""Owns a decoded picture, and the upright pieces of any size that are cut from it.

Strategy: the pixels lie in memory once, as the file stores them: on their side, in
any mode, larger than wanted.  A piece of the upright, finished picture is made from
the part of them that it shows: cut out, brought into a plain mode, scaled, turned.
So a large picture can be worked on in strips and no second copy is made of it.

Rules:
- Strips joined are the whole: scaling sees the pixels beyond a strip's edge.
- Scaling is Lanczos, alpha weighed in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nano_edit.pictures.inputs.modes import ModeChange

    Box = tuple[int, int, int, int]

TURNS = {  # what makes a picture of each orientation upright (Exif 2.32, 4.6.4)
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_N = TypeVar("_N", int, float)
_FROM_THE_END = (3, 4, 7, 8)  # the upright top is the last stored row or column
_REACH = 3  # px of Lanczos to each side, of the smaller picture
_STRIP = 2**20  # px that a strip is made from, about


@dataclass(frozen=True, slots=True)
class JpegCoding:
    """How a JPEG was compressed, to compress its pixels the same way again."""

    tables: tuple[tuple[int, ...], ...]  # of luminance, then of chrominance
    subsampling: int  # Pillow's: 0 is 4:4:4, 1 is 4:2:2, 2 is 4:2:0


class Raster:
    """Decoded pixels; sizes are (width, height) in px, upright."""

    def __init__(
        self,
        image: Image.Image,
        change: ModeChange,
        *,
        orientation: int = 1,
        stored_size: tuple[int, int] | None = None,
        coding: JpegCoding | None = None,
        animated: bool = False,
        go_on: Callable[[], None] = lambda: None,
    ) -> None:
        self._image = image
        self._change = change
        self._orientation = orientation
        self._go_on = go_on  # called before each strip
        self.orientation = orientation  # EXIF's, as the file stores it
        self.size = self._turned(image.size)
        self.full_size = self._turned(stored_size or image.size)  # of the file
        self.mode = change.mode  # L, RGB or RGBA
        self.profile = change.profile  # ICC, of that mode
        self.coding = coding  # of a JPEG whose mode was kept
        self.stored_size = image.size  # (width, height) as the file stores it
        self.animated = animated  # there are more frames or pages than this one

    @property
    def has_blocks(self) -> bool:
        """Whether it is a JPEG, held in the mode of its components: L or RGB."""
        return self.coding is not None and self.mode in ("L", "RGB")

    def close(self) -> None:
        """Give the pixels' memory back."""
        self._image.close()

    def image(self, size: tuple[int, int]) -> Image.Image:
        """Return the whole picture; it lives no longer than this object."""
        if size == self._image.size and self._orientation not in TURNS:
            return self._change.apply(self._image)
        whole = Image.new(self.mode, size)
        for top, strip in self._strips(size, self._rows(size)):
            whole.paste(strip, (0, top))
        return whole

    def stored_box(self, box: tuple[_N, _N, _N, _N]) -> tuple[_N, _N, _N, _N]:
        """Return where the upright ``box`` (of ``self.size``) lies in the file."""
        width, height = self._image.size
        left, top, right, bottom = box
        if self._orientation >= 5:
            left, top, right, bottom = top, left, bottom, right
        if self._orientation in (2, 3, 7, 8):
            left, right = width - right, width - left
        if self._orientation in (3, 4, 6, 7):
            top, bottom = height - bottom, height - top
        return left, top, right, bottom

    def piece(self, box: Box) -> Image.Image:
        """Return what the upright ``box`` shows, in full size."""
        part = self._change.apply(self._image.crop(self.stored_box(box)))
        turn = TURNS.get(self._orientation)
        return part if turn is None else part.transpose(turn)

    def scaled(
        self, box: tuple[float, float, float, float], size: tuple[int, int]
    ) -> Image.Image:
        """Return what the upright ``box``, with fractions of pixels, shows as ``size``.

        Reduced in two steps, the first of whole pixels: close to Lanczos, and fast.
        """
        edges, wanted = self.stored_box(box), self._turned(size)
        image, inner = self._image, edges
        if image.mode != self.mode or self.mode == "RGBA":  # a part is copied, then
            left, top = math.floor(edges[0]), math.floor(edges[1])
            right = min(image.width, math.ceil(edges[2]))
            bottom = min(image.height, math.ceil(edges[3]))
            inner = (edges[0] - left, edges[1] - top, edges[2] - left, edges[3] - top)
            image = self._change.apply(image.crop((left, top, right, bottom)))
        part = image.resize(wanted, Image.Resampling.LANCZOS, inner, reducing_gap=3)
        turn = TURNS.get(self._orientation)
        return part if turn is None else part.transpose(turn)

    def strips(self, size: tuple[int, int], multiple: int) -> Iterator[Image.Image]:
        """Give the picture from top to bottom in strips of the same height.

        The height is a multiple of ``multiple``; the last strip may be lower.
        """
        rows = max(1, self._rows(size) // multiple) * multiple
        return (strip for _, strip in self._strips(size, rows))

    def _rows(self, size: tuple[int, int]) -> int:
        """Return how many rows of a picture of ``size`` are worked on at a time."""
        pixels = self._image.width * self._image.height
        return max(1, size[1] * _STRIP // max(pixels, size[0] * size[1]))

    def _strips(
        self, size: tuple[int, int], rows: int
    ) -> Iterator[tuple[int, Image.Image]]:
        for top in range(0, size[1], rows):
            self._go_on()
            yield top, self._strip(size, top, min(top + rows, size[1]))

    def _strip(self, size: tuple[int, int], top: int, bottom: int) -> Image.Image:
        """Rows ``top`` to ``bottom`` of the picture of ``size``."""
        stored = self._turned(size)
        if self._orientation in _FROM_THE_END:
            top, bottom = size[1] - bottom, size[1] - top
        if self._orientation >= 5:
            part = self._part((top, 0, bottom, stored[1]), stored)
        else:
            part = self._part((0, top, stored[0], bottom), stored)
        turn = TURNS.get(self._orientation)
        return part if turn is None else part.transpose(turn)

    def _part(self, box: Box, size: tuple[int, int]) -> Image.Image:
        """Return what ``box`` shows of the stored picture, were that of ``size``."""
        if size == self._image.size:
            return self._change.apply(self._image.crop(box))
        scales = [
            have / want for have, want in zip(self._image.size, size, strict=True)
        ]
        exact = [edge * scale for edge, scale in zip(box, scales * 2, strict=True)]
        reach = [math.ceil(_REACH * max(scale, 1)) + 1 for scale in scales]
        left, upper = (
            max(0, math.floor(edge) - far)
            for edge, far in zip(exact[:2], reach, strict=True)
        )
        right, lower = (
            min(most, math.ceil(edge) + far)
            for edge, far, most in zip(exact[2:], reach, self._image.size, strict=True)
        )
        piece = self._change.apply(self._image.crop((left, upper, right, lower)))
        within = (
            exact[0] - left,
            exact[1] - upper,
            min(exact[2], right) - left,
            min(exact[3], lower) - upper,
        )
        pixels = (box[2] - box[0], box[3] - box[1])
        return piece.resize(pixels, Image.Resampling.LANCZOS, within)

    def _turned(self, size: tuple[int, int]) -> tuple[int, int]:
        return size[::-1] if self._orientation >= 5 else size


def size_within(size: tuple[int, int], max_side: int | None) -> tuple[int, int]:
    """Fit ``size`` (width, height in px) under ``max_side``; never enlarge it."""
    longer = max(size)
    if max_side is None or longer <= max_side:
        return size
    width, height = (max(1, round(side * max_side / longer)) for side in size)
    return width, height
