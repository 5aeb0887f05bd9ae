"""Where the model's picture lies on the one that was sent: shift, zoom, rotation.

Strategy: Gauss-Newton on brightness, from coarse to fine, over all pixels: one of a
cloud or a wall says little, but there are many.  Each step weighs a pixel by how well
it fits (Tukey's biweight), so that what the model changed has no say, whether or not a
mask tells where that is.  Gain and offset of the brightness are found along.

Units: pixels of the raster that both pictures are given on, from its centre, divided
by its longer side.  So an `Alignment` holds on a raster of any size.

Measured on photographs: mean error 0.05 px of a 1K picture, see docs/benchmarks.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]
    Bools = NDArray[np.bool_]

# The longer side of the raster, and how many steps are taken on it at most.
_LEVELS: Final = ((128, 40), (360, 15), (768, 12))
_BIWEIGHT: Final = 4.685  # of the standard deviation (Holland and Welsch, 1977)
_GAUSS: Final = np.array([1, 4, 6, 4, 1], np.float32) / 16
_OVERLAP: Final = 0.6  # of the compared pixels must be on both pictures
_LIMIT: Final = 0.025  # of the longer side: what moves farther was painted anew
_STILL: Final = 0.003  # px: a step that moves no corner by more is the last


@dataclass(frozen=True, slots=True)
class Alignment:
    """The point of the model's picture that shows what lies at (x, y) of the sent one.

    ``x' = shift_x + (1 + zoom_x) x + turn_x y``, ``y' = shift_y + turn_y x + (1 +
    zoom_y) y``, in the units of this module.
    """

    shift_x: float = 0.0
    zoom_x: float = 0.0
    turn_x: float = 0.0
    shift_y: float = 0.0
    turn_y: float = 0.0
    zoom_y: float = 0.0
    inliers: float = 1.0  # share of the compared pixels that fit

    def affine(self, size: tuple[int, int]) -> tuple[float, ...]:
        """Return (a, b, c, d, e, f): x' = a x + b y + c, y' = d x + e y + f.

        In pixels of a raster of ``size``, counted from its upper left corner.
        """
        longer, across, down = max(size), size[0] / 2, size[1] / 2
        a, b = 1 + self.zoom_x, self.turn_x
        d, e = self.turn_y, 1 + self.zoom_y
        c = self.shift_x * longer + across - a * across - b * down
        f = self.shift_y * longer + down - d * across - e * down
        return a, b, c, d, e, f

    def farthest(self, size: tuple[int, int]) -> float:
        """Return the pixels by which the picture's worst corner has moved."""
        a, b, c, d, e, f = self.affine(size)
        return max(
            math.hypot(a * x + b * y + c - x, d * x + e * y + f - y)
            for x in (0, size[0])
            for y in (0, size[1])
        )

    @property
    def is_plausible(self) -> bool:
        """Whether a model that keeps the scene moves it by so much."""
        size = (1000, 1000)
        return self.inliers > 0 and self.farthest(size) <= _LIMIT * max(size)

    def covered(self, size: tuple[int, int]) -> tuple[float, float, float, float]:
        """Return the box of the sent picture, ``size``, that the other one shows."""
        a, b, c, d, e, f = self.affine(size)
        width, height = size
        slack_x, slack_y = abs(b) * height / 2, abs(d) * width / 2
        return (
            (slack_x - c - b * height / 2) / a,
            (slack_y - f - d * width / 2) / e,
            (width - slack_x - c - b * height / 2) / a,
            (height - slack_y - f - d * width / 2) / e,
        )

    def shift(self, size: tuple[int, int]) -> tuple[float, float]:
        """Return how far the middle of a raster of ``size`` has moved, in px."""
        longer = max(size)
        return round(self.shift_x * longer, 2), round(self.shift_y * longer, 2)

    @property
    def zoom(self) -> float:
        """By how much the model's picture is larger: 1.01 is one percent."""
        return 1 + (self.zoom_x + self.zoom_y) / 2

    @property
    def degrees(self) -> float:
        """By how much it is turned, clockwise."""
        return math.degrees((self.turn_y - self.turn_x) / 2)


def align(
    sent: Image.Image, came: Image.Image, keep: Image.Image | None = None
) -> Alignment:
    """Find ``came`` on ``sent``: both of mode L, and of one size.

    ``keep`` (L, the same size) is white where nothing may have changed; without it
    every pixel counts that fits.
    """
    found = np.zeros(6)
    inliers = 1.0
    for longer, steps in _LEVELS:
        scale = min(1.0, longer / max(sent.size))
        size = (max(8, round(sent.width * scale)), max(8, round(sent.height * scale)))
        level = _Level.of(_raster(sent, size), _raster(came, size), _kept(keep, size))
        if level is None:
            break
        found, inliers = level.refined(found, steps)
    a, b, c, d, e, f = map(float, found)
    return Alignment(a, b, c, d, e, f, inliers)


def _raster(image: Image.Image, size: tuple[int, int]) -> Floats:
    """Reduce, then smooth a little: what JPEG and the model's taste add is fine."""
    reduced = image.resize(size, Image.Resampling.BOX)
    return _smooth(np.asarray(reduced, np.float32))


def _kept(keep: Image.Image | None, size: tuple[int, int]) -> Bools | None:
    if keep is None:
        return None
    return np.asarray(keep.resize(size, Image.Resampling.BOX)) > 250


