"""The file that is placed: the original's pixels with the model's in one area.

Strategy by what the original is and what is asked for:
- JPEG to JPEG: the coefficients of untouched blocks stay (`blocks`).
- All else: decoded pixels, of which those outside stay, encoded without loss where
  the format can (`encode`); with 16 bits a sample where the original has them.
Then the result is measured against the original.

Rules:
- The original is decoded once and held once; the area is worked on in strips.
- A pixel of weight 0 stays what it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from nano_edit.pictures.inputs.decode import Reduction, decoded
from nano_edit.pictures.inputs.sniff import PictureFormat
from nano_edit.pictures.region import blocks, encode
from nano_edit.pictures.region.combine import find, patches
from nano_edit.pictures.region.profiles import to_srgb
from nano_edit.pictures.region.target import Counts

if TYPE_CHECKING:
    from PIL import Image

    from nano_edit.pictures.inputs.examine import Original
    from nano_edit.pictures.region.areas import Area
    from nano_edit.pictures.region.boxes import Plan
    from nano_edit.pictures.region.combine import Found
    from nano_edit.pictures.region.target import Target

JPEG: Final = "jpeg"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was found and done."""

    found: Found
    size: tuple[int, int]  # px, of the result, upright
    stored_size: tuple[int, int]  # px, of its file
    area: float  # percent of the pixels that might change
    inside: float  # percent of those that changed noticeably
    outside: float  # percent of all others that did
    notes: list[str] = field(default_factory=list)


class NotTheSameSceneError(Exception):
    """The model painted the picture anew: nothing can be pasted."""

    def __init__(self, found: Found) -> None:
        super().__init__("the model painted the scene anew")
        self.found = found


def restore(
    original: Original,
    plan: Plan,
    came: Image.Image,
    area: Area | None,
    target: Target,
    *,
    max_pixels: int | None = None,
) -> Restored:
    """Write the original with what changed in ``area`` (None: what the model changed).

    ``came`` is RGB in sRGB.  Raises NotTheSameSceneError, BlocksError, OSError, and
    InputError for an original that cannot be decoded.
    """
    change = None
    notes: list[str] = []
    with decoded(original, Reduction(), max_pixels=max_pixels) as raster:
        size = raster.size
        found = find(raster, plan, came, area)
        if not found.is_same_scene:
            raise NotTheSameSceneError(found)
        counts = Counts(to_srgb(raster.profile))
        soft = found.area.feathered() if found.area is not None else None
        if (
            original.format is PictureFormat.JPEG
            and target.kind == JPEG
            and raster.has_blocks
        ):
            stored = raster.stored_size
            change = blocks.Change(raster, soft, target.folder)
            if soft is not None:
                change.gather(patches(raster, plan, came, found, soft))
        else:
            stored = size
            with encode.Pixels.of(original, raster, target.kind) as pixels:
                if soft is not None:
                    for patch in patches(raster, plan, came, found, soft):
                        counts.add(patch.before, patch.after, patch.weight)
                        pixels.put(patch)
                notes = encode.save(original, raster, pixels, target)
                encode.measure(raster, soft, target, counts)
    if change is not None:
        try:
            change.write(original, target)
            change.measure(original, counts, max_pixels)
        finally:
            change.discard()
    everything = size[0] * size[1]
    outside = everything - counts.inside
    return Restored(
        found,
        size,
        stored,
        100 * counts.inside / everything,
        100 * counts.changed_inside / max(counts.inside, 1),
        100 * counts.changed_outside / max(outside, 1),
        notes,
    )
