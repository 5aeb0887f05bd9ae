"""A ginger cat with a red scarf, sitting upright in the middle of the picture."""

from __future__ import annotations

import math

from PIL import Image

from paint import cat_face
from paint.box import (
    SCALE,
    Canvas,
    Point,
    both,
    curve,
    either,
    mirror,
    points,
    soft,
)
from paint.coat import CREAM, GINGER, LINE, STRIPE, TONES, X, edge, rim, whole

HALF_BODY: list[Point] = points(
    "600,352 655,366 692,420 712,500 730,590 742,668 730,726 680,742 600,744"
)


def paint(canvas: Canvas) -> None:
    """Paint the cat on the ledge, back to front."""
    _shadow(canvas)
    _tail(canvas)
    body = _body(canvas)
    _legs(canvas, body)
    _scarf(canvas, body)
    cat_face.paint(canvas)


def _shadow(canvas: Canvas) -> None:
    canvas.fill(soft(canvas.ellipse(X - 10, 742, 185, 22), 12), (40, 16, 18), 0.7)
    canvas.fill(soft(canvas.ellipse(X, 744, 140, 8), 4), (30, 10, 14), 0.7)


def _tail(canvas: Canvas) -> None:
    path = curve(
        points("716,690 770,708 812,690 818,640 796,604 806,574"),
        closed=False,
    )
    tail = either(
        *(
            canvas.ellipse(x, y, 21 - 5 * i / len(path), 21 - 5 * i / len(path))
            for i, (x, y) in enumerate(path[::3] * 1)
        )
    )
    canvas.shadow(tail, (-4, 14), 9, 0.35)
    canvas.shade(tail, GINGER, (800, 560), (740, 740))
    for i in range(14, len(path) - 8, 15):
        (x, y), (nx, ny) = path[i], path[i + 1]
        turn = math.atan2(ny - y, nx - x) + math.pi / 2
        reach = (math.cos(turn) * 30, math.sin(turn) * 30)
        band = canvas.line(
            [(x - reach[0], y - reach[1]), (x + reach[0], y + reach[1])], 11
        )
        canvas.fill(both(soft(band, 2), tail), STRIPE, 0.75)
    canvas.fur(
        tail,
        lambda x, y: math.atan2(640 - y, 770 - x) + math.pi / 2,
        TONES,
        count=2600,
        length=11,
    )
    rim(canvas, tail, (-5, 2))


def _body(canvas: Canvas) -> Image.Image:
    body = canvas.polygon(curve(whole(HALF_BODY)))
    canvas.shade(body, GINGER, (640, 380), (560, 760))
    for side in (1, -1):
        for i, y in enumerate((470, 520, 572, 624)):
            far = 716 + 9 * i
            stroke = curve(
                [
                    (far + 20, y + 6),
                    (far - 26, y + 4),
                    (far - 56 - 6 * (i % 2), y - 12),
                ],
                closed=False,
            )
            path = stroke if side == 1 else mirror(stroke, X)
            canvas.fill(both(soft(canvas.line(path, 12), 2.5), body), STRIPE, 0.7)
    bib = canvas.polygon(
        curve(points("600,386 646,410 664,462 650,530 600,580 550,530 536,462 554,410"))
    )
    canvas.fill(both(soft(bib, 5), body), CREAM[1])
    edge(canvas, body)
    canvas.fur(body, _down, TONES, count=9000, length=16, opacity=0.4)
    canvas.fur(soft(bib, 4), _down, CREAM, count=5200, length=20, opacity=0.75)
    rim(canvas, body, (-6, 2))
    return body


def _down(x: float, _y: float) -> float:
    """Fur on the body falls, and spreads a little to the sides."""
    return math.pi / 2 - (x - X) / 420


