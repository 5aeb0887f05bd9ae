"""The cat's face: ears, eyes, muzzle and whiskers, looking at the viewer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from paint.box import Canvas, Point, Stops, both, curve, either, mirror, points, soft
from paint.coat import CREAM, GINGER, LINE, STRIPE, TONES, X, edge, rim, whole

if TYPE_CHECKING:
    from PIL import Image

HALF_HEAD: list[Point] = points(
    "600,196 648,201 690,224 716,262 734,306 716,346 676,378 638,393 600,397"
)
EAR: list[Point] = points("640,214 666,170 698,140 711,138 722,184 724,250 716,280")
INNER_EAR: list[Point] = points("664,212 684,184 703,162 711,198 709,242")


def paint(canvas: Canvas) -> None:
    """Paint the head over whatever is there."""
    head = canvas.polygon(curve(whole(HALF_HEAD)))
    ears = [canvas.polygon(curve(EAR)), canvas.polygon(curve(mirror(EAR, X)))]
    for ear, side in zip(ears, (1, -1), strict=True):
        _ear(canvas, ear, side)
    canvas.shade(head, GINGER, (670, 190), (540, 430))
    _markings(canvas, head)
    edge(canvas, head)
    canvas.fur(head, _outward, TONES, count=8500, length=13, opacity=0.38)
    _muzzle(canvas, head)
    for side in (1, -1):
        _eye(canvas, X + side * 53, 292, side)
    _nose(canvas)
    rim(canvas, either(head, *ears), (-6, 3))
    _whiskers(canvas)


def _ear(canvas: Canvas, ear: Image.Image, side: int) -> None:
    inner = canvas.polygon(curve(INNER_EAR if side == 1 else mirror(INNER_EAR, X)))
    tuft = canvas.polygon(
        [(X + side * x, y) for x, y in points("64,226 78,184 98,238")]
    )
    pink: Stops = [(0, (196, 104, 96)), (1, (244, 172, 150))]

    def upward(_x: float, _y: float) -> float:
        return -math.pi / 2 + 0.27 * side

    canvas.shade(ear, GINGER, (X, 130), (X + side * 20, 320))
    canvas.shade(soft(inner, 2), pink, (X, 140), (X, 250))
    canvas.fur(ear, upward, TONES, count=700, length=14, opacity=0.45)
    canvas.fur(soft(tuft, 4), upward, CREAM, count=420, length=30, opacity=0.8)


def _outward(x: float, y: float) -> float:
    """Fur on the head grows away from the nose."""
    return math.atan2(y - 322, x - X)


def _markings(canvas: Canvas, head: Image.Image) -> None:
    brow = [
        points(p) for p in ("600,190 600,246", "574,192 579,240", "626,192 621,240")
    ]
    cheek = [points(p) for p in ("742,296 718,304 696,305", "742,322 718,330 696,331")]
    strokes = [*brow, *cheek, *(mirror(stroke, X) for stroke in cheek)]
    for stroke in strokes:
        mask = soft(canvas.line(curve(stroke, closed=False), 9), 2.2)
        canvas.fill(both(mask, head), STRIPE, 0.75)


def _muzzle(canvas: Canvas, head: Image.Image) -> None:
    cheeks = either(
        canvas.ellipse(574, 352, 36, 28),
        canvas.ellipse(626, 352, 36, 28),
        canvas.ellipse(600, 374, 32, 22),
        canvas.ellipse(600, 326, 15, 34),
    )
    cheeks = both(soft(cheeks, 5), head)
    canvas.fill(cheeks, CREAM[0], 0.95)
    canvas.fur(cheeks, _outward, CREAM, count=2600, length=10, opacity=0.7)
    for side in (1, -1):
        brow = both(soft(canvas.ellipse(X + side * 50, 258, 16, 7), 4), head)
        canvas.fill(brow, CREAM[1], 0.6)
        for i in range(8):
            x = X + side * (18 + 7 * (i % 4))
            canvas.fill(
                canvas.ellipse(x, 346 + 8 * (i // 4) + i % 2, 1.3, 1.3),
                (150, 96, 70),
                0.7,
            )


def _eye(canvas: Canvas, x: float, y: float, side: int) -> None:
    shape = points("-35,5 -22,-17 2,-25 25,-16 36,1 22,19 0,25 -24,19")
    lid = canvas.polygon(curve([(x + side * dx, y + dy) for dx, dy in shape]))
    wider = canvas.polygon(
        curve([(x + side * dx * 1.1, y + dy * 1.14 - 1) for dx, dy in shape])
    )
    canvas.fill(soft(wider, 1.2), LINE, 0.95)
    canvas.fill(lid, (92, 128, 60))
    iris = both(lid, canvas.ellipse(x, y, 29, 29))
    canvas.shade(
        iris,
        [(0, (96, 132, 52)), (0.5, (166, 192, 84)), (1, (232, 232, 136))],
        (x, y - 26),
        (x, y + 26),
    )
    for i in range(40):
        turn = math.tau * i / 40
        ray = canvas.line(
            [
                (x + math.cos(turn) * 10, y + math.sin(turn) * 10),
                (x + math.cos(turn) * 26, y + math.sin(turn) * 26),
            ],
            0.8,
        )
        canvas.fill(both(ray, iris), (74, 104, 44), 0.35)
    canvas.fill(both(canvas.ellipse(x, y, 11.5, 21), lid), (18, 14, 20))
    canvas.fill(
        both(soft(canvas.ellipse(x, y - 24, 40, 13), 4), lid), (20, 16, 24), 0.55
    )
    canvas.fill(canvas.ellipse(x + 8, y - 9, 6.5, 7), (255, 255, 255), 0.96)
    canvas.fill(canvas.ellipse(x - 9, y + 10, 3, 3), (255, 250, 230), 0.8)


def _nose(canvas: Canvas) -> None:
    nose = canvas.polygon(
        curve(points("584,329 600,326 616,329 610,340 600,347 590,340"))
    )
    canvas.shade(
        soft(nose, 0.6), [(0, (246, 150, 142)), (1, (196, 84, 90))], (0, 326), (0, 347)
    )
    canvas.fill(soft(canvas.ellipse(594, 331, 5, 2), 1), (255, 220, 214), 0.8)
    smile = points("600,357 610,367 624,366 632,358")
    mouth = [points("600,347 600,357"), smile, mirror(smile, X)]
    for stroke in mouth:
        canvas.fill(canvas.line(curve(stroke, closed=False), 2.4), LINE, 0.85)


def _whiskers(canvas: Canvas) -> None:
    for side in (1, -1):
        for y, end, sag in ((344, 318, -6), (351, 350, 2), (358, 384, 9)):
            path = curve(
                [
                    (X + side * 34, y),
                    (X + side * 96, (y + end) / 2 - 6 + sag / 2),
                    (X + side * 164, end),
                ],
                closed=False,
            )
            canvas.fill(canvas.line(path, 1.5), (255, 250, 240), 0.9)
