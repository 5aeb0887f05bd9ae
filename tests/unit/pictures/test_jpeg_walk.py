"""The one walk over a JPEG: segments, coded data, and where the picture ends."""

from __future__ import annotations

from io import BytesIO
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.input_pictures import (
    HEIGHT,
    WIDTH,
    jpeg_bytes,
    pattern,
    segment,
    segments,
)

from nano_edit.pictures.jpeg_walk import Frame, JpegFacts, Segment, walk_jpeg
from nano_edit.pictures.slices import BrokenImage, Slices, walk_file

BASELINE = jpeg_bytes(pattern(), subsampling=2)
PROGRESSIVE = jpeg_bytes(pattern(), progressive=True, restart_marker_blocks=1)
GREY = jpeg_bytes(pattern().convert("L"))


def walked(data: bytes, cuts: tuple[int, ...] = ()) -> tuple[JpegFacts, list[Segment]]:
    """Push the data in slices that end at ``cuts``; returns what the walk found."""
    slices = Slices()
    seen: list[Segment] = []
    walk = walk_jpeg(slices, seen.append)
    for start, end in pairwise((0, *sorted(cuts), len(data))):
        slices.refill(data[start:end])
        try:
            next(walk)
        except StopIteration as stop:
            return stop.value, seen
    raise EOFError


def test_frame_tells_pixels_and_sampling() -> None:
    facts, _ = walked(BASELINE)
    assert facts.frame == Frame(0xC0, 8, WIDTH, HEIGHT, ((2, 2), (1, 1), (1, 1)))
    assert walked(GREY)[0].frame.sampling == ((1, 1),)
    assert walked(PROGRESSIVE)[0].frame.marker == 0xC2


def test_scans_are_counted() -> None:
    assert walked(BASELINE)[0].scans == 1
    assert walked(PROGRESSIVE)[0].scans == 10  # libjpeg's usual script


def test_segments_are_those_of_the_file() -> None:
    _, seen = walked(BASELINE)
    before_scan = [(each.marker, each.payload) for each in seen[:-1]]
    assert before_scan == segments(BASELINE)
    assert [each.next for each in seen[:-1]] == [each.offset for each in seen[1:]]
    assert seen[-1].marker == 0xDA
    assert BASELINE[seen[-1].next :] == b"\xff\xd9"


def test_what_follows_the_end_is_not_walked() -> None:
    assert walked(BASELINE + GREY)[0].end == len(BASELINE)


@given(st.sampled_from([BASELINE, PROGRESSIVE, GREY]), st.data())
def test_every_chunking_gives_the_same_segments(
    data: bytes, draw: st.DataObject
) -> None:
    cuts = draw.draw(st.lists(st.integers(0, len(data)), max_size=8))
    assert walked(data, tuple(cuts)) == walked(data)


@pytest.mark.parametrize("data", [BASELINE, PROGRESSIVE])
def test_one_byte_at_a_time_gives_the_same_segments(data: bytes) -> None:
    assert walked(data, tuple(range(len(data)))) == walked(data)


@given(st.integers(0, len(PROGRESSIVE) - 1))
def test_every_strict_prefix_is_broken(cut: int) -> None:
    slices = Slices()
    with pytest.raises(BrokenImage, match=f"cut off after {cut} bytes"):
        walk_file(walk_jpeg(slices), slices, BytesIO(PROGRESSIVE[:cut]))


def test_bytes_between_segments_are_skipped() -> None:
    between = b"junk\xff\x00\xff\xd0\xff\xff"
    data = BASELINE[:2] + between + segment(0xFE, b"\xff\xd9") + between + BASELINE[2:]
    facts, seen = walked(data)
    assert seen[0].payload == b"\xff\xd9"
    assert facts.end == len(data)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"\xff\x02\0\4ab", "FF02 at byte 2 is out of place"),
        (b"\xff\xd8", "FFD8 at byte 2 is out of place"),
        (segment(0xFE, b"") + b"\xff\xbf", "FFBF at byte 6 is out of place"),
        (b"\xff\xe1\0\1", "impossible length"),
        (segment(0xC0, b"\x08\0\1\0\1"), "frame header is too short"),
        (segment(0xC0, b"\x08\0\1\0\1\3\1\x11\0"), "frame header is too short"),
        (segment(0xC0, b"\x08\0\0\0\1\0"), "says that it is 1x0 pixels"),
        (segment(0xC0, b"\x08\0\1\0\1\0") * 2, "two frame headers"),
        (segment(0xC0, b"\x08\0\1\0\1\0"), "ends without pixels"),
        (segment(0xDA, b""), "ends without pixels"),
    ],
)
def test_fault_in_the_structure_is_named(body: bytes, words: str) -> None:
    with pytest.raises(BrokenImage, match=words):
        walked(b"\xff\xd8" + body + b"\xff\xd9")
