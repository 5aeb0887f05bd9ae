"""Valid but unusual pictures: each was once sent wrong, or not at all."""

from __future__ import annotations

import io
import os
import struct
import tempfile
import zlib
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin
from support.input_pictures import (
    Table,
    assert_pattern,
    chunk,
    content,
    exif,
    jpeg_bytes,
    pattern,
    png_bytes,
    raw_png,
    segment,
    sent,
    stored,
)

from nano_edit.domain import FileSpan
from nano_edit.errors import InputError
from nano_edit.pictures.inputs.spans import opened_spans
from nano_edit.pictures.inputs.survey import LARGEST_PROFILE
from nano_edit.pictures.inputs.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def table() -> Iterator[Table]:
    with Workspace() as workspace:
        yield Table(workspace)


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


# --- TIFF, BMP, JPEG ----------------------------------------------------------


def grey_tiff(bits: int, pixels: bytes, width: int, *, white_is_zero: bool) -> bytes:
    """One row of grey samples, packed."""
    entries = [
        (256, 4, width),
        (257, 4, 1),
        (258, 3, bits),
        (259, 3, 1),
        (262, 3, 0 if white_is_zero else 1),
        (273, 4, 8),
        (277, 3, 1),
        (278, 4, 1),
        (279, 4, len(pixels)),
    ]
    directory = struct.pack("<H", len(entries))
    for tag, kind, value in entries:
        directory += struct.pack("<HHII", tag, kind, 1, value)
    padded = pixels + bytes(len(pixels) % 2)
    return b"II*\0" + struct.pack("<I", 8 + len(padded)) + padded + directory + bytes(4)


UNKNOWN_COMPRESSION = grey_tiff(16, b"\0\0\0\0", 2, white_is_zero=False).replace(
    struct.pack("<HHII", 259, 3, 1, 1), struct.pack("<HHII", 259, 3, 1, 999)
)


@pytest.mark.parametrize(
    ("bits", "pixels", "white_is_zero", "expected"),
    [
        (12, b"\xff\xf8\x00", False, (255, 128)),
        (12, b"\x00\x07\xff", False, (0, 127)),
        (16, b"\xff\xff\x00\x80", False, (255, 128)),
        (16, b"\xff\xff\x00\x80", True, (0, 127)),
    ],
)
def test_deep_grey_of_a_tiff_fills_the_range(
    table: Table,
    tmp_path: Path,
    bits: int,
    pixels: bytes,
    *,
    white_is_zero: bool,
    expected: tuple[int, int],
) -> None:
    data = grey_tiff(bits, pixels, 2, white_is_zero=white_is_zero)
    picture = sent(table.one(written(tmp_path, "in.tif", data)))
    assert (picture.mode, tuple(picture.tobytes())) == ("L", expected)


def test_bmp_with_reserved_words_is_read(table: Table, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    pattern().save(buffer, "BMP")
    data = bytearray(buffer.getvalue())
    data[2:10] = b"anything"
    path = written(tmp_path, "in.bmp", bytes(data))
    assert_pattern(sent(table.one(path)), pattern())


def test_lossless_jpeg_is_read(table: Table, tmp_path: Path) -> None:
    """All samples are as predicted, so each takes one bit (T.81, annex H)."""
    frame = segment(0xC3, struct.pack(">BHHBBBB", 8, 8, 16, 1, 1, 0x11, 0))
    table_of_one_code = segment(0xC4, b"\0\1" + bytes(15) + b"\0")
    scan = segment(0xDA, b"\1\1\0\1\0\0") + bytes(8 * 16 // 8)
    jpeg = b"\xff\xd8" + frame + table_of_one_code + scan + b"\xff\xd9"
    picture = sent(table.one(written(tmp_path, "in.jpg", jpeg)))
    assert (picture.size, picture.getextrema()) == ((16, 8), (128, 128))


def test_jpeg_with_metadata_that_misleads_decoders_is_read(
    table: Table, tmp_path: Path
) -> None:
    misleading = segment(0xE2, b"MPF\0II*\0\x08\0\0\0\xff\xff") + segment(0xE1, b"Exif")
    jpeg = jpeg_bytes(pattern().convert("CMYK"))
    path = written(tmp_path, "in.jpg", jpeg[:2] + misleading + jpeg[2:])
    assert_pattern(sent(table.one(path)), pattern())


# --- how a PNG stands ---------------------------------------------------------

TURNED = exif(t0x0112=6).tobytes()
XMP = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'


def raw_profile(block: bytes, name: bytes = b"exif") -> bytes:
    digits = block.hex().encode()
    lines = b"\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    return b"\n%s\n%8d\n%s\n" % (name, len(block), lines)


TURNING_CHUNKS = {
    "eXIf": chunk(b"eXIf", TURNED.removeprefix(b"Exif\0\0")),
    "tEXt": chunk(b"tEXt", b"Raw profile type exif\0" + raw_profile(TURNED)),
    "zTXt": chunk(
        b"zTXt", b"Raw profile type APP1\0\0" + zlib.compress(raw_profile(TURNED))
    ),
    "XMP": chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP),
    "packed XMP": chunk(
        b"iTXt", b"XML:com.adobe.xmp\0\1\0en\0XMP\0" + zlib.compress(XMP)
    ),
    "XMP element": chunk(
        b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<tiff:Orientation>6</tiff:Orientation>"
    ),
    "EXIF before XMP": chunk(
        b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP.replace(b"6", b"3")
    )
    + chunk(b"eXIf", TURNED.removeprefix(b"Exif\0\0")),
}
NOT_TURNING = {
    "not EXIF": chunk(b"tEXt", b"Raw profile type APP1\0" + raw_profile(XMP)),
    "not hex": chunk(b"tEXt", b"Raw profile type exif\0\nexif\n 4\nzzzz"),
    "too short": chunk(b"tEXt", b"Raw profile type exif\0\nexif"),
    "not packed": chunk(b"zTXt", b"Raw profile type exif\0\0nonsense"),
    "other text": chunk(b"tEXt", b"Comment\0" + XMP),
    "too long": chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP + bytes(2**20)),
    "no such orientation": chunk(
        b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP.replace(b"6", b"9")
    ),
}


