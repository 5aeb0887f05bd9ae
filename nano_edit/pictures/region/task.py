"""One edit that keeps the rest: what is sent, and what is made of the answer.

Made before the request (`Task.of`), used once the picture is there (`Task.remake`).
Nothing of it outlives the edit.

Rules:
- What is sent of the first picture is its frame; the mask goes along as the second
  picture, where the model takes so many.
- The format of the result is the one that was asked for, else the original's own, if
  it can be written without loss, else PNG.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from PIL import Image

from nano_edit.domain import Billed, Change, Remade
from nano_edit.errors import RefusedError
from nano_edit.pictures.formats import AS_IT_COMES
from nano_edit.pictures.inputs.decode import Reduction, decoded
from nano_edit.pictures.inputs.examine import examine
from nano_edit.pictures.inputs.sniff import HEAD_SIZE, PictureFormat, sniff
from nano_edit.pictures.inputs.sources import Source
from nano_edit.pictures.region import attach, encode, exif
from nano_edit.pictures.region.align import Alignment
from nano_edit.pictures.region.areas import area_of_boxes, area_of_mask
from nano_edit.pictures.region.boxes import Box, parse_region, plan
from nano_edit.pictures.region.plan_text import plan_text
from nano_edit.pictures.region.profiles import to_srgb
from nano_edit.pictures.region.resample import Sampler
from nano_edit.pictures.region.restore import NotTheSameSceneError, restore
from nano_edit.pictures.region.target import Target
from nano_edit.pictures.region.view import frame_to_send, mask_to_send
from nano_edit.pictures.region.wish import is_exact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nano_edit.domain import Edit
    from nano_edit.pictures.inputs.examine import Original
    from nano_edit.pictures.inputs.workspace import Workspace
    from nano_edit.pictures.region.areas import Area
    from nano_edit.pictures.region.boxes import Plan
    from nano_edit.pictures.region.restore import Restored

SIDES: Final = {"512": 512, "1K": 1024, "2K": 2048, "4K": 4096}  # of a square, px
_OTHER_SHAPE: Final = math.log(1.04)  # rounding to the model's grid is less
_SMALL: Final = 256 * 256  # px: sent as PNG, which loses nothing


@dataclass(frozen=True, slots=True)
class View:
    """The files to send in place of the first picture, and what is said with them."""

    picture: Path | None  # None: the picture itself goes
    mask: Path | None


@dataclass(frozen=True, slots=True)
class Task:
    """An edit's original, and where it may change."""

    original: Original
    plan: Plan
    area: Area | None  # None: to be found, or everything
    exact: bool  # the original's pixels stay
    resizes: bool  # the result has the original's size
    copy_metadata: bool
    max_pixels: int | None = None

    @classmethod
    def of(
        cls, edit: Edit, source: Source, ratios: Sequence[str], *, mask: Source | None
    ) -> Task:
        """Look at the first picture and the mask.  Raises InputError."""
        original = examine(source)
        size = _size_of(original)
        drawn = examine(mask) if mask is not None else None
        area = area_for(edit.region, drawn, size, invert=edit.invert_mask)
        side = SIDES.get(edit.size or "1K", 1024)
        made = plan(size, area.box if area else None, ratios, side)
        exact = is_exact(edit)
        resizes = exact or edit.keep_size
        limit = edit.max_pixels * 1_000_000 if edit.max_pixels else None
        return cls(original, made, area, exact, resizes, edit.copy_metadata, limit)

    def view(self, workspace: Workspace, *, with_mask: bool, side: int) -> View:
        """Write what is sent.  Raises InputError, OSError."""
        is_itself = self.plan.is_whole and not self.plan.is_padded
        picture = None if is_itself else self._frame(workspace)
        mask = None
        if self.area is not None and with_mask:
            mask = workspace.new_file(".mask.png")
            mask_to_send(self.area, self.plan, side).save(mask)
        return View(picture, mask)

    def _frame(self, workspace: Workspace) -> Path:
        with decoded(self.original, Reduction(), max_pixels=self.max_pixels) as raster:
            frame = frame_to_send(raster, self.plan)
        is_plain = self.original.format is PictureFormat.PNG or frame.mode == "RGBA"
        if is_plain or frame.width * frame.height <= _SMALL:
            path = workspace.new_file(".png")
            frame.save(path, compress_level=1)
        else:
            path = workspace.new_file(".jpg")
            frame.save(path, quality=95, subsampling=0)
        return path

    def plan_text(self) -> tuple[str, ...]:
        """Say what is sent of the picture and what becomes of the answer."""
        return plan_text(
            self.original.name, self.plan, self.area, exact=self.exact,
            resizes=self.resizes, copy_metadata=self.copy_metadata,
        )  # fmt: skip

    # --- once the picture is there ------------------------------------------------

    def format_for(self, wanted: str | None, came: str) -> str:
        """Return the format of the result."""
        if wanted is not None:
            return wanted
        own = self.original.format.value.lower()
        if not self.exact:
            return came
        return own if own in AS_IT_COMES else "png"

    def remake(self, came: Path, kind: str, descriptor: int) -> Remade:
        """Make the result of the model's picture in ``came``.

        Raises RefusedError when the two do not fit together, and what decoding and
        the disk raise.
        """
        if not self.resizes and _is_of(came, kind):
            return self._with_metadata(came, kind, descriptor)
        picture = _model_picture(came)
        fitted = self._fitted(picture) if self.resizes else None
        with TemporaryDirectory() as folder:
            target = Target(kind, descriptor, Path(folder), self.copy_metadata)
            if fitted is None or not self.exact:
                return self._plain(picture, fitted, target)
            try:
                restored = restore(
                    self.original, fitted, picture, self.area, target,
                    max_pixels=self.max_pixels,
                )  # fmt: skip
            except NotTheSameSceneError as error:
                raise _another_scene(error, self.area is None) from None
        notes = (*restored.notes, *self._unchanged(restored), *self._position())
        return Remade(restored.size, picture.size, notes, _change_of(restored))

    def _fitted(self, came: Image.Image) -> Plan:
        """Return the plan for what the model showed of the frame.

        A model that answers in another shape cuts sides off.
        """
        frame = self.plan.frame
        off = math.log(came.width / came.height) - math.log(frame.width / frame.height)
        if abs(off) <= _OTHER_SHAPE:
            return self.plan
        width = min(frame.width, round(frame.height * came.width / came.height))
        height = min(frame.height, round(frame.width * came.height / came.width))
        left = frame.left + (frame.width - width) // 2
        top = frame.top + (frame.height - height) // 2
        inner = Box(left, top, left + width, top + height)
        if not self.exact or (self.area and not inner.holds(self.area.box)):
            raise RefusedError(
                f"The model answered in another shape: {came.width}x{came.height} for"
                f" a picture of {frame.width}x{frame.height}; it cannot be brought to"
                " the original's size.",
                hint="Try again, or leave --keep-size and the like out.",
                billed=Billed.YES,
                http_status=200,
            )
        return replace(self.plan, frame=inner)

    def _plain(self, came: Image.Image, fitted: Plan | None, target: Target) -> Remade:
        """Write the model's picture, in the original's size if there is a plan."""
        image = came
        if fitted is not None:
            sampler = Sampler.of(came, Alignment(), fitted.frame)
            image = sampler.part(Box(0, 0, *fitted.size))
        notes = encode.save_plain(self.original, image, target)
        return Remade(image.size, came.size, (*notes, *self._position()), None)

    def _with_metadata(self, came: Path, kind: str, descriptor: int) -> Remade:
        """Write the model's bytes with the original's metadata among them."""
        with Image.open(came, formats=[kind.upper()]) as image:
            size = image.size
        metadata = encode.metadata_of(self.original)
        attach.WRITERS[kind](came, descriptor, metadata, size)
        return Remade(size, size, tuple(self._position()), None)

    def _unchanged(self, restored: Restored) -> list[str]:
        if self.area is None and restored.found.area is None:
            return ["The model changed nothing but noise: this is the original."]
        return []

    def _position(self) -> list[str]:
        if not self.copy_metadata:
            return []
        if exif.has_position(encode.metadata_of(self.original)[0]):
            return ["The metadata that is copied says where the picture was taken."]
        return []


