"""Owns the walk over a PNG's chunks, from its signature to IEND.

The checksum of every chunk that is kept is proven; one that is left out is
stepped over unread, but for what tells how the picture stands: EXIF (as a chunk,
or as the text that ImageMagick writes), or else XMP.  An animation's frames go,
its default image stays.
"""

from __future__ import annotations

import re
import struct
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from nano_edit.pictures.inputs.survey import (
    LARGEST_PROFILE,
    Kept,
    Survey,
    orientation_of,
)
from nano_edit.pictures.slices import BLOCK, BrokenImage

if TYPE_CHECKING:
    from pathlib import Path

_CRITICAL = frozenset((b"IHDR", b"PLTE", b"IDAT", b"IEND"))
_KEPT_CHUNKS = _CRITICAL | frozenset(
    b"tRNS gAMA cHRM sRGB iCCP sBIT pHYs bKGD cICP mDCV cLLI".split(b" ")
)
# Those of one length; of another they tell nothing, and stop some decoders.
_LENGTHS = {
    b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"pHYs": 9, b"cICP": 4, b"mDCV": 24,
    b"cLLI": 8,
}  # fmt: skip
_COLOURS = frozenset((b"iCCP", b"sRGB", b"cICP"))  # each of which overrules gAMA
_GREY, _RGB, _RGBA = 0, 2, 6  # colour types that need no conversion at 8 bits
_MOST = 1024 * 1024  # bytes of EXIF or XMP; more is no camera's
_MOST_PROFILE = 32 * 1024 * 1024  # bytes of ICC, unpacked
_RAW_EXIF = (b"Raw profile type exif", b"Raw profile type APP1")
_XMP = b"XML:com.adobe.xmp"
_XMP_ORIENTATION = rb"tiff:Orientation\s*(?:=\s*[\"']|>)\s*([1-8])\b"
_USUAL_GAMMA = range(40_000, 50_000)  # 100,000ths; 45,455 is that of screens


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
        self._text_exif = b""
        self._xmp_orientation = 1
        self._profile = b""  # one that is too large to go along
        self._gamma = 0  # 100,000ths; 0: none is given, or another chunk overrules it
        self._has_colours = False
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
        if name in _KEPT_CHUNKS and length == _LENGTHS.get(name, length):
            self._check_crc(name, length, at)
            self._note_kept(name, length, at)
            if not self._profile or name != b"iCCP":
                self._kept.span(at, end)
        elif name == b"eXIf":
            self._exif = self._read(length, _MOST)
        elif name in (b"tEXt", b"zTXt", b"iTXt"):
            self._note_text(name, self._read(length, _MOST))
        elif name == b"acTL":
            self._animated = True
        elif not name[0] & 0x20:  # a capital: no decoder may skip it
            raise BrokenImage(f"it holds an unknown chunk at byte {at}")

    def _note_kept(self, name: bytes, length: int, at: int) -> None:
        """Learn from a chunk whose checksum is right what has to be known of it."""
        self._file.seek(at + 8)
        self._has_pixels |= name == b"IDAT" and length > 0
        self._has_colours |= name in _COLOURS
        if name == b"IHDR":
            if length != 13:
                raise BrokenImage("its header is wrong")
            self._header = struct.unpack(">IIBB", _exactly(self._file, 10))
        elif name == b"iCCP":
            profile = _unpacked(self._read(length, _MOST_PROFILE), 2, _MOST_PROFILE)
            self._profile = profile if len(profile) > LARGEST_PROFILE else b""
        elif name == b"gAMA":
            self._gamma = int.from_bytes(_exactly(self._file, 4), "big")

    def _note_text(self, name: bytes, data: bytes) -> None:
        """Look for EXIF and XMP in a text chunk (PNG, 11.3.3)."""
        keyword = data.partition(b"\0")[0]
        if keyword in _RAW_EXIF:
            text = _unpacked(data, 2, _MOST) if name == b"zTXt" else data
            self._text_exif = self._text_exif or _raw_profile(text)
        elif keyword == _XMP and name == b"iTXt":
            is_packed = data[len(keyword) + 1 : len(keyword) + 2] == b"\1"
            text = _unpacked(data, 4, _MOST) if is_packed else data
            if found := re.search(_XMP_ORIENTATION, text):
                self._xmp_orientation = int(found[1])

    def _read(self, length: int, most: int) -> bytes:
        """Read a chunk's data; nothing of one that has more than ``most`` bytes."""
        return _exactly(self._file, length) if length <= most else b""

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
        gamma = 0 if self._has_colours or self._gamma in _USUAL_GAMMA else self._gamma
        is_common = bit_depth == 8 and colour_type in (_GREY, _RGB, _RGBA)
        exif = self._exif or self._text_exif
        return Survey(
            width=width,
            height=height,
            plain=is_common and not self._profile and not gamma,
            bit_depth=bit_depth,
            orientation=orientation_of(exif, self._xmp_orientation),
            animated=self._animated,
            stripped=tuple(self._kept.pieces),
            exif=exif,
            profile=self._profile,
            gamma=gamma / 100_000,
        )


def _unpacked(data: bytes, zeros: int, most: int) -> bytes:
    """Decompress what follows the ``zeros``-th zero byte; nothing when it is broken.

    In zTXt and iCCP that is the compression method, behind the keyword's end.
    """
    parts = data.split(b"\0", zeros)
    with suppress(zlib.error):
        return zlib.decompressobj().decompress(parts[-1], most)
    return b""


def _raw_profile(text: bytes) -> bytes:
    """Return the TIFF block of EXIF that ImageMagick wrote as text, in hex.

    Behind the keyword: a line feed, the name, the length, and lines of digits.
    """
    with suppress(ValueError, IndexError):
        exif = bytes.fromhex(text[text.index(b"\n") :].split(None, 2)[2].decode())
        block = exif.removeprefix(b"Exif\0\0")
        return block if block.startswith((b"II*\0", b"MM\0*")) else b""
    return b""


def _exactly(file: BinaryIO, length: int) -> bytes:
    """Read ``length`` bytes; fewer are a `BrokenImage`."""
    data = file.read(length)
    if len(data) < length:
        raise BrokenImage("it is cut off")
    return data
