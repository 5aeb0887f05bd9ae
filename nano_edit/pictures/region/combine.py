"""The original with the model's change in it, and nothing else changed.

Strategy: find the model's picture on what was sent, match its colours, judge whether
it is the same scene at all; then paste the area that may change, in strips, into the
original's own pixels (`paste`).  What was done is measured and told as a `Change`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from nano_edit.pictures.region import colour, detect
from nano_edit.pictures.region.align import Alignment, align
from nano_edit.pictures.region.areas import area_of_weights
from nano_edit.pictures.region.boxes import Box, whole
from nano_edit.pictures.region.profiles import from_srgb
from nano_edit.pictures.region.resample import Sampler
from nano_edit.pictures.region.view import comparing_size, on_raster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from nano_edit.pictures.inputs.raster import Raster
    from nano_edit.pictures.region.areas import Area
    from nano_edit.pictures.region.boxes import Plan

    Bytes = NDArray[np.uint8]
    Bools = NDArray[np.bool_]

_RING: Final = 0.04  # of the raster's longer side, at least 12 px: where colours match
_STRIP: Final = 1 << 20  # px that are worked on at a time
_EDGE: Final = 6  # px along the edges of what came are not judged


@dataclass(frozen=True, slots=True)
class Found:
    """How the model's picture lies on the original."""

    alignment: Alignment
    match: colour.Match
    fit: detect.Fit
    size: tuple[int, int]  # px, of the model's picture
    area: Area | None  # what may change; None: nothing was changed

    @property
    def is_same_scene(self) -> bool:
        """Whether a part of it can be pasted."""
        return self.alignment.is_plausible and self.fit.is_same_scene


def find(raster: Raster, plan: Plan, came: Image.Image, area: Area | None) -> Found:
    """Find ``came`` (RGB, sRGB) on the frame of ``plan``.

    Without an ``area`` the one is found that the model has changed.
    """
    size = comparing_size(came.size)
    sent, own = on_raster(raster, plan, size)
    small = came.resize(size, Image.Resampling.LANCZOS, reducing_gap=3)
    keep = own if area is None else _kept(area, plan, own)
    alignment = align(sent.convert("L"), small.convert("L"), keep)
    if not alignment.is_plausible:
        return Found(alignment, colour.Match(), detect.Fit(1, 0, 0), came.size, area)
    lying = Sampler.of(small, alignment, whole(size)).part(whole(size))
    shown = np.asarray(own) > 0
    shown &= _covered(alignment, size)
    pixels, wanted = np.asarray(lying), np.asarray(sent)
    match = _matched(wanted, pixels, _ring(keep, size), shown)
    pixels = match.unclipped(wanted, pixels)
    judged = (np.asarray(keep) > 0) & shown
    if area is None:
        changed = detect.changed(wanted, pixels, shown)
        judged &= np.asarray(changed) == 0
        area = _area_on(changed, plan)
    return Found(alignment, match, detect.fit(wanted, pixels, judged), came.size, area)


def _kept(area: Area, plan: Plan, own: Image.Image) -> Image.Image:
    """Return white where the original's pixels must stay, on the raster of ``own``."""
    weight = area.within(plan.frame).resize(own.size, Image.Resampling.BOX)
    free = weight.point([255] + [0] * 255)
    return ImageChops.multiply(free, own)


def _ring(keep: Image.Image, size: tuple[int, int]) -> Bools:
    """Return the pixels to keep around what may change; all where there is nothing."""
    width = max(12, round(_RING * max(size)))
    free = ImageChops.invert(keep)
    near = free.filter(ImageFilter.BoxBlur(width)).point([0] + [255] * 255)
    ring = np.asarray(ImageChops.multiply(near, keep)) > 0
    enough = np.count_nonzero(ring) >= 0.002 * ring.size
    return ring if enough else np.asarray(keep) > 0


def _matched(sent: Bytes, came: Bytes, ring: Bools, shown: Bools) -> colour.Match:
    usable = ring & shown
    step = max(1, np.count_nonzero(usable) // 60_000)
    one, other = sent[usable][::step], came[usable][::step]
    # A sample that is clipped tells nothing of a gain.
    telling = ((one > 2) & (one < 253) & (other < 254)).all(axis=1)
    return colour.match(one[telling], other[telling])


def _covered(alignment: Alignment, size: tuple[int, int]) -> Bools:
    left, top, right, bottom = alignment.covered(size)
    covered = np.zeros(size[::-1], bool)
    rows = slice(max(0, int(top + _EDGE)), max(0, int(bottom - _EDGE)))
    columns = slice(max(0, int(left + _EDGE)), max(0, int(right - _EDGE)))
    covered[rows, columns] = True
    return covered


def _area_on(changed: Image.Image, plan: Plan) -> Area | None:
    """Bring a mask on the raster of the frame to the picture's own size."""
    across = changed.width / plan.frame.width
    down = changed.height / plan.frame.height
    crop = plan.crop.moved(-plan.frame.left, -plan.frame.top)
    box = (crop.left * across, crop.top * down, crop.right * across, crop.bottom * down)
    part = changed.resize(plan.crop.size, Image.Resampling.BILINEAR, box)
    if plan.is_whole:
        return area_of_weights(part)
    canvas = Image.new("L", plan.size, 0)
    canvas.paste(part, plan.crop.corners[:2])
    return area_of_weights(canvas)


# --- the pixels ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Patch:
    """Upright pixels of the original's mode and profile, and what comes over them."""

    box: Box
    before: Image.Image
    fresh: Image.Image
    weight: Image.Image  # L; 0: nothing comes over a pixel, 255: all of it

    @property
    def after(self) -> Image.Image:
        """The pixels as they will be; where the weight is 0, exactly as before."""
        return Image.composite(self.fresh, self.before, self.weight)


def patches(
    raster: Raster, plan: Plan, came: Image.Image, found: Found, area: Area
) -> Iterator[Patch]:
    """Give the area from top to bottom, in strips of its box."""
    matched = came.point(found.match.table())
    sampler = Sampler.of(matched, found.alignment, plan.frame)
    colours = "L" if raster.mode == "L" else "RGB"
    convert = from_srgb(raster.profile, colours)
    rows = max(16, _STRIP // area.box.width // 16 * 16)
    for top in range(area.box.top, area.box.bottom, rows):
        bottom = min(top + rows, area.box.bottom)
        box = Box(area.box.left, top, area.box.right, bottom)
        weight = area.within(box)
        if weight.getbbox() is None:
            continue
        before = raster.piece(box.corners)
        fresh = convert(sampler.part(box))
        if before.mode == "RGBA":
            fresh.putalpha(before.getchannel("A"))
        yield Patch(box, before, fresh, weight)
