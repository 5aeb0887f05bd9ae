"""The houses of the street: brick, windows, flowers, shops and their signs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import ImageDraw

from paint.box import Canvas, Colour, blend, oval, rect, up

if TYPE_CHECKING:
    from collections.abc import Sequence

WARM: Sequence[Colour] = (
    (255, 214, 130),
    (255, 190, 96),
    (255, 232, 176),
    (250, 170, 90),
)
BRICKS: Sequence[Colour] = ((122, 62, 66), (84, 70, 96), (140, 84, 70), (70, 78, 104))
SHOPS = (
    ("CAFE LUMI", (255, 120, 110)),
    ("BOOKS", (120, 220, 255)),
    ("NOODLES", (255, 206, 90)),
    ("RECORDS", (190, 150, 255)),
)


def row(
    canvas: Canvas,
    *,
    top: float,
    lowest: float,
    colour: Colour,
    widths: tuple[int, int],
    lit: float,
) -> None:
    """Paint one row of houses with a random roof line and windows."""
    chance = canvas.random
    draw = ImageDraw.Draw(canvas.picture)
    x = -20.0
    while x < 1220:
        width = chance.uniform(*widths)
        height = chance.uniform(top, lowest)
        tone = blend(colour, (255, 170, 130), chance.uniform(0, 0.12))
        draw.rectangle(rect(x, height, width - 2, 700), fill=(*tone, 255))
        _roof(canvas, x, height, width, tone)
        step, w, h = (11, 5, 7) if width < 95 else (15, 7, 10)
        rows = int((640 - height) // (step + 3))
        for i in range(int((width - 12) // step)):
            for j in range(rows):
                on = chance.random() < lit
                pane = chance.choice(WARM) if on else blend(tone, (20, 20, 50), 0.28)
                draw.rectangle(
                    rect(x + 7 + i * step, height + 10 + j * (step + 3), w, h),
                    fill=pane,
                )
        x += width


def _roof(canvas: Canvas, x: float, y: float, width: float, tone: Colour) -> None:
    draw = ImageDraw.Draw(canvas.picture)
    kind = canvas.random.choice(("tank", "mast", "step", "step", "none"))
    if kind == "tank":
        cx = x + width * 0.6
        draw.rectangle(
            rect(cx - 11, y - 26, 22, 18), fill=blend(tone, (60, 30, 40), 0.3)
        )
        draw.polygon(
            up([(cx - 13, y - 26), (cx, y - 38), (cx + 13, y - 26)]), fill=tone
        )
        for leg in (-9, 9):
            draw.line(up([(cx + leg, y - 8), (cx + leg, y)]), fill=tone, width=3)
    elif kind == "mast":
        cx = x + width * 0.4
        draw.line(up([(cx, y), (cx, y - 46)]), fill=tone, width=3)
        draw.ellipse(oval(cx, y - 46, 2, 2), fill=(255, 90, 80))
    elif kind == "step":
        draw.rectangle(rect(x + width * 0.2, y - 14, width * 0.5, 15), fill=tone)


def front(canvas: Canvas) -> None:
    """Paint four brick houses with shops, left and right of the gap."""
    for (x, width, top), brick, shop in zip(
        ((-10, 205, 250), (195, 190, 318), (842, 178, 296), (1020, 190, 226)),
        BRICKS,
        SHOPS,
        strict=True,
    ):
        _house(canvas, x, width, top, brick)
        _shop(canvas, x, width, *shop)


def _house(canvas: Canvas, x: float, width: float, top: float, brick: Colour) -> None:
    chance = canvas.random
    draw = ImageDraw.Draw(canvas.picture)
    draw.rectangle(
        rect(x, top, width, 700 - top), fill=blend(brick, (30, 20, 40), 0.45)
    )
    y, odd = top, False
    while y < 540:
        bx = x - (7 if odd else 0)
        while bx < x + width:
            left, right = max(bx, x), min(bx + 13, x + width)
            tone = blend(brick, (20, 14, 34), chance.uniform(0.05, 0.38))
            if right - left > 2:
                draw.rectangle(rect(left, y, right - left - 1, 4.5), fill=tone)
            bx += 14
        y, odd = y + 6, not odd
    draw.rectangle(
        rect(x - 5, top - 10, width + 10, 11), fill=blend(brick, (255, 220, 190), 0.25)
    )
    for i in range(int(width // 12)):
        draw.rectangle(
            rect(x + 3 + i * 12, top + 1, 5, 5),
            fill=blend(brick, (255, 220, 190), 0.12),
        )
    columns = 3
    gap = width / columns
    for i in range(columns):
        for j in range(int((520 - top) // 78)):
            _window(canvas, draw, x + gap * (i + 0.5), top + 26 + j * 78)


def _window(canvas: Canvas, draw: ImageDraw.ImageDraw, x: float, y: float) -> None:
    chance = canvas.random
    on = chance.random() < 0.62
    glass = chance.choice(WARM) if on else (58, 62, 98)
    draw.rectangle(rect(x - 18, y - 3, 36, 52), fill=(232, 214, 200))
    draw.rectangle(rect(x - 15, y, 30, 44), fill=glass)
    if on:
        curtain = blend(glass, (190, 80, 60), 0.35)
        draw.polygon(
            up([(x - 15, y), (x - 4, y), (x - 12, y + 44), (x - 15, y + 44)]),
            fill=curtain,
        )
        draw.polygon(
            up([(x + 15, y), (x + 4, y), (x + 12, y + 44), (x + 15, y + 44)]),
            fill=curtain,
        )
    else:
        draw.polygon(
            up([(x - 15, y + 26), (x + 15, y + 4), (x + 15, y + 14), (x - 15, y + 38)]),
            fill=(92, 92, 130),
        )
    draw.line(up([(x, y), (x, y + 44)]), fill=(232, 214, 200), width=3)
    draw.line(up([(x - 15, y + 20), (x + 15, y + 20)]), fill=(232, 214, 200), width=3)
    draw.rectangle(rect(x - 21, y + 47, 42, 5), fill=(200, 176, 164))
    if chance.random() < 0.5:
        _flowers(canvas, draw, x, y + 44)


FLOWERS: Sequence[Colour] = (
    (90, 150, 80),
    (60, 120, 70),
    (240, 110, 120),
    (250, 200, 90),
)


def _flowers(canvas: Canvas, draw: ImageDraw.ImageDraw, x: float, y: float) -> None:
    chance = canvas.random
    for _ in range(26):
        left, top = x + chance.uniform(-17, 17), y + chance.gauss(0, 3)
        size = chance.uniform(1.2, 2.6)
        draw.ellipse(oval(left, top, size, size), fill=chance.choice(FLOWERS))


def _shop(canvas: Canvas, x: float, width: float, words: str, light: Colour) -> None:
    draw = ImageDraw.Draw(canvas.picture)
    draw.rectangle(rect(x, 536, width, 164), fill=(34, 24, 40))
    draw.rectangle(rect(x + 12, 590, width - 24, 90), fill=(255, 206, 132))
    chance = canvas.random
    for i in range(int((width - 30) // 9)):
        h = chance.uniform(14, 44)
        tone = blend(chance.choice(BRICKS), chance.choice(WARM), chance.uniform(0, 0.6))
        draw.rectangle(rect(x + 16 + i * 9, 668 - h, 7, h), fill=tone)
    for i in range(1, 4):
        draw.rectangle(
            rect(x + 12 + (width - 24) * i / 4, 590, 2, 90), fill=(34, 24, 40)
        )
    stripes = int(width // 15)
    for i in range(stripes):
        sx, sw = x + i * width / stripes, width / stripes
        tone = blend(light, (90, 30, 50), 0.35) if i % 2 else (250, 238, 226)
        draw.polygon(
            up([(sx, 570), (sx + sw, 570), (sx + sw, 594), (sx, 594)]), fill=tone
        )
        draw.pieslice(oval(sx + sw / 2, 594, sw / 2, 6), 0, 180, fill=tone)
    canvas.glow(x + width / 2, 552, 120, light, 0.55)
    canvas.text(x + width / 2, 552, words, 23, blend(light, (255, 255, 255), 0.55))
