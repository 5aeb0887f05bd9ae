"""Owns the walk over a JPEG's segments, from start to end of image.

A segment is stepped over by its length, so a thumbnail inside one cannot end
the picture; coded data is searched for the next marker.  What stands between
segments is garbage that decoders skip, and is left out.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, BinaryIO

from nano_edit.pictures.inputs.survey import (
    BLOCK,
    BrokenPictureError,
    Kept,
    Survey,
    exactly,
    orientation_of,
)

if TYPE_CHECKING:
    from pathlib import Path

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
        self._kept = Kept(path)
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
            wanted = BLOCK
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
        length = int.from_bytes(exactly(self._file, 2), "big")
        if length < 2:
            raise BrokenPictureError(f"is corrupt at byte {at}")
        payload = exactly(self._file, length - 2)
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
