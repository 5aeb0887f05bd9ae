"""Whether a picture is whole, told from its structure while it streams in.

Owns the walk over the three formats the service answers in.  Bytes are pushed
in slices of any length; nothing is read, written or decoded here.

- PNG is walked chunk by chunk to ``IEND``, every CRC checked (PNG 3rd ed., 5.3).
- JPEG is walked segment by segment to ``EOI``: `nano_edit.pictures.jpeg_walk`.
- WebP is walked chunk by chunk to the size that its RIFF head names (RFC 9649).

Strategy: a walk is a generator that takes what it needs from `Slices` and
suspends when a slice is used up, so the code reads like the format.  Memory is
constant: one slice, and at most a few bytes of the one before.

Bytes after the end are allowed and counted: cameras append gain maps and second
pictures to a JPEG, and no viewer looks past the end of the other two.  What a
checksum does not cover (a changed pixel in a JPEG) cannot be seen from here.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

from nano_edit.frozen import Frozen
from nano_edit.pictures.jpeg_walk import walk_jpeg
from nano_edit.pictures.slices import BrokenImage, Slices

if TYPE_CHECKING:
    from nano_edit.pictures.slices import Walk


class ImageFacts(Frozen):
    """What a whole picture says of itself."""

    mime_type: str  # image/png, image/jpeg, image/webp
    width: int  # pixels, as stored: orientation is not applied
    height: int  # pixels, as stored
    trailing: int = 0  # bytes after the picture's end


class ImageProbe:
    """Follows one picture that streams in; `close` says whether it was whole."""

    __slots__ = ("_facts", "_fault", "_slices", "_walk")

    def __init__(self) -> None:
        self._slices = Slices()
        self._walk = _any_format(self._slices)
        self._facts: ImageFacts | None = None
        self._fault: BrokenImage | None = None

    def feed(self, data: bytes) -> None:
        """Take the next slice; raises `BrokenImage` at the first fault, and on."""
        if self._fault is not None:
            raise self._fault
        if self._facts is not None:
            trailing = self._facts.trailing + len(data)
            self._facts = replace(self._facts, trailing=trailing)
            return
        self._slices.refill(data)
        try:
            next(self._walk)
        except StopIteration as end:
            self._facts = replace(end.value, trailing=self._slices.left)
        except BrokenImage as fault:
            self._fault = fault
            raise

    @property
    def is_whole(self) -> bool:
        """Whether the picture's end has been seen."""
        return self._facts is not None

    def close(self) -> ImageFacts:
        """Return the facts of a whole picture; raises `BrokenImage` for any other."""
        if self._fault is not None:
            raise self._fault
        if self._facts is None:
            count = self._slices.total
            what = f"it is cut off after {count} bytes" if count else "it is empty"
            raise BrokenImage(what)
        return self._facts


def _any_format(slices: Slices) -> Walk[ImageFacts]:
    head = yield from slices.peek(3)
    if head == b"\xff\xd8\xff":
        frame = (yield from walk_jpeg(slices)).frame
        return _facts("image/jpeg", frame.width, frame.height)
    head = yield from slices.take(12)
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return (yield from _png(slices, head[8:]))
    if head.startswith(b"RIFF") and head.endswith(b"WEBP"):
        return (yield from _webp(slices, int.from_bytes(head[4:8], "little")))
    raise BrokenImage(f"it is no PNG, JPEG or WebP: {_likeness(head)}")


_LOOKS = (
    (rb"GIF8", "it looks like GIF"),
    (rb"BM", "it looks like BMP"),
    (rb"II\*\0|MM\0\*", "it looks like TIFF"),
    (rb"....ftypavi[fs]", "it looks like AVIF"),
    (rb"....ftyp(hei|mif)", "it looks like HEIF"),
    (rb"%PDF", "it looks like PDF"),
    (rb"\s*<", "it looks like HTML or XML"),
    (rb"\s*[\[{]", "it looks like JSON"),
)


def _likeness(head: bytes) -> str:
    for pattern, words in _LOOKS:
        if re.match(pattern, head, re.DOTALL):
            return words
    return f"it begins with {head[:8].hex(' ')}"


# --- PNG ---------------------------------------------------------------------


def _png(slices: Slices, length_of_header: bytes) -> Walk[ImageFacts]:
    head = length_of_header + (yield from slices.take(4))
    if head != b"\0\0\0\x0dIHDR":
        raise BrokenImage("its PNG data does not begin with an IHDR chunk")
    body = yield from slices.take(13)
    yield from _png_crc(slices, b"IHDR", zlib.crc32(body, zlib.crc32(b"IHDR")))
    width, height = int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big")
    facts = _facts("image/png", width, height)
    has_pixels = False
    while True:
        head = yield from slices.take(8)
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        if length > 0x7FFFFFFF or not kind.isalpha():
            raise BrokenImage("its PNG data holds something that is no chunk")
        crc = yield from slices.checksum(length, zlib.crc32(kind))
        yield from _png_crc(slices, kind, crc)
        has_pixels |= kind == b"IDAT"
        if kind == b"IEND":
            if length or not has_pixels:
                raise BrokenImage("its PNG data ends without pixels")
            return facts


def _png_crc(slices: Slices, kind: bytes, crc: int) -> Walk[None]:
    if int.from_bytes((yield from slices.take(4)), "big") != crc:
        name = kind.decode("ascii")
        raise BrokenImage(f"its PNG chunk {name} does not match its checksum")


# --- WebP --------------------------------------------------------------------


def _webp(slices: Slices, riff_size: int) -> Walk[ImageFacts]:
    left = riff_size - 4  # "WEBP" is counted in
    facts = None
    has_pixels = False
    while left:
        if left < 8:
            raise BrokenImage("its WebP data holds something that is no chunk")
        head = yield from slices.take(8)
        kind, length = head[:4], int.from_bytes(head[4:], "little")
        left -= 8
        if length > left:
            raise BrokenImage("its WebP data holds a chunk that outlasts the file")
        has_pixels |= kind in {b"VP8 ", b"VP8L", b"ANMF"}
        padded = min(length + length % 2, left)  # some writers leave out the last pad
        left -= padded
        if facts is None:
            body = yield from slices.take(min(10, length))
            facts = _webp_facts(kind, body)
            padded -= len(body)
        yield from slices.skip(padded)
    if facts is None or not has_pixels:
        raise BrokenImage("its WebP data ends without pixels")
    return facts


def _webp_facts(kind: bytes, body: bytes) -> ImageFacts:
    """Read the first chunk, which says how large the picture is."""
    little = int.from_bytes(body, "little")
    if kind == b"VP8 " and len(body) == 10 and body[3:6] == b"\x9d\x01\x2a":
        return _facts("image/webp", little >> 48 & 0x3FFF, little >> 64 & 0x3FFF)
    if kind == b"VP8L" and len(body) >= 5 and body[0] == 0x2F:
        width, height = little >> 8 & 0x3FFF, little >> 22 & 0x3FFF
        return _facts("image/webp", width + 1, height + 1)
    if kind == b"VP8X" and len(body) == 10:
        width, height = little >> 32 & 0xFFFFFF, little >> 56 & 0xFFFFFF
        return _facts("image/webp", width + 1, height + 1)
    raise BrokenImage("its WebP data does not begin with a picture")


def _facts(mime_type: str, width: int, height: int) -> ImageFacts:
    if not width or not height:
        raise BrokenImage(f"it says that it is {width}x{height} pixels")
    return ImageFacts(mime_type, width, height)
