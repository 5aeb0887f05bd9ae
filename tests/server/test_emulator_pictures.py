"""What the emulator does to pictures, seen in the pixels of its replies."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
import support
from PIL import Image, ImageChops, ImageFilter, ImageStat
from PIL.PngImagePlugin import PngInfo
from support.plain_http import ask, decoded, edit_of, path_of

from nano_edit.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

Box = tuple[int, int, int, int]
WIDTH, HEIGHT = 1024, 1024


@pytest.fixture(scope="module")
def service() -> Iterator[Emulator]:
    with Emulator(signature_bytes=0) as emulator:
        yield emulator


def encoded(picture: Image.Image, image_format: str = "PNG", **save: Any) -> bytes:
    stream = BytesIO()
    picture.save(stream, image_format, **save)
    return stream.getvalue()


@pytest.fixture(scope="module")
def source() -> Image.Image:
    return support.scene(512, 512)


def edited(service: Emulator, text: str, *pictures: Image.Image) -> Image.Image:
    sent = edit_of(*map(encoded, pictures), text=text)
    reply = ask(service, sent).picture
    assert reply.mode == "RGB"
    return reply


def level(picture: Image.Image, band: int = 0) -> float:
    return ImageStat.Stat(picture).mean[band]


def detail(picture: Image.Image, box: Box) -> float:
    """How much of a picture's part is edges."""
    edges = picture.crop(box).convert("L").filter(ImageFilter.FIND_EDGES)
    return level(edges)


def difference(one: Image.Image, other: Image.Image) -> float:
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


def corners(picture: Image.Image) -> list[str]:
    """The colours of the corners, clockwise from the upper left."""
    right, foot = picture.width - 17, picture.height - 17
    at = [(16, 16), (right, 16), (right, foot - 64), (16, foot)]
    return [_name(picture.getpixel(place)) for place in at]


def _name(pixel: Any) -> str:
    bits = tuple(value > 128 for value in pixel)
    names = {
        (True, False, False): "red",
        (False, True, False): "green",
        (False, False, True): "blue",
        (True, True, False): "yellow",
    }
    return names.get(bits, str(pixel))


# --- the words ---------------------------------------------------------------

CENTRE = (462, 472, 562, 572)
EDGE = (300, 20, 700, 100)


@pytest.fixture(scope="module")
def plain(source: Image.Image) -> Image.Image:
    """The source as it comes back when nothing but its format is changed."""
    return source.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)


def test_blur_takes_the_detail_from_all(service: Emulator) -> None:
    noisy = support.noise(WIDTH, HEIGHT)
    blurred = edited(service, "Blur it", noisy)
    assert detail(blurred, CENTRE) < detail(noisy, CENTRE) / 4
    assert detail(blurred, EDGE) < detail(noisy, EDGE) / 4


def test_a_blurred_background_leaves_the_centre(service: Emulator) -> None:
    noisy = support.noise(WIDTH, HEIGHT)
    blurred = edited(service, "blur the background", noisy)
    assert detail(blurred, CENTRE) > detail(noisy, CENTRE) * 0.8
    assert detail(blurred, EDGE) < detail(noisy, EDGE) / 4


