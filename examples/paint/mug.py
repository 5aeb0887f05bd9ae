"""A blue ceramic mug of cocoa, cut out on nothing: the second picture of an edit."""

from __future__ import annotations

import math

from PIL import Image, ImageChops, ImageDraw

from paint.box import SCALE, Canvas, Point, both, curve, either, points, soft

X = 290
BLUE = [
    (0.0, (22, 66, 104)),
    (0.22, (58, 138, 178)),
    (0.4, (128, 204, 226)),
    (0.6, (52, 130, 170)),
    (1.0, (14, 46, 82)),
]
SIDE: list[Point] = points(
    "130,170 450,170 446,300 436,420 420,476 380,500 290,508 "
    "200,500 160,476 144,420 134,300"
)


def paint(canvas: Canvas) -> None:
    """Paint the mug, back to front, on a clear canvas of 640 x 640."""
    canvas.fill(soft(canvas.ellipse(X + 14, 508, 170, 20), 10), (24, 14, 24), 0.5)
    _handle(canvas)
    side = canvas.polygon(curve([*SIDE[1:], SIDE[0]], closed=False))
    side = either(side, canvas.ellipse(X, 170, 160, 44))
    canvas.shade(side, BLUE, (130, 0), (450, 0))
    _glaze(canvas, side)
    _cocoa(canvas)
    _steam(canvas)


def _handle(canvas: Canvas) -> None:
    outer = canvas.polygon(
        curve(points("430,214 520,208 574,264 560,360 490,424 420,432 430,330"))
    )
    inner = canvas.polygon(
        curve(points("446,254 500,250 530,282 520,344 476,386 430,394 440,320"))
    )
    ring = ImageChops.subtract(outer, inner)
    canvas.shade(ring, BLUE, (400, 200), (580, 440))
    shine = curve(points("452,222 518,222 556,268 548,346"), closed=False)
    canvas.fill(both(soft(canvas.line(shine, 7), 3), ring), (226, 246, 250), 0.7)


def _glaze(canvas: Canvas, side: Image.Image) -> None:
    """Lay the bare clay foot, the speckles, a painted fish and the light."""
    foot = both(
        side, soft(canvas.polygon(points("100,462 480,462 480,540 100,540")), 2)
    )
    canvas.shade(
        foot,
        [(0, (120, 84, 62)), (0.4, (226, 190, 152)), (1, (92, 60, 50))],
        (130, 0),
        (450, 0),
    )
    _speckles(canvas, side)
    _fish(canvas)
    bright = canvas.polygon(
        curve(points("212,224 234,222 240,330 236,440 216,440 210,330"))
    )
    canvas.fill(both(soft(bright, 9), side), (240, 252, 255), 0.55)
    under = canvas.ellipse(X, 186, 160, 44)
    canvas.fill(both(soft(under, 6), side), (10, 40, 70), 0.4)


def _speckles(canvas: Canvas, side: Image.Image) -> None:
    mask = canvas.mask()
    draw = ImageDraw.Draw(mask)
    for _ in range(420):
        x, y = canvas.random.uniform(130, 450), canvas.random.uniform(190, 505)
        r = canvas.random.choice((0.7, 1, 1.4)) * SCALE
        x, y = x * SCALE, y * SCALE
        draw.ellipse((x - r, y - r, x + r, y + r), fill=255)
    canvas.fill(both(mask, side), (16, 40, 66), 0.45)


def _fish(canvas: Canvas) -> None:
    cream = (250, 240, 220)
    body = canvas.polygon(
        curve(points("250,350 290,320 340,326 372,352 340,378 290,382"))
    )
    tail = canvas.polygon(points("262,350 222,322 232,351 222,380"))
    canvas.fill(soft(either(body, tail), 0.8), cream, 0.94)
    canvas.fill(canvas.ellipse(346, 345, 4, 4), (24, 70, 104))
    for x in (278, 296, 314):
        scale = curve([(x, 330), (x + 9, 351), (x, 373)], closed=False)
        canvas.fill(both(canvas.line(scale, 2.4), body), (40, 112, 150), 0.8)


def _cocoa(canvas: Canvas) -> None:
    canvas.shade(
        canvas.ellipse(X, 170, 160, 44),
        [(0, (180, 226, 238)), (1, (44, 112, 150))],
        (130, 130),
        (430, 210),
    )
    canvas.shade(
        canvas.ellipse(X, 173, 147, 37),
        [(0, (10, 40, 66)), (1, (40, 104, 140))],
        (0, 136),
        (0, 210),
    )
    drink = both(canvas.ellipse(X, 184, 140, 33), canvas.ellipse(X, 173, 147, 37))
    canvas.shade(drink, [(0, (92, 50, 36)), (1, (156, 96, 64))], (150, 150), (430, 220))
    for i in range(3):
        swirl = [
            (
                X - 6 + (18 + t * 1.5) * math.cos(t / 9 + i * 2.1),
                184 + (5 + t * 0.34) * math.sin(t / 9 + i * 2.1),
            )
            for t in range(56)
        ]
        canvas.fill(
            both(soft(canvas.line(swirl, 6), 1.5), drink), (236, 206, 170), 0.75
        )
    canvas.fill(
        both(soft(canvas.ellipse(X - 50, 166, 60, 6), 4), drink), (255, 240, 220), 0.4
    )


def _steam(canvas: Canvas) -> None:
    for x, sway in ((236, 1), (296, -1), (352, 1)):
        path = [(x + sway * 16 * math.sin(t / 8), 158 - t * 3.1) for t in range(44)]
        wisp = canvas.mask()
        for i, (px, py) in enumerate(path):
            puff = canvas.ellipse(px, py, 4 + i / 6, 5 + i / 6).point(
                lambda v, i=i: round(v * (1 - i / 44) * min(1, i / 6))
            )
            wisp = either(wisp, puff)
        canvas.fill(soft(wisp, 5), (255, 255, 255), 0.6)
