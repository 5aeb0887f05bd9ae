"""Owns the writing of a JPEG from strips, so that its pixels never lie in memory whole.

Strategy: each strip is encoded by itself, with the same tables.  Its coded data
depends on no other strip's, as that of a restart interval does not: so the strips'
data are joined by restart markers, behind the first one's header, in which only the
height is changed (T.81, B.2.1 and F.1.2.3).  What a decoder then sees is the very
picture that one encoder would have made of the whole.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

from nano_edit.pictures.jpeg_walk import FRAMES, walk_jpeg
from nano_edit.pictures.slices import Slices, walk_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PIL import Image

    from nano_edit.pictures.jpeg_walk import Segment

MULTIPLE = 16  # px; the height of a strip is a multiple, so that blocks are whole
_END = b"\xff\xd9"


def write_jpeg(
    path: Path, strips: Iterator[Image.Image], height: int, options: dict[str, Any]
) -> None:
    """Write strips of one height, a multiple of `MULTIPLE`, of L or RGB pixels.

    The last may be lower.  ``height`` is that of the picture, in px; ``options`` are
    those of Pillow's JPEG encoder.  Raises OSError.
    """
    first = next(strips)
    restarts = {"restart_marker_rows": _block_rows(first, options)}
    once = ("exif", "icc_profile")  # in the first strip's header alone
    plain = {name: value for name, value in options.items() if name not in once}
    with path.open("wb") as file:
        file.write(_first(first, options | restarts, height))
        for number, strip in enumerate(strips):
            file.write(bytes((0xFF, 0xD0 + number % 8)))
            jpeg = _encoded(strip, plain)
            file.write(jpeg[slice(*_coded(_segments(jpeg)))])
        file.write(_END)


def _block_rows(strip: Image.Image, options: dict[str, Any]) -> int:
    """Count the rows of minimum coded units, which are 8 px high, or 16 in 4:2:0."""
    is_halved = strip.mode == "RGB" and options["subsampling"] == 2
    return -(-strip.height // (16 if is_halved else 8))


def _first(strip: Image.Image, options: dict[str, Any], height: int) -> bytes:
    """Encode the first strip as if the picture's other rows followed."""
    jpeg = _encoded(strip, options)
    segments = _segments(jpeg)
    frame = next(each for each in segments if each.marker in FRAMES)
    at = frame.offset + 5  # behind marker, length and precision
    end = _coded(segments)[1]
    return jpeg[:at] + height.to_bytes(2, "big") + jpeg[at + 2 : end]


def _encoded(strip: Image.Image, options: dict[str, Any]) -> bytes:
    buffer = BytesIO()
    strip.save(buffer, "JPEG", **options)
    return buffer.getvalue()


def _segments(jpeg: bytes) -> list[Segment]:
    seen: list[Segment] = []
    slices = Slices()
    walk_file(walk_jpeg(slices, seen.append), slices, BytesIO(jpeg))
    return seen


def _coded(segments: list[Segment]) -> tuple[int, int]:
    """Where the coded data of the one scan begins and ends."""
    scan = segments[-1]
    return scan.end, scan.next
