"""What leaves the machine beside the pixels: what decoders need, nothing else."""

from __future__ import annotations

import io
import struct
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import support
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin
from support.input_pictures import (
    HEIGHT,
    WIDTH,
    Table,
    chunk,
    chunks,
    content,
    exif,
    jpeg_bytes,
    pattern,
    png_bytes,
    raw_png,
    segment,
    segments,
    sent,
)

from nano_edit.errors import InputError
from nano_edit.pictures.inputs.survey import orientation_of
from nano_edit.pictures.inputs.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

CANARY = b"CANARY-47.5593N"
ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
PLAIN = jpeg_bytes(pattern(), quality=90)
PLAIN_PNG = png_bytes(pattern())
PRIVATE_SEGMENTS = {
    "EXIF": (0xE1, b"Exif\0\0II*\0" + CANARY),
    "XMP": (0xE1, b"http://ns.adobe.com/xap/1.0/\0<x>" + CANARY),
    "long XMP": (0xE1, b"http://ns.adobe.com/xmp/extension/\0" + CANARY),
    "IPTC": (0xED, b"Photoshop 3.0\x008BIM\x04\x04" + CANARY),
    "comment": (0xFE, CANARY),
    "MPF": (0xE2, b"MPF\0" + CANARY),
    "FlashPix": (0xE2, b"FPXR\0" + CANARY),
    "JFXX": (0xE0, b"JFXX\0\x10" + CANARY),
    "Ducky": (0xEC, b"Ducky" + CANARY),
    "JUMBF": (0xEB, b"JP\0\1" + CANARY),
    "unknown APP14": (0xEE, CANARY),
    "APP15": (0xEF, CANARY),
    "JPG13": (0xFD, CANARY),
}


@pytest.fixture
def table() -> Iterator[Table]:
    with Workspace() as workspace:
        yield Table(workspace)


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def with_segments(jpeg: bytes, *pieces: bytes) -> bytes:
    return jpeg[:2] + b"".join(pieces) + jpeg[2:]


def pixels(data: bytes) -> bytes:
    return Image.open(io.BytesIO(data)).tobytes()


# --- JPEG ---------------------------------------------------------------------


@pytest.mark.parametrize("what", PRIVATE_SEGMENTS)
def test_private_segment_is_not_sent(table: Table, tmp_path: Path, what: str) -> None:
    tagged = with_segments(PLAIN, segment(*PRIVATE_SEGMENTS[what]))
    image = table.one(written(tmp_path, "in.jpg", tagged))
    assert content(image) == PLAIN


def test_gps_photo_is_sent_without_its_coordinates(
    table: Table, gps_jpeg: Path
) -> None:
    original = gps_jpeg.read_bytes()
    assert b"Canary Optics" in original
    data = content(table.one(gps_jpeg))
    assert b"Canary Optics" not in data
    assert b"Exif" not in data
    assert not Image.open(io.BytesIO(data)).getexif()
    assert pixels(data) == pixels(original)


def test_turned_gps_photo_is_sent_without_its_coordinates(
    table: Table, tmp_path: Path
) -> None:
    path = support.gps_photo(tmp_path / "in.jpg", orientation=6)
    image = table.one(path)
    data = content(image)
    assert {marker for marker, _ in segments(data)}.isdisjoint({0xE1, 0xED, 0xFE})
    assert support.CAMERA.encode() not in data
    assert (image.width, image.height) == (64, 96)


def test_keep_metadata_sends_the_file_whole(table: Table, gps_jpeg: Path) -> None:
    image = table.one(gps_jpeg, keep_metadata=True)
    assert content(image) == gps_jpeg.read_bytes()


def test_icc_profile_stays(table: Table, tmp_path: Path) -> None:
    jpeg = jpeg_bytes(pattern(), icc_profile=ICC, exif=exif(t0x010f="Maker"))
    picture = sent(table.one(written(tmp_path, "in.jpg", jpeg)))
    assert picture.info["icc_profile"] == ICC
    assert "exif" not in picture.info


