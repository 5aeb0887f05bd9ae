"""Owns what travels inside a JPEG or PNG file beside its pixels.

Strategy: walk the file's own structure from first to last byte, once, reading
from disk in blocks.  The walk proves that the file is whole without decoding
it, reads size and orientation on the way, and lists the spans that a decoder
needs.  A private piece is dropped by not being listed: pixels are never
touched and nothing is copied.

Rules:
- An allow-list decides: what is not needed to show the pixels stays at home,
  known or not.  ICC profiles, gamma and the like are needed.
- What a file says of its own lengths is checked against what is there.
- A broken file is `BrokenPictureError`; broken EXIF is only "not turned".

Facts: ITU-T T.81 annex B, JFIF 1.02, Exif 2.32 4.6.2, PNG 3rd edition.
"""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from nano_edit.domain import FileSpan

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK = 256 * 1024  # bytes read at a time


class BrokenPictureError(ValueError):
    """The file's structure does not hold; the text says how, as a clause."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What a walk over one whole JPEG or PNG file found."""

    width: int  # pixels, as stored: not turned yet
    height: int  # pixels, as stored
    plain: bool  # 8-bit grey, RGB or RGBA in a coding that everyone decodes
    bit_depth: int  # bits of one sample
    orientation: int  # EXIF's 1 to 8; 1 when there is none
    animated: bool  # an APNG
    stripped: tuple[FileSpan | bytes, ...]  # the file without its metadata


def orientation_of(exif: bytes) -> int:
    """EXIF's orientation, 1 to 8, from a TIFF block; 1 when it is malformed."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(order + "I", exif, 4)
        (entries,) = struct.unpack_from(order + "H", exif, start)
        for at in range(start + 2, start + 2 + 12 * entries, 12):
            tag, field_type = struct.unpack_from(order + "HH", exif, at)
            if tag == 0x0112 and field_type in (3, 4):
                width = "H" if field_type == 3 else "I"
                (value,) = struct.unpack_from(order + width, exif, at + 8)
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1


@dataclass(slots=True)
class _Kept:
    """The pieces to send, neighbours joined, in the file's order."""

    path: Path
    pieces: list[FileSpan | bytes] = field(default_factory=list)

    def span(self, start: int, end: int) -> None:
        last = self.pieces[-1] if self.pieces else None
        if isinstance(last, FileSpan) and last.offset + last.length == start:
            self.pieces[-1] = FileSpan(self.path, last.offset, end - last.offset)
        else:
            self.pieces.append(FileSpan(self.path, start, end - start))


def _exactly(file: BinaryIO, length: int) -> bytes:
    data = file.read(length)
    if len(data) < length:
        raise BrokenPictureError("is cut short")
    return data


# --- JPEG ---------------------------------------------------------------------

# A marker proper: not a stuffed zero, a restart, or a fill byte.
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_SOI, _EOI, _SOS, _COM = 0xD8, 0xD9, 0xDA, 0xFE
_APP0, _APP1, _APP2, _APP14 = 0xE0, 0xE1, 0xE2, 0xEE
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0 to SOF15
_COMMON_FRAMES = (0xC0, 0xC1, 0xC2)  # baseline, extended, progressive; Huffman
_DECODED = frozenset(range(0xC0, 0xE0)) - {0xC8}  # tables, frames and scans


def survey_jpeg(path: Path) -> Survey:
    """Walk a JPEG to its end of image; what follows that is not part of it.

    So the second picture of an MPO, a Motion Photo's film and a gain map are
    left behind.  Raises BrokenPictureError, OSError.
    """
    with path.open("rb") as file:
        return _JpegWalk(file, path).survey()


