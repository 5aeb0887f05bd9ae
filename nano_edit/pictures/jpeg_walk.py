"""The structure of a JPEG, from start to end of image, while its bytes stream in.

Owns the one walk over a JPEG's segments: inputs are surveyed with it, replies are
proven whole by it.  Nothing is read from disk or decoded here.

Strategy: a segment is stepped over by its own length, so that a thumbnail inside
one cannot end the picture; coded data is searched for the next marker that is
neither a stuffed byte nor a restart (T.81, B.1.1).  What follows the end of image
(the second picture of an MPO, a gain map, a film) is not part of the picture.

Rules:
- Bytes between segments that belong to none are skipped, as decoders do.
- Memory is bounded: one slice and one segment, of 64 kB at most.
- A marker that no decoder steps over is a `BrokenImage`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nano_edit.frozen import Frozen
from nano_edit.pictures.slices import BrokenImage

if TYPE_CHECKING:
    from collections.abc import Callable

    from nano_edit.pictures.slices import Slices, Walk

SOI, EOI, SOS = 0xD8, 0xD9, 0xDA
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0 to SOF15
_TEM = 0x01
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


class Segment(Frozen):
    """One marker with what belongs to it; offsets are bytes from the file's start."""

    marker: int  # the byte after FF: 0xC0 to 0xFE
    offset: int  # of the marker
    end: int  # after the payload
    next: int  # of the next marker; after SOS, coded data lies between
    payload: bytes  # without the length


class Frame(Frozen):
    """What a frame header (SOFn) says of the picture."""

    marker: int  # 0xC0 baseline, 0xC1 extended, 0xC2 progressive, ...
    precision: int  # bits of a sample
    width: int  # pixels, as stored: orientation is not applied
    height: int  # pixels, as stored
    sampling: tuple[tuple[int, int], ...]  # of each component: horizontal, vertical


class JpegFacts(Frozen):
    """What a whole JPEG says of itself."""

    frame: Frame
    scans: int
    end: int  # offset after the end of image


def walk_jpeg(
    slices: Slices, visit: Callable[[Segment], None] | None = None
) -> Walk[JpegFacts]:
    """Walk from start to end of image; ``visit`` gets every segment, in order."""
    frame = None
    scans = 0
    yield from slices.skip(2)  # the start of image, by which it was recognised
    marker = yield from _next_marker(slices)
    while marker != EOI:
        offset = slices.offset - 2
        if marker < 0xC0 or marker == SOI:
            raise BrokenImage(
                f"its JPEG marker FF{marker:02X} at byte {offset} is out of place"
            )
        payload = yield from _payload(slices)
        if marker in FRAMES:
            frame = _frame(marker, payload, frame)
        end = slices.offset
        if marker == SOS:
            scans += 1
            yield from slices.seek(_MARKER)
        following = yield from _next_marker(slices)
        if visit:
            visit(Segment(marker, offset, end, slices.offset - 2, payload))
        marker = following
    if frame is None or not scans:
        raise BrokenImage("its JPEG data ends without pixels")
    return JpegFacts(frame, scans, slices.offset)


def _next_marker(slices: Slices) -> Walk[int]:
    """Return the next marker's code; those that stand alone (TEM) are passed over."""
    code = _TEM
    while code == _TEM:
        yield from slices.seek(_MARKER)
        code = (yield from slices.take(2))[1]
    return code


def _payload(slices: Slices) -> Walk[bytes]:
    length = int.from_bytes((yield from slices.take(2)), "big")
    if length < 2:
        raise BrokenImage("its JPEG data holds a segment of impossible length")
    return (yield from slices.take(length - 2))


def _frame(marker: int, payload: bytes, earlier: Frame | None) -> Frame:
    """Read precision, height, width, and three bytes for each component."""
    if earlier is not None:
        raise BrokenImage("its JPEG data holds two frame headers")
    if len(payload) < 6 or len(payload) < 6 + 3 * payload[5]:
        raise BrokenImage("its JPEG frame header is too short")
    height = int.from_bytes(payload[1:3], "big")
    width = int.from_bytes(payload[3:5], "big")
    if not (width and height):
        raise BrokenImage(f"it says that it is {width}x{height} pixels")
    factors = payload[7 : 6 + 3 * payload[5] : 3]
    sampling = tuple((each >> 4, each & 15) for each in factors)
    return Frame(marker, payload[0], width, height, sampling)