def test_thumbnail_inside_jfif_is_cut_out(table: Table, tmp_path: Path) -> None:
    jfif = b"JFIF\0\1\2\1\0\x48\0\x48"
    thumbnail = segment(0xE0, jfif + b"\2\1" + b"secret")
    jpeg = thumbnail.join((PLAIN[:2], PLAIN[20:]))
    image = table.one(written(tmp_path, "in.jpg", jpeg))
    assert segments(content(image))[0] == (0xE0, jfif + b"\0\0")
    assert b"secret" not in content(image)
    assert sent(image).tobytes() == pixels(PLAIN)


def test_jfif_too_short_to_be_one_is_left_out(table: Table, tmp_path: Path) -> None:
    jpeg = with_segments(PLAIN[:2] + PLAIN[20:], segment(0xE0, b"JFIF\0\1"))
    data = content(table.one(written(tmp_path, "in.jpg", jpeg)))
    assert data == PLAIN[:2] + PLAIN[20:]


@pytest.mark.parametrize(
    ("payload", "kept"),
    [
        (b"Adobe\0\x64\0\0\0\0\1", b"Adobe\0\x64\0\0\0\0\1"),
        (b"Adobe\0\x64\0\0\0\0\1" + CANARY, b"Adobe\0\x64\0\0\0\0\1"),
        (b"Adobe\0", None),
    ],
    ids=["exact", "with data behind it", "too short"],
)
def test_adobe_segment_that_colours_need_stays(
    table: Table, tmp_path: Path, payload: bytes, kept: bytes | None
) -> None:
    jpeg = with_segments(PLAIN, segment(0xEE, payload))
    found = dict(segments(content(table.one(written(tmp_path, "in.jpg", jpeg)))))
    assert found.get(0xEE) == kept


def test_second_picture_of_an_mpo_is_not_sent(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "stereo.mpo"
    pattern().save(path, "MPO", save_all=True, append_images=[pattern()])
    image = table.one(path)
    assert content(image).count(b"\xff\xd8\xff") == 1
    assert b"MPF" not in content(image)
    assert sent(image).format == "JPEG"


def test_film_behind_a_motion_photo_is_not_sent(table: Table, tmp_path: Path) -> None:
    image = table.one(written(tmp_path, "in.jpg", PLAIN + b"\0\0\0\x18ftypmp42"))
    assert content(image) == PLAIN


def test_fill_bytes_and_restarts_are_no_end(table: Table, tmp_path: Path) -> None:
    jpeg = jpeg_bytes(pattern(), restart_marker_rows=1, progressive=True)
    padded = jpeg[:2] + b"\xff\xff" + segment(0xFE, b"padded") + jpeg[2:]
    image = table.one(written(tmp_path, "in.jpg", padded))
    assert content(image) == jpeg


MARKERS = [*range(0xE1, 0xF0), 0xFE, 0xE0]
PREFIXES = [b"", b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"MPF\0", b"JFXX\0"]


@st.composite
def private_segments(draw: st.DrawFn) -> bytes:
    payload = draw(st.sampled_from(PREFIXES)) + draw(st.binary(max_size=200))
    assume(orientation_of(payload[6:]) == 1)  # a turned one is coded again
    return segment(draw(st.sampled_from(MARKERS)), payload)


def boundaries(jpeg: bytes) -> list[int]:
    """Offsets between the segments before the first scan."""
    offsets = [2]
    for _, payload in segments(jpeg):
        offsets.append(offsets[-1] + 4 + len(payload))
    return offsets


@given(inserted=st.lists(st.tuples(st.integers(0, 5), private_segments()), max_size=6))
def test_stripping_never_touches_a_pixel(inserted: list[tuple[int, bytes]]) -> None:
    jpeg = PLAIN
    for place, piece in inserted:
        at = boundaries(jpeg)[place]
        jpeg = jpeg[:at] + piece + jpeg[at:]
    with tempfile.TemporaryDirectory() as folder, Workspace() as workspace:
        data = content(Table(workspace).one(written(Path(folder), "in.jpg", jpeg)))
    left = {marker for marker, _ in segments(data)}
    assert not left & {0xE1, 0xED, 0xFE}
    assert pixels(data) == pixels(PLAIN)


@given(cut=st.integers(0, len(PLAIN) - 1))
def test_jpeg_cut_anywhere_is_refused(cut: int) -> None:
    _assert_refused(PLAIN[:cut])


@given(cut=st.integers(0, len(PLAIN_PNG) - 1))
def test_png_cut_anywhere_is_refused(cut: int) -> None:
    _assert_refused(PLAIN_PNG[:cut])


@given(data=st.binary(max_size=400), head=st.sampled_from([PLAIN[:4], PLAIN_PNG[:8]]))
def test_garbage_behind_a_signature_is_refused(data: bytes, head: bytes) -> None:
    _assert_refused(head + data)


def _assert_refused(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder, Workspace() as workspace:
        path = written(Path(folder), "cut", data)
        with pytest.raises(InputError, match="cut"):
            Table(workspace).one(path)


SOF = segment(0xC0, b"\x08\0\x10\0\x10\1\1\x11\0")
SCAN = segment(0xDA, b"\1\1\0\0\x3f\0")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"\xff\x02\0\4ab" + SOF + SCAN, "marker FF02 at byte 2 is out of place"),
        (SOF + SOF + SCAN, "two frame headers"),
        (SOF, "ends without pixels"),
        (segment(0xC0, b"\x08\0\0\0\x10\1\1\x11\0") + SCAN, "it is 16x0 pixels"),
    ],
)
def test_jpeg_that_does_not_hold_together_is_refused(
    table: Table, tmp_path: Path, body: bytes, reason: str
) -> None:
    path = written(tmp_path, "in.jpg", b"\xff\xd8" + body + b"\xff\xd9")
    with pytest.raises(InputError, match=reason):
        table.one(path)


