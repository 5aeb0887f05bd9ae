"""Four ways to find a model's picture on the one that was sent, by error and time.

    pip install opencv-python-headless pystackreg
    python benchmarks/alignment.py JPEG_OR_FOLDER...

Each photograph, at one megapixel, gets a disc painted into it (a mask covers it for
those that take one), is shifted by up to 3 px, zoomed by up to 1 % and saved as JPEG of
quality 90.  The error is the distance, in pixels, by which nine points are missed.
"""

from __future__ import annotations

import io
import math
import random
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from PIL import Image, ImageDraw
from pystackreg import StackReg

from nano_edit.pictures.region.align import align

if TYPE_CHECKING:
    from collections.abc import Callable

Image.MAX_IMAGE_PIXELS = None
INNER = (0.4, 0.6)  # of both sides: the disc


@dataclass(frozen=True)
class Case:
    """A picture that was sent, what came of it, and the motion between them."""

    sent: Image.Image  # L
    came: Image.Image  # L
    mask: Any  # 255 where nothing was painted
    zoom: float
    shift: tuple[float, float]  # px

    @classmethod
    def of(cls, photo: Path, chance: random.Random) -> Case:
        """Make one of a photograph."""
        with Image.open(photo) as image:
            image.draft("RGB", (2048, 2048))
            scale = 1024 / math.sqrt(image.width * image.height) / 16
            size = (round(image.width * scale) * 16, round(image.height * scale) * 16)
            sent = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
        shift = (chance.uniform(-3, 3), chance.uniform(-3, 3))
        zoom = chance.uniform(0.99, 1.01)
        left, top, right, bottom = (
            side * end for end in INNER for side in size
        )  # fmt: skip
        painted = sent.copy()
        ImageDraw.Draw(painted).ellipse((left, top, right, bottom), fill=(200, 40, 30))
        x, y = (
            side / 2 - (side / 2 + by) / zoom
            for side, by in zip(size, shift, strict=True)
        )
        moved = painted.transform(
            size,
            Image.Transform.AFFINE,
            (1 / zoom, 0, x, 0, 1 / zoom, y),
            Image.Resampling.BICUBIC,
        )
        buffer = io.BytesIO()
        moved.save(buffer, "JPEG", quality=90)
        mask = np.full(size[::-1], 255, np.uint8)
        mask[int(top) : int(bottom), int(left) : int(right)] = 0
        came = Image.open(buffer).convert("L")
        return cls(sent.convert("L"), came, mask, zoom, shift)

    @property
    def arrays(self) -> tuple[Any, Any]:
        """Return both pictures as arrays."""
        return np.asarray(self.sent), np.asarray(self.came)

    def error(self, found: Any) -> tuple[float, float]:
        """Return the mean and the largest error of an affine mapping."""
        a, b, c, d, e, f = (float(value) for value in found)
        off = []
        for x in (0, self.sent.width / 2, self.sent.width):
            for y in (0, self.sent.height / 2, self.sent.height):
                true = (
                    half + by + (point - half) * self.zoom
                    for half, by, point in zip(
                        (self.sent.width / 2, self.sent.height / 2),
                        self.shift,
                        (x, y),
                        strict=True,
                    )
                )
                off.append(math.dist((a * x + b * y + c, d * x + e * y + f), [*true]))
        return sum(off) / len(off), max(off)


def ours(case: Case) -> Any:
    """Robust Gauss-Newton, without a mask."""
    return align(case.sent, case.came).affine(case.sent.size)


def ecc(case: Case) -> Any:
    """OpenCV's enhanced correlation coefficient, coarse to fine, with the mask."""
    warp = np.eye(2, 3, dtype=np.float32)
    for level in (4, 2, 1):
        warp[:, 2] /= level
        sent, came, mask = (
            cv2.resize(
                each, None, fx=1 / level, fy=1 / level, interpolation=cv2.INTER_AREA
            )
            for each in (*case.arrays, case.mask)
        )
        ends = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 60, 1e-6)
        with suppress(cv2.error):  # it did not converge: the next level goes on
            _, warp = cv2.findTransformECC(
                sent, came, warp, cv2.MOTION_AFFINE, ends, mask, 5
            )
        warp[:, 2] *= level
    return warp.ravel()


def stackreg(case: Case) -> Any:
    """Thevenaz's pyramid, affine; it takes no mask."""
    return StackReg(StackReg.AFFINE).register(*case.arrays)[:2].ravel()


def phase(case: Case) -> Any:
    """Take the peak of the phase correlation: a shift by whole pixels."""
    sent, came = case.arrays
    window = np.outer(*(np.hanning(side) for side in sent.shape))
    product = np.fft.rfft2(came * window) * np.conj(np.fft.rfft2(sent * window))
    surface = np.fft.irfft2(product / (np.abs(product) + 1e-9), sent.shape)
    peak = np.unravel_index(surface.argmax(), surface.shape)
    y, x = (
        int(at) - side if at > side / 2 else int(at)
        for at, side in zip(peak, sent.shape, strict=True)
    )
    return (1, 0, x, 0, 1, y)


WAYS: dict[str, Callable[[Case], Any]] = {
    "numpy, Gauss-Newton (ours)": ours,
    "OpenCV, ECC with a mask": ecc,
    "pystackreg, affine": stackreg,
    "numpy, phase correlation": phase,
}


def main(names: list[str]) -> None:
    """Print the table."""
    chance = random.Random(7)  # noqa: S311 - the same photographs, the same motions
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in WAYS}
    for name in names:
        path = Path(name)
        for photo in sorted(path.glob("*.jpg")) if path.is_dir() else [path]:
            case = Case.of(photo, chance)
            for way, find in WAYS.items():
                began = time.process_time()
                mapping = find(case)
                seconds = time.process_time() - began
                found[way].append((*case.error(mapping), seconds))
    print(
        "| way | median error, px | worst corner, px | within 0.5 px | processor, s |"
    )
    print("|---|---|---|---|---|")
    for way, rows in found.items():
        mean, corner, seconds = np.array(rows).T
        good = f"{np.count_nonzero(mean <= 0.5)} of {len(rows)}"
        print(
            f"| {way} | {np.median(mean):.2f} | {corner.max():.1f} | {good} |"
            f" {np.median(seconds):.2f} |"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
