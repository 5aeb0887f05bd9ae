"""Owns what travels inside a JPEG or PNG file beside its pixels.

Strategy: walk the file's own structure from first to last byte, once, reading
from disk in blocks (`jpeg`, `png`).  The walk proves that the file is
whole without decoding it, reads size and orientation on the way, and lists the
spans that a decoder needs.  A private piece is dropped by not being listed:
pixels are never touched and nothing is copied.

Rules:
- An allow-list decides: what is not needed to show the pixels is not sent,
  known or not.  ICC profiles, gamma and the like are needed.
- What a file says of its own lengths is checked against what is there.
- A broken file is a `BrokenImage`; broken EXIF is only "not turned".

Facts: ITU-T T.81 annex B, JFIF 1.02, Exif 2.32 4.6.2, PNG 3rd edition.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from nano_edit.domain import FileSpan
from nano_edit.frozen import Frozen

if TYPE_CHECKING:
    from pathlib import Path


LARGEST_PROFILE = 1024 * 1024  # bytes of ICC; Pillow refuses a PNG with a larger one


class Survey(Frozen):
    """What a walk over one whole JPEG or PNG file found."""

    width: int  # pixels, as stored: not turned yet
    height: int  # pixels, as stored
    plain: bool  # 8-bit grey, RGB or RGBA in a coding that everyone decodes
    bit_depth: int  # bits of one sample
    orientation: int  # EXIF's 1 to 8; 1 when there is none
    animated: bool  # an APNG
    stripped: tuple[FileSpan | bytes, ...]  # the file without its metadata
    exif: bytes = b""  # the TIFF block in it, where there is one
    profile: bytes = b""  # ICC, of a PNG, where it is too large to go along
    gamma: float = 0.0  # of a PNG whose samples are not as screens want them; else 0
    scans: int = 1  # how often a decoder goes over all pixels
    coefficients: int = 0  # bytes that a decoder holds beside the pixels


def orientation_of(exif: bytes, default: int = 1) -> int:
    """EXIF's orientation, 1 to 8, from a TIFF block; ``default`` when it has none."""
    place = _orientation_field(exif)
    if place is None:
        return default
    (value,) = struct.unpack_from(place.format, exif, place.offset)
    return value if 1 <= value <= 8 else 1


def upright(exif: bytes) -> bytes:
    """Return the TIFF block with its orientation set to 1, and else as it is."""
    place = _orientation_field(exif)
    if place is None:
        return exif
    changed = bytearray(exif)
    struct.pack_into(place.format, changed, place.offset, 1)
    return bytes(changed)


class _Place(NamedTuple):
    format: str  # struct's
    offset: int  # bytes


def _orientation_field(exif: bytes) -> _Place | None:
    """Find the orientation's value in a TIFF block's first directory."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return None
    try:
        (start,) = struct.unpack_from(order + "I", exif, 4)
        (entries,) = struct.unpack_from(order + "H", exif, start)
        for at in range(start + 2, start + 2 + 12 * entries, 12):
            tag, field_type = struct.unpack_from(order + "HH", exif, at)
            if tag == 0x0112 and field_type in (3, 4):
                place = _Place(order + ("H" if field_type == 3 else "I"), at + 8)
                struct.unpack_from(place.format, exif, place.offset)
                return place
    except struct.error:
        pass
    return None


class Kept:
    """The pieces to send, neighbours joined, in the file's order."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.pieces: list[FileSpan | bytes] = []

    def span(self, start: int, end: int) -> None:
        """Keep the file's bytes from ``start`` up to ``end``."""
        last = self.pieces[-1] if self.pieces else None
        if isinstance(last, FileSpan) and last.offset + last.length == start:
            self.pieces[-1] = FileSpan(self.path, last.offset, end - last.offset)
        else:
            self.pieces.append(FileSpan(self.path, start, end - start))
