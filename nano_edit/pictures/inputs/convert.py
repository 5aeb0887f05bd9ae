"""Owns the making of a file that may be sent from a picture that may not.

Strategy: decode once, encode in the picture's own family, and only when that is
too many bytes encode smaller: first as a JPEG at full resolution where nothing
but exactness is lost, then with as few pixels dropped as needed.

Families:
- A picture with alpha is sent as PNG, never flattened.
- PNG stays PNG and JPEG stays JPEG; a JPEG that is only turned keeps its own
  quantisation tables and subsampling, so that it loses as little as can be.
- Any other format becomes PNG when it is small (at most 65,536 pixels) or flat
  (at most 256 colours, 64 greys): drawings and screenshots, which JPEG would
  smear and PNG packs well.  All else is a photo, and becomes JPEG.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nano_edit.errors import InputError
from nano_edit.pictures.inputs.decode import Reduction, decoded
from nano_edit.pictures.inputs.examine import too_large
from nano_edit.pictures.inputs.jpeg_strips import MULTIPLE, write_jpeg
from nano_edit.pictures.inputs.raster import size_within
from nano_edit.pictures.inputs.sniff import PictureFormat
from nano_edit.pictures.inputs.survey import upright
from nano_edit.units import size_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nano_edit.pictures.inputs.examine import Original
    from nano_edit.pictures.inputs.raster import JpegCoding, Raster
    from nano_edit.pictures.inputs.workspace import Workspace

_SMALL = 256 * 256  # px
_LARGE = 2**22  # px; beyond, zlib's usual level takes seconds to save a tenth
_QUALITY = 95
# The sum of the luminance table that quality 95 means (T.81, table K.1, scaled
# by the IJG rule); a table with a larger sum is coarser.
_QUALITY_SUM = 373


AUTOMATIC_SIDE = 4096  # px; what is encoded anew is not larger, unless asked for


@dataclass(frozen=True, slots=True)
class Goal:
    """What a picture must become."""

    max_side: int | None  # px; None: AUTOMATIC_SIDE, if `downscale`
    max_bytes: int
    reason: str  # for the limit, as a clause
    downscale: bool  # False: too many bytes is an InputError
    keep_metadata: bool  # of a JPEG or PNG: its EXIF
    max_pixels: int | None  # None: the usual limits

    @property
    def reduction(self) -> Reduction:
        """How far the picture is reduced before its bytes are looked at."""
        if self.max_side is None and self.downscale:
            return Reduction(AUTOMATIC_SIDE, exact=False)
        return Reduction(self.max_side)


@dataclass(frozen=True, slots=True)
class Converted:
    """A picture in a file of the workspace, upright."""

    file: Path
    mime_type: str
    width: int  # px
    height: int  # px
    size: int  # bytes
    animated: bool  # only its first frame was taken
    reduced: bool  # to `AUTOMATIC_SIDE`
    squeezed: bool  # more had to be done than its family's usual encoding
    change: str  # "5000x4000, 31.2 MB -> 3600x2880, 6.8 MB"


@dataclass(frozen=True, slots=True)
class _Encoding:
    """A format that is sent, and Pillow's options for it."""

    format: PictureFormat
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def suffix(self) -> str:
        """What a file name ends in and a MIME type too: "png", "jpeg"."""
        return self.format.value.lower()


@dataclass(frozen=True, slots=True)
class _Encoded:
    """One attempt at a file that may be sent."""

    width: int  # px
    height: int  # px
    encoding: _Encoding
    file: Path
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class _Bench:
    """Where one picture is encoded, more than once if need be."""

    original: Original
    raster: Raster
    exif: bytes  # to be sent along
    workspace: Workspace

    def encode(self, size: tuple[int, int], encoding: _Encoding) -> _Encoded:
        """Write the picture in ``size`` px.  Raises InputError."""
        extras = {"icc_profile": self.raster.profile, "exif": self.exif}
        options = encoding.options | {k: v for k, v in extras.items() if v}
        file = self.workspace.new_file(f".{encoding.suffix}")
        try:
            if encoding.format is PictureFormat.JPEG:
                strips = self.raster.strips(size, MULTIPLE)
                write_jpeg(file, strips, size[1], options)
            else:
                if size[0] * size[1] > _LARGE:
                    options["compress_level"] = 2
                self.raster.image(size).save(file, "PNG", **options)
            return _Encoded(*size, encoding, file, file.stat().st_size)
        except OSError as error:
            raise InputError(
                f"{self.original.name} cannot be prepared in the temporary folder: "
                f"{error.strerror or error}.",
                hint="Free space there, or set TMPDIR to a folder that has some.",
            ) from error