def _is_of(path: Path, kind: str) -> bool:
    """Whether the model's bytes are of ``kind``, to which metadata can be attached."""
    if kind not in attach.WRITERS:
        return False
    with path.open("rb") as file:
        found = sniff(file.read(HEAD_SIZE))
    return found is not None and found.value.lower() == kind


def _size_of(original: Original) -> tuple[int, int]:
    """Return the upright size; only a JPEG or PNG tells it without being decoded."""
    survey = original.survey
    if survey is not None:
        size = (survey.width, survey.height)
        return size[::-1] if survey.orientation >= 5 else size
    with decoded(original, Reduction()) as raster:
        return raster.size


def area_for(
    regions: Sequence[str],
    mask: Original | None,
    size: tuple[int, int],
    *,
    invert: bool,
) -> Area | None:
    """Return where a picture of ``size`` may change; None: nobody said.

    Raises InputError for a region or mask that does not fit it.
    """
    if regions:
        return area_of_boxes([parse_region(text).box(size) for text in regions], size)
    if mask is None:
        return None
    with decoded(mask, Reduction()) as raster:
        drawn = raster.image(raster.size).copy()
    return area_of_mask(drawn, size, name=mask.name, invert=invert)


def _model_picture(path: Path) -> Image.Image:
    """Return the model's picture as RGB in sRGB."""
    original = examine(Source("the picture that came", str(path), path, path))
    with decoded(original, Reduction()) as raster:
        return to_srgb(raster.profile)(raster.image(raster.size)).copy()


def _another_scene(error: NotTheSameSceneError, finds: bool) -> RefusedError:
    fit = error.found.fit
    if error.found.alignment.is_plausible:
        figure = (
            f"{100 * fit.foreign:.0f} % of the pixels that should be the same are not"
        )
        if fit.likeness < 1 and fit.foreign < 0.35:
            figure = (
                f"its edges match the original's to {100 * max(0, fit.likeness):.0f} %"
            )
    else:
        figure = "it cannot be found on the original"
    what = "what changed cannot be told" if finds else "nothing can be pasted"
    return RefusedError(
        f"The model painted the scene anew ({figure}), so {what}.",
        hint='Try again; say "change nothing else" in the instruction.',
        billed=Billed.YES,
        http_status=200,
    )


def _change_of(restored: Restored) -> Change:
    found = restored.found
    return Change(
        area=round(restored.area, 3),
        inside=round(restored.inside, 3),
        outside=round(restored.outside, 4),
        shift=found.alignment.shift(found.size),
        zoom=round(found.alignment.zoom, 5),
        rotation=round(found.alignment.degrees, 3),
        residual=round(found.fit.residual, 2),
    )
