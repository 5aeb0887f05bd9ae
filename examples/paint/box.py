"""Brushes over Pillow: curves, gradients, glows, shadows and strokes of fur.

Coordinates are pixels of the finished picture, as floats; the canvas is `SCALE`
times larger and is shrunk at the end, which makes every edge smooth.
Everything is drawn from a seeded random source: the same bytes on every run.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SCALE = 2

Point = tuple[float, float]
Colour = tuple[int, int, int]
Stops = list[tuple[float, Colour]]  # position from 0 to 1, colour


def points(text: str) -> list[Point]:
    """Read ``"x,y x,y"``, the short way to write a shape down."""
    pairs = (pair.split(",") for pair in text.split())
    return [(float(x), float(y)) for x, y in pairs]


def curve(
    through: Sequence[Point], *, closed: bool = True, steps: int = 16
) -> list[Point]:
    """Return a smooth line ``through`` some points (a Catmull-Rom spline)."""
    n = len(through)
    line: list[Point] = []
    for i in range(n if closed else n - 1):
        if closed:
            near = [through[(i + k) % n] for k in (-1, 0, 1, 2)]
        else:
            near = [through[min(max(i + k, 0), n - 1)] for k in (-1, 0, 1, 2)]
        line += [_spline(near, step / steps) for step in range(steps)]
    return line if closed else [*line, through[-1]]


def _spline(near: Sequence[Point], t: float) -> Point:
    weights = (
        -0.5 * t + t * t - 0.5 * t**3,
        1 - 2.5 * t * t + 1.5 * t**3,
        0.5 * t + 2 * t * t - 1.5 * t**3,
        -0.5 * t * t + 0.5 * t**3,
    )
    return (
        sum(w * p[0] for w, p in zip(weights, near, strict=True)),
        sum(w * p[1] for w, p in zip(weights, near, strict=True)),
    )


def mirror(shape: Sequence[Point], axis: float) -> list[Point]:
    """Return ``shape`` reflected at the vertical line x = ``axis``."""
    return [(2 * axis - x, y) for x, y in shape]


def blend(one: Colour, two: Colour, part: float) -> Colour:
    """Return the colour ``part`` of the way from ``one`` to ``two``."""
    mixed = [round(a + (b - a) * part) for a, b in zip(one, two, strict=True)]
    return (mixed[0], mixed[1], mixed[2])


def at(stops: Stops, position: float) -> Colour:
    """Return the colour of a gradient at ``position``."""
    for (a, one), (b, two) in pairwise(stops):
        if position <= b:
            return blend(one, two, max(0.0, (position - a) / (b - a)))
    return stops[-1][1]


@dataclass
class Canvas:
    """A picture being painted, back to front."""

    width: int
    height: int
    seed: int
    clear: bool = False  # starts transparent, and stays an RGBA picture
    picture: Image.Image = field(init=False)
    random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        size = (self.width * SCALE, self.height * SCALE)
        self.picture = Image.new("RGBA", size, (0, 0, 0, 0 if self.clear else 255))
        self.random = random.Random(self.seed)  # noqa: S311 - must repeat

    # --- masks ---

    def mask(self) -> Image.Image:
        """Return an empty mask."""
        return Image.new("L", self.picture.size, 0)

    def polygon(self, corners: Sequence[Point]) -> Image.Image:
        """Return the inside of ``corners`` as a mask."""
        mask = self.mask()
        ImageDraw.Draw(mask).polygon(up(corners), fill=255)
        return mask

    def ellipse(self, x: float, y: float, rx: float, ry: float) -> Image.Image:
        """Return an ellipse around (x, y) as a mask."""
        mask = self.mask()
        box = up([(x - rx, y - ry), (x + rx, y + ry)])
        ImageDraw.Draw(mask).ellipse(box, fill=255)
        return mask

    def line(self, path: Sequence[Point], width: float) -> Image.Image:
        """Return a line with round joints as a mask."""
        mask = self.mask()
        ImageDraw.Draw(mask).line(
            up(path), fill=255, width=max(1, round(width * SCALE)), joint="curve"
        )
        return mask

    # --- paint ---

    def fill(self, mask: Image.Image, colour: Colour, opacity: float = 1) -> None:
        """Lay one colour through ``mask``."""
        self._lay(Image.new("RGB", mask.size, colour), mask, opacity)

    def shade(
        self,
        mask: Image.Image,
        stops: Stops,
        start: Point,
        end: Point,
        opacity: float = 1,
    ) -> None:
        """Lay a straight gradient from ``start`` to ``end`` through ``mask``."""
        box = mask.getbbox()
        if box is None:
            return
        size = (box[2] - box[0], box[3] - box[1])
        (x0, y0), (x1, y1) = up([start, end])
        dx, dy = x1 - x0, y1 - y0
        length = dx * dx + dy * dy
        small = Image.new("RGB", (max(2, size[0] // 8), max(2, size[1] // 8)))
        pixels = [
            at(
                stops,
                (
                    (box[0] + (i + 0.5) * size[0] / small.width - x0) * dx
                    + (box[1] + (j + 0.5) * size[1] / small.height - y0) * dy
                )
                / length,
            )
            for j in range(small.height)
            for i in range(small.width)
        ]
        small.putdata(pixels)
        full = Image.new("RGB", mask.size)
        full.paste(small.resize(size, Image.Resampling.BICUBIC), box[:2])
        self._lay(full, mask, opacity)

    def glow(self, x: float, y: float, radius: float, colour: Colour, o: float) -> None:
        """Add light around a point, fading with the distance."""
        r = round(radius * SCALE)
        spot = Image.radial_gradient("L").resize((2 * r, 2 * r))
        spot = ImageChops.invert(spot).point(lambda v: round(255 * (v / 255) ** 2 * o))
        spot = spot.point(lambda v: max(0, v - 22 * o))
        light = Image.composite(
            Image.new("RGB", spot.size, colour), Image.new("RGB", spot.size), spot
        )
        place = (round(x * SCALE) - r, round(y * SCALE) - r)
        layer = Image.new("RGB", self.picture.size)
        layer.paste(light, place)
        alpha = self.picture.getchannel("A")
        lit = ImageChops.screen(self.picture.convert("RGB"), layer)
        self.picture = lit.convert("RGBA")
        self.picture.putalpha(alpha)

    def shadow(
        self,
        mask: Image.Image,
        shift: Point,
        softness: float,
        opacity: float,
        *,
        colour: Colour = (20, 12, 30),
        within: Image.Image | None = None,
    ) -> None:
        """Lay the soft shadow of ``mask``, moved by ``shift``."""
        moved = soft(_moved(mask, shift), softness)
        if within is not None:
            moved = ImageChops.multiply(moved, within)
        self.fill(moved, colour, opacity)

    def fur(
        self,
        mask: Image.Image,
        towards: Callable[[float, float], float],
        tones: Sequence[Colour],
        *,
        count: int,
        length: float = 14,
        opacity: float = 0.5,
    ) -> None:
        """Cover ``mask`` with short strokes that lie along the angle ``towards``."""
        box = mask.getbbox()
        if box is None:
            return
        layer = Image.new("RGBA", mask.size, (0, 0, 0, 0))
        draw = ImageDraw.Draw(layer)
        for _ in range(count):
            x = self.random.uniform(box[0], box[2]) / SCALE
            y = self.random.uniform(box[1], box[3]) / SCALE
            angle = towards(x, y) + self.random.gauss(0, 0.18)
            reach = length * self.random.uniform(0.5, 1.2)
            bend = angle + self.random.uniform(-0.35, 0.35)
            mid = (x + math.cos(angle) * reach / 2, y + math.sin(angle) * reach / 2)
            tip = (
                mid[0] + math.cos(bend) * reach / 2,
                mid[1] + math.sin(bend) * reach / 2,
            )
            tone = self.random.choice(tones)
            alpha = round(255 * opacity * self.random.uniform(0.4, 1))
            draw.line(
                up([(x, y), mid, tip]),
                fill=(*tone, alpha),
                width=self.random.choice((1, 2, 2)),
            )
        layer.putalpha(ImageChops.multiply(layer.getchannel("A"), mask))
        self.picture.alpha_composite(layer)

    def text(self, x: float, y: float, words: str, size: float, colour: Colour) -> None:
        """Write ``words`` around (x, y)."""
        font = ImageFont.load_default(size * SCALE)
        mask = self.mask()
        place = (x * SCALE, y * SCALE)
        ImageDraw.Draw(mask).text(place, words, fill=255, font=font, anchor="mm")
        self.fill(mask, colour)

    def finished(self) -> Image.Image:
        """Return the picture at its own size."""
        picture = self.picture if self.clear else self.picture.convert("RGB")
        return picture.reduce(SCALE)

    def _lay(self, paint: Image.Image, mask: Image.Image, opacity: float) -> None:
        if opacity < 1:
            mask = mask.point(lambda v: round(v * opacity))
        paint = paint.convert("RGBA")
        paint.putalpha(mask)
        self.picture.alpha_composite(paint)


def soft(mask: Image.Image, radius: float) -> Image.Image:
    """``mask`` with its edge spread over ``radius``."""
    return mask.filter(ImageFilter.GaussianBlur(radius * SCALE))


def both(one: Image.Image, two: Image.Image) -> Image.Image:
    """Return where both masks are."""
    return ImageChops.multiply(one, two)


def either(*masks: Image.Image) -> Image.Image:
    """Return where any of the masks is."""
    union = masks[0]
    for mask in masks[1:]:
        union = ImageChops.lighter(union, mask)
    return union


def _moved(mask: Image.Image, shift: Point) -> Image.Image:
    moved = Image.new("L", mask.size, 0)
    moved.paste(mask, (round(shift[0] * SCALE), round(shift[1] * SCALE)))
    return moved


def up(shape: Sequence[Point]) -> list[Point]:
    """Return ``shape`` in the large canvas's own pixels."""
    return [(x * SCALE, y * SCALE) for x, y in shape]


def rect(x: float, y: float, width: float, height: float) -> list[float]:
    """Return a rectangle as `ImageDraw` takes it, in the large canvas's pixels."""
    return [x * SCALE, y * SCALE, (x + width) * SCALE, (y + height) * SCALE]


def oval(x: float, y: float, rx: float, ry: float) -> list[float]:
    """Return the box of an ellipse around (x, y), in the large canvas's pixels."""
    return rect(x - rx, y - ry, 2 * rx, 2 * ry)
