"""Two pictures held against each other: what changed, inside an area and outside.

Strategy: find the second picture on the first.  Where it lies exactly there, and has
the same size, every pixel is compared; else both are compared on one raster, the
second moved onto the first.  The first's pixels wait in a file meanwhile, so that one
picture is in memory at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image

from nano_edit.pictures.inputs.decode import Reduction, decoded
from nano_edit.pictures.region import colour
from nano_edit.pictures.region.align import Alignment, align
from nano_edit.pictures.region.boxes import Box, Plan, whole
from nano_edit.pictures.region.heat import heat_map
from nano_edit.pictures.region.profiles import to_srgb
from nano_edit.pictures.region.resample import Sampler
from nano_edit.pictures.region.view import comparing_size, on_raster, over_white

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from nano_edit.pictures.inputs.examine import Original
    from nano_edit.pictures.inputs.raster import Raster
    from nano_edit.pictures.region.areas import Area

    Bytes = NDArray[np.uint8]
    AreaOf = Callable[[tuple[int, int]], Area | None]

_STILL: Final = 0.35  # px of the raster: what has moved less has not moved
_STRIP: Final = 1 << 20  # px


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from one picture to another."""

    size: tuple[int, int]  # px, of the first
    alignment: Alignment | None  # None: the second could not be found on the first
    came: tuple[int, int]  # px, of the second
    exact: bool  # every pixel was compared, not the raster's
    area: float | None  # percent of the first that is inside; None: there is no area
    inside: float | None  # percent of it that changed noticeably
    outside: float  # percent of all else that did
    residual: float  # median Delta E outside
    heat: Image.Image


@dataclass(slots=True)
class _Counts:
    inside: int = 0
    changed_inside: int = 0
    outside: int = 0
    changed_outside: int = 0

    def add(self, distance: NDArray[Any], inside: NDArray[np.bool_]) -> None:
        changed = distance > colour.NOTICEABLE
        count = np.count_nonzero
        self.inside += int(count(inside))
        self.outside += int(count(~inside))
        self.changed_inside += int(count(changed & inside))
        self.changed_outside += int(count(changed & ~inside))


def compare(
    before: Original,
    after: Original,
    area_of: AreaOf,
    *,
    max_pixels: int | None = None,
) -> Comparison:
    """Compare two pictures; ``area_of`` returns the area for a picture's size.

    Raises InputError, and OSError where the temporary folder is full.
    """
    with TemporaryDirectory() as folder:
        kept = Path(folder) / "before"
        with decoded(before, Reduction(), max_pixels=max_pixels) as raster:
            size = raster.size
            area = area_of(size)
            plan = Plan(size, whole(size), None)
            on = comparing_size(size)
            sent, _ = on_raster(raster, plan, on)
            _keep(raster, kept)
        with decoded(after, Reduction(), max_pixels=max_pixels) as raster:
            return _compared(raster, sent, area, kept, size)


def _compared(
    raster: Raster,
    sent: Image.Image,
    area: Area | None,
    kept: Path,
    size: tuple[int, int],
) -> Comparison:
    plan = Plan(raster.size, whole(raster.size), None)
    came, _ = on_raster(raster, plan, sent.size)
    keep = None if area is None else _outside(area, size, sent.size)
    found: Alignment | None = align(sent.convert("L"), came.convert("L"), keep)
    counts = _Counts()
    if found is not None and not found.is_plausible:
        found = None
    elif found is not None and found.farthest(sent.size) > _STILL:
        frame = whole(sent.size)
        came = Sampler.of(came, found, frame).part(frame)
    else:
        found = Alignment()
    one = np.asarray(sent)
    distance = colour.difference(one, np.asarray(came))
    inside = np.zeros(distance.shape, bool)
    if keep is not None:
        inside = np.asarray(keep) == 0
    exact = found == Alignment() and raster.size == size
    if exact:
        for box, pixels in _strips(kept, size):
            weight = np.zeros(pixels.shape[:2], bool)
            if area is not None:
                weight = np.asarray(area.within(box)) > 0
            other = np.asarray(
                to_srgb(raster.profile)(over_white(raster.piece(box.corners)))
            )
            counts.add(colour.difference(pixels, other), weight)
    else:
        counts.add(distance, inside)
    outside = distance[~inside] if (~inside).any() else distance
    return Comparison(
        size=size,
        alignment=found,
        came=raster.size,
        exact=exact,
        area=None if area is None else 100 * area.share(),
        inside=None if area is None else _percent(counts.changed_inside, counts.inside),
        outside=_percent(counts.changed_outside, counts.outside),
        residual=float(np.median(outside)),
        heat=heat_map(one, distance),
    )


def _percent(part: int, whole_: int) -> float:
    return 100 * part / whole_ if whole_ else 0.0


def _outside(area: Area, size: tuple[int, int], on: tuple[int, int]) -> Image.Image:
    weight = area.within(whole(size)).resize(on, Image.Resampling.BOX)
    return weight.point([255] + [0] * 255)


def _keep(raster: Raster, path: Path) -> None:
    """Write the pixels as RGB (sRGB), in rows."""
    convert = to_srgb(raster.profile)
    with path.open("wb") as file:
        for box in _boxes(raster.size):
            file.write(
                np.asarray(convert(over_white(raster.piece(box.corners)))).tobytes()
            )


def _boxes(size: tuple[int, int]) -> Iterator[Box]:
    rows = max(1, _STRIP // size[0])
    for top in range(0, size[1], rows):
        yield Box(0, top, size[0], min(top + rows, size[1]))


def _strips(path: Path, size: tuple[int, int]) -> Iterator[tuple[Box, Bytes]]:
    with path.open("rb") as file:
        for box in _boxes(size):
            data = file.read(3 * box.area)
            yield box, np.frombuffer(data, np.uint8).reshape(box.height, box.width, 3)
