"""Pixels of the original, changed in place, and the file that is made of them.

Eight bits a sample go through Pillow, sixteen through `deep`.

Lossless where the format can: PNG, TIFF, WebP.  AVIF and JPEG are encoded at the
quality of `nano_edit.pictures.outputs.reformat`, and a note says so.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from nano_edit.pictures.inputs.decode import opened
from nano_edit.pictures.inputs.sniff import PictureFormat
from nano_edit.pictures.memory import DECODED
from nano_edit.pictures.region import blocks, deep, exif
from nano_edit.pictures.region.boxes import Box
from nano_edit.pictures.region.view import over_white

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nano_edit.pictures.inputs.examine import Original
    from nano_edit.pictures.inputs.raster import Raster
    from nano_edit.pictures.region.areas import Area
    from nano_edit.pictures.region.combine import Patch
    from nano_edit.pictures.region.target import Counts, Target

_Z_RLE: Final = 3
_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "png": {"compress_level": 1, "compress_type": _Z_RLE},
    "jpeg": {"quality": 95, "subsampling": 0},
    "webp": {"lossless": True, "exact": True, "quality": 0, "method": 1},
    "avif": {"quality": 95, "subsampling": "4:4:4", "speed": 9},
    "tiff": {"compression": "tiff_lzw"},
}
_LOSSLESS: Final = ("png", "webp", "tiff")
_EXIF: Final = b"Exif\0\0"
_STRIP: Final = 1 << 20  # px
_XMP_TAG, _IPTC_TAG, _PREDICTOR = 700, 33723, 317  # TIFF


@dataclass(frozen=True, slots=True)
class Pixels:
    """The picture, upright: as an image, and as 16-bit samples where it has them."""

    image: Image.Image
    deep: deep.Deep | None  # [height, width, channels]

    @classmethod
    @contextmanager
    def of(cls, original: Original, raster: Raster, kind: str) -> Iterator[Pixels]:
        """Hold the pixels of an open picture, for a file of ``kind``."""
        with ExitStack() as stack:
            samples = None
            if kind in deep.WRITERS:
                samples = stack.enter_context(deep.held(original, raster))
            yield cls(raster.image(raster.size), samples)

    def put(self, patch: Patch) -> None:
        """Put fresh pixels over the picture's own."""
        if self.deep is None:
            self.image.paste(patch.after, patch.box.corners[:2])
            return
        box = patch.box
        part = self.deep[box.top : box.bottom, box.left : box.right]
        colours = part.shape[2] - (part.shape[2] in (2, 4))
        fresh = np.asarray(patch.fresh).reshape(*part.shape[:2], -1)[..., :colours]
        weight = np.asarray(patch.weight, np.float32)[..., None] / 255
        own = part[..., :colours]
        mixed = own + (fresh.astype(np.float32) * 257 - own) * weight
        part[..., :colours] = np.where(weight > 0, np.rint(mixed), own)


def save(
    original: Original, raster: Raster, pixels: Pixels, target: Target
) -> list[str]:
    """Write the pixels to the target; return what is to be said about it."""
    notes: list[str] = []
    kind, image = target.kind, pixels.image
    if kind == "jpeg" and image.mode == "RGBA":
        flat = Image.new("RGB", image.size, "white")
        flat.paste(image, mask=image.getchannel("A"))
        image = flat
        notes.append("JPEG has no transparency: it is now white.")
    if kind not in _LOSSLESS:
        notes.append(
            f"{kind.upper()} is encoded anew, so pixels outside the region may change a"
            " little; name a .png to keep every one."
        )
    with os.fdopen(target.descriptor, "w+b", closefd=False) as file:
        if pixels.deep is not None:
            deep.WRITERS[kind](file, pixels.deep, raster.profile)
        else:
            options = _OPTIONS[kind] | {"icc_profile": raster.profile}
            image.save(
                file, kind, **options, **_metadata(original, raster.size, target)
            )
    return notes


def measure(raster: Raster, area: Area | None, target: Target, counts: Counts) -> None:
    """Count what encoding with loss changed outside the area.

    ``raster`` may hold the fresh pixels inside it already.
    """
    if target.kind in _LOSSLESS:
        return
    width, height = raster.size
    rows = max(1, _STRIP // width)
    with (
        os.fdopen(os.dup(target.descriptor), "rb") as file,
        DECODED.reserved(4 * width * height),
    ):
        file.seek(0)
        with Image.open(file, formats=[target.kind.upper()]) as image:
            for top in range(0, height, rows):
                box = Box(0, top, width, min(top + rows, height))
                before = over_white(raster.piece(box.corners))
                after = over_white(image.crop(box.corners)).convert(before.mode)
                weight = area.within(box) if area else Image.new("L", box.size)
                counts.add_outside(before, after, weight)


def _metadata(
    original: Original, size: tuple[int, int], target: Target
) -> dict[str, Any]:
    """Return EXIF and XMP as the encoder takes them, if they are to be copied."""
    if target.kind == "tiff":
        tags = Image.Exif()
        tags[_PREDICTOR] = 2
    if not target.copy_metadata:
        return {"exif": tags} if target.kind == "tiff" else {}
    block, xmp, iptc = metadata_of(original)
    block = exif.upright(block, size)
    if target.kind == "tiff":
        tags.load(_EXIF + block if block else b"")
        tags[_PREDICTOR] = 2
        if xmp:
            tags[_XMP_TAG] = xmp
        if iptc and not iptc.startswith(b"Photoshop"):
            tags[_IPTC_TAG] = iptc
        return {"exif": tags}
    found: dict[str, Any] = {}
    if block:
        found["exif"] = _EXIF + block
    if xmp and target.kind == "png":
        found["pnginfo"] = PngInfo()
        found["pnginfo"].add_itxt("XML:com.adobe.xmp", xmp.decode("utf-8", "replace"))
    elif xmp:
        found["xmp"] = xmp
    return found


def save_plain(original: Original, image: Image.Image, target: Target) -> list[str]:
    """Write RGB pixels that are none of the original's; its metadata if wanted."""
    with os.fdopen(target.descriptor, "w+b", closefd=False) as file:
        metadata = _metadata(original, image.size, target)
        image.save(file, target.kind, **_OPTIONS[target.kind], **metadata)
    return []


def metadata_of(original: Original) -> tuple[bytes, bytes, bytes]:
    """Return EXIF (a TIFF block), XMP and IPTC of a picture; empty where none is."""
    if original.format is PictureFormat.JPEG:
        return blocks.metadata_of(original.file)
    if original.format is PictureFormat.PNG:
        with Image.open(original.file, formats=["PNG"]) as image:
            image.load()  # what stands behind the pixels too
            return _described(image.info)
    with opened(original) as file:
        if original.format is PictureFormat.TIFF:
            tags = file.getexif()
            iptc = tags.get(_IPTC_TAG, b"")
            return tags.tobytes()[len(_EXIF) :], tags.get(_XMP_TAG, b""), bytes(iptc)
        return _described(file.info)


def _described(info: dict[Any, Any]) -> tuple[bytes, bytes, bytes]:
    block: bytes = info.get("exif") or b""
    xmp = info.get("xmp") or info.get("XML:com.adobe.xmp") or b""
    if isinstance(xmp, str):
        xmp = xmp.encode()
    return block.removeprefix(_EXIF), xmp, b""
