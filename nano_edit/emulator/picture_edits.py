"""Real edits of real pictures, chosen by the words of an instruction.

No model is here: each word known has one fixed edit, several are carried out
in the order they are said, and an instruction without such a word is lettered
onto the picture.  The same request gives the same bytes.

Every edit takes an RGB picture and returns a new one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageOps

if TYPE_CHECKING:
    from collections.abc import Callable

    _Make = Callable[[re.Match[str], str], "Edit"]

Picture = Image.Image


@dataclass(frozen=True, slots=True)
class Edit:
    """One thing to do, and how the reply's words say that it was done."""

    words: str
    apply: Callable[[Picture], Picture]


# --- the words --------------------------------------------------------------


def plan(instruction: str) -> tuple[Edit, ...]:
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


def _blur(_: re.Match[str], instruction: str) -> Edit:
    if "background" in instruction.lower():
        return Edit("blurred the background", _blur_background)
    return Edit("blurred the picture", _blur_all)


def _rotate(match: re.Match[str], instruction: str) -> Edit:
    degrees = int(match["degrees"] or 90)
    if re.search(r"\b(left|(counter|anti)-?clockwise)\b", instruction, re.IGNORECASE):
        degrees = -degrees
    return Edit(f"rotated it by {degrees} degrees", partial(_turn, degrees=degrees))


def _flip(_: re.Match[str], instruction: str) -> Edit:
    if re.search(r"vertical|upside", instruction, re.IGNORECASE):
        return Edit("flipped it upside down", ImageOps.flip)
    return Edit("mirrored it", ImageOps.mirror)


def _plain(words: str, apply: Callable[[Picture], Picture]) -> _Make:
    return lambda _match, _instruction: Edit(words, apply)


def _enhance(
    enhancer: Callable[[Picture], ImageEnhance._Enhance], factor: float
) -> Callable[[Picture], Picture]:
    return lambda picture: enhancer(picture).enhance(factor)


# --- the edits --------------------------------------------------------------


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
