"""What the tests of the way in share: preparing, reading back, and a pattern.

The pattern has another colour in each quarter, so that a turned, flipped,
squeezed or miscoloured picture shows; `assert_pattern` looks at the quarters.
"""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from PIL import Image

from nano_edit.pictures.inputs.prepare_images import Preparation, prepare_inputs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from nano_edit.domain import ImageInput
    from nano_edit.pictures.inputs.workspace import Workspace

WIDTH, HEIGHT = 96, 64
QUARTERS = ((24, 16), (72, 16), (24, 48), (72, 48))  # their centres
COLOURS = ((230, 30, 30), (30, 200, 60), (40, 50, 220), (240, 240, 240))

INVERSE = {  # what makes an upright picture one that is stored turned
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def no_fetch(url: str, file: BinaryIO) -> None:
    """Stand where nothing may be fetched."""
    raise AssertionError((url, file))


@dataclass
class Table:
    """A workspace and the notes that were made; ``prepare`` as the engine does."""

    workspace: Workspace
    notes: list[str] = field(default_factory=list)

    def prepare(
        self, *sources: str | Path, stdin: bytes = b"", **preparation: Any
    ) -> tuple[ImageInput, ...]:
        return prepare_inputs(
            [str(source) for source in sources],
            Preparation(**preparation),
            workspace=self.workspace,
            stdin=io.BytesIO(stdin),
            fetch=no_fetch,
            note=self.notes.append,
        )

    def one(self, source: str | Path, **preparation: Any) -> ImageInput:
        (image,) = self.prepare(source, **preparation)
        return image


def content(image: ImageInput) -> bytes:
    """Read the bytes that would be sent."""
    pieces = []
    for piece in image.content:
        if isinstance(piece, bytes):
            pieces.append(piece)
            continue
        with piece.path.open("rb") as file:
            file.seek(piece.offset)
            pieces.append(file.read(piece.length))
    data = b"".join(pieces)
    assert len(data) == image.size
    return data


def sent(image: ImageInput) -> Image.Image:
    """Decode what would be sent; it must be what it is said to be."""
    picture = Image.open(io.BytesIO(content(image)))
    picture.load()
    assert Image.MIME[picture.format or ""] == image.mime_type
    assert picture.size == (image.width, image.height)
    return picture


def pattern(*, alpha: int | None = None) -> Image.Image:
    """Draw the four quarters; with ``alpha``, the last one has that opacity."""
    picture = Image.new("RGB" if alpha is None else "RGBA", (WIDTH, HEIGHT))
    for (x, y), colour in zip(QUARTERS, COLOURS, strict=True):
        picture.paste(colour, (x - 24, y - 16, x + 24, y + 16))
    if alpha is not None:
        picture.putalpha(255)
        opacity = picture.getchannel("A")
        opacity.paste(alpha, (WIDTH // 2, HEIGHT // 2, WIDTH, HEIGHT))
        picture.putalpha(opacity)
    return picture


def assert_pattern(
    picture: Image.Image, expected: Image.Image, *, tolerance: int = 14
) -> None:
    """Compare the centres of the quarters, in the proportions of ``expected``."""
    scale = picture.width / expected.width
    assert abs(picture.height / expected.height - scale) < 0.05
    got, wanted = picture.convert("RGBA"), expected.convert("RGBA")
    for x, y in QUARTERS:
        found = got.getpixel((int(x * scale), int(y * scale)))
        wish = wanted.getpixel((x, y))
        assert isinstance(found, tuple)
        assert isinstance(wish, tuple)
        if found[3] == wish[3] == 0:
            continue  # what colour is clear?
        for channel, (a, b) in enumerate(zip(found, wish, strict=True)):
            assert abs(a - b) <= tolerance, (x, y, channel, found, wish)


def stored(picture: Image.Image, orientation: int) -> Image.Image:
    """Turn an upright picture the way a camera with that orientation stores it."""
    turn = INVERSE[orientation]
    return picture if turn is None else picture.transpose(turn)


def exif(**tags: Any) -> Image.Exif:
    """EXIF with tags by number: ``exif(t0x0112=6)``."""
    block = Image.Exif()
    for name, value in tags.items():
        block[int(name[1:], 16)] = value
    return block


def chunk(name: bytes, data: bytes = b"") -> bytes:
    """One PNG chunk with its checksum."""
    crc = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc)


def raw_png(
    depth: int,
    colour_type: int,
    rows: Iterable[bytes],
    width: int,
    *before_pixels: bytes,
) -> bytes:
    """A PNG of any sample depth, with chunks of one's own before the pixels."""
    rows = list(rows)
    header = struct.pack(">IIBBBBB", width, len(rows), depth, colour_type, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            *before_pixels,
            chunk(b"IDAT", pixels),
            chunk(b"IEND"),
        )
    )


def segment(marker: int, payload: bytes) -> bytes:
    """One JPEG segment."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(payload) + 2) + payload


def segments(jpeg: bytes) -> list[tuple[int, bytes]]:
    """Take a JPEG apart up to its first scan: markers and payloads."""
    found = []
    at = 2
    while jpeg[at + 1] != 0xDA:
        length = struct.unpack_from(">H", jpeg, at + 2)[0]
        found.append((jpeg[at + 1], jpeg[at + 4 : at + 2 + length]))
        at += 2 + length
    return found


def chunks(png: bytes) -> list[bytes]:
    """Name a PNG's chunks in order."""
    names = []
    at = 8
    while at < len(png):
        length, name = struct.unpack_from(">I4s", png, at)
        names.append(name)
        at += 12 + length
    return names


def jpeg_bytes(picture: Image.Image, **options: Any) -> bytes:
    """Encode a JPEG in memory."""
    return _encoded(picture, "JPEG", options)


def png_bytes(picture: Image.Image, **options: Any) -> bytes:
    """Encode a PNG in memory."""
    return _encoded(picture, "PNG", options)


def _encoded(picture: Image.Image, format_name: str, options: dict[str, Any]) -> bytes:
    file = io.BytesIO()
    picture.save(file, format_name, **options)
    return file.getvalue()
