"""The file's bytes match its name, and colours survive the way there."""

from __future__ import annotations

import errno
import io
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, ImageChops, ImageCms, ImageFilter
from support import scene
from support.input_pictures import raw_png

from nano_edit.domain import Destination, WrittenImage
from nano_edit.errors import OutputError
from nano_edit.pictures.outputs.image_writer import ImageWriter

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = {
    "png": "PNG",
    "jpeg": "JPEG",
    "webp": "WEBP",
    "avif": "AVIF",
    "tiff": "TIFF",
}
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">digitalSourceType</x:xmpmeta>'


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def soft(width: int, height: int) -> Image.Image:
    """A colourful picture that no lossy format changes much."""
    return scene(width, height).filter(ImageFilter.GaussianBlur(4))


def convert(
    data: bytes, folder: Path, file_format: str, name: str | None = None
) -> WrittenImage:
    destination = Destination(folder, name or f"out.{file_format}", file_format)
    with ImageWriter(destination, digest=True) as writer:
        writer.image_started()
        writer.image_data(data)
        writer.image_ended(thought=False)
        return writer.commit()


def opened(written: WrittenImage) -> Image.Image:
    assert written.path is not None
    image = Image.open(written.path)
    image.load()
    return image


def distance(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures, in levels of 256."""
    pixels = ImageChops.difference(one.convert("RGB"), other.convert("RGB")).tobytes()
    return sum(pixels) / len(pixels)


JPEG = encoded(scene(8, 8))


@pytest.mark.parametrize("source", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("wanted", FORMATS)
def test_every_format_can_be_made_from_every_other(
    source: str, wanted: str, tmp_path: Path
) -> None:
    data = encoded(soft(64, 48), source)
    written = convert(data, tmp_path, wanted)
    image = opened(written)
    assert (image.format, image.size) == (FORMATS[wanted], (64, 48))
    assert written.mime_type == f"image/{wanted}"
    assert written.source_mime_type == f"image/{source.lower()}"
    assert distance(image, Image.open(io.BytesIO(data))) < 3
    assert [path.name for path in tmp_path.iterdir()] == [f"out.{wanted}"]
    if source == FORMATS[wanted]:
        assert written.notes == ()
        assert written.path is not None
        assert written.path.read_bytes() == data
    else:
        assert f"{source} came and is now {wanted.upper()}" in written.notes[0]
        assert "original bytes" in written.notes[0]


def test_note_says_which_name_keeps_the_original_bytes(tmp_path: Path) -> None:
    (note,) = convert(encoded(scene(8, 8)), tmp_path, "png").notes
    assert "ask for .jpg to keep the original bytes" in note


def test_name_of_another_format_is_kept_and_told(tmp_path: Path) -> None:
    written = convert(encoded(scene(8, 8)), tmp_path, "jpeg", "out.png")
    assert opened(written).format == "JPEG"
    assert written.notes == ("out.png holds JPEG, as was asked.",)


@pytest.mark.parametrize("source", ["PNG", "WEBP"])
@pytest.mark.parametrize("wanted", ["png", "webp", "avif", "tiff"])
def test_transparency_holds(source: str, wanted: str, tmp_path: Path) -> None:
    image = scene(32, 32).convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize((32, 32)))
    written = convert(encoded(image, source, lossless=True), tmp_path, wanted)
    alpha = opened(written).convert("RGBA").getchannel("A")
    assert distance(alpha, image.getchannel("A")) < 2


def test_transparency_becomes_white_in_a_jpeg_and_is_told(tmp_path: Path) -> None:
    image = Image.new("RGBA", (16, 16), (200, 0, 0, 0))
    written = convert(encoded(image, "PNG"), tmp_path, "jpeg")
    assert opened(written).getpixel((8, 8)) == (255, 255, 255)
    assert written.notes[1] == "JPEG knows no transparency: it is now white."


def test_opaque_alpha_goes_without_a_word(tmp_path: Path) -> None:
    image = Image.new("RGBA", (16, 16), (200, 0, 0, 255))
    written = convert(encoded(image, "PNG"), tmp_path, "jpeg")
    assert len(written.notes) == 1
    assert distance(opened(written), image) < 3


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "RGB"])
@pytest.mark.parametrize("wanted", ["jpeg", "webp", "avif", "tiff"])
def test_every_mode_of_a_png_keeps_its_colours(
    mode: str, wanted: str, tmp_path: Path
) -> None:
    if mode == "I;16":
        image = Image.linear_gradient("L").resize((32, 32))
        sixteen = image.convert("I").point(lambda value: value * 257)
        data = encoded(sixteen.convert("I;16"), "PNG")
    else:
        image = soft(32, 32).convert(mode, dither=Image.Dither.NONE)
        data = encoded(image, "PNG")
    assert distance(opened(convert(data, tmp_path, wanted)), image) < 12


def test_transparent_colour_of_a_palette_holds(tmp_path: Path) -> None:
    image = Image.new("P", (8, 8), 0)
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putpixel((3, 3), 1)
    data = encoded(image, "PNG", transparency=0)
    made = opened(convert(data, tmp_path, "tiff")).convert("RGBA")
    assert made.getpixel((0, 0)) == (255, 0, 0, 0)
    assert made.getpixel((3, 3)) == (0, 0, 255, 255)


@pytest.mark.parametrize("wanted", ["png", "webp", "avif", "tiff"])
def test_profile_and_metadata_go_along(wanted: str, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0131] = "the model"
    data = encoded(
        scene(16, 16), icc_profile=SRGB, exif=exif, xmp=XMP, comment=b"not this"
    )
    image = opened(convert(data, tmp_path, wanted))
    assert image.info["icc_profile"] == SRGB
    assert image.getexif()[0x0131] == "the model"
    assert bytes(image.info["xmp"]).rstrip(b"\0") == XMP


@pytest.mark.parametrize("wanted", ["png", "jpeg", "webp", "avif", "tiff"])
def test_what_a_camera_writes_does_not_keep_a_format_from_being_made(
    wanted: str, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Canary Optics"
    exif[0x8769] = {0x829A: 0.01, 0x9003: "2026:01:31 12:00:00"}  # of the exposure
    exif[0x8825] = {1: "N", 2: (47.0, 33.0, 21.5)}  # of the place
    source = "PNG" if wanted == "jpeg" else "JPEG"
    written = convert(encoded(scene(16, 16), source, exif=exif), tmp_path, wanted)
    assert opened(written).getexif()[0x010F] == "Canary Optics"
    assert len(written.notes) == 1


@pytest.mark.parametrize("wanted", ["avif", "tiff"])
def test_damaged_exif_is_left_out_and_told(wanted: str, tmp_path: Path) -> None:
    exif = b"Exif\0\0" + b"\xff\xff\xff\xff\0\0\0\x08"
    data = encoded(scene(16, 16), icc_profile=SRGB, exif=exif)
    written = convert(data, tmp_path, wanted)
    image = opened(written)
    assert image.info["icc_profile"] == SRGB
    assert not image.getexif().get(0x010F)
    assert written.notes[1] == "Its EXIF and XMP are damaged and were left out."


def test_full_disk_is_not_taken_for_damaged_metadata(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(OutputError, match="No space left"):
        convert(JPEG, tmp_path, "png")


def test_metadata_of_a_png_goes_into_a_jpeg(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0131] = "the model"
    data = encoded(scene(16, 16), "PNG", icc_profile=SRGB, exif=exif)
    image = opened(convert(data, tmp_path, "jpeg"))
    assert image.info["icc_profile"] == SRGB
    assert image.getexif()[0x0131] == "the model"


def test_profile_of_other_colours_is_left_out(tmp_path: Path) -> None:
    profile = SRGB[:16] + b"CMYK" + SRGB[20:]
    data = encoded(Image.new("CMYK", (8, 8)), icc_profile=profile)
    assert "icc_profile" not in opened(convert(data, tmp_path, "png")).info


def test_grey_profile_stays_with_grey_pixels(tmp_path: Path) -> None:
    profile = SRGB[:16] + b"GRAY" + SRGB[20:]
    data = encoded(Image.new("L", (8, 8)), icc_profile=profile)
    assert opened(convert(data, tmp_path, "png")).info["icc_profile"] == profile


def test_picture_that_cannot_be_decoded_is_kept_as_it_came(tmp_path: Path) -> None:
    data = bytearray(encoded(scene(16, 16)))
    at = data.index(b"\xff\xc4")  # whole by its structure, with impossible codes
    data[at + 5 : at + 21] = b"\xfe" * 16
    with pytest.raises(OutputError, match="cannot be made PNG") as caught:
        convert(bytes(data), tmp_path, "png")
    assert caught.value.recovery == tmp_path / "out.kept-1.jpg"
    assert caught.value.recovery.read_bytes() == data
    assert [path.name for path in tmp_path.iterdir()] == ["out.kept-1.jpg"]


def test_picture_too_large_to_be_decoded_is_kept_as_it_came(tmp_path: Path) -> None:
    data = raw_png(8, 2, [b""] * 10_000, 15_000)  # its rows are missing
    with pytest.raises(OutputError, match="has 150 megapixels, and decoding") as caught:
        convert(data, tmp_path, "jpeg")
    assert caught.value.recovery is not None
    assert caught.value.recovery.read_bytes() == data


def test_stream_that_cannot_be_converted_is_an_output_error(tmp_path: Path) -> None:
    data = bytearray(encoded(scene(16, 16)))
    at = data.index(b"\xff\xc4")
    data[at + 5 : at + 21] = b"\xfe" * 16
    destination = Destination(tmp_path, "out.png", "png", stream=io.BytesIO())
    with ImageWriter(destination) as writer:
        writer.image_started()
        writer.image_data(bytes(data))
        writer.image_ended(thought=False)
        with pytest.raises(OutputError, match="cannot be made PNG"):
            writer.commit()
    assert list(tmp_path.iterdir()) == []
