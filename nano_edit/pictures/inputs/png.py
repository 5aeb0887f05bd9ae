"""Owns the walk over a PNG's chunks, from its signature to IEND.

The checksum of every chunk that is kept is proven; one that is left out is
stepped over unread.  An animation's frames go, its default image stays.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, BinaryIO

from nano_edit.pictures.inputs.survey import Kept, Survey, orientation_of
from nano_edit.pictures.slices import BLOCK, BrokenImage

if TYPE_CHECKING:
    from pathlib import Path

_CRITICAL = frozenset((b"IHDR", b"PLTE", b"IDAT", b"IEND"))
_KEPT_CHUNKS = _CRITICAL | frozenset(
    b"tRNS gAMA cHRM sRGB iCCP sBIT pHYs bKGD cICP mDCV cLLI".split(b" ")
)
_GREY, _RGB, _RGBA = 0, 2, 6  # colour types that need no conversion at 8 bits
_EXIF_LIMIT = 1024 * 1024  # bytes; more is no camera's


def survey_png(path: Path) -> Survey:
    """Walk a PNG to its IEND, checking the CRC of every chunk that is kept.

    Raises BrokenImage, OSError.
    """
    with path.open("rb") as file:
        return _PngWalk(file, path).survey()


class _PngWalk:
    """One pass over the chunks; they fill in what is known."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file = file
        self._size = path.stat().st_size
        self._kept = Kept(path)
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
                raise BrokenImage("it is cut off")
            self._chunk(name, length, at, end)
            self._file.seek(end)
            at = end
        return self._result()

    def _chunk(self, name: bytes, length: int, at: int, end: int) -> None:
        if (self._header is None) != (name == b"IHDR"):
            raise BrokenImage("its header is not where it must be")
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
            raise BrokenImage(f"it holds an unknown chunk at byte {at}")

    def _note_header(self, length: int) -> None:
        if length != 13:
            raise BrokenImage("its header is wrong")
        self._header = struct.unpack(">IIBB", _exactly(self._file, 10))

    def _check_crc(self, name: bytes, length: int, at: int) -> None:
        self._file.seek(at + 8)
        crc = zlib.crc32(name)
        while length:
            block = _exactly(self._file, min(length, BLOCK))
            crc = zlib.crc32(block, crc)
            length -= len(block)
        if crc != int.from_bytes(_exactly(self._file, 4), "big"):
            raise BrokenImage(f"its checksum at byte {at} is wrong")

    def _result(self) -> Survey:
        if self._header is None or not self._has_pixels:
            raise BrokenImage("it holds no pixels")
        width, height, bit_depth, colour_type = self._header
        if not (width and height):
            raise BrokenImage(f"it says that it is {width}x{height} pixels")
        return Survey(
            width=width,
            height=height,
            plain=bit_depth == 8 and colour_type in (_GREY, _RGB, _RGBA),
            bit_depth=bit_depth,
            orientation=orientation_of(self._exif),
            animated=self._animated,
            stripped=tuple(self._kept.pieces),
            exif=self._exif,
        )


def _exactly(file: BinaryIO, length: int) -> bytes:
    """Read ``length`` bytes; fewer are a `BrokenImage`."""
    data = file.read(length)
    if len(data) < length:
        raise BrokenImage("it is cut off")
    return data
