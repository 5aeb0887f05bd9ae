"""The picture of a reply: inputs composed, edited, fitted, encoded.

The work is done at about a megapixel and scaled afterwards, so that a 4K reply
takes no seconds.  Pixels are taken as they are stored: like the service, this
room does not turn a photo by its EXIF orientation.

No model is here: each word known has one fixed edit, several are carried out
in the order they are said, and an instruction without such a word is lettered
onto the picture.  The same request gives the same bytes.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from functools import cache, partial
from io import BytesIO
from typing import TYPE_CHECKING, Any

from PIL import (
    Image,
    ImageChops,
    ImageDraw,
    ImageEnhance,
    ImageFilter,
    ImageFont,
    ImageOps,
)

from nano_edit.emulator.errors import invalid
from nano_edit.emulator.received import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    _Make = Callable[[re.Match[str], str], "PictureEdit"]

Picture = Image.Image

_WORK = 1600  # the longer side that edits are done at, pixels
_SAME_SHAPE = 0.05  # two shapes nearer than this are stretched into each other
_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 90, "dpi": (300, 300)},
    "PNG": {"compress_level": 1},
    "WEBP": {"quality": 90, "method": 2},
}
# The service's JPEG carries content credentials in APP11; ours says it has none.
_CREDENTIALS = b"JP\0\1\0\0\0\1nano-edit-emulator: no content credentials\0"


def render(
    images: Sequence[bytes], instruction: str, size: tuple[int, int], *, label: str = ""
) -> Picture:
    """Return the edited picture, RGB, ``size`` pixels (width, height).

    ``label`` follows the word on the mark, to tell drafts apart.  `Refusal` when
    an image opens but cannot be decoded.
    """
    picture = _beside([_open(data, number) for number, data in enumerate(images, 1)])
    edits = plan(instruction)
    for edit in edits:
        picture = edit.apply(picture)
    picture = _fit(picture, size)
    if not edits:
        _letter(picture, instruction)
    _mark(picture, f"emulated {label}".strip())
    return picture


def _open(data: bytes, number: int) -> Picture:
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            image.draft("RGB", (_WORK, _WORK))
            image.thumbnail((_WORK, _WORK), reducing_gap=2.0)
            return _to_rgb(image)
    except (OSError, ValueError, SyntaxError) as error:
        where = f"contents[0].parts[{number}].inline_data"
        raise invalid("Unable to process input image.", field=where) from error


def _to_rgb(image: Picture) -> Picture:
    """Flatten transparency on white and bring any mode to 8-bit RGB."""
    if image.mode.startswith("I"):
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image)
    return image.convert("RGB")


def _beside(pictures: list[Picture]) -> Picture:
    """Compose several pictures side by side, all as high as the first."""
    if not pictures:
        return Image.linear_gradient("L").resize((1024, 1024)).convert("RGB")
    if len(pictures) == 1:
        return pictures[0]
    height = min(pictures[0].height, _WORK // 2)
    widths = [max(1, round(one.width * height / one.height)) for one in pictures]
    canvas = Image.new("RGB", (sum(widths), height))
    at = 0
    for one, width in zip(pictures, widths, strict=True):
        canvas.paste(one.resize((width, height)), (at, 0))
        at += width
    return canvas


def _fit(picture: Picture, size: tuple[int, int]) -> Picture:
    """Scale to ``size``; a picture of another shape lies whole on its own blur."""
    shape, wanted = picture.width / picture.height, size[0] / size[1]
    if abs(shape / wanted - 1) < _SAME_SHAPE:
        return picture.resize(size, Image.Resampling.BICUBIC)
    small = (max(1, size[0] // 16), max(1, size[1] // 16))
    ground = ImageOps.fit(picture, small).filter(ImageFilter.GaussianBlur(3))
    canvas = ground.resize(size, Image.Resampling.BICUBIC)
    inner = ImageOps.contain(picture, size)
    corner = ((size[0] - inner.width) // 2, (size[1] - inner.height) // 2)
    canvas.paste(inner, corner)
    return canvas


# --- letters ----------------------------------------------------------------


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=size)


def _letter(picture: Picture, text: str) -> None:
    """Write ``text`` on a dark band at the foot of the picture."""
    size = max(6, min(picture.size) // 18)
    lines = _wrap("".join(filter(str.isprintable, text)), picture.width * 0.9, size)
    draw = ImageDraw.Draw(picture, "RGBA")
    step = round(size * 1.35)
    top = picture.height - step * len(lines) - size * 2
    draw.rectangle((0, top, *picture.size), fill=(0, 0, 0, 150))
    for row, line in enumerate(lines):
        corner = (picture.width * 0.05, top + size // 2 + row * step)
        draw.text(corner, line, fill="white", font=_font(size))


def _wrap(text: str, width: float, size: int, most: int = 4) -> list[str]:
    """Break ``text`` into at most ``most`` lines of ``width`` pixels."""
    lines = [""]
    for word in text[:400].split():
        longer = f"{lines[-1]} {word}".strip()
        if _font(size).getlength(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    if len(lines) > most:
        lines[most - 1 :] = [f"{lines[most - 1]} ..."]
    return lines


def _mark(picture: Picture, text: str) -> None:
    """Say in the corner that no model made this."""
    size = max(6, min(picture.size) // 40)
    length = _font(size).getlength(text)
    right, foot = picture.width - size // 2, picture.height - size // 2
    box = (right - length - size, foot - size * 1.6, right, foot)
    draw = ImageDraw.Draw(picture, "RGBA")
    draw.rounded_rectangle(box, radius=size / 2, fill=(0, 0, 0, 140))
    draw.text((box[0] + size / 2, box[1] + size * 0.2), text, "white", _font(size))


# --- the file ---------------------------------------------------------------


def encode(picture: Picture, image_format: str) -> bytes:
    """Return ``picture`` encoded as JPEG, PNG or WEBP."""
    stream = BytesIO()
    picture.save(stream, image_format, **_OPTIONS[image_format])
    data = stream.getvalue()
    if image_format != "JPEG":
        return data
    segment = struct.pack(">BBH", 0xFF, 0xEB, len(_CREDENTIALS) + 2) + _CREDENTIALS
    after_jfif = 4 + struct.unpack_from(">H", data, 4)[0]
    return b"".join((data[:after_jfif], segment, data[after_jfif:]))


# --- edits by their words ---------------------------------------------------


@dataclass(frozen=True, slots=True)
class PictureEdit:
    """One thing to do, and how the reply's words say that it was done."""

    words: str
    apply: Callable[[Picture], Picture]