class _JpegWalk:
    """One pass over the segments; they fill in what is known."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file = file
        self._kept = _Kept(path)
        self._frame: tuple[int, int, int, int, int] | None = None
        self._orientation = 0  # none seen
        self._scanned = False

    def survey(self) -> Survey:
        self._kept.span(0, 2)
        at, marker = self._next_marker(2)
        while marker != _EOI:
            end = self._segment(at, marker)
            at, following = self._next_marker(end)
            if marker == _SOS:
                self._kept.span(end, at)  # the entropy-coded bytes
            marker = following
        self._kept.span(at, at + 2)
        return self._result()

    def _next_marker(self, at: int) -> tuple[int, int]:
        """Offset and code of the first marker from ``at`` on."""
        self._file.seek(at)
        tail, wanted = b"", 4096  # the next marker is near, but after a scan
        while block := self._file.read(wanted):
            wanted = _BLOCK
            data = tail + block
            if found := _MARKER.search(data):
                return at + found.start(), data[found.end() - 1]
            tail = data[-1:]  # may be the first half of a marker
            at += len(data) - 1
        raise BrokenPictureError("is cut short")

    def _segment(self, at: int, marker: int) -> int:
        """Take one segment in, decide what is kept of it, return its end."""
        if marker < 0xC0 or marker == _SOI:
            raise BrokenPictureError(f"is corrupt at byte {at}")
        self._file.seek(at + 2)
        length = int.from_bytes(_exactly(self._file, 2), "big")
        if length < 2:
            raise BrokenPictureError(f"is corrupt at byte {at}")
        payload = _exactly(self._file, length - 2)
        end = at + 2 + length
        if marker in _FRAMES:
            self._note_frame(marker, payload)
        elif marker == _SOS:
            self._scanned = True
        if marker in _DECODED:
            self._kept.span(at, end)
        else:
            self._application(marker, payload, at, end)
        return end

    def _application(self, marker: int, payload: bytes, at: int, end: int) -> None:
        """Keep of an APPn or a comment what colours need; learn the orientation."""
        if marker == _APP1 and payload.startswith(b"Exif\0\0"):
            self._orientation = self._orientation or orientation_of(payload[6:])
        elif marker == _APP2 and payload.startswith(b"ICC_PROFILE\0"):
            self._kept.span(at, end)
        elif marker == _APP0 and payload.startswith(b"JFIF\0"):
            if len(payload) == 14:
                self._kept.span(at, end)
            elif len(payload) > 14:  # a thumbnail, or what hides where one would be
                head = b"\xff\xe0\x00\x10" + payload[:12] + b"\0\0"
                self._kept.pieces.append(head)
        elif marker == _APP14 and payload.startswith(b"Adobe"):
            if len(payload) == 12:
                self._kept.span(at, end)
            elif len(payload) > 12:
                self._kept.pieces.append(b"\xff\xee\x00\x0e" + payload[:12])

    def _note_frame(self, marker: int, payload: bytes) -> None:
        if self._frame is not None or len(payload) < 6:
            raise BrokenPictureError("is corrupt: its frame header is wrong")
        precision, height, width, components = struct.unpack_from(">BHHB", payload)
        self._frame = (marker, precision, width, height, components)

    def _result(self) -> Survey:
        if self._frame is None or not self._scanned:
            raise BrokenPictureError("is corrupt: it holds no picture")
        marker, precision, width, height, components = self._frame
        if not (width and height):
            raise BrokenPictureError("is corrupt: its width or height is 0")
        return Survey(
            width=width,
            height=height,
            plain=marker in _COMMON_FRAMES and precision == 8 and components in (1, 3),
            bit_depth=precision,
            orientation=self._orientation or 1,
            animated=False,
            stripped=tuple(self._kept.pieces),
        )


# --- PNG ----------------------------------------------------------------------

_CRITICAL = frozenset((b"IHDR", b"PLTE", b"IDAT", b"IEND"))
_KEPT_CHUNKS = _CRITICAL | frozenset(
    b"tRNS gAMA cHRM sRGB iCCP sBIT pHYs bKGD cICP mDCV cLLI".split(b" ")
)
_GREY, _RGB, _RGBA = 0, 2, 6  # colour types that need no conversion at 8 bits
_EXIF_LIMIT = 1024 * 1024  # bytes; more is no camera's


def survey_png(path: Path) -> Survey:
    """Walk a PNG to its IEND, checking the CRC of every chunk that is kept.

    Raises BrokenPictureError, OSError.
    """
    with path.open("rb") as file:
        return _PngWalk(file, path).survey()


class _PngWalk:
    """One pass over the chunks; they fill in what is known."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file = file
        self._size = path.stat().st_size
        self._kept = _Kept(path)
        self._header: tuple[int, int, int, int] | None = None
        self._exif = b""
        self._animated = False
        self._has_pixels = False

    def survey(self) -> Survey:
        at = 8
        self._file.seek(at)
        self._kept.span(0, at)
        name = b""
        while name != b"IEND":
            length, name = struct.unpack(">I4s", _exactly(self._file, 8))
            end = at + 12 + length
            if end > self._size:
                raise BrokenPictureError("is cut short")
            self._chunk(name, length, at, end)
            self._file.seek(end)
            at = end
        return self._result()

    def _chunk(self, name: bytes, length: int, at: int, end: int) -> None:
        if (self._header is None) != (name == b"IHDR"):
            raise BrokenPictureError("is corrupt: its header is not where it must be")
        if name in _KEPT_CHUNKS:
            if name == b"IHDR":
                self._note_header(length)
            self._has_pixels |= name == b"IDAT" and length > 0
            self._check_crc(name, length, at)
            self._kept.span(at, end)
        elif name == b"eXIf":
            self._exif = _exactly(self._file, min(length, _EXIF_LIMIT))
        elif name == b"acTL":
            self._animated = True
        elif not name[0] & 0x20:  # a capital: no decoder may skip it
            raise BrokenPictureError(f"is corrupt at byte {at}: an unknown chunk")

    def _note_header(self, length: int) -> None:
        if length != 13:
            raise BrokenPictureError("is corrupt: its header is wrong")
        self._header = struct.unpack(">IIBB", _exactly(self._file, 10))

    def _check_crc(self, name: bytes, length: int, at: int) -> None:
        self._file.seek(at + 8)
        crc = zlib.crc32(name)
        while length:
            block = _exactly(self._file, min(length, _BLOCK))
            crc = zlib.crc32(block, crc)
            length -= len(block)
        if crc != int.from_bytes(_exactly(self._file, 4), "big"):
            raise BrokenPictureError(f"is corrupt: the checksum at byte {at} is wrong")

    def _result(self) -> Survey:
        if self._header is None or not self._has_pixels:
            raise BrokenPictureError("is corrupt: it holds no picture")
        width, height, bit_depth, colour_type = self._header
        if not (width and height):
            raise BrokenPictureError("is corrupt: its width or height is 0")
        return Survey(
            width=width,
            height=height,
            plain=bit_depth == 8 and colour_type in (_GREY, _RGB, _RGBA),
            bit_depth=bit_depth,
            orientation=orientation_of(self._exif),
            animated=self._animated,
            stripped=tuple(self._kept.pieces),
        )