def test_a_blurred_background_ends_at_the_figure(service: Emulator) -> None:
    blue, orange = (
        Image.merge(
            "RGB", [support.noise(WIDTH, HEIGHT, mode="L").point(p) for p in each]
        )
        for each in (
            ([v // 8 for v in range(256)], [v // 4 for v in range(256)], range(256)),
            (range(256), [v // 2 for v in range(256)], [v // 8 for v in range(256)]),
        )
    )
    figure = (440, 250, 600, 900)
    blue.paste(orange.crop(figure), figure)
    blurred = edited(service, "blur the background", blue)
    inside, beside = (460, 300, 580, 850), (630, 300, 760, 850)
    assert detail(blurred, inside) > detail(blue, inside) * 0.8
    assert detail(blurred, beside) < detail(blue, beside) / 4


@pytest.mark.parametrize("text", ["black and white", "Grayscale", "gray scale"])
def test_black_and_white_leaves_no_colour(
    service: Emulator, source: Image.Image, text: str
) -> None:
    red, green, blue = edited(service, text, source).split()
    assert difference(red, green) < 3
    assert difference(green, blue) < 3


def test_sepia_is_brown(service: Emulator, source: Image.Image) -> None:
    picture = edited(service, "sepia", source)
    assert level(picture, 0) > level(picture, 1) + 15 > level(picture, 2) + 30


def test_brighter_and_darker(
    service: Emulator, source: Image.Image, plain: Image.Image
) -> None:
    assert level(edited(service, "make it brighter", source)) > level(plain) * 1.1
    assert level(edited(service, "make it darker", source)) < level(plain) * 0.8


def test_warmer_and_cooler(
    service: Emulator, source: Image.Image, plain: Image.Image
) -> None:
    warm, cool = (edited(service, word, source) for word in ("warmer", "cooler"))
    shift = level(plain, 0) - level(plain, 2)
    assert level(warm, 0) - level(warm, 2) > shift + 10
    assert level(cool, 0) - level(cool, 2) < shift - 10


def test_sharper_has_more_detail(
    service: Emulator, source: Image.Image, plain: Image.Image
) -> None:
    assert detail(edited(service, "sharper", source), CENTRE) > detail(plain, CENTRE)


def test_inverted_is_the_negative(
    service: Emulator, source: Image.Image, plain: Image.Image
) -> None:
    picture = edited(service, "invert the colours", source)
    assert difference(ImageChops.invert(picture), plain) < 6


def test_the_corners_stay_where_nothing_turns_them(
    service: Emulator, source: Image.Image
) -> None:
    assert corners(edited(service, "sharper", source)) == [
        *("red", "green", "blue", "yellow")
    ]


@pytest.mark.parametrize(
    ("text", "clockwise"),
    [
        ("mirror it", ["green", "red", "yellow", "blue"]),
        ("flip it", ["green", "red", "yellow", "blue"]),
        ("flip it vertically", ["yellow", "blue", "green", "red"]),
        ("rotate it", ["yellow", "red", "green", "blue"]),
        ("rotate it by 90 degrees", ["yellow", "red", "green", "blue"]),
        ("rotate by 180", ["blue", "yellow", "red", "green"]),
        ("rotate it to the left", ["green", "blue", "yellow", "red"]),
        ("rotate 90 counter-clockwise", ["green", "blue", "yellow", "red"]),
        ("mirror and then rotate it", ["blue", "green", "red", "yellow"]),
        ("rotate it, then mirror it", ["red", "yellow", "blue", "green"]),
    ],
)
def test_corners_tell_how_a_picture_was_turned(
    service: Emulator, source: Image.Image, text: str, clockwise: list[str]
) -> None:
    assert corners(edited(service, text, source)) == clockwise


def test_a_turn_by_few_degrees_loses_no_corner(service: Emulator) -> None:
    white = Image.new("RGB", (512, 512), "black")
    turned = edited(service, "rotate by 45 degrees", white)
    assert turned.getpixel((8, 8)) == (255, 255, 255)
    assert turned.getpixel((512, 512)) == (0, 0, 0)


def test_other_words_are_lettered_onto_the_foot(
    service: Emulator, source: Image.Image, plain: Image.Image
) -> None:
    picture = edited(service, "Put a hat on the cat", source)
    top, foot = (0, 0, WIDTH, 700), (0, 950, WIDTH, HEIGHT)
    assert difference(picture.crop(top), plain.crop(top)) < 6
    assert difference(picture.crop(foot), plain.crop(foot)) > 20


def test_long_instructions_end_in_dots(service: Emulator, source: Image.Image) -> None:
    one = edited(service, "hat " * 60, source)
    other = edited(service, "hat " * 90, source)
    assert difference(one, other) == 0
    assert difference(one, edited(service, "x" * 90, source)) > 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sepia and blur the background", "I toned it sepia and blurred the backgr"),
        ("blur, then sepia", "I blurred the picture and toned it sepia."),
        ("make it rain\x1b[2J", "I lettered the instruction onto the picture."),
    ],
)
def test_the_reply_says_what_was_done_in_order(
    service: Emulator, source: Image.Image, text: str, words: str
) -> None:
    sent = edit_of(encoded(source), text=text, only_image=False)
    said = ask(service, sent).parts[0]["text"]
    assert said.startswith(words)
    assert "\x1b" not in said


def test_the_same_request_gives_the_same_bytes(source: Image.Image) -> None:
    sent = edit_of(encoded(source), text="warmer", only_image=False)
    replies = []
    for _ in range(2):
        with Emulator(signature_bytes=400) as emulator:
            replies.append(ask(emulator, sent).body)
    assert replies[0] == replies[1]


def test_a_mark_says_that_it_is_emulated(
    service: Emulator, source: Image.Image, plain: Image.Image
) -> None:
    mark = (WIDTH - 150, HEIGHT - 60, WIDTH, HEIGHT)
    picture = edited(service, "sharper", source)
    assert difference(picture.crop(mark), plain.crop(mark)) > 15


# --- several, and odd ones ---------------------------------------------------


def test_several_pictures_stand_side_by_side(service: Emulator) -> None:
    colours = ("red", "lime", "blue")
    pictures = [Image.new("RGB", (100, 50 + 50 * n), c) for n, c in enumerate(colours)]
    sent = edit_of(*map(encoded, pictures), text="sharper", aspectRatio="21:9")
    picture = ask(service, sent).picture
    middle = picture.height // 2
    names = [_name(picture.getpixel((x, middle))) for x in (60, 1000, 1300)]
    assert names == ["red", "green", "blue"]


def test_a_picture_of_another_shape_lies_whole_on_its_own_blur(
    service: Emulator, source: Image.Image
) -> None:
    sent = edit_of(encoded(source), text="sharper", aspectRatio="16:9")
    picture = ask(service, sent).picture
    left = (picture.width - picture.height) // 2
    inner = picture.crop((left, 0, left + picture.height, picture.height))
    assert corners(inner)[0] == "red"
    assert detail(picture, (0, 0, left - 8, 700)) < detail(inner, (0, 0, 700, 700)) / 3


def test_transparency_is_flattened_on_white(service: Emulator) -> None:
    clear = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    assert edited(service, "sharper", clear).getpixel((32, 32)) == (255, 255, 255)


@pytest.mark.parametrize(
    "picture",
    [
        Image.new("I;16", (64, 64), 40_000),
        Image.new("L", (64, 64), 156),
        Image.new("LA", (64, 64), (156, 255)),
        Image.new("P", (64, 64), 0),
        Image.new("1", (64, 64), 1),
    ],
    ids=lambda picture: str(picture.mode),
)
def test_every_mode_is_taken(service: Emulator, picture: Image.Image) -> None:
    grey = edited(service, "mirror", picture).crop((0, 0, 64, 64))
    low, high = ImageStat.Stat(grey).extrema[0]
    expected = {"P": 0, "1": 255}.get(picture.mode, 156)
    assert abs(low - expected) <= 1 >= abs(high - expected)


def test_a_photo_is_taken_as_it_is_stored(service: Emulator) -> None:
    exif = Image.Exif()
    exif[support.TAG_ORIENTATION] = 6
    photo = encoded(support.scene(512, 512), "JPEG", quality=95, exif=exif)
    picture = ask(service, edit_of(photo, text="sharper")).picture
    assert corners(picture) == ["red", "green", "blue", "yellow"]


# --- sizes and formats -------------------------------------------------------

PRO, FLASH, OLD = (
    "gemini-3-pro-image",
    "gemini-3.1-flash-image",
    "gemini-2.5-flash-image",
)


@pytest.mark.parametrize(
    ("model", "config", "size"),
    [
        (PRO, {}, (1024, 1024)),
        (PRO, {"aspectRatio": "16:9"}, (1376, 768)),
        (PRO, {"aspectRatio": "16:9", "imageSize": "2K"}, (2752, 1536)),
        (PRO, {"aspectRatio": "16:9", "imageSize": "4K"}, (5504, 3072)),
        (PRO, {"aspectRatio": "9:16"}, (768, 1376)),
        (PRO, {"aspectRatio": "2:3"}, (848, 1264)),
        (PRO, {"aspectRatio": "3:2"}, (1264, 848)),
        (PRO, {"aspectRatio": "3:4"}, (896, 1200)),
        (PRO, {"aspectRatio": "4:3"}, (1200, 896)),
        (PRO, {"aspectRatio": "4:5"}, (928, 1152)),
        (PRO, {"aspectRatio": "5:4"}, (1152, 928)),
        (PRO, {"aspectRatio": "21:9", "imageSize": "1K"}, (1584, 672)),
        (FLASH, {"imageSize": "512"}, (512, 512)),
        (FLASH, {"aspectRatio": "1:8"}, (384, 3072)),
        (FLASH, {"aspectRatio": "4:1", "imageSize": "512"}, (1024, 256)),
        (OLD, {"aspectRatio": "16:9"}, (1344, 768)),
        (OLD, {}, (1024, 1024)),
    ],
)
def test_size_and_ratio_give_the_services_pixels(
    service: Emulator, model: str, config: dict[str, Any], size: tuple[int, int]
) -> None:
    reply = ask(service, edit_of(text="sepia", **config), path=path_of(model))
    assert reply.picture.size == size


@pytest.mark.parametrize(
    ("source", "size"),
    [
        ((320, 180), (1408, 768)),
        ((180, 320), (768, 1408)),
        ((300, 200), (1248, 832)),
        ((50, 50), (1024, 1024)),
        ((900, 10), (2816, 352)),
    ],
)
def test_without_a_ratio_the_shape_follows_the_last_picture(
    service: Emulator, source: tuple[int, int], size: tuple[int, int]
) -> None:
    pictures = [encoded(Image.new("RGB", shape)) for shape in ((40, 90), source)]
    picture = ask(service, edit_of(*pictures, text="sepia")).picture
    assert picture.size == size
    assert picture.width % 32 == picture.height % 32 == 0


def test_new_models_answer_jpeg_and_old_ones_png(service: Emulator) -> None:
    sent = edit_of(text="a cat")
    for model, kind in ((PRO, "JPEG"), (FLASH, "JPEG"), (OLD, "PNG")):
        reply = ask(service, sent, path=path_of(model))
        (part,) = reply.parts
        assert part["inlineData"]["mimeType"] == f"image/{kind.lower()}"
        assert reply.picture.format == kind


def test_a_jpeg_carries_a_segment_where_credentials_would_be(service: Emulator) -> None:
    file = ask(service, edit_of(text="a cat")).file
    assert file[:4] == b"\xff\xd8\xff\xe0"
    assert b"\xff\xeb" in file[:40]
    assert b"no content credentials" in file[:100]
    assert decoded(file).size == (1024, 1024)


# --- what the log says about them --------------------------------------------


def images_of(service: Emulator, *files: bytes) -> list[dict[str, Any]]:
    assert ask(service, edit_of(*files)).status == 200
    entry = json.loads(ask(service, method="GET", path="/log").body)[-1]
    images: list[dict[str, Any]] = entry["images"]
    return images


def test_the_log_tells_what_a_photo_says_about_its_maker(
    service: Emulator, source: Image.Image
) -> None:
    exif = Image.Exif()
    exif[support.TAG_MAKE] = support.CAMERA
    save: dict[str, Any] = {"exif": exif, "icc_profile": b"profile", "comment": "hi"}
    told, silent = images_of(
        service, encoded(source, "JPEG", **save), encoded(source, "JPEG")
    )
    assert told["has_exif"]
    assert told["has_icc"]
    assert told["metadata"] == ["APP1 Exif", "COM"]
    assert told["segments"][-1] == "SOS"
    assert not silent["has_exif"]
    assert not silent["has_icc"]
    assert silent["metadata"] == []
    assert (silent["format"], silent["width"], silent["mode"]) == ("JPEG", 512, "RGB")


def test_fill_bytes_and_bare_markers_are_stepped_over(
    service: Emulator, source: Image.Image
) -> None:
    file = encoded(source, "JPEG")
    (filled,) = images_of(service, b"\xff\xd8\xff" + file[2:])
    assert filled["segments"][0] == "APP0 JFIF"
    (restarted,) = images_of(service, b"\xff\xd8\xff\xd0" + file[2:])
    assert restarted["segments"][0] == "APP0 JFIF"
    (junk,) = images_of(service, file[:20] + b"\0" + file[20:])
    assert junk["segments"] == ["APP0 JFIF"]


def test_the_chunks_of_png_and_webp_are_named(service: Emulator) -> None:
    noisy = support.noise(300, 300)
    exif = Image.Exif()
    exif[support.TAG_MAKE] = support.CAMERA
    info = PngInfo()
    info.add_text("Author", "me")
    png, webp = images_of(
        service,
        encoded(noisy, "PNG", pnginfo=info, exif=exif),
        encoded(noisy, "WEBP", exif=exif, icc_profile=b"profile"),
    )
    assert png["segments"] == ["IHDR", "tEXt Author", "eXIf", "IDAT", "IEND"]
    assert png["metadata"] == ["tEXt Author", "eXIf"]
    assert webp["segments"] == ["VP8X", "ICCP", "VP8", "EXIF"]
    assert (webp["has_exif"], webp["has_icc"]) == (True, True)
    assert webp["format"] == "WEBP"


def test_images_are_kept_when_asked_for(source: Image.Image) -> None:
    file = encoded(source)
    with Emulator(signature_bytes=0, keep_images=True) as emulator:
        ask(emulator, edit_of(file, file))
        assert emulator.images == {1: (file, file)}
    with Emulator(signature_bytes=0) as emulator:
        ask(emulator, edit_of(file))
        assert emulator.images == {}
