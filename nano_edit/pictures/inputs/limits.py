"""Owns how large a picture may be: its pixels, and the memory of decoding it.

Both are known before anything is decoded.  Unless the user says otherwise, a
picture has at most `MAX_PIXELS`, and what its decoder takes fits `MAX_MEMORY`, so
that a process stays below 600 MB whatever it is given; formats differ much there.
``max_pixels`` takes the place of both.

Sources: bytes a pixel are measured (Pillow 13, libwebp 1.6, libavif 1.4, libheif
1.21, libtiff 4.7); a JPEG of several scans is held as coefficients of 2 bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nano_edit.errors import InputError
from nano_edit.pictures.inputs.sniff import PictureFormat
from nano_edit.units import size_text

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

    from nano_edit.pictures.inputs.examine import Original

MAX_PIXELS = 250_000_000
MAX_MEMORY = 550_000_000  # bytes
# A scan of a progressive JPEG goes over all pixels, however few bytes it has: a
# small file of thousands of scans keeps a decoder busy for minutes.
MAX_SCANNED = 10_000_000_000  # pixels times scans; some ten seconds

_PIXEL_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16L": 2, "I;16B": 2}  # else 4
_DECODER_BYTES = {
    PictureFormat.WEBP: 12.5,
    PictureFormat.AVIF: 8.5,
    PictureFormat.HEIF: 6.0,
}  # a pixel
_TURNED, _ROWS_PER_STRIP, _TILE_WIDTH = 0x0112, 278, 322  # TIFF 6.0


def check_pixels(name: str, size: tuple[int, int], max_pixels: int | None) -> None:
    """Raise InputError for more pixels than may be sent or decoded."""
    width, height = size
    most = max_pixels or MAX_PIXELS
    if width * height > most:
        raise InputError(
            f"{name} has {_megapixels(size)} megapixels ({width}x{height}); "
            f"at most {most / 1e6:.0f} are read.",
            hint="Scale it down with another program, or raise the limit: "
            f"--max-pixels {_megapixels(size)}.",
        )


def check_decoding(
    original: Original, size: tuple[int, int], memory: int, max_pixels: int | None
) -> None:
    """Raise InputError for what would take too much memory or time to decode."""
    check_pixels(original.name, size, max_pixels)
    scans = original.survey.scans if original.survey else 1
    if scans * size[0] * size[1] > MAX_SCANNED:
        raise InputError(
            f"{original.name} is a JPEG of {scans} scans, which would take minutes "
            "to decode.",
            hint="Save it again with another program.",
        )
    if max_pixels is None and memory > MAX_MEMORY:
        raise InputError(
            f"{original.name} has {_megapixels(size)} megapixels, and decoding it "
            f"would take {size_text(memory)} of memory; the limit is "
            f"{size_text(MAX_MEMORY)}.",
            hint="Scale it down with another program, or allow it: "
            f"--max-pixels {_megapixels(size)}.",
        )


def decoding_memory(
    original: Original, file: ImageFile, *, part: int, result: tuple[int, int]
) -> int:
    """Tell the bytes that decoding takes at most, with a PNG of ``result`` px made.

    ``file`` is open and not yet loaded; ``part`` is what divides the sides of a
    JPEG while it is decoded, which becomes a JPEG again, in strips.
    """
    pixels = file.width * file.height
    decoded = pixels * _PIXEL_BYTES.get(file.mode, 4) // part**2
    if original.format is PictureFormat.JPEG:
        return decoded + (original.survey.coefficients if original.survey else 0)
    decoder = int(pixels * _DECODER_BYTES.get(original.format, 0))
    if original.format is PictureFormat.TIFF:
        decoder = _tiff_memory(file, decoded)
    return decoded + max(decoder, 4 * result[0] * result[1])


def _tiff_memory(file: Any, decoded: int) -> int:
    """Tell what a TIFF takes beside its pixels: a compressed strip, a turned copy."""
    copy = decoded if file.tag_v2.get(_TURNED, 1) != 1 else 0
    if file.tile[0].codec_name != "libtiff" or _TILE_WIDTH in file.tag_v2:
        return copy
    rows = int(min(file.tag_v2.get(_ROWS_PER_STRIP, file.height), file.height))
    return int(max(copy, decoded * rows // file.height))


def _megapixels(size: tuple[int, int]) -> int:
    """Whole megapixels, rounded up."""
    return -(-size[0] * size[1] // 1_000_000)
