"""The cat's coat: its colours, and how light lies on fur."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import ImageChops

from paint.box import SCALE, Canvas, Colour, Point, Stops, both, mirror, soft

if TYPE_CHECKING:
    from PIL import Image

X = 600  # the line the cat is symmetric about
GINGER: Stops = [(0.0, (250, 178, 96)), (0.55, (232, 138, 62)), (1.0, (176, 84, 40))]
TONES: list[Colour] = [(255, 206, 132), (246, 170, 90), (214, 118, 52), (184, 92, 42)]
CREAM: list[Colour] = [(255, 246, 228), (255, 236, 206), (244, 214, 176)]
STRIPE: Colour = (150, 70, 34)
LINE: Colour = (70, 32, 28)


def edge(canvas: Canvas, mask: Image.Image) -> None:
    """Darken the rim from within, so that the shape is round."""
    inside = both(ImageChops.invert(soft(mask, 16)), mask)
    canvas.fill(inside, (120, 44, 30), 0.75)


def rim(canvas: Canvas, mask: Image.Image, shift: Point) -> None:
    """Let the evening light catch the right edge."""
    covered = canvas.mask()
    covered.paste(mask, (round(shift[0] * SCALE), round(shift[1] * SCALE)))
    rim = both(soft(ImageChops.subtract(mask, covered), 1.5), mask)
    canvas.fill(rim, (255, 226, 160), 0.75)


def whole(half: list[Point]) -> list[Point]:
    """Return the closed shape whose right half is given."""
    return [*half, *reversed(mirror(half[1:-1], X))]
