"""From the format that came to the format that was asked for, with Pillow.

Owns the choices of each encoder.  Measured on a 4K (5504x3072) picture with film
grain, two cores: PNG 1.1 s, TIFF 0.7 s, WebP 1.1 s, AVIF 1.3 s, JPEG 0.2 s.

- PNG: level 1 with run-length matching only.  On filtered photographs it is both
  faster and smaller than level 1 with full matching; level 6 takes four times as
  long for 4 %.
- JPEG: quality 95 without chroma subsampling, so that red edges stay sharp.
- WebP and AVIF: qualities about as far from the source as that, and the efforts
  that end in a second; AVIF at speed 8 is a tenth smaller and takes thrice as long.
- TIFF: LZW with the horizontal predictor, which every reader knows.

ICC, EXIF and XMP go along.  A colour profile that does not fit the new pixels
(CMYK or grey ones that became RGB) is left out: it would change the colours.  TIFF
gets the plain tags of EXIF alone, for libtiff writes no directories below its own.
Metadata that an encoder does not take is left out with a note: the pixels were paid
for.
"""

from __future__ import annotations

import os
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from nano_edit.errors import InputError
from nano_edit.pictures.inputs.decode import opened
from nano_edit.pictures.inputs.examine import Original, examine
from nano_edit.pictures.inputs.limits import check_decoding, decoding_memory
from nano_edit.pictures.inputs.sources import Source
from nano_edit.pictures.memory import DECODED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PIL.ImageFile import ImageFile

_Z_RLE = 3  # zlib.h: strategy, match runs of one byte only
_PREDICTOR, _HORIZONTAL, _XMP = 317, 2, 700  # TIFF 6.0 tags, and Adobe's
_PLAIN_TAGS = (  # TIFF 6.0: words about a picture as a whole, and which way up it is
    *(270, 271, 272, 274, 305, 306, 315, 33432),
)

_OPTIONS: dict[str, dict[str, Any]] = {
    "png": {"compress_level": 1, "compress_type": _Z_RLE},
    "jpeg": {"quality": 95, "subsampling": 0},
    "webp": {"quality": 95, "method": 2},
    "avif": {"quality": 90, "speed": 10},
    "tiff": {"compression": "tiff_lzw"},
}


def reformat(
    source: Path,
    descriptor: int,
    kind: str,
    *,
    max_pixels: int | None = None,
    box: tuple[int, int, int, int] | None = None,
) -> list[str]:
    """Write the picture in ``source`` as ``kind`` to an open, empty file.

    ``box`` (left, top, right, bottom) takes that part of it alone.

    Returns sentences on what was lost by it.  Raises what Pillow raises: OSError
    for the disk and for pixels that cannot be decoded, and others; ValueError for
    a picture over the limits that inputs have too, or over ``max_pixels``.
    """
    # A filter for good, for `catch_warnings` is not for threads: what Pillow finds
    # odd and reads all the same is not worth a line.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
    notes: list[str] = []
    with (
        _opened(source, max_pixels) as image,
        os.fdopen(descriptor, "w+b", closefd=False) as target,
    ):
        pixels = _pixels(image)
        if box is not None:
            pixels = pixels.crop(box)
        if kind == "jpeg" and pixels.mode == "RGBA":
            if _is_see_through(pixels):
                notes.append("JPEG knows no transparency: it is now white.")
            pixels = _on_white(pixels)
        try:
            _save(pixels, target, kind, _metadata(image, pixels.mode, kind))
        except Exception as error:
            if isinstance(error, OSError) and error.errno:  # the disk's
                raise
            target.seek(0)
            target.truncate()
            _save(pixels, target, kind, _profile(image, pixels.mode) | {"exif": b""})
            notes.append("Its EXIF and XMP are damaged and were left out.")
    return notes


@contextmanager
def _opened(source: Path, max_pixels: int | None) -> Iterator[ImageFile]:
    """Open the picture, its metadata too, once there is memory for its pixels."""
    try:
        original = examine(Source("it", "", source, None))
        whole = Original("it", source, original.format, None, original.size)
        with opened(whole) as image:
            is_plain = image.mode in {"L", "RGB"} and "transparency" not in image.info
            copy = (0, 0) if is_plain else image.size
            memory = decoding_memory(original, image, part=1, result=copy)
            check_decoding(original, image.size, memory, max_pixels)
            with DECODED.reserved(memory):
                yield image
    except InputError as error:
        raise ValueError(error.message.removesuffix(".")) from error


def _save(
    pixels: Image.Image, target: BinaryIO, kind: str, metadata: dict[str, Any]
) -> None:
    pixels.save(target, kind, **(_OPTIONS[kind] | metadata))


def _pixels(image: Image.Image) -> Image.Image:
    """Return the picture, decoded, in a mode that every format knows.

    That is L, RGB or RGBA.
    """
    image.load()  # so that what cannot be decoded fails here, and only once
    if image.has_transparency_data:
        return image if image.mode == "RGBA" else image.convert("RGBA")
    if image.mode.startswith("I"):  # 16 bits of grey, which convert() would clip
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.mode == "1":
        return image.convert("L")
    return image if image.mode in {"L", "RGB"} else image.convert("RGB")


def _is_see_through(pixels: Image.Image) -> bool:
    return pixels.getchannel("A").getextrema() != (255, 255)


def _on_white(pixels: Image.Image) -> Image.Image:
    flat = Image.new("RGB", pixels.size, "white")
    flat.paste(pixels, mask=pixels)
    return flat


def _metadata(image: Image.Image, mode: str, kind: str) -> dict[str, Any]:
    """Return ICC, EXIF and XMP as the encoder of ``kind`` takes them."""
    exif, xmp = image.info.get("exif"), image.info.get("xmp")
    found = _profile(image, mode)
    if kind == "tiff":
        given, tags = Image.Exif(), Image.Exif()
        given.load(exif or b"")
        for tag in _PLAIN_TAGS:
            if tag in given:
                tags[tag] = given[tag]
        tags[_PREDICTOR] = _HORIZONTAL
        if xmp:
            tags[_XMP] = xmp
        return found | {"exif": tags}
    if exif:
        found["exif"] = exif
    if xmp and kind == "png":
        found["pnginfo"] = PngInfo()
        found["pnginfo"].add_itxt("XML:com.adobe.xmp", xmp.decode("utf-8", "replace"))
    elif xmp:
        found["xmp"] = xmp
    return found


def _profile(image: Image.Image, mode: str) -> dict[str, Any]:
    """Return the colour profile if it is one for pixels of ``mode``."""
    icc = image.info.get("icc_profile")
    space = b"GRAY" if mode == "L" else b"RGB "
    fits = icc is not None and icc[16:20] == space  # ICC.1:2022, 7.2.8
    return {"icc_profile": icc if fits else None}
