"""Any picture in: upright, its colours and transparency kept, no larger than asked.

Every row makes a real file, prepares it, decodes what would be sent and looks
at the pixels.
"""

from __future__ import annotations

import io
import struct
import sys
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, ImageCms, JpegImagePlugin
from support.input_pictures import (
    HEIGHT,
    WIDTH,
    Table,
    assert_pattern,
    chunk,
    content,
    exif,
    jpeg_bytes,
    no_fetch,
    pattern,
    raw_png,
    segment,
    sent,
    stored,
)

from nano_edit.errors import InputError, InterruptedEdit
from nano_edit.pictures.inputs.modes import settle
from nano_edit.pictures.inputs.prepare_images import Preparation, prepare_inputs
from nano_edit.pictures.inputs.workspace import Workspace
from nano_edit.units import size_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture
def table() -> Iterator[Table]:
    with Workspace() as workspace:
        yield Table(workspace)


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Fine detail, the same each time: what packs badly."""
    source = Random(4711)  # noqa: S311 - a picture is no secret
    data = source.randbytes(width * height * len(mode))
    return Image.frombytes(mode, (width, height), data)


# --- orientation --------------------------------------------------------------


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("extension", ["jpg", "png", "webp", "avif", "tif"])
def test_picture_is_sent_upright(
    table: Table, tmp_path: Path, extension: str, orientation: int
) -> None:
    path = tmp_path / f"in.{extension}"
    stored(pattern(), orientation).save(path, exif=exif(t0x0112=orientation))
    image = table.one(path)
    assert (image.width, image.height) == (WIDTH, HEIGHT)
    assert_pattern(sent(image), pattern())
    assert not sent(image).getexif()
    assert image.path == path
    assert image.preview is not None
    with Image.open(image.preview) as preview:
        assert preview.size == (WIDTH, HEIGHT)


@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_turned_jpeg_keeps_its_tables_and_subsampling(
    table: Table, tmp_path: Path, subsampling: int
) -> None:
    path = tmp_path / "in.jpg"
    turned = stored(pattern(), 6)
    options: dict[str, Any] = {"quality": 83, "subsampling": subsampling}
    turned.save(path, exif=exif(t0x0112=6), icc_profile=SRGB, **options)
    picture = sent(table.one(path))
    with Image.open(path) as original:
        assert isinstance(original, JpegImagePlugin.JpegImageFile)
        assert isinstance(picture, JpegImagePlugin.JpegImageFile)
        assert picture.quantization == original.quantization
    assert JpegImagePlugin.get_sampling(picture) == subsampling
    assert picture.info["icc_profile"] == SRGB


def test_turned_grey_jpeg_stays_grey(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "in.jpg"
    stored(pattern().convert("L"), 8).save(path, exif=exif(t0x0112=8))
    picture = sent(table.one(path))
    assert picture.mode == "L"
    assert_pattern(picture, pattern().convert("L"))


def test_kept_metadata_of_a_turned_picture_says_upright(
    table: Table, tmp_path: Path
) -> None:
    for name in ("in.jpg", "in.png"):
        path = tmp_path / name
        tags = exif(t0x0112=6, t0x010f="Canary Optics")
        stored(pattern(), 6).save(path, exif=tags)
        picture = sent(table.one(path, keep_metadata=True))
        assert dict(picture.getexif()) == {0x0112: 1, 0x010F: "Canary Optics"}
        assert_pattern(picture, pattern())


def test_kept_metadata_without_any_is_none(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "in.jpg"
    pattern().convert("CMYK").save(path)
    assert "exif" not in sent(table.one(path, keep_metadata=True)).info


def test_malformed_exif_costs_no_picture(table: Table, tmp_path: Path) -> None:
    broken = b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0" + b"\xff" * 3
    jpeg = jpeg_bytes(stored(pattern(), 6))
    path = tmp_path / "in.jpg"
    path.write_bytes(jpeg[:2] + segment(0xE1, broken) + jpeg[2:])
    for keep in (False, True):
        assert_pattern(sent(table.one(path, keep_metadata=keep)), pattern())


def test_malformed_exif_of_a_decoded_format_is_upright(
    table: Table, tmp_path: Path
) -> None:
    path = tmp_path / "in.webp"
    pattern().save(path, exif=b"Exif\0\0nonsense", lossless=True)
    assert_pattern(sent(table.one(path)), pattern())


def test_exif_that_is_kept_is_kept_byte_for_byte(table: Table, tmp_path: Path) -> None:
    maker_note = b"II*\0" + b"\x08\0\0\0" + b"offsets that must not move"
    jpeg = jpeg_bytes(pattern().convert("CMYK"))
    path = tmp_path / "in.jpg"
    path.write_bytes(jpeg[:2] + segment(0xE1, b"Exif\0\0" + maker_note) + jpeg[2:])
    picture = sent(table.one(path, keep_metadata=True))
    assert picture.info["exif"] == b"Exif\0\0" + maker_note


# --- formats and modes --------------------------------------------------------

OPAQUE = [
    *(("jpg", mode) for mode in ("L", "CMYK")),
    *(("png", mode) for mode in ("1", "L", "P", "I;16")),
    *(("webp", mode) for mode in ("RGB",)),
    *(("avif", mode) for mode in ("RGB",)),
    *(("gif", mode) for mode in ("L", "P")),
    *(("bmp", mode) for mode in ("1", "L", "P", "RGB")),
    *(("tif", mode) for mode in ("1", "L", "P", "RGB", "CMYK", "YCbCr", "LAB")),
    *(("tif", mode) for mode in ("I;16", "I", "F")),
    *(("ppm", mode) for mode in ("1", "L", "RGB", "I", "F")),
]


def in_mode(mode: str) -> Image.Image:
    picture = pattern()
    if mode == "LAB":
        spaces = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        converted = ImageCms.profileToProfile(picture, *spaces, outputMode="LAB")
        assert converted is not None
        return converted
    if mode in ("I;16", "I"):
        wide = picture.convert("L").convert("I").point(lambda value: value * 257)
        return wide.convert(mode)
    if mode == "F":
        return picture.convert("L").convert("F").point(lambda value: value / 255)
    return picture.convert(mode, dither=Image.Dither.NONE)


@pytest.mark.parametrize(("extension", "mode"), OPAQUE)
def test_colours_hold(table: Table, tmp_path: Path, extension: str, mode: str) -> None:
    path = tmp_path / f"in.{extension}"
    in_mode(mode).save(path)
    grey = mode in ("L", "I;16", "I", "F")
    wanted = in_mode("L" if grey else mode).convert("RGB")
    image = table.one(path)
    assert image.mime_type in ("image/png", "image/jpeg")
    assert_pattern(sent(image), wanted, tolerance=18)


TRANSPARENT = [
    *(("png", mode) for mode in ("LA", "P", "RGBA")),
    *((extension, "RGBA") for extension in ("webp", "avif", "tif", "ico")),
    *(("tif", "LA"), ("gif", "P")),
]


@pytest.mark.parametrize(("extension", "mode"), TRANSPARENT)
def test_transparency_holds(
    table: Table, tmp_path: Path, extension: str, mode: str
) -> None:
    path = tmp_path / f"in.{extension}"
    options: dict[str, Any] = {"lossless": True} if extension == "webp" else {}
    if extension == "ico":
        options["sizes"] = [(WIDTH, HEIGHT)]
    drawn = pattern(alpha=0 if mode == "P" else 128)
    if (extension, mode) == ("png", "P"):
        drawn.quantize(8).save(path)
    elif extension == "gif":
        drawn.save(path)  # a palette with one clear colour
    else:
        drawn.convert(mode).save(path, **options)
    wanted = drawn.convert("LA") if mode == "LA" else drawn
    picture = sent(table.one(path))
    assert picture.format == "PNG"
    assert picture.has_transparency_data
    assert_pattern(picture, wanted, tolerance=18)


def rgba(picture: Image.Image) -> list[tuple[int, ...]]:
    data = picture.convert("RGBA").tobytes()
    return [tuple(data[at : at + 4]) for at in range(0, len(data), 4)]


def key(*values: int) -> bytes:
    return chunk(b"tRNS", struct.pack(f">{len(values)}H", *values))


DEEP = {  # depth, colour type, one row of two pixels, tRNS; RGBA of the two
    "1": ((1, 0, b"\x80", key(0)), [(255, 255, 255, 255), (0, 0, 0, 0)]),
    "2": ((2, 0, b"\xb0", key(2)), [(170, 170, 170, 0), (255, 255, 255, 255)]),
    "4": ((4, 0, b"\xf3", key(15)), [(255, 255, 255, 0), (51, 51, 51, 255)]),
    "8": ((8, 0, b"\xf3\x0f", key(15)), [(243, 243, 243, 255), (15, 15, 15, 0)]),
    "16": ((16, 0, b"\xff\xff\0\x80", key(128)), [(255,) * 4, (0, 0, 0, 0)]),
    "16 opaque": (
        (16, 0, b"\xff\xff\x80\x80", b""),
        [(255,) * 4, (128, 128, 128, 255)],
    ),
    "RGB": ((8, 2, b"\1\2\3\4\5\6", key(1, 2, 3)), [(1, 2, 3, 0), (4, 5, 6, 255)]),
    "RGB 16": (
        (16, 2, b"\1\0\2\0\3\0\4\0\5\0\6\0", key(256, 512, 768)),
        [(1, 2, 3, 0), (4, 5, 6, 255)],
    ),
    "LA": ((8, 4, b"\x40\x80\x50\xff", b""), [(64, 64, 64, 128), (80, 80, 80, 255)]),
    "LA 16": (
        (16, 4, b"\x40\0\x80\0\x50\0\xff\0", b""),
        [(64, 64, 64, 128), (80, 80, 80, 255)],
    ),
    "RGBA 16": ((16, 6, b"\1\0\2\0\3\0\4\0" * 2, b""), [(1, 2, 3, 4)] * 2),
}


@pytest.mark.parametrize("name", DEEP)
def test_png_of_every_depth_comes_through(
    table: Table, tmp_path: Path, name: str
) -> None:
    (depth, colour_type, row, transparent), expected = DEEP[name]
    path = tmp_path / "in.png"
    path.write_bytes(raw_png(depth, colour_type, [row], 2, transparent))
    assert rgba(sent(table.one(path))) == expected


@pytest.mark.parametrize(
    ("mode", "values", "expected"),
    [
        ("F", (0.0, 0.5, 1.0), (0, 128, 255)),
        ("F", (0.0, 100.0, 255.0), (0, 100, 255)),
        ("F", (0.0, 257.0, 65535.0), (0, 1, 255)),
        ("F", (-1.0, 0.0, 1.0), (0, 128, 255)),
        ("F", (-5.0, -5.0, -5.0), (0, 0, 0)),
        ("I", (0, 1, 255), (0, 1, 255)),
        ("I", (0, 1000, 65535), (0, 4, 255)),
        ("I", (0, 100_000, 200_000), (0, 128, 255)),
    ],
)
def test_grey_of_wide_range_is_scaled_not_clipped(
    mode: str, values: tuple[float, ...], expected: tuple[int, ...]
) -> None:
    picture = Image.new(mode, (3, 1))
    for x, value in enumerate(values):
        picture.putpixel((x, 0), value)
    settled, _ = settle(picture, 8)
    assert settled.mode == "L"
    assert tuple(settled.tobytes()) == expected


@pytest.mark.parametrize("mode", ["La", "RGBa", "PA", "RGBX", "HSV"])
def test_rare_mode_settles(mode: str) -> None:
    picture = pattern(alpha=255) if mode in ("RGBa", "RGBX") else pattern()
    if mode == "La":
        picture = pattern(alpha=255).convert("LA")
    elif mode == "PA":
        picture = picture.quantize(8)
    settled, _ = settle(picture.convert(mode), 8)
    assert settled.mode == ("RGB" if mode in ("RGBX", "HSV") else "RGBA")
    wanted = pattern().convert("L") if mode == "La" else pattern()
    assert_pattern(settled, wanted, tolerance=30)


def test_values_that_are_not_numbers_are_refused(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "in.tif"
    Image.new("F", (4, 4), float("nan")).save(path)
    with pytest.raises(InputError, match="not numbers"):
        table.one(path)


# --- colour profiles ----------------------------------------------------------


def profile(space: bytes) -> bytes:
    """A profile that claims a colour space; only its header is looked at."""
    return SRGB[:16] + space + SRGB[20:]


@pytest.mark.parametrize("extension", ["jpg", "png", "webp", "tif", "avif"])
def test_profile_of_rgb_goes_along(
    table: Table, tmp_path: Path, extension: str
) -> None:
    path = tmp_path / f"in.{extension}"
    pattern().save(path, icc_profile=SRGB)
    image = table.one(path, max_side=48)
    assert sent(image).info["icc_profile"] == SRGB


def test_profile_of_cmyk_is_applied(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "in.jpg"
    pattern().convert("CMYK").save(path, quality=100, icc_profile=cmyk_profile())
    picture = sent(table.one(path))
    assert picture.mode == "RGB"
    assert "icc_profile" not in picture.info
    paper = picture.getpixel((72, 48))  # white, were the profile not applied
    assert isinstance(paper, tuple)
    assert max(paper) < 60


def cmyk_profile() -> bytes:
    """The smallest printer profile: one table to Lab, where bare paper is black."""
    corners = 2**4
    table = b"".join(
        struct.pack(">HHH", 0xFF00 * index // (corners - 1), 0x8000, 0x8000)
        for index in range(corners)
    )
    identity = struct.pack(">9i", *(65536 if i % 4 == 0 else 0 for i in range(9)))
    ramp = struct.pack(">HH", 0, 65535)
    a2b0 = b"mft2\0\0\0\0" + bytes((4, 3, 2, 0)) + identity
    a2b0 += struct.pack(">HH", 2, 2) + ramp * 4 + table + ramp * 3
    tags = {
        b"desc": b"desc\0\0\0\0\0\0\0\5test\0" + bytes(78),
        b"cprt": b"text\0\0\0\0none\0",
        b"wtpt": b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061),
        b"A2B0": a2b0,
    }
    at = 128 + 4 + 12 * len(tags)
    directory, data = struct.pack(">I", len(tags)), b""
    for name, value in tags.items():
        directory += name + struct.pack(">II", at + len(data), len(value))
        data += value + bytes(-len(value) % 4)
    size = at + len(data)
    head = struct.pack(
        ">I4sI4s4s4s", size, b"lcms", 0x02400000, b"prtr", b"CMYK", b"Lab "
    )
    head += struct.pack(">6H", 2025, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    head += struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + directory + data


def test_useless_profile_of_cmyk_costs_no_picture(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "in.jpg"
    pattern().convert("CMYK").save(path, icc_profile=profile(b"CMYK"))
    picture = sent(table.one(path))
    assert "icc_profile" not in picture.info
    assert_pattern(picture, pattern())


def test_profile_of_grey_does_not_go_along_with_colours(
    table: Table, tmp_path: Path
) -> None:
    path = tmp_path / "in.png"
    pattern(alpha=128).convert("LA").save(path, icc_profile=profile(b"GRAY"))
    picture = sent(table.one(path))
    assert "icc_profile" not in picture.info
    assert_pattern(picture, pattern(alpha=128).convert("LA"))


def test_profile_that_contradicts_the_mode_is_dropped(
    table: Table, tmp_path: Path
) -> None:
    path = tmp_path / "in.tif"
    pattern().convert("L").save(path, icc_profile=SRGB)
    assert "icc_profile" not in sent(table.one(path)).info


# --- which format -------------------------------------------------------------


@pytest.mark.parametrize(
    ("picture", "mime_type"),
    [
        (noise(200, 200), "image/png"),  # small
        (noise(300, 300), "image/jpeg"),  # a photo
        (noise(300, 300, "RGBA"), "image/png"),  # alpha
        (noise(300, 300, "L"), "image/jpeg"),  # a grey photo
        (pattern().resize((900, 600), 0), "image/png"),  # flat
        (pattern().convert("1").resize((900, 600)), "image/png"),  # line art
    ],
    ids=["small", "photo", "alpha", "grey photo", "flat", "line art"],
)
def test_other_format_becomes_what_suits_it(
    table: Table, tmp_path: Path, picture: Image.Image, mime_type: str
) -> None:
    path = tmp_path / "in.tif"
    picture.save(path)
    assert table.one(path).mime_type == mime_type


def test_large_drawing_is_packed_fast_and_exactly(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "in.tif"
    large = pattern().resize((3072, 2048), Image.Resampling.NEAREST)
    large.save(path, compression="tiff_lzw")
    image = table.one(path)
    assert image.mime_type == "image/png"
    assert image.size < 200_000
    assert sent(image).tobytes() == large.tobytes()


def test_photo_of_another_format_is_coded_finely(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "in.bmp"
    noise(300, 300).save(path)
    picture = sent(table.one(path))
    assert isinstance(picture, JpegImagePlugin.JpegImageFile)
    assert JpegImagePlugin.get_sampling(picture) == 0
    assert sum(picture.quantization[0]) <= 373


def test_metadata_of_other_formats_is_not_sent(table: Table, tmp_path: Path) -> None:
    for name in ("in.webp", "in.tif", "in.avif"):
        path = tmp_path / name
        noise(300, 300).save(path, exif=exif(t0x010f="Canary"), xmp=b"<x>Canary</x>")
        for keep in (False, True):
            assert b"Canary" not in content(table.one(path, keep_metadata=keep))


@pytest.mark.parametrize("extension", ["gif", "webp", "avif", "tif"])
def test_first_of_several_frames_is_sent_and_said(
    table: Table, tmp_path: Path, extension: str
) -> None:
    path = tmp_path / f"in.{extension}"
    second = Image.new("RGB", (WIDTH, HEIGHT), "red")
    pattern().save(path, save_all=True, append_images=[second])
    assert_pattern(sent(table.one(path)), pattern(), tolerance=24)
    assert table.notes == [f"{path} holds more than one frame; the first is sent."]


def test_jpeg_that_not_everyone_decodes_is_coded_again(
    table: Table, tmp_path: Path
) -> None:
    path = tmp_path / "in.jpg"
    pattern().convert("CMYK").save(path)
    assert sent(table.one(path)).mode == "RGB"


def test_raw_picture_is_refused(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "in.dng"
    pattern().save(path, "TIFF", tiffinfo={0xFE: 1})
    with pytest.raises(InputError, match="camera's raw") as caught:
        table.one(path)
    assert "Export" in caught.value.hint


HEIC_HEAD = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"


def test_heic_without_the_extra_names_it(
    table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    path = tmp_path / "in.heic"
    path.write_bytes(HEIC_HEAD + bytes(64))
    with pytest.raises(InputError, match="HEIC") as caught:
        table.one(path)
    assert caught.value.hint == "pip install 'nano-edit[heif]'"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_heic_with_the_extra_is_sent_upright(
    table: Table, tmp_path: Path, orientation: int
) -> None:
    heif: Any = pytest.importorskip("pillow_heif")
    path = tmp_path / "in.heic"
    turned = stored(pattern(), orientation)
    heif.from_pillow(turned).save(path, exif=exif(t0x0112=orientation).tobytes())
    assert_pattern(sent(table.one(path)), pattern(), tolerance=24)


# --- --max-side ---------------------------------------------------------------


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("extension", ["jpg", "png", "webp", "tif"])
def test_max_side_scales_the_longer_side(
    table: Table, tmp_path: Path, extension: str, orientation: int
) -> None:
    path = tmp_path / f"in.{extension}"
    large = stored(pattern().resize((1440, 960)), orientation)
    large.save(path, exif=exif(t0x0112=orientation))
    image = table.one(path, max_side=100)
    assert (image.width, image.height) == (100, 67)
    assert_pattern(sent(image), pattern())
    assert not table.notes


def test_max_side_never_enlarges(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "in.jpg"
    path.write_bytes(jpeg_bytes(pattern()))
    assert content(table.one(path, max_side=WIDTH)) == path.read_bytes()
    pattern().save(tmp_path / "in.bmp")
    assert table.one(tmp_path / "in.bmp", max_side=5000).width == WIDTH


def test_reduced_jpeg_is_close_to_a_full_resize(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "in.jpg"
    detail = Image.radial_gradient("L").resize((1600, 1200)).convert("RGB")
    detail.save(path, quality=95)
    picture = sent(table.one(path, max_side=300))
    wanted = detail.resize((300, 225), Image.Resampling.LANCZOS)
    assert picture.size == wanted.size
    assert sum(picture.quantization[0]) < 373  # type: ignore[attr-defined]
    pairs = zip(picture.tobytes(), wanted.tobytes(), strict=True)
    assert max(abs(a - b) for a, b in pairs) <= 8


def test_thin_picture_keeps_a_pixel(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "in.png"
    Image.new("RGB", (1000, 2)).save(path)
    image = table.one(path, max_side=10)
    assert (image.width, image.height) == (10, 1)


def test_transparency_is_weighed_when_scaling(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "in.png"
    clear_green = Image.new("RGBA", (64, 64), (0, 255, 0, 0))
    clear_green.paste((255, 0, 0, 255), (0, 0, 31, 64))
    clear_green.save(path)
    picture = sent(table.one(path, max_side=8))
    assert all(g < 40 for _, g, _, a in rgba(picture) if a > 40)


# --- what is encoded anew -----------------------------------------------------


@pytest.mark.parametrize("extension", ["jpg", "png", "webp", "tif"])
def test_what_is_encoded_anew_is_reduced_and_said(
    table: Table, tmp_path: Path, extension: str
) -> None:
    path = tmp_path / f"in.{extension}"
    stored(pattern().resize((4500, 300)), 6).save(path, exif=exif(t0x0112=6))
    image = table.one(path)
    assert sent(image).size == (4096, 273)
    (note,) = table.notes
    assert note.startswith(f"{path}: 4500x300, ")
    assert "-> 4096x273" in note
    assert note.endswith("; --no-downscale sends all.")


def test_jpeg_is_reduced_while_it_is_decoded_where_that_is_enough(
    table: Table, tmp_path: Path
) -> None:
    path = tmp_path / "in.jpg"
    stored(pattern().resize((6150, 60)), 3).save(path, exif=exif(t0x0112=3))
    image = table.one(path)
    assert (image.width, image.height) == (3075, 30)


@pytest.mark.parametrize("options", [{"downscale": False}, {"max_side": 5000}])
def test_pixels_stay_where_the_user_says_so(
    table: Table, tmp_path: Path, options: dict[str, Any]
) -> None:
    path = tmp_path / "in.png"
    stored(pattern().resize((4500, 30)), 6).save(path, exif=exif(t0x0112=6))
    image = table.one(path, **options)
    assert (image.width, image.height) == (4500, 30)
    assert not table.notes


def test_what_goes_as_it_is_keeps_its_pixels(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "in.jpg"
    pattern().resize((4500, 30)).save(path)
    assert content(table.one(path)) == path.read_bytes()
    assert not table.notes


# --- limits -------------------------------------------------------------------


def test_png_photo_over_the_limit_becomes_jpeg_before_pixels_go(
    table: Table, tmp_path: Path
) -> None:
    path = tmp_path / "big.png"
    Image.effect_noise((400, 300), 60).convert("RGB").save(path)
    limit = path.stat().st_size - 1
    Image.merge("RGB", [Image.effect_noise((400, 300), 60) for _ in "RGB"]).save(path)
    image = table.one(path, max_image_bytes=limit)
    assert image.mime_type == "image/jpeg"
    assert (image.width, image.height) == (400, 300)
    assert image.size <= limit
    (note,) = table.notes
    assert note.startswith(f"{path}: 400x300, {size_text(path.stat().st_size)} -> ")
    assert f" -> 400x300 JPEG, {size_text(image.size)}: " in note
    assert note.endswith(f" at most {size_text(limit)} a picture.")


@pytest.mark.parametrize(
    ("extension", "mode"),
    [("jpg", "RGB"), ("jpg", "L"), ("png", "RGBA"), ("png", "RGB"), ("bmp", "RGB")],
)
def test_picture_over_the_limit_shrinks_just_enough(
    table: Table, tmp_path: Path, extension: str, mode: str
) -> None:
    path = tmp_path / f"big.{extension}"
    noise(400, 300, mode).save(path)
    limit = 25_000
    assert path.stat().st_size > limit
    image = table.one(path, max_image_bytes=limit)
    assert limit * 0.6 < image.size <= limit
    assert image.width < 400
    assert abs(image.width / image.height - 4 / 3) < 0.03
    assert sent(image).mode == mode
    (note,) = table.notes
    assert f"{path}: 400x300, " in note
    assert f"-> {image.width}x{image.height}" in note


def test_coarse_jpeg_is_not_coded_finer_to_shrink(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "big.jpg"
    noise(400, 300).save(path, quality=60)
    image = table.one(path, max_image_bytes=path.stat().st_size - 1)
    assert sum(sent(image).quantization[0]) > 1000  # type: ignore[attr-defined]
    assert image.width > 300


def test_fine_jpeg_is_coded_coarser_before_pixels_go(
    table: Table, tmp_path: Path
) -> None:
    path = tmp_path / "big.jpg"
    noise(400, 300).save(path, quality=100, subsampling=0)
    image = table.one(path, max_image_bytes=path.stat().st_size - 1)
    assert (image.width, image.height) == (400, 300)
    assert "JPEG" not in table.notes[0]


@pytest.mark.parametrize("name", ["big.jpg", "big.bmp"])
def test_no_downscale_makes_the_limit_an_error(
    table: Table, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    noise(400, 300).save(path)
    with pytest.raises(InputError, match=r"big.* is too large: 400x300, ") as caught:
        table.one(path, max_image_bytes=5000, downscale=False)
    assert "--no-downscale" in caught.value.hint


def test_limit_that_no_picture_can_meet_is_an_error(
    table: Table, tmp_path: Path
) -> None:
    path = tmp_path / "in.png"
    noise(20, 20, "RGBA").save(path)
    with pytest.raises(InputError, match="too large: 1x1"):
        table.one(path, max_image_bytes=10)


def test_max_side_that_brings_it_under_the_limit_needs_no_note(
    table: Table, tmp_path: Path
) -> None:
    path = tmp_path / "big.jpg"
    noise(400, 300).save(path)
    image = table.one(path, max_side=100, max_image_bytes=path.stat().st_size - 1)
    assert image.width == 100
    assert not table.notes


def test_largest_pictures_give_way_to_a_requests_limit(
    table: Table, tmp_path: Path
) -> None:
    small, middle, large = (tmp_path / f"{name}.jpg" for name in "abc")
    for path, side in ((small, 100), (middle, 300), (large, 600)):
        noise(side, side).save(path, quality=90)
    sizes = [path.stat().st_size for path in (small, middle, large)]
    limit = sizes[0] + 2 * sizes[1]
    images = table.prepare(small, middle, large, max_request_bytes=limit)
    assert [
        content(image) == path.read_bytes()
        for image, path in zip(images, (small, middle, large), strict=True)
    ] == [True, True, False]
    assert sum(image.size for image in images) <= limit
    (note,) = table.notes
    assert "c.jpg: 600x600" in note
    assert note.endswith("a request.")


def test_no_downscale_makes_a_requests_limit_an_error(
    table: Table, tmp_path: Path
) -> None:
    paths = [tmp_path / "a.jpg", tmp_path / "b.jpg"]
    for path in paths:
        noise(100, 100).save(path)
    with pytest.raises(InputError, match="too large together"):
        table.prepare(*paths, max_request_bytes=5000, downscale=False)


# --- what cannot be decoded ---------------------------------------------------


@pytest.mark.parametrize(
    "extension", ["webp", "avif", "gif", "bmp", "tif", "ppm", "ico"]
)
def test_cut_file_of_a_decoded_format_is_refused(
    table: Table, tmp_path: Path, extension: str
) -> None:
    path = tmp_path / f"in.{extension}"
    noise(64, 64).save(path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(InputError, match=r"in\.\w+ (is cut off|cannot be decoded)"):
        table.one(path)


@pytest.mark.parametrize("calls", [0, 1, 5])
def test_preparation_ends_when_it_is_told_to(
    table: Table, tmp_path: Path, calls: int
) -> None:
    path = tmp_path / "in.bmp"
    pattern().resize((4000, 1000)).save(path)
    allowed = iter(range(calls))

    def go_on() -> None:
        if next(allowed, None) is None:
            raise InterruptedEdit("Stopped.")

    with pytest.raises(InterruptedEdit):
        prepare_inputs(
            [str(path)],
            Preparation(),
            workspace=table.workspace,
            stdin=io.BytesIO(),
            fetch=no_fetch,
            note=table.notes.append,
            go_on=go_on,
        )


def test_full_temporary_folder_is_an_input_error(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "in.bmp"
    pattern().save(path)
    table.workspace.new_file("").parent.rmdir()
    with pytest.raises(InputError, match="cannot be prepared in the temporary folder"):
        table.one(path)
