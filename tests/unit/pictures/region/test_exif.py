from __future__ import annotations

import io
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from nano_edit.pictures.inputs.survey import orientation_of
from nano_edit.pictures.region import exif


def block(*, thumbnail: bytes = b"", gps: bool = False) -> bytes:
    tags = Image.Exif()
    tags[0x010F], tags[0x0112], tags[0x0100], tags[0x0101] = "maker", 6, 4000, 3000
    tags.get_ifd(0x8769)[0xA002] = 4000
    tags.get_ifd(0x8769)[0xA003] = 3000
    if gps:
        tags.get_ifd(0x8825)[1] = "N"
    data = tags.tobytes()[6:]
    if thumbnail:
        order: Literal["little", "big"] = "little" if data[:2] == b"II" else "big"
        start = int.from_bytes(data[4:8], order)
        count = int.from_bytes(data[start : start + 2], order)
        link = start + 2 + 12 * count
        at = len(data)
        entries = [(0x0201, at + 30), (0x0202, len(thumbnail))]
        second = (2).to_bytes(2, order)
        for tag, value in entries:
            second += tag.to_bytes(2, order) + (4).to_bytes(2, order)
            second += (1).to_bytes(4, order) + value.to_bytes(4, order)
        second += bytes(4)
        data = data[:link] + at.to_bytes(4, order) + data[link + 4 :]
        data += second + thumbnail
    return data


def read(data: bytes) -> Image.Exif:
    tags = Image.Exif()
    tags.load(b"Exif\0\0" + data)
    return tags


def test_a_result_is_upright_and_has_its_own_size() -> None:
    changed = read(exif.upright(block(), (320, 240)))
    assert (changed[0x0112], changed[0x0100], changed[0x0101]) == (1, 320, 240)
    assert changed.get_ifd(0x8769)[0xA002] == 320
    assert changed.get_ifd(0x8769)[0xA003] == 240
    assert changed[0x010F] == "maker"


def test_the_thumbnail_goes() -> None:
    secret = b"\xff\xd8 the picture as it was \xff\xd9"
    whole = block(thumbnail=secret)
    assert secret in whole
    changed = exif.without_thumbnail(whole)
    assert secret not in changed
    assert not read(changed).get_ifd(1)
    assert read(changed)[0x010F] == "maker"


def test_a_position_is_seen() -> None:
    assert exif.has_position(block(gps=True))
    assert not exif.has_position(block())
    assert not exif.has_position(b"")


def test_the_smallest_block_says_the_orientation() -> None:
    for orientation in range(1, 9):
        assert orientation_of(exif.minimal(orientation)) == orientation
        buffer = io.BytesIO()
        image = Image.new("RGB", (8, 8))
        image.save(buffer, "JPEG", exif=b"Exif\0\0" + exif.minimal(orientation))
        assert Image.open(buffer).getexif()[0x0112] == orientation


@given(st.binary(max_size=200), st.sampled_from([b"II*\0", b"MM\0*", b""]))
def test_any_bytes_are_a_block(data: bytes, head: bytes) -> None:
    whole = head + data
    assert len(exif.upright(whole, (10, 10))) <= len(whole)
    assert len(exif.without_thumbnail(whole)) <= len(whole)
    exif.has_position(whole)