# --- PNG ----------------------------------------------------------------------

PRIVATE_CHUNKS: dict[str, bytes] = {
    "tEXt": chunk(b"tEXt", b"Author\0" + CANARY),
    "zTXt": chunk(b"zTXt", b"Author\0\0" + CANARY),
    "iTXt": chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + CANARY),
    "eXIf": chunk(b"eXIf", b"II*\0" + CANARY),
    "tIME": chunk(b"tIME", b"\x07\xe9\1\1\1\1\1"),
    "hIST": chunk(b"hIST", b"\0\1"),
    "sPLT": chunk(b"sPLT", b"a\0\x08"),
    "private": chunk(b"prVt", CANARY),
}


@pytest.mark.parametrize("name", PRIVATE_CHUNKS)
def test_private_chunk_is_not_sent(table: Table, tmp_path: Path, name: str) -> None:
    tagged = PLAIN_PNG[:33] + PRIVATE_CHUNKS[name] + PLAIN_PNG[33:]
    assert content(table.one(written(tmp_path, "in.png", tagged))) == PLAIN_PNG


def test_chunks_that_colours_need_stay(table: Table, tmp_path: Path) -> None:
    needed = chunk(b"gAMA", b"\0\0\xb1\x8f") + chunk(b"pHYs", b"\0\0\0\1\0\0\0\1\0")
    tagged = PLAIN_PNG[:33] + needed + PLAIN_PNG[33:]
    assert content(table.one(written(tmp_path, "in.png", tagged))) == tagged


def test_bytes_behind_iend_are_not_sent(table: Table, tmp_path: Path) -> None:
    assert content(table.one(written(tmp_path, "a.png", PLAIN_PNG + CANARY))) == (
        PLAIN_PNG
    )


def test_text_of_a_png_is_not_sent(table: Table, tmp_path: Path) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Location", CANARY.decode())
    tagged = png_bytes(pattern(), pnginfo=info, icc_profile=ICC)
    data = content(table.one(written(tmp_path, "in.png", tagged)))
    assert CANARY not in data
    assert chunks(data) == [b"IHDR", b"iCCP", b"IDAT", b"IEND"]
    assert pixels(data) == pixels(PLAIN_PNG)


