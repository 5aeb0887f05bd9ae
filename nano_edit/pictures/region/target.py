"""Where a result is written, and the count of the pixels that it changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nano_edit.pictures.region import colour

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

    from nano_edit.pictures.region.profiles import Convert


@dataclass(frozen=True, slots=True)
class Target:
    """Where the result is written, and how."""

    kind: str  # "png", "jpeg", "webp", "avif", "tiff"
    descriptor: int  # of an open, empty file
    folder: Path  # the user's alone, for temporary files
    copy_metadata: bool = False


@dataclass(slots=True)
class Counts:
    """Pixels inside and outside the area, and how many changed noticeably."""

    convert: Convert  # to sRGB
    inside: int = 0
    changed_inside: int = 0
    changed_outside: int = 0

    def add(self, before: Image.Image, after: Image.Image, weight: Image.Image) -> None:
        """Compare a strip; where ``weight`` is 0 is the outside."""
        one, other = (np.asarray(self.convert(each)) for each in (before, after))
        changed = colour.difference(one, other) > colour.NOTICEABLE
        inside = np.asarray(weight) > 0
        self.inside += int(np.count_nonzero(inside))
        self.changed_inside += int(np.count_nonzero(changed & inside))
        self.changed_outside += int(np.count_nonzero(changed & ~inside))

    def add_outside(
        self, before: Image.Image, after: Image.Image, weight: Image.Image
    ) -> None:
        """Compare a strip where ``weight`` is 0 alone."""
        seen = (self.inside, self.changed_inside)
        self.add(before, after, weight)
        self.inside, self.changed_inside = seen
