"""Colour as numbers: linear light, CIELAB, differences, matching of two pictures.

Pixels are sRGB (IEC 61966-2-1), D65, in arrays [..., 3].  A difference is CIE 1976
Delta E*ab; 2.3 is the just noticeable one (Mahy et al., 1994).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]
    Bytes = NDArray[np.uint8]

NOTICEABLE: Final = 2.3
_TO_XYZ: Final = np.array(  # IEC 61966-2-1, each row divided by D65's white
    [
        [0.4124564 / 0.95047, 0.3575761 / 0.95047, 0.1804375 / 0.95047],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339 / 1.08883, 0.1191920 / 1.08883, 0.9503041 / 1.08883],
    ],
    np.float32,
).T
_TO_LAB: Final = np.array([[0, 500, 0], [116, -500, 200], [0, 0, -200]], np.float32)
_STEPS: Final = 1 << 14  # of the table for CIELAB's cube root: 0.05 of L* at worst
_LEAST: Final = 200  # pixels that a match needs
_CLIPPED: Final = 252  # a sample this bright may have been cut off
_BRIGHT: Final = 249
_GAIN: Final = (0.6, 1.6)  # a model's drift is a few percent; beyond, it is an edit
_OFFSET: Final = 0.08


@cache
def _linear_table() -> Floats:
    value = np.arange(256, dtype=np.float64) / 255
    power = ((value + 0.055) / 1.055) ** 2.4
    table: Floats = np.where(value <= 0.04045, value / 12.92, power)
    return table.astype(np.float32)


@cache
def _root_table() -> Floats:
    t = np.arange(_STEPS + 1) / _STEPS
    low = t * (841 / 108) + 4 / 29  # CIE 15:2004, 8.2.1
    return np.where(t > (6 / 29) ** 3, np.cbrt(t), low).astype(np.float32)


def linear(pixels: Bytes) -> Floats:
    """Return the light of each sample, 0 to 1."""
    return _linear_table()[pixels]


def encoded(light: Floats | NDArray[np.float64]) -> Floats:
    """Return samples, 0 to 255, of ``light``, which is clipped to 0 to 1."""
    clipped = np.clip(light, 0, 1)
    power = 1.055 * clipped ** (1 / 2.4) - 0.055
    value = np.where(clipped <= 0.0031308, 12.92 * clipped, power)
    return (value * 255).astype(np.float32)


def lab(pixels: Bytes) -> Floats:
    """Return L*, a*, b* of each pixel."""
    xyz = linear(pixels) @ _TO_XYZ
    np.clip(xyz, 0, 1, out=xyz)
    f = _root_table()[(xyz * _STEPS + 0.5).astype(np.int32)]
    values: Floats = f @ _TO_LAB
    values[..., 0] -= 16
    return values


def difference(one: Bytes, other: Bytes) -> Floats:
    """Return Delta E*ab of each pixel; where the samples are the same, exactly 0."""
    delta = lab(one) - lab(other)
    distance: Floats = np.sqrt(np.einsum("...c,...c->...", delta, delta))
    return distance


@dataclass(frozen=True, slots=True)
class Match:
    """Per channel in linear light: sent = gain * came + offset."""

    gain: tuple[float, float, float] = (1.0, 1.0, 1.0)
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def table(self) -> list[int]:
        """Return what the 256 values of each channel become, for `Image.point`.

        White stays white: what the model's drift has clipped was as bright at least.
        """
        light = _linear_table()
        own = np.arange(256)
        to_white = np.clip((own - _BRIGHT) / (255 - _BRIGHT), 0, 1)
        values = []
        for gain, offset in zip(self.gain, self.offset, strict=True):
            value = encoded(gain * light + offset)
            values.append(value + np.maximum(own - value, 0) * to_white)
        return [int(value) for value in np.rint(np.concatenate(values))]

    def unclipped(self, sent: Bytes, came: Bytes) -> Bytes:
        """Return ``came`` matched to compare it with ``sent``.

        Where a sample is clipped it may stand for any that is brighter: it is taken
        for what was sent.
        """
        matched = np.stack(
            [
                np.rint(encoded(gain * _linear_table() + offset))[came[..., channel]]
                for channel, (gain, offset) in enumerate(
                    zip(self.gain, self.offset, strict=True)
                )
            ],
            -1,
        ).astype(np.uint8)
        return np.where((came >= _CLIPPED) & (sent > matched), sent, matched)


def match(sent: Bytes, came: Bytes) -> Match:
    """Fit the colours of ``came`` to those of ``sent``, [n, 3] each.

    Robust: pixels that do not fit (an edit among them) lose their say.  Too few
    pixels match nothing.  What no drift explains is held at a limit.
    """
    if sent.shape[0] < _LEAST:
        return Match()
    light, wanted = linear(came), linear(sent)
    found = [_line(light[:, each], wanted[:, each]) for each in range(3)]
    gains, offsets = zip(*found, strict=True)
    return Match(gains, offsets)


def _line(x: Floats, y: Floats) -> tuple[float, float]:
    """Fit y = gain x + offset, with Tukey's biweight.

    Dark pixels weigh more: the eye, and the noise of 8 bits, see steps there.
    """
    importance = 1 / (0.02 + y)
    gain, offset = 1.0, 0.0
    for _ in range(12):
        error = (y - gain * x - offset) * importance
        reach = 4.685 * (1.4826 * float(np.median(np.abs(error))) + 0.005)
        weight = np.clip(1 - (error / reach) ** 2, 0, None) ** 2 * importance**2
        before = gain
        gain, offset = _weighed_line(x, y, weight)
        if abs(gain - before) < 1e-5:
            break
    return float(np.clip(gain, *_GAIN)), float(np.clip(offset, -_OFFSET, _OFFSET))


def _weighed_line(x: Floats, y: Floats, weight: Floats) -> tuple[float, float]:
    """Solve least squares, held a little to gain 1 and offset 0.

    A plain wall tells no gain apart from an offset; then the gain stays near 1.
    """
    total = float(weight.sum()) + 1e-12
    mean_x, mean_y = float(weight @ x) / total, float(weight @ y) / total
    dx, dy = x - mean_x, y - mean_y
    spread = float(weight @ (dx * dx)) / total
    held = 1e-5 + 1e-3 * mean_x * mean_x
    gain = (float(weight @ (dx * dy)) / total + held) / (spread + held)
    return gain, mean_y - gain * mean_x
