"""A street at dusk: everything in it is fine detail that a blur takes away."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from paint import houses
from paint.box import (
    Canvas,
    Colour,
    Point,
    Stops,
    at,
    blend,
    curve,
    oval,
    rect,
    soft,
    up,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

SKY: Stops = [
    (0.0, (24, 30, 74)),
    (0.35, (86, 66, 128)),
    (0.6, (208, 110, 122)),
    (0.8, (250, 170, 112)),
    (1.0, (255, 214, 150)),
]
LEDGE = 668  # where the street ends and the wooden ledge begins


def paint(canvas: Canvas) -> None:
    """Paint the whole street, far to near, and the ledge before it."""
    _sky(canvas)
    houses.row(
        canvas, top=250, lowest=430, colour=(120, 84, 134), widths=(58, 92), lit=0.25
    )
    houses.row(
        canvas, top=170, lowest=400, colour=(84, 60, 112), widths=(80, 130), lit=0.45
    )
    houses.front(canvas)
    _trees(canvas)
    _lights(canvas)
    _ledge(canvas)


def _sky(canvas: Canvas) -> None:
    whole = canvas.polygon([(0, 0), (1200, 0), (1200, 800), (0, 800)])
    canvas.shade(whole, SKY, (0, 0), (0, 560))
    canvas.glow(800, 470, 420, (255, 190, 110), 0.8)
    stars = canvas.random
    mask = canvas.mask()
    draw = ImageDraw.Draw(mask)
    for _ in range(170):
        x, y = stars.uniform(0, 1200), stars.uniform(0, 230) ** 1.0
        r = stars.choice((0.5, 0.7, 1.1))
        draw.ellipse(oval(x, y, r, r), fill=round(255 * (1 - y / 260)))
    canvas.fill(mask, (255, 250, 235))
    for y, x, w in (
        (150, 180, 260),
        (205, 930, 330),
        (265, 380, 380),
        (300, 1010, 240),
    ):
        cloud = canvas.mask()
        draw = ImageDraw.Draw(cloud)
        for _ in range(26):
            cx = x + stars.gauss(0, w / 4)
            rx = stars.uniform(20, 70)
            ry = stars.uniform(3, 9)
            cy = y + stars.gauss(0, 6)
            draw.ellipse(oval(cx, cy, rx, ry), fill=130)
        canvas.fill(soft(cloud, 3), at(SKY, y / 560 + 0.3), 0.8)


LEAVES: Sequence[Colour] = (
    (30, 62, 58),
    (42, 84, 64),
    (58, 106, 66),
    (86, 134, 70),
    (128, 158, 74),
    (214, 178, 92),
)


def _trees(canvas: Canvas) -> None:
    for x, crown, radius in ((198, 436, 92), (1016, 424, 98)):
        trunk = curve(
            [
                (x - 8, 700),
                (x - 5, 560),
                (x - 9, 470),
                (x + 3, 470),
                (x + 6, 560),
                (x + 11, 700),
            ]
        )
        canvas.shade(
            canvas.polygon(trunk),
            [(0, (40, 26, 34)), (1, (104, 68, 58))],
            (x - 10, 0),
            (x + 10, 0),
        )
        _crown(canvas, x, crown, radius)


def _crown(canvas: Canvas, x: float, y: float, radius: float) -> None:
    """Scatter leaves, the dark ones first and the lit ones last."""
    chance = canvas.random
    draw = ImageDraw.Draw(canvas.picture)
    for layer, tone in enumerate(LEAVES):
        lit = layer / len(LEAVES)  # the lit leaves gather up and to the middle
        for _ in range(560 - 88 * layer):
            turn = chance.uniform(0, math.tau)
            lump = 1 + 0.16 * math.sin(5 * turn + x)
            far = radius * lump * chance.random() ** 0.6 * (1 - 0.4 * lit)
            lean = 26 * lit * (1 if x < 600 else -1)
            centre = (
                x + math.cos(turn) * far + lean,
                y + math.sin(turn) * far * 1.12 - 46 * lit,
            )
            bright = blend(tone, (255, 220, 150), chance.uniform(0, 0.18))
            draw.polygon(up(_leaf(canvas, centre)), fill=bright)


def _leaf(canvas: Canvas, centre: Point) -> list[Point]:
    size, turn = canvas.random.uniform(4, 8), canvas.random.uniform(0, math.tau)
    (x, y), c, s = centre, math.cos(turn) * size, math.sin(turn) * size
    return [
        (x - c, y - s),
        (x - s * 0.45, y + c * 0.45),
        (x + c, y + s),
        (x + s * 0.45, y - c * 0.45),
    ]


def _lights(canvas: Canvas) -> None:
    """Hang two strings of bulbs across the street."""
    for y0, y1, sag, tint in ((168, 150, 92, 0.0), (288, 262, 66, 0.25)):
        draw = ImageDraw.Draw(canvas.picture)
        rope = [
            (x, y0 + (y1 - y0) * x / 1200 + sag * (1 - (x / 600 - 1) ** 2))
            for x in range(0, 1201, 8)
        ]
        draw.line(up(rope), fill=(30, 22, 40), width=3)
        for i, (x, y) in enumerate(rope[3::6]):
            tone = blend(houses.WARM[i % 4], (255, 120, 120), tint if i % 2 else 0)
            canvas.glow(x, y + 9, 26, tone, 0.8)
            draw = ImageDraw.Draw(canvas.picture)
            draw.rectangle(rect(x - 1.5, y, 3, 5), fill=(30, 22, 40))
            draw.ellipse(oval(x, y + 9, 3.6, 4.8), fill=(255, 246, 214))


def _ledge(canvas: Canvas) -> None:
    """Paint the wooden ledge the subject sits on, grain and all."""
    chance = canvas.random
    plank = canvas.polygon([(0, LEDGE), (1200, LEDGE), (1200, 800), (0, 800)])
    canvas.shade(
        plank,
        [(0, (196, 128, 84)), (0.1, (164, 98, 64)), (1, (84, 46, 40))],
        (0, LEDGE),
        (0, 800),
    )
    grain = Image.new("RGBA", canvas.picture.size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(grain)
    for _ in range(420):
        y = chance.uniform(LEDGE + 6, 800)
        x = chance.uniform(-200, 1200)
        long = chance.uniform(60, 420)
        wave = chance.uniform(0, math.tau)
        path = [
            (x + t * long / 12, y + 1.6 * math.sin(wave + t * 0.5)) for t in range(13)
        ]
        dark = chance.random() < 0.65
        draw.line(
            up(path),
            fill=(60, 28, 22, 60) if dark else (240, 180, 120, 44),
            width=chance.choice((1, 2, 3)),
        )
    canvas.picture.alpha_composite(grain)
    for y in (712, 760):
        canvas.fill(canvas.line([(0, y), (1200, y + 1)], 2), (58, 28, 28), 0.8)
        canvas.fill(canvas.line([(0, y + 2.2), (1200, y + 3)], 1), (226, 160, 110), 0.5)
    canvas.fill(canvas.line([(0, LEDGE), (1200, LEDGE)], 3), (255, 210, 150), 0.9)