_PNG = _Encoding(PictureFormat.PNG)
_JPEG = _Encoding(PictureFormat.JPEG, {"quality": _QUALITY, "subsampling": 0})


def convert(
    original: Original, goal: Goal, workspace: Workspace, go_on: Callable[[], None]
) -> Converted:
    """Decode, turn, convert and encode, within the goal.  Raises InputError.

    ``go_on`` is called now and then; what it raises ends the work.
    """
    reduction = goal.reduction
    most = goal.max_pixels
    with decoded(original, reduction, max_pixels=most, go_on=go_on) as raster:
        bench = _Bench(original, raster, _exif(original, goal), workspace)
        size = size_within(raster.size, reduction.max_side)
        first = bench.encode(size, _first_encoding(original, raster, size))
        is_small = first.size <= goal.max_bytes
        result = first if is_small else _squeeze(bench, first, goal)
        return Converted(
            file=result.file,
            mime_type=f"image/{result.encoding.suffix}",
            width=result.width,
            height=result.height,
            size=result.size,
            animated=raster.animated,
            reduced=goal.max_side is None and size != raster.full_size,
            squeezed=result is not first,
            change=_change(original, raster.full_size, result),
        )


def _exif(original: Original, goal: Goal) -> bytes:
    if not (goal.keep_metadata and original.survey and original.survey.exif):
        return b""
    return b"Exif\0\0" + upright(original.survey.exif)


def _squeeze(bench: _Bench, first: _Encoded, goal: Goal) -> _Encoded:
    """Encode with just enough pixels dropped to stay within the goal's bytes.

    Bytes shrink more slowly than pixels do, so the ratio of the bytes, taken as
    one of areas, seldom drops too much; what it drops too little, the next
    round does.
    """
    whole = (first.width, first.height)
    name = bench.original.name
    if not goal.downscale:
        raise too_large(name, whole, first.size, goal.reason)
    encoding = _last_encoding(bench.raster)
    result = first if encoding == first.encoding else bench.encode(whole, encoding)
    scale = 1.0
    while result.size > goal.max_bytes:
        if max(result.width, result.height) == 1:
            raise too_large(name, (1, 1), result.size, goal.reason)
        scale *= math.sqrt(goal.max_bytes / result.size) * 0.99
        width, height = (max(1, int(side * scale)) for side in whole)
        result = bench.encode((width, height), encoding)
    return result


def _first_encoding(
    original: Original, raster: Raster, size: tuple[int, int]
) -> _Encoding:
    """Choose what keeps the picture as it is."""
    if raster.mode == "RGBA" or original.format is PictureFormat.PNG:
        return _PNG
    if original.format is not PictureFormat.JPEG:
        return _PNG if _small_or_flat(raster, size) else _JPEG
    is_reduced = size != raster.full_size
    return _JPEG if is_reduced or not raster.coding else _like(raster.coding)


def _last_encoding(raster: Raster) -> _Encoding:
    """Choose what saves bytes before pixels must go.

    A JPEG is not encoded finer than it came: its own artefacts cost bytes too.
    """
    if raster.mode == "RGBA":
        return _PNG
    if raster.coding and sum(raster.coding.tables[0]) > _QUALITY_SUM:
        return _like(raster.coding)
    subsampling = raster.coding.subsampling if raster.coding else 0
    return _Encoding(PictureFormat.JPEG, _JPEG.options | {"subsampling": subsampling})


def _like(coding: JpegCoding) -> _Encoding:
    options = {"qtables": coding.tables, "subsampling": coding.subsampling}
    return _Encoding(PictureFormat.JPEG, options)


def _small_or_flat(raster: Raster, size: tuple[int, int]) -> bool:
    """Whether there are few pixels, or few colours; a photo's first strip tells."""
    if size[0] * size[1] <= _SMALL:
        return True
    most = 64 if raster.mode == "L" else 256
    colours: set[Any] = set()
    for strip in raster.strips(size, MULTIPLE):
        found = strip.getcolors(most)
        if found is None:
            return False
        colours.update(colour for _, colour in found)
    return len(colours) <= most


def _change(original: Original, size: tuple[int, int], result: _Encoded) -> str:
    became = result.encoding.format
    other = "" if became is original.format else f" {became.value}"
    return (
        f"{size[0]}x{size[1]}, {size_text(original.size)} -> "
        f"{result.width}x{result.height}{other}, {size_text(result.size)}"
    )