def _legs(canvas: Canvas, body: Image.Image) -> None:
    for side in (1, -1):
        haunch = points("690,610 736,630 758,690 740,736 690,744 652,720 650,660")
        shape = canvas.polygon(curve(haunch if side == 1 else mirror(haunch, X)))
        canvas.shadow(shape, (-6 * side, 0), 9, 0.45, colour=(110, 44, 24), within=body)
        canvas.shade(shape, GINGER, (X + side * 130, 600), (X + side * 60, 770))
        canvas.fur(shape, _down, TONES, count=2400, length=14, opacity=0.42)
        rim(canvas, shape, (-5, 2))
    for side in (-1, 1):
        leg = points("604,548 640,540 656,600 650,680 656,728 634,748 608,744 602,700")
        shape = _fading(canvas.polygon(curve(leg if side == 1 else mirror(leg, X))))
        canvas.shadow(shape, (5 * side, 2), 8, 0.5, colour=(110, 44, 24), within=body)
        canvas.shade(
            shape,
            [(0, (240, 158, 82)), (0.6, (238, 160, 90)), (1, (214, 130, 66))],
            (0, 540),
            (0, 748),
        )
        sock = both(shape, soft(canvas.ellipse(X + side * 30, 742, 44, 58), 8))
        canvas.fill(sock, CREAM[1])
        canvas.fur(shape, _down, TONES, count=1500, length=13, opacity=0.32)
        canvas.fur(sock, _down, CREAM, count=1100, length=10, opacity=0.7)
        for toe in (-9, 5):
            x = X + side * 31 + toe
            canvas.fill(
                canvas.line(curve([(x, 724), (x + 1, 734), (x, 743)], closed=False), 2),
                LINE,
                0.7,
            )
    canvas.fill(
        both(soft(canvas.line([(600, 612), (601, 742)], 4), 2), body), LINE, 0.55
    )


def _fading(leg: Image.Image) -> Image.Image:
    """Let a leg grow out of the chest: nothing at its top, all of it lower down."""
    ramp = Image.linear_gradient("L").resize((leg.width, 90 * SCALE))
    fade = Image.new("L", leg.size, 255)
    fade.paste(0, (0, 0, leg.width, 545 * SCALE))
    fade.paste(ramp, (0, 545 * SCALE))
    return both(leg, fade)


def _scarf(canvas: Canvas, body: Image.Image) -> None:
    wrap = canvas.polygon(
        curve(
            points(
                "520,372 560,392 600,398 640,392 682,370 700,402 668,432 "
                "600,446 532,434 500,404"
            )
        )
    )
    ends = canvas.polygon(
        curve(points("640,424 672,418 690,470 700,530 672,540 650,536 648,480"))
    )
    reds = [(0.0, (232, 74, 66)), (0.6, (196, 42, 52)), (1.0, (128, 22, 44))]
    for shape, top, end in ((ends, 420, 545), (wrap, 374, 452)):
        canvas.shadow(shape, (-3, 9), 7, 0.5, colour=(90, 34, 20), within=body)
        canvas.shade(shape, reds, (0, top), (0, end))
    for i in range(7):
        y = 440 + i * 15
        canvas.fill(
            both(canvas.line([(630, y + 6), (710, y)], 3), ends), (255, 206, 150), 0.55
        )
    for i in range(5):
        canvas.fill(
            canvas.line([(654 + i * 10, 536), (653 + i * 10.5, 552)], 3), (206, 52, 56)
        )
    for dy in (14, 28, 41):
        fold = curve(
            [
                (506, 392 + dy),
                (556, 398 + dy),
                (600, 403 + dy),
                (644, 398 + dy),
                (694, 390 + dy),
            ],
            closed=False,
        )
        canvas.fill(both(soft(canvas.line(fold, 3), 1), wrap), (110, 16, 38), 0.5)
        canvas.fill(
            both(soft(canvas.line([(x, y - 3) for x, y in fold], 2), 1), wrap),
            (255, 150, 130),
            0.5,
        )
    chin = soft(canvas.ellipse(X, 378, 106, 36), 10)
    canvas.fill(both(chin, either(wrap, body)), (70, 10, 24), 0.55)