@pytest.mark.parametrize("name", TURNING_CHUNKS)
def test_png_is_turned_upright(table: Table, tmp_path: Path, name: str) -> None:
    png = png_bytes(stored(pattern(), 6))
    path = written(tmp_path, "in.png", png[:33] + TURNING_CHUNKS[name] + png[33:])
    picture = sent(table.one(path))
    assert_pattern(picture, pattern())
    assert not picture.getexif()


@pytest.mark.parametrize("name", NOT_TURNING)
def test_png_of_unclear_orientation_is_not_turned(
    table: Table, tmp_path: Path, name: str
) -> None:
    png = png_bytes(pattern())
    path = written(tmp_path, "in.png", png[:33] + NOT_TURNING[name] + png[33:])
    assert content(table.one(path)) == png


# --- colours ------------------------------------------------------------------


def large_profile() -> bytes:
    """An RGB profile with red and blue exchanged, and a large private tag."""
    small = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    count = struct.unpack_from(">I", small, 128)[0]
    end = 132 + 12 * count
    tags = small[132:end].replace(b"rXYZ", b"?XYZ").replace(b"bXYZ", b"rXYZ")
    tags = tags.replace(b"?XYZ", b"bXYZ")
    moved = b"".join(
        tags[at : at + 4]
        + struct.pack(">I", struct.unpack_from(">I", tags, at + 4)[0] + 12)
        + tags[at + 8 : at + 12]
        for at in range(0, len(tags), 12)
    )
    data = Random(7).randbytes(LARGEST_PROFILE)  # noqa: S311 - no secret
    body = small[end:] + data
    at = end + 12 + len(small[end:])
    moved += b"priv" + struct.pack(">II", at, len(data))
    head = struct.pack(">I", end + 12 + len(body)) + small[4:128]
    return head + struct.pack(">I", count + 1) + moved + body


@pytest.mark.parametrize("extension", ["tif", "png", "webp"])
@pytest.mark.parametrize("alpha", [None, 128])
def test_profile_too_large_to_go_along_is_applied(
    table: Table, tmp_path: Path, extension: str, alpha: int | None
) -> None:
    path = tmp_path / f"in.{extension}"
    options: dict[str, Any] = {"lossless": True} if extension == "webp" else {}
    pattern(alpha=alpha).save(path, icc_profile=large_profile(), **options)
    picture = sent(table.one(path))
    assert "icc_profile" not in picture.info
    exchanged = pattern(alpha=alpha)
    bands = exchanged.split()
    exchanged = Image.merge(exchanged.mode, (bands[2], bands[1], bands[0], *bands[3:]))
    assert_pattern(picture, exchanged, tolerance=6)


