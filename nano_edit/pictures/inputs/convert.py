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
from nano_edit.pictures.inputs.decode import JpegCoding, Picture, decode, resized
from nano_edit.pictures.inputs.examine import too_large
from nano_edit.pictures.inputs.sniff import Kind
from nano_edit.units import size_text

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

    from nano_edit.pictures.inputs.examine import Original
    from nano_edit.pictures.inputs.workspace import Workspace

_SMALL = 256 * 256  # px
_LARGE = 2**22  # px; beyond, zlib's usual level takes seconds to save a tenth
_QUALITY = 95
# The sum of the luminance table that quality 95 means (T.81, table K.1, scaled
# by the IJG rule); a table with a larger sum is coarser.
_QUALITY_SUM = 373


@dataclass(frozen=True, slots=True)
class Goal:
    """What a picture must become."""

    max_side: int | None  # px
    max_bytes: int
    reason: str  # for the limit, as a clause
    downscale: bool  # False: too many bytes is an InputError
    keep_metadata: bool  # of a JPEG or PNG: its EXIF


@dataclass(frozen=True, slots=True)
class Converted:
    """A picture in a file of the workspace, upright."""

    file: Path
    mime_type: str
    width: int  # px
    height: int  # px
    size: int  # bytes
    animated: bool  # only its first frame was taken
    squeezed: bool  # more had to be done than its family's usual encoding
    change: str  # "5000x4000, 31.2 MB -> 3600x2880, 6.8 MB"


@dataclass(frozen=True, slots=True)
class _Encoding:
    """A format that is sent, and Pillow's options for it."""

    kind: Kind
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def suffix(self) -> str:
        """What a file name ends in and a MIME type too: "png", "jpeg"."""
        return self.kind.value.lower()


@dataclass(frozen=True, slots=True)
class _Encoded:
    """One attempt at a file that may be sent."""

    image: Image.Image
    encoding: _Encoding
    file: Path
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class _Bench:
    """Where one picture is encoded, more than once if need be."""

    name: str
    picture: Picture
    workspace: Workspace

    def encode(self, image: Image.Image, encoding: _Encoding) -> _Encoded:
        """Write ``image`` with what belongs to the picture.  Raises InputError."""
        extras = {"icc_profile": self.picture.profile, "exif": self.picture.exif}
        options = encoding.options | {k: v for k, v in extras.items() if v}
        if encoding.kind is Kind.PNG and image.width * image.height > _LARGE:
            options["compress_level"] = 2
        file = self.workspace.new_file(f".{encoding.suffix}")
        try:
            image.save(file, encoding.kind.value, **options)
            return _Encoded(image, encoding, file, file.stat().st_size)
        except OSError as error:
            raise InputError(
                f"{self.name} cannot be prepared in the temporary folder: "
                f"{error.strerror or error}.",
                hint="Make room there, or set TMPDIR to a folder that has some.",
            ) from error


_PNG = _Encoding(Kind.PNG)
_JPEG = _Encoding(Kind.JPEG, {"quality": _QUALITY, "subsampling": 0})


def convert(original: Original, goal: Goal, workspace: Workspace) -> Converted:
    """Decode, turn, convert and encode, within the goal.  Raises InputError."""
    keep_exif = goal.keep_metadata
    picture = decode(original, max_side=goal.max_side, keep_exif=keep_exif)
    bench = _Bench(original.name, picture, workspace)
    first = bench.encode(picture.image, _first_encoding(picture, original.kind))
    result = first if first.size <= goal.max_bytes else _squeeze(bench, first, goal)
    width, height = result.image.size
    return Converted(
        file=result.file,
        mime_type=f"image/{result.encoding.suffix}",
        width=width,
        height=height,
        size=result.size,
        animated=picture.animated,
        squeezed=result is not first,
        change=_change(original, picture, result),
    )


def _squeeze(bench: _Bench, first: _Encoded, goal: Goal) -> _Encoded:
    """Encode with just enough pixels dropped to stay within the goal's bytes.

    Bytes shrink more slowly than pixels do, so the ratio of the bytes, taken as
    one of areas, seldom drops too much; what it drops too little, the next
    round does.
    """
    whole = bench.picture.image
    if not goal.downscale:
        raise too_large(bench.name, whole.size, first.size, goal.reason)
    encoding = _last_encoding(bench.picture)
    result = first if encoding == first.encoding else bench.encode(whole, encoding)
    scale = 1.0
    while result.size > goal.max_bytes:
        if max(result.image.size) == 1:
            raise too_large(bench.name, (1, 1), result.size, goal.reason)
        scale *= math.sqrt(goal.max_bytes / result.size) * 0.99
        width, height = (max(1, int(side * scale)) for side in whole.size)
        result = bench.encode(resized(whole, (width, height)), encoding)
    return result


def _first_encoding(picture: Picture, kind: Kind) -> _Encoding:
    """Choose what keeps the picture as it is."""
    if picture.image.mode == "RGBA" or kind is Kind.PNG:
        return _PNG
    if kind is not Kind.JPEG:
        return _PNG if _small_or_flat(picture.image) else _JPEG
    reduced = max(picture.image.size) < max(picture.full_size)
    return _JPEG if reduced or not picture.coding else _like(picture.coding)


def _last_encoding(picture: Picture) -> _Encoding:
    """Choose what saves bytes before pixels must go.

    A JPEG is not encoded finer than it came: its own artefacts cost bytes too.
    """
    if picture.image.mode == "RGBA":
        return _PNG
    if picture.coding and sum(picture.coding.tables[0]) > _QUALITY_SUM:
        return _like(picture.coding)
    subsampling = picture.coding.subsampling if picture.coding else 0
    return _Encoding(Kind.JPEG, _JPEG.options | {"subsampling": subsampling})


def _like(coding: JpegCoding) -> _Encoding:
    options = {"qtables": coding.tables, "subsampling": coding.subsampling}
    return _Encoding(Kind.JPEG, options)


def _small_or_flat(image: Image.Image) -> bool:
    if image.width * image.height <= _SMALL:
        return True
    return image.getcolors(64 if image.mode == "L" else 256) is not None


def _change(original: Original, picture: Picture, result: _Encoded) -> str:
    width, height = picture.full_size
    kind = result.encoding.kind
    other = "" if kind is original.kind else f" {kind.value}"
    return (
        f"{width}x{height}, {size_text(original.size)} -> "
        f"{result.image.width}x{result.image.height}{other}, {size_text(result.size)}"
    )
