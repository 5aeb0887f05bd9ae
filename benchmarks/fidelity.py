"""What `docs/region.md` promises, measured on the pixels and blocks of two pictures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import jpeglib
import numpy as np
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab

if TYPE_CHECKING:
    from pathlib import Path

Image.MAX_IMAGE_PIXELS = None
_REACH = 20  # px: a block of subsampled colour, and the smoothing between two of them
Rows = tuple[slice, slice]


def pixels(path: Path) -> Any:
    """Return the picture as RGB."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def span(size: tuple[int, int], across: tuple[float, float],
         down: tuple[float, float] | None = None) -> Rows:  # fmt: skip
    """Return rows and columns from one share of the sides to another."""
    rows, columns = (
        slice(math.floor(side * ends[0] + 1e-6), math.ceil(side * ends[1] - 1e-6))
        for side, ends in ((size[1], down or across), (size[0], across))
    )
    return rows, columns


def identical(before: Any, after: Any, where: Any) -> float:
    """Return the percent of the pixels of ``where`` that are the same."""
    return 100 * float((before == after).all(axis=2)[where].mean())


def identical_blocks(before: Path, after: Path, inside: list[Rows]) -> float:
    """Return the percent of blocks that touch no region and are the same."""
    one, other = jpeglib.read_dct(str(before)), jpeglib.read_dct(str(after))
    same = total = 0
    for name, factor in zip(("Y", "Cb", "Cr"), one.samp_factor, strict=False):
        units = (8 * one.samp_factor.max(axis=0) // factor).tolist()
        equal = (getattr(one, name) == getattr(other, name)).all(axis=(2, 3))
        outside = np.ones_like(equal)
        for region in inside:
            rows, columns = (
                slice(part.start // unit, -(-part.stop // unit))
                for part, unit in zip(region, units, strict=True)
            )
            outside[rows, columns] = False
        same += int(np.count_nonzero(equal & outside))
        total += int(np.count_nonzero(outside))
    return 100 * same / total


def psnr_of_untouched(before: Any, after: Any, touched: list[Rows]) -> float:
    """Return the PSNR, in dB, of what lies farther than `_REACH` from all regions."""
    kept = np.ones(before.shape[:2], bool)
    for rows, columns in touched:
        kept[
            max(0, rows.start - _REACH) : rows.stop + _REACH,
            max(0, columns.start - _REACH) : columns.stop + _REACH,
        ] = False
    error = before[kept].astype(np.int32) - after[kept]
    mean = float(np.mean(error * error))
    return math.inf if mean == 0 else 10 * math.log10(255**2 / mean)


def seam(image: Any, inside: Rows) -> float:
    """Return the mean CIEDE2000 between the two sides of the region's edge."""
    rows, columns = inside
    part = image[rows.start - 1 : rows.stop + 1, columns.start - 1 : columns.stop + 1]
    found = []
    for turned in (part, part.transpose(1, 0, 2)):
        for outer, inner in ((0, 1), (-1, -2)):
            pair = (rgb2lab(turned[each, 1:-1][None] / 255) for each in (outer, inner))
            found.append(deltaE_ciede2000(*pair).ravel())
    return float(np.concatenate(found).mean())
