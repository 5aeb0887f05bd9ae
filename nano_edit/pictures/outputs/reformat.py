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
(CMYK or grey ones that became RGB) is left out: it would change the colours.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from nano_edit.pictures.formats import AS_IT_COMES

if TYPE_CHECKING:
    from pathlib import Path

_Z_RLE = 3  # zlib.h: strategy, match runs of one byte only
_PREDICTOR, _HORIZONTAL, _XMP = 317, 2, 700  # TIFF 6.0 tags, and Adobe's

_OPTIONS: dict[str, dict[str, Any]] = {
    "png": {"compress_level": 1, "compress_type": _Z_RLE},
    "jpeg": {"quality": 95, "subsampling": 0},
    "webp": {"quality": 95, "method": 2},
    "avif": {"quality": 90, "speed": 10},
    "tiff": {"compression": "tiff_lzw"},
}


def reformat(source: Path, descriptor: int, kind: str) -> list[str]:
    """Write the picture in ``source`` as ``kind`` to an open, empty file.

    Returns sentences on what was lost by it.  Raises what Pillow raises: OSError
    for the disk and for pixels that cannot be decoded, and others.
    """
    notes: list[str] = []
    with (
        Image.open(source, formats=AS_IT_COMES) as image,
        os.fdopen(descriptor, "w+b", closefd=False) as target,
    ):
        pixels = _pixels(image)
        if kind == "jpeg" and pixels.mode == "RGBA":
            if _is_see_through(pixels):
                notes.append("JPEG knows no transparency: it is now white.")
            pixels = _on_white(pixels)
        options = _OPTIONS[kind] | _metadata(image, pixels.mode, kind)
        pixels.save(target, kind, **options)
    return notes


def _pixels(image: Image.Image) -> Image.Image:
    """Return the picture in a mode that every format knows: L, RGB or RGBA."""
    if image.has_transparency_data:
        return image.convert("RGBA")
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
    icc, exif, xmp = (image.info.get(key) for key in ("icc_profile", "exif", "xmp"))
    space = b"GRAY" if mode == "L" else b"RGB "
    fits = icc is not None and icc[16:20] == space  # ICC.1:2022, 7.2.8
    found: dict[str, Any] = {"icc_profile": icc if fits else None}
    if kind == "tiff":
        tags = Image.Exif()
        tags.load(exif or b"")
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