def test_broken_profile_of_a_png_costs_no_picture(table: Table, tmp_path: Path) -> None:
    broken = chunk(b"iCCP", b"name\0\0nonsense")
    png = png_bytes(pattern().quantize(8))
    path = written(tmp_path, "in.png", png[:33] + broken + png[33:])
    assert_pattern(sent(table.one(path)), pattern(), tolerance=18)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (chunk(b"gAMA", struct.pack(">I", 100_000)), 136),
        (chunk(b"gAMA", struct.pack(">I", 45_455)), 64),
        (chunk(b"gAMA", struct.pack(">I", 100_000)) + chunk(b"sRGB", b"\0"), 64),
        (chunk(b"gAMA", struct.pack(">I", 0)), 64),
        (chunk(b"gAMA", b""), 64),
    ],
    ids=["linear", "of screens", "overruled", "zero", "empty"],
)
@pytest.mark.parametrize("colour_type", [0, 2, 6])
def test_gamma_of_a_png_is_applied(
    table: Table, tmp_path: Path, before: bytes, expected: int, colour_type: int
) -> None:
    pixel = {0: b"\x40", 2: b"\x40\x40\x40", 6: b"\x40\x40\x40\x80"}[colour_type]
    png = raw_png(8, colour_type, [pixel], 1, before)
    picture = sent(table.one(written(tmp_path, "in.png", png)))
    alpha = [128] if colour_type == 6 else []
    assert list(picture.tobytes()) == [expected] * len(pixel[:3]) + alpha


# --- what decoders say --------------------------------------------------------


def test_text_that_decoders_refuse_costs_no_picture(
    table: Table, tmp_path: Path
) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "x" * 5_000_000, zip=True)
    png = png_bytes(pattern().quantize(8), pnginfo=info)
    path = written(tmp_path, "in.png", png)
    assert_pattern(sent(table.one(path)), pattern(), tolerance=18)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("in.tif", b"II*\0\x08\0\0\0", "cannot be decoded: "),
        ("in.tif", b"II*\0" + b"\xff" * 40, "cannot be decoded: "),
        ("in.tif", UNKNOWN_COMPRESSION, "its data is damaged, or of a kind that is"),
        ("in.ppm", b"P6 x 9 255\n", "its data is damaged, or of a kind that is"),
        ("in.gif", b"GIF89a", "cannot be decoded: "),
        ("in.ico", b"\0\0\1\0\1\0" + bytes(16), "cannot be decoded: "),
    ],
)
def test_refusal_of_a_decoder_is_a_sentence(
    table: Table, tmp_path: Path, name: str, data: bytes, words: str
) -> None:
    path = written(tmp_path, name, data)
    with pytest.raises(InputError, match=words) as caught:
        table.one(path)
    message = caught.value.message.removeprefix(str(path))
    assert message[-2].isalpha() or message[-2] == ")"
    assert message.endswith(".")
    assert any(letter.isalpha() for letter in message.split(": ", 1)[1])


# --- names --------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="Windows' names are Unicode")
@pytest.mark.parametrize("extension", ["jpg", "bmp", "txt"])
def test_name_that_is_not_utf8_works(
    table: Table, tmp_path: Path, extension: str
) -> None:
    name = os.fsdecode(b"gr\xfc\xdfe-\xff.") + extension
    path = tmp_path / name
    if extension == "txt":
        path.write_text("text")
        with pytest.raises(InputError) as caught:
            table.one(str(path))
        assert name in caught.value.message
        return
    turned = stored(pattern(), 6)
    turned.save(path, exif=exif(t0x0112=6)) if extension == "jpg" else None
    if extension == "bmp":
        pattern().save(path)
    image = table.one(str(path))
    assert (image.source, image.path) == (str(path), path)
    assert_pattern(sent(image), pattern())


# --- pieces of a file as one --------------------------------------------------


@given(
    data=st.binary(max_size=60),
    cuts=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), max_size=4),
    literals=st.lists(st.binary(max_size=5), max_size=4),
    steps=st.lists(st.tuples(st.integers(0, 80), st.integers(0, 30)), max_size=6),
)
def test_pieces_read_as_one_file(
    data: bytes,
    cuts: list[tuple[int, int]],
    literals: list[bytes],
    steps: list[tuple[int, int]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder), "in", data)
        pieces: list[FileSpan | bytes] = []
        whole = b""
        for number, (start, length) in enumerate(cuts):
            piece = data[start : start + length]
            pieces.append(FileSpan(path, start, len(piece)))
            whole += piece
            if number < len(literals):
                pieces.append(literals[number])
                whole += literals[number]
        with opened_spans(path, pieces) as stream:
            assert stream.read() == whole
            for offset, count in steps:
                stream.seek(offset)
                assert stream.read(count) == whole[offset : offset + count]
            assert stream.seek(0, io.SEEK_END) == len(whole)
