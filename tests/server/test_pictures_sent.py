"""What the service really receives, for every format, mode and orientation."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from support import CAMERA, gps_photo
from support.input_pictures import COLOURS, QUARTERS, exif, pattern, stored

from nano_edit import edit
from nano_edit.domain import Note
from nano_edit.emulator import Emulator
from nano_edit.errors import InputError, OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nano_edit.domain import EditEvent

TRANSPOSED = {5, 6, 7, 8}  # orientations that swap width and height
ORIENTATIONS = range(1, 9)
# Suffix, the mode that is stored, and the format that is to arrive.
FORMATS = [
    (".jpg", "RGB", "JPEG"),
    (".jpg", "L", "JPEG"),
    (".jpg", "CMYK", "JPEG"),
    (".png", "RGB", "PNG"),
    (".png", "RGBA", "PNG"),
    (".png", "L", "PNG"),
    (".png", "LA", "PNG"),
    (".png", "P", "PNG"),
    (".png", "1", "PNG"),
    (".png", "I;16", "PNG"),
    (".webp", "RGB", "PNG"),
    (".webp", "RGBA", "PNG"),
    (".avif", "RGB", "PNG"),
    (".gif", "P", "PNG"),
    (".bmp", "RGB", "PNG"),
    (".tif", "RGB", "PNG"),
    (".tif", "RGBA", "PNG"),
    (".tif", "CMYK", "PNG"),
    (".ppm", "RGB", "PNG"),
    (".ico", "RGBA", "PNG"),
]
TURNED = [row for row in FORMATS if row[0] in {".jpg", ".png", ".webp", ".tif"}]


@pytest.fixture(scope="module")
def service() -> Iterator[Emulator]:
    with Emulator(signature_bytes=1000, keep_images=True) as emulator:
        yield emulator


def received(service: Emulator, picture: Path, folder: Path) -> Image.Image:
    """Ask for an edit of the picture and return what came of it at the service."""
    out = folder / "out.jpg"
    out.unlink(missing_ok=True)
    edit("sepia", picture, out, base_url=service.url, api_key="any")
    entry = service.requests[-1]
    (data,) = service.images[entry.number]
    (logged,) = entry.images
    assert logged.sha256 == hashlib.sha256(data).hexdigest()
    assert logged.bytes == len(data)
    image = Image.open(io.BytesIO(data))
    assert logged.mime_type == Image.MIME[str(image.format)]
    assert not image.getexif()
    return image


def stored_as(mode: str, picture: Image.Image) -> Image.Image:
    if mode == "I;16":
        return picture.convert("L").convert("I").point(lambda v: v * 257).convert(mode)
    return picture.convert(mode)


def expected(mode: str, place: int) -> tuple[int, int, int]:
    """The colour of a quarter as it looks in this mode."""
    dot = Image.new("RGB", (1, 1), COLOURS[place])
    colour = dot.convert({"I;16": "L", "LA": "L", "P": "RGB"}.get(mode, mode)).convert(
        "RGB"
    )
    found = colour.getpixel((0, 0))
    assert isinstance(found, tuple)
    return found[0], found[1], found[2]


def assert_looks_like(image: Image.Image, mode: str) -> None:
    shown = image.convert("RGB")
    scale = image.width / 96
    for place, (x, y) in enumerate(QUARTERS):
        colour = shown.getpixel((int(x * scale), int(y * scale)))
        assert isinstance(colour, tuple)
        wanted = expected(mode, place)
        if mode == "1":  # dithered: a spot says little
            continue
        assert max(abs(a - b) for a, b in zip(colour, wanted, strict=True)) <= 48


@pytest.mark.parametrize(("suffix", "mode", "arrives"), FORMATS)
def test_every_format_and_mode_arrives_as_it_looks(
    service: Emulator, tmp_path: Path, suffix: str, mode: str, arrives: str
) -> None:
    path = tmp_path / f"in{suffix}"
    stored_as(mode, pattern()).save(path)
    image = received(service, path, tmp_path)
    assert image.format == arrives
    assert image.mode in {"L", "RGB", "RGBA"}
    assert image.size == ((64, 43) if suffix == ".ico" else (96, 64))  # ICO's largest
    assert_looks_like(image, mode)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("row", [row for row in TURNED if row[1] in {"RGB", "RGBA"}])
def test_every_orientation_arrives_upright(
    service: Emulator, tmp_path: Path, row: tuple[str, str, str], orientation: int
) -> None:
    suffix, mode, arrives = row
    path = tmp_path / f"in{suffix}"
    turned = stored(stored_as(mode, pattern()), orientation)
    turned.save(path, exif=exif(t0x0112=orientation))
    assert (turned.width == 64) is (orientation in TRANSPOSED)
    image = received(service, path, tmp_path)
    assert (image.format, image.size) == (arrives, (96, 64))
    assert_looks_like(image, mode)


@pytest.mark.parametrize("orientation", [1, 6])
def test_no_coordinate_and_no_camera_arrives(
    service: Emulator, tmp_path: Path, orientation: int
) -> None:
    path = gps_photo(tmp_path / "in.jpg", orientation=orientation)
    image = received(service, path, tmp_path)
    data = service.images[service.requests[-1].number][0]
    assert CAMERA.encode() in path.read_bytes()
    assert CAMERA.encode() not in data
    assert b"Exif" not in data
    assert image.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_an_upright_jpeg_arrives_with_the_very_pixels_it_has(
    service: Emulator, tmp_path: Path
) -> None:
    path = gps_photo(tmp_path / "in.jpg")
    image = received(service, path, tmp_path)
    with Image.open(path) as original:
        assert image.tobytes() == original.tobytes()


def test_transparency_arrives(service: Emulator, tmp_path: Path) -> None:
    path = tmp_path / "in.webp"
    pattern(alpha=100).save(path, lossless=True)
    image = received(service, path, tmp_path)
    assert image.mode == "RGBA"
    assert image.getchannel("A").getextrema()[0] == 100


def test_a_large_photo_on_its_side_arrives_upright_reduced_and_said(
    service: Emulator, tmp_path: Path
) -> None:
    path = tmp_path / "in.jpg"
    stored(pattern().resize((6144, 4096)), 6).save(path, exif=exif(t0x0112=6))
    notes: list[str] = []

    def hear(event: EditEvent) -> None:
        if isinstance(event, Note):
            notes.append(event.text)

    out = tmp_path / "out.jpg"
    edit("sepia", path, out, base_url=service.url, api_key="any", observe=hear)
    data = service.images[service.requests[-1].number][0]
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == (3072, 2048)
        assert_looks_like(image, "RGB")
    assert any("6144x4096" in note and "-> 3072x2048" in note for note in notes)


def test_pixels_are_limited_and_the_limit_can_be_moved(
    service: Emulator, tmp_path: Path
) -> None:
    path = tmp_path / "in.jpg"
    pattern().resize((1500, 1000)).save(path)
    said: dict[str, Any] = {"base_url": service.url, "api_key": "any"}
    with pytest.raises(InputError, match="has 2 megapixels"):
        edit("sepia", path, tmp_path / "out.jpg", max_pixels=1, **said)
    edit("sepia", path, tmp_path / "out.jpg", max_pixels=2, **said)


def test_a_picture_that_is_converted_is_limited_too(
    service: Emulator, tmp_path: Path
) -> None:
    """The reply has more than one megapixel; what was paid for is kept."""
    path = tmp_path / "in.jpg"
    pattern().save(path)
    said: dict[str, Any] = {"base_url": service.url, "api_key": "any"}
    with pytest.raises(OutputError, match="cannot be made PNG: it has 2 megapixels"):
        edit("sepia", path, tmp_path / "out.png", max_pixels=1, **said)
    edit("sepia", path, tmp_path / "out.png", **said)
