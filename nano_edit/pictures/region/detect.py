"""What the model changed, told from its own noise; and whether it made another picture.

Both pictures are RGB arrays on one raster, aligned and matched in colour.  Strategy:
smooth both, so that JPEG's blocks and the model's softness are small; take the
difference in colour; take off what a misfit of half a pixel explains; then hysteresis:
strong differences that cover some area are changes, and so is what is joined to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from nano_edit.pictures.region import colour

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]
    Bytes = NDArray[np.uint8]
    Bools = NDArray[np.bool_]

_SMOOTHING: Final = 1.5  # px, standard deviation
_MISFIT: Final = 0.7  # px that alignment and softness may be off
_STRONG: Final = (7.0, 8.0)  # Delta E at least, and times the picture's own noise
_WEAK: Final = (3.0, 3.0)
_SOLID: Final = 0.4  # of a 9x9 px window must be strong: less is noise
_ANY: Final = [0] + [255] * 255
_CELL: Final = 4  # px: changes are joined, closed and filled on cells of this side
_RIM: Final = 2  # cells along the edges, which take after their neighbours
_COARSE: Final = 9.0  # Delta E between smoothed pixels that no drift explains
_FOREIGN: Final = 0.35  # of what must not change; more is another picture
_EDGES: Final = 0.8  # quantile: the steepest fifth of the slopes is compared
_SCALES: Final = (1, 4)  # px: fine detail, and coarse
_TEXTURE: Final = 1.2  # levels a pixel; what is less steep is plain, or noise
_FEW: Final = 0.002  # of the pixels: fewer that are steep tell nothing
_ALIKE: Final = 0.68  # correlation of the slopes; below, it is another picture


def changed(sent: Bytes, came: Bytes, shown: Bools) -> Image.Image:
    """Return a mask (L) of what was changed, white; a little beyond its edges too.

    Where ``shown`` is false the model's picture shows nothing, and changes nothing.
    Nor do a few pixels along the edges by themselves: what came is invented there.
    """
    distance = _distance(sent, came) * shown
    rim = _RIM * _CELL
    distance[:rim] = distance[-rim:] = 0
    distance[:, :rim] = distance[:, -rim:] = 0
    noise = 1.4826 * float(np.median(distance))
    strong = distance > max(_STRONG[0], _STRONG[1] * noise)
    weak = distance > max(_WEAK[0], _WEAK[1] * noise)
    window = _image(strong).filter(ImageFilter.BoxBlur(4))
    solid = window.point([0 if value < _SOLID * 255 else 255 for value in range(256)])
    seeds = _cells(ImageChops.multiply(solid, _image(strong)))
    found = _joined(seeds, _cells(_image(weak)))
    if found.getbbox() is None:
        return Image.new("L", window.size, 0)
    closed = found.filter(ImageFilter.MaxFilter(5)).filter(ImageFilter.MinFilter(3))
    cells = np.asarray(_without_holes(closed))[_RIM:-_RIM, _RIM:-_RIM]
    found = Image.fromarray(np.pad(cells, _RIM, "edge"))
    whole = found.resize(
        (found.width * _CELL, found.height * _CELL), Image.Resampling.NEAREST
    )
    return whole.crop((0, 0, *window.size))


def _distance(sent: Bytes, came: Bytes) -> Floats:
    one, other = _smoothed(sent), _smoothed(came)
    slopes = np.zeros(sent.shape[:2], np.float32)
    values = colour.lab(one)
    for channel in range(3):
        down, across = np.gradient(values[..., channel])
        slopes += down**2 + across**2
    distance = colour.difference(one, other) - _MISFIT * np.sqrt(slopes)
    return np.maximum(distance, 0)


def _smoothed(pixels: Bytes) -> Bytes:
    blur = ImageFilter.GaussianBlur(_SMOOTHING)
    return np.asarray(Image.fromarray(pixels).filter(blur))


def _image(flags: Bools) -> Image.Image:
    return Image.fromarray(flags.astype(np.uint8) * 255)


def _cells(flags: Image.Image) -> Image.Image:
    """Return a raster of cells that are white where any of their pixels is."""
    return flags.reduce(_CELL).point(_ANY)


def _joined(seeds: Image.Image, support: Image.Image) -> Image.Image:
    """Grow ``seeds`` within ``support`` until nothing is added."""
    while True:
        grown = ImageChops.multiply(seeds.filter(ImageFilter.MaxFilter(3)), support)
        grown = ImageChops.lighter(grown, seeds)
        if ImageChops.difference(grown, seeds).getbbox() is None:
            return grown
        seeds = grown


def _without_holes(mask: Image.Image) -> Image.Image:
    """Fill what the mask surrounds: the inside of an object that kept its colour."""
    free = Image.new("L", (mask.width + 2, mask.height + 2), 255)
    free.paste(ImageChops.invert(mask), (1, 1))
    edge = Image.new("L", free.size, 255)
    edge.paste(0, (1, 1, mask.width + 1, mask.height + 1))
    holes = ImageChops.difference(free, _joined(edge, free))
    return ImageChops.lighter(mask, holes.crop((1, 1, mask.width + 1, mask.height + 1)))


@dataclass(frozen=True, slots=True)
class Fit:
    """How well what must not change fits."""

    foreign: float  # share of its pixels whose colour no drift explains
    likeness: float  # correlation of the slopes, 1 at best; 1 where all is plain
    residual: float  # median Delta E of its smoothed pixels

    @property
    def is_same_scene(self) -> bool:
        """Whether the model kept the scene, so that a part of it can be pasted."""
        return self.foreign <= _FOREIGN and self.likeness >= _ALIKE


def fit(sent: Bytes, came: Bytes, keep: Bools) -> Fit:
    """Judge the pixels where ``keep`` is true."""
    if np.count_nonzero(keep) < 64:
        return Fit(0.0, 1.0, 0.0)
    one, other = _smoothed(sent), _smoothed(came)
    distance = colour.difference(one, other)[keep]
    return Fit(
        foreign=float(np.mean(distance > _COARSE)),
        likeness=_likeness(one, other, keep),
        residual=float(np.median(distance)),
    )


def _likeness(one: Bytes, other: Bytes, keep: Bools) -> float:
    """Compare the slopes of fine and of coarse detail; the lesser likeness counts."""
    found = 1.0
    lights = _brightness(one), _brightness(other)
    for step in _SCALES:
        usable = _reduced(keep.astype(np.float32), step) == 1
        if np.count_nonzero(usable) < 64:
            continue
        sent, came = (_slopes(light, step) for light in lights)
        found = min(found, _correlation(sent[:, usable], came[:, usable]))
    return found


def _brightness(pixels: Bytes) -> Floats:
    third = np.full(3, 1 / 3, np.float32)
    light: Floats = pixels.astype(np.float32) @ third
    return light


def _slopes(light: Floats, step: int) -> Floats:
    """Return the slopes of brightness down and across: [2, height, width]."""
    down, across = np.gradient(_reduced(light, step))
    return np.stack([down, across])


def _reduced(values: Floats, step: int) -> Floats:
    """Return the means of squares of ``step`` px."""
    if step == 1:
        return values
    height, width = (side // step * step for side in values.shape)
    parts = values[:height, :width].reshape(height // step, step, width // step, step)
    reduced: Floats = parts.mean(axis=(1, 3))
    return reduced


def _correlation(sent: Floats, came: Floats) -> float:
    """Compare where the sent picture is steepest; 1 where it is hardly steep."""
    steepness = np.hypot(*sent)
    steepest = steepness >= max(_TEXTURE, float(np.quantile(steepness, _EDGES)))
    if np.count_nonzero(steepest) < _FEW * steepest.size:
        return 1.0
    a, b = sent[:, steepest].ravel(), came[:, steepest].ravel()
    return float(a @ b / (np.sqrt((a @ a) * (b @ b)) + 1e-9))