def _smooth(values: Floats) -> Floats:
    for axis in (0, 1):
        edges = [(2, 2) if axis == each else (0, 0) for each in (0, 1)]
        padded = np.pad(values, edges, "edge")
        length = values.shape[axis]
        values = sum(
            (
                weight * np.take(padded, range(at, at + length), axis)
                for at, weight in enumerate(_GAUSS)
            ),
            np.zeros((), np.float32),
        )
    return values


@dataclass(frozen=True, slots=True)
class _Level:
    """The pixels that are compared on one raster, and what is fixed about them."""

    came: Floats  # [height, width]
    longer: int  # px
    x: Floats  # [n], in the units of this module
    y: Floats
    values: Floats  # [n], of the sent picture there
    slopes: Floats  # [n, 6]: how the value changes with each of the six numbers

    @classmethod
    def of(cls, sent: Floats, came: Floats, keep: Bools | None) -> _Level | None:
        """Take the pixels that may be compared; None where they are too few."""
        height, width = sent.shape
        longer = max(sent.shape)
        down, across = np.gradient(sent)
        margin = max(1, longer // 50)
        usable = np.zeros(sent.shape, bool)
        usable[margin:-margin, margin:-margin] = True
        if keep is not None:
            usable &= keep
        chosen = np.flatnonzero(usable)
        if chosen.size < 64:
            return None
        y, x = np.divmod(chosen, width)
        u = ((x + 0.5 - width / 2) / longer).astype(np.float32)
        v = ((y + 0.5 - height / 2) / longer).astype(np.float32)
        gx = across.ravel()[chosen] * longer
        gy = down.ravel()[chosen] * longer
        slopes = np.stack([gx, gx * u, gx * v, gy, gy * u, gy * v], 1)
        return cls(came, longer, u, v, sent.ravel()[chosen], slopes)

    def refined(
        self, start: NDArray[np.float64], steps: int
    ) -> tuple[NDArray[np.float64], float]:
        """Step from ``start`` to the best fit; return it and the share that fits."""
        found = start.copy()
        gain, offset = 1.0, 0.0
        inliers = 0.0
        for step in range(steps):
            came, seen = self._sampled(found)
            if np.count_nonzero(seen) < seen.size * _OVERLAP:
                return start, 0.0
            error = came - (self.values * gain + offset)
            spread = 1.4826 * float(np.median(np.abs(error[seen]))) + 0.3
            reach = _BIWEIGHT * spread * (2 if step < 3 else 1)
            weight = np.clip(1 - (error / reach) ** 2, 0, None) ** 2 * seen
            inliers = float(np.mean(weight > 0))
            change = self._step(error, weight, gain, (found[1] - found[5]) / 2)
            found += _six(change[:5])
            gain, offset = gain + change[5], offset + change[6]
            if np.abs(change[:5]).max() * self.longer < _STILL:
                break
        return found, inliers

    def _step(
        self, error: Floats, weight: Floats, gain: float, stretch: float
    ) -> NDArray[np.float64]:
        """Solve for shift, zoom, turn, stretch, and the brightness's gain and offset.

        The stretch (more zoom across than down) is held back: the model's grid asks
        for a little of it, and a picture of stripes would ask for any.
        """
        s = self.slopes
        columns = np.stack(
            [
                s[:, 0],
                s[:, 3],
                s[:, 1] + s[:, 5],
                s[:, 4] - s[:, 2],
                s[:, 1] - s[:, 5],
            ],
            1,
        )
        columns = np.concatenate(
            [columns * gain, -self.values[:, None], -np.ones_like(error)[:, None]], 1
        )
        weighed = columns * weight[:, None]
        normal = (weighed.T @ columns).astype(np.float64)
        ridge = np.full(7, 1e-7 * np.trace(normal) / 7)
        ridge[4] += 0.3 * normal[2, 2]
        right = -(weighed.T @ error).astype(np.float64)
        right[4] -= ridge[4] * stretch
        solved: NDArray[np.float64] = np.linalg.solve(normal + np.diag(ridge), right)
        return solved

    def _sampled(self, found: NDArray[np.float64]) -> tuple[Floats, Bools]:
        """Look up the model's picture where ``found`` says, between four pixels."""
        height, width = self.came.shape
        u = self.x * (1 + found[1]) + self.y * found[2] + found[0]
        v = self.x * found[4] + self.y * (1 + found[5]) + found[3]
        x = (u * self.longer + width / 2 - 0.5).astype(np.float32)
        y = (v * self.longer + height / 2 - 0.5).astype(np.float32)
        seen = (x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1)
        left = np.clip(x.astype(np.int32), 0, width - 2)
        top = np.clip(y.astype(np.int32), 0, height - 2)
        right_share, lower_share = x - left, y - top
        at = top * width + left
        flat = self.came.ravel()
        upper = flat[at] + (flat[at + 1] - flat[at]) * right_share
        at += width
        lower = flat[at] + (flat[at + 1] - flat[at]) * right_share
        return upper + (lower - upper) * lower_share, seen


def _six(five: NDArray[np.float64]) -> NDArray[np.float64]:
    """Spread shift, zoom, turn and stretch over the six numbers of the mapping."""
    shift_x, shift_y, zoom, turn, stretch = five
    return np.array([shift_x, zoom + stretch, -turn, shift_y, turn, zoom - stretch])