def plan(instruction: str) -> tuple[PictureEdit, ...]:
    """Return the edits that an instruction names, in the order it names them."""
    found = []
    for pattern, make in _VOCABULARY:
        match = re.search(pattern, instruction, re.IGNORECASE)
        if match:
            found.append((match.start(), make(match, instruction)))
    found.sort(key=lambda entry: entry[0])
    return tuple(edit for _, edit in found)


def describe(instruction: str) -> str:
    """Return what was done as one sentence."""
    words = [edit.words for edit in plan(instruction)]
    return f"I {' and '.join(words or ['lettered the instruction onto the picture'])}."


def _blur(_: re.Match[str], instruction: str) -> PictureEdit:
    if "background" in instruction.lower():
        return PictureEdit("blurred the background", _blur_background)
    return PictureEdit("blurred the picture", _blur_all)


def _rotate(match: re.Match[str], instruction: str) -> PictureEdit:
    degrees = int(match["degrees"] or 90)
    if re.search(r"\b(left|(counter|anti)-?clockwise)\b", instruction, re.IGNORECASE):
        degrees = -degrees
    return PictureEdit(
        f"rotated it by {degrees} degrees", partial(_turn, degrees=degrees)
    )


def _flip(_: re.Match[str], instruction: str) -> PictureEdit:
    if re.search(r"vertical|upside", instruction, re.IGNORECASE):
        return PictureEdit("flipped it upside down", ImageOps.flip)
    return PictureEdit("mirrored it", ImageOps.mirror)


def _plain(words: str, apply: Callable[[Picture], Picture]) -> _Make:
    return lambda _match, _instruction: PictureEdit(words, apply)


def _enhance(
    enhancer: Callable[[Picture], ImageEnhance._Enhance], factor: float
) -> Callable[[Picture], Picture]:
    return lambda picture: enhancer(picture).enhance(factor)


def _radius(picture: Picture) -> float:
    return max(picture.size) / 70


def _blur_all(picture: Picture) -> Picture:
    return picture.filter(ImageFilter.GaussianBlur(_radius(picture)))


def _blur_background(picture: Picture) -> Picture:
    """Blur everything but a soft ellipse in the middle."""
    width, height = picture.size
    mask = Image.new("L", picture.size, 0)
    box = (width * 0.22, height * 0.14, width * 0.78, height * 0.92)
    ImageDraw.Draw(mask).ellipse(box, fill=255)
    mask = mask.filter(ImageFilter.GaussianBlur(max(picture.size) / 16))
    return Image.composite(picture, _blur_all(picture), mask)


def _gray(picture: Picture) -> Picture:
    return picture.convert("L").convert("RGB")


def _sepia(picture: Picture) -> Picture:
    return ImageOps.colorize(
        picture.convert("L"), black="#1c0f05", mid="#9a7348", white="#fff3dc"
    )


def _tint(picture: Picture, *, red: float, blue: float) -> Picture:
    bands = picture.split()
    scaled = (
        bands[0].point(lambda value: round(value * red)),
        bands[1],
        bands[2].point(lambda value: round(value * blue)),
    )
    return Image.merge("RGB", scaled)


def _sharpen(picture: Picture) -> Picture:
    return picture.filter(ImageFilter.UnsharpMask(radius=2, percent=180, threshold=2))


def _turn(picture: Picture, *, degrees: int) -> Picture:
    """Rotate clockwise; the canvas grows so that no corner is lost."""
    return picture.rotate(
        -degrees, Image.Resampling.BICUBIC, expand=True, fillcolor="white"
    )


_VOCABULARY: tuple[tuple[str, _Make], ...] = (
    (r"\b(blur|unfocus|defocus)", _blur),
    (
        r"\b(black( ?& ?|[ -]and[ -])white|gr[ae]y ?scale|monochrome|desaturat)",
        _plain("made it black and white", _gray),
    ),
    (r"\bsepia\b", _plain("toned it sepia", _sepia)),
    (
        r"\b(bright(er|en)|lighter|lighten)",
        _plain("made it brighter", _enhance(ImageEnhance.Brightness, 1.35)),
    ),
    (
        r"\bdark(er|en)",
        _plain("made it darker", _enhance(ImageEnhance.Brightness, 0.6)),
    ),
    (r"\bwarm", _plain("made it warmer", partial(_tint, red=1.15, blue=0.8))),
    (r"\b(cool|colder)", _plain("made it cooler", partial(_tint, red=0.8, blue=1.15))),
    (r"\bsharp", _plain("sharpened it", _sharpen)),
    (r"\b(invert|negative)", _plain("inverted it", ImageChops.invert)),
    (r"\b(mirror|flip)", _flip),
    (r"\brotat\w*\D{0,20}(?P<degrees>\d{1,3})?", _rotate),
)