def test_animated_png_is_sent_as_its_first_frame(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "in.png"
    frames = [Image.new("RGB", (WIDTH, HEIGHT), "red")]
    pattern().save(path, save_all=True, append_images=frames)
    image = table.one(path)
    assert chunks(content(image)) == [b"IHDR", b"IDAT", b"IEND"]
    assert sent(image).tobytes() == pattern().tobytes()
    assert table.notes == [f"{path} holds more than one frame; the first is sent."]


def _ihdr(width: int, height: int) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))


PIXELS = chunk(b"IDAT", b"pixels")
END = chunk(b"IEND")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (PIXELS + END, "header is not where it must be"),
        (_ihdr(1, 1) + _ihdr(1, 1) + PIXELS + END, "header is not where it must be"),
        (chunk(b"IHDR", b"short") + PIXELS + END, "its header is wrong"),
        (_ihdr(1, 1) + END, "holds no pixels"),
        (_ihdr(0, 1) + PIXELS + END, "it is 0x1 pixels"),
        (_ihdr(1, 1) + chunk(b"CgBI") + PIXELS + END, "unknown chunk"),
        (_ihdr(1, 1) + PIXELS[:-1] + b"?" + END, "checksum at byte 33"),
        (_ihdr(1, 1) + PIXELS + END[:-4], "cut off"),
    ],
)
def test_png_that_does_not_hold_together_is_refused(
    table: Table, tmp_path: Path, body: bytes, reason: str
) -> None:
    path = written(tmp_path, "in.png", b"\x89PNG\r\n\x1a\n" + body)
    with pytest.raises(InputError, match=reason):
        table.one(path)


def test_large_png_is_walked_in_blocks(table: Table, tmp_path: Path) -> None:
    rows = [bytes(3 * 700)] * 10
    blob = chunk(b"bKGD", b"\0" * 900_000)
    image = table.one(written(tmp_path, "in.png", raw_png(8, 2, rows, 700, blob)))
    assert image.size > 900_000


# --- orientation --------------------------------------------------------------


def _tiff(order: str, entries: list[tuple[int, int, int]], start: int = 8) -> bytes:
    mark = {"<": b"II*\0", ">": b"MM\0*"}[order]
    block = mark + struct.pack(order + "IH", start, len(entries))
    for tag, kind, value in entries:
        field = "HH" if kind == 3 else "I"
        values: tuple[Any, ...] = (value, 0) if kind == 3 else (value,)
        block += struct.pack(order + "HHI" + field, tag, kind, 1, *values)
    return block


@pytest.mark.parametrize(
    ("block", "orientation"),
    [
        (_tiff("<", [(0x0112, 3, 6)]), 6),
        (_tiff(">", [(0x010F, 3, 1), (0x0112, 3, 8)]), 8),
        (_tiff(">", [(0x0112, 4, 3)]), 3),
        (_tiff("<", [(0x0112, 3, 9)]), 1),
        (_tiff("<", [(0x0112, 3, 0)]), 1),
        (_tiff("<", [(0x0112, 2, 6)]), 1),
        (_tiff("<", [(0x010F, 3, 6)]), 1),
        (_tiff("<", [(0x0112, 3, 6)])[:-6], 1),
        (_tiff("<", [], start=9000), 1),
        (b"II*\0", 1),
        (b"nonsense", 1),
        (b"", 1),
    ],
)
def test_orientation_is_read_or_else_upright(block: bytes, orientation: int) -> None:
    assert orientation_of(block) == orientation


@given(st.binary(max_size=80), st.sampled_from([b"", b"II*\0", b"MM\0*"]))
def test_no_exif_block_crashes(block: bytes, mark: bytes) -> None:
    assert 1 <= orientation_of(mark + block) <= 8


def test_first_exif_segment_decides(table: Table, tmp_path: Path) -> None:
    first, second = (
        segment(0xE1, b"Exif\0\0" + _tiff("<", [(0x0112, 3, value)]))
        for value in (1, 6)
    )
    image = table.one(written(tmp_path, "a.jpg", with_segments(PLAIN, first, second)))
    assert content(image) == PLAIN
