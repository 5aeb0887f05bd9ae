"""What `Drift` names, done to a picture's pixels.

The order is that of a model's work: the scene, small changes in it, its place,
its colours, its detail.
"""

from __future__ import annotations

import random
from functools import partial
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFilter

if TYPE_CHECKING:
    from nano_edit.emulator.drift import Drift

Picture = Image.Image
_Point = tuple[float, float]

_GRID = (9, 7)  # cells that a scene is repainted in
_PATCH = (0.010, 0.028)  # radius of a small change, parts of the longer side


def distort(picture: Picture, drift: Drift, seed: bytes) -> Picture:
    """Return the picture, RGB and of the same size, with the changes of ``drift``."""
    chance = random.Random(seed)  # noqa: S311 - the same request, the same bytes
    if drift.repaint:
        picture = _repaint(picture, drift.repaint / 100, chance)
    if drift.scatter:
        picture = _scatter(picture, drift.scatter, chance)
    if drift.moves_pixels:
        picture = _move(picture, drift.shift, drift.zoom)
    if drift.recolour != (1.0, 1.0, 1.0):
        scaled = (
            band.point(partial(_scaled, factor=factor))
            for band, factor in zip(picture.split(), drift.recolour, strict=True)
        )
        picture = Image.merge("RGB", tuple(scaled))
    if drift.soften:
        picture = picture.filter(ImageFilter.GaussianBlur(drift.soften))
    return picture


def _scaled(value: int, factor: float) -> int:
    return min(255, round(value * factor))


def _move(picture: Picture, shift: _Point, zoom: float) -> Picture:
    """Shift and zoom in one step; what comes in at the edges is the edges' own."""
    width, height = picture.size
    margin = 8 + int(max(map(abs, shift)) + max(picture.size) * abs(1 - zoom))
    padded = picture.resize((width + 2 * margin, height + 2 * margin))
    padded.paste(picture, (margin, margin))
    left = (width - (width + 2 * shift[0]) / zoom) / 2 + margin
    top = (height - (height + 2 * shift[1]) / zoom) / 2 + margin
    matrix = (1 / zoom, 0, left, 0, 1 / zoom, top)
    return padded.transform(
        picture.size, Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC
    )


def _scatter(picture: Picture, number: int, chance: random.Random) -> Picture:
    """Change the colour of small round places."""
    side = max(picture.size)
    changed = picture.copy()
    for _ in range(number):
        radius = side * chance.uniform(*_PATCH)
        x = chance.uniform(radius, picture.width - radius)
        y = chance.uniform(radius, picture.height - radius)
        mask = Image.new("L", picture.size, 0)
        box = (x - radius, y - radius, x + radius, y + radius)
        ImageDraw.Draw(mask).ellipse(box, fill=round(255 * chance.uniform(0.5, 0.8)))
        colour = chance.choice(("#10131a", "#f4e9cf", "#b3402e", "#2e6fb3", "#3d9150"))
        changed.paste(colour, mask=mask.filter(ImageFilter.GaussianBlur(radius / 6)))
    return changed


def _repaint(picture: Picture, most: float, chance: random.Random) -> Picture:
    """Move every part of the scene by itself, and give it a texture of its own.

    ``most`` is how far a part moves, in parts of the picture's sides.
    """
    columns, rows = _GRID
    width, height = picture.size
    corners = {
        (column, row): _wandered(column / columns, row / rows, most, chance)
        for column in range(columns + 1)
        for row in range(rows + 1)
    }
    mesh = []
    for column in range(columns):
        for row in range(rows):
            box = (
                *(width * column // columns, height * row // rows),
                *(width * (column + 1) // columns, height * (row + 1) // rows),
            )
            places = ((0, 0), (0, 1), (1, 1), (1, 0))  # upper left, counter-clockwise
            quad = [
                side * part
                for dx, dy in places
                for side, part in zip(
                    picture.size, corners[column + dx, row + dy], strict=True
                )
            ]
            mesh.append((box, tuple(quad)))
    warped = picture.transform(
        picture.size, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR
    )
    coarse = ((width + 1) // 2, (height + 1) // 2)
    noise = Image.frombytes("L", coarse, chance.randbytes(coarse[0] * coarse[1]))
    grain = noise.resize(picture.size)
    return Image.blend(warped, grain.convert("RGB"), 0.08)


def _wandered(x: float, y: float, most: float, chance: random.Random) -> _Point:
    """Return a grid's point, moved, but along the picture's edges only."""
    moved = []
    for part in (x, y):
        offset = chance.uniform(-most, most)
        moved.append(part if part in {0.0, 1.0} else part + offset)
    return moved[0], moved[1]
