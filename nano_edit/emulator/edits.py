"""Real edits of real pictures, chosen by the words of an instruction.

No model is here: each word known has one fixed edit, and several are carried out
in the order they are said.  Where a place is named with it ("make the top left
red"), an edit is done there alone.

Every edit takes an RGB picture and returns a new one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from nano_edit.emulator.figure import blur_background

if TYPE_CHECKING:
    from collections.abc import Callable

    _Make = Callable[[re.Match[str], str], "PictureEdit"]

Picture = Image.Image


@dataclass(frozen=True, slots=True)
class PictureEdit:
    """One thing to do, and how the reply's words say that it was done."""

    words: str
    apply: Callable[[Picture], Picture]
    moves: bool = False  # pixels change places: it cannot be done to a part


# --- the words --------------------------------------------------------------


def plan(instruction: str) -> tuple[PictureEdit, ...]:
    """Return the edits that an instruction names, in the order it names them."""
    matches = [
        (match.start(), match, make)
        for pattern, make in _VOCABULARY
        if (match := re.search(pattern, instruction, re.IGNORECASE))
    ]
    matches.sort(key=lambda entry: entry[0])
    # A place belongs to the edit whose words stand before it, or to the first.
    starts = [0, *(start for start, _, _ in matches[1:]), len(instruction)]
    edits = []
    for number, (_, match, make) in enumerate(matches):
        clause = instruction[starts[number] : starts[number + 1]]
        edits.append(_at_place(make(match, instruction), clause))
    if not edits and re.search(_NOTHING, instruction, re.IGNORECASE):
        return (PictureEdit("changed nothing", Image.Image.copy),)
    return tuple(edits)


def describe(instruction: str) -> str:
    """Return what was done as one sentence."""
    words = [edit.words for edit in plan(instruction)]
    return f"I {' and '.join(words or ['lettered the instruction onto the picture'])}."


# --- places -----------------------------------------------------------------

_PLACE = re.compile(
    r"\b(?:(?P<y>top|upper|bottom|lower)(?:[ -](?P<x>left|right))?|(?P<side>left|right)"
    r"|(?P<middle>middle|cent(?:er|re)))\b",
    re.IGNORECASE,
)
_SPANS = {"top": (0.06, 0.40), "upper": (0.06, 0.40), "left": (0.06, 0.40)}
_SPANS |= {"bottom": (0.60, 0.94), "lower": (0.60, 0.94), "right": (0.60, 0.94)}
_MIDDLE, _MOST = (0.33, 0.67), (0.20, 0.80)
_EDGE = 1 / 200  # of the longer side: how soft a place's edge is


def _at_place(edit: PictureEdit, clause: str) -> PictureEdit:
    match = None if edit.moves else _PLACE.search(clause)
    if match is None:
        return edit
    box = place_box(match)

    def apply(picture: Picture) -> Picture:
        return Image.composite(edit.apply(picture), picture, _box_mask(picture, box))

    return replace(edit, words=f"{edit.words} at the {match[0].lower()}", apply=apply)


def place_box(match: re.Match[str]) -> tuple[float, float, float, float]:
    """Return a place's box: left, top, right, bottom in parts of the picture."""
    x, y = (match["x"] or match["side"] or "").lower(), (match["y"] or "").lower()
    middle = _MIDDLE if match["middle"] else _MOST
    left, right = _SPANS.get(x, middle)
    top, bottom = _SPANS.get(y, middle)
    return left, top, right, bottom


def _box_mask(picture: Picture, box: tuple[float, float, float, float]) -> Picture:
    width, height = picture.size
    mask = Image.new("L", picture.size, 0)
    corners = (width * box[0], height * box[1], width * box[2], height * box[3])
    ImageDraw.Draw(mask).rectangle(corners, fill=255)
    return mask.filter(ImageFilter.GaussianBlur(max(picture.size) * _EDGE))


# --- the edits --------------------------------------------------------------


def _blur(_: re.Match[str], instruction: str) -> PictureEdit:
    if "background" in instruction.lower():
        return PictureEdit(
            "blurred the background",
            lambda picture: blur_background(picture, _radius(picture)),
        )
    return PictureEdit("blurred the picture", _blur_all)


def _rotate(match: re.Match[str], instruction: str) -> PictureEdit:
    degrees = int(match["degrees"] or 90)
    if re.search(r"\b(left|(counter|anti)-?clockwise)\b", instruction, re.IGNORECASE):
        degrees = -degrees
    return PictureEdit(
        f"rotated it by {degrees} degrees",
        partial(_turn, degrees=degrees),
        moves=True,
    )


def _flip(_: re.Match[str], instruction: str) -> PictureEdit:
    if re.search(r"vertical|upside", instruction, re.IGNORECASE):
        return PictureEdit("flipped it upside down", ImageOps.flip, moves=True)
    return PictureEdit("mirrored it", ImageOps.mirror, moves=True)


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


_COLOURS = {
    "red": (214, 32, 38),
    "orange": (240, 130, 20),
    "yellow": (240, 208, 40),
    "green": (44, 160, 60),
    "cyan": (30, 190, 200),
    "blue": (34, 86, 205),
    "purple": (130, 60, 180),
    "pink": (240, 130, 170),
    "brown": (124, 78, 44),
    "grey": (128, 128, 128),
    "gray": (128, 128, 128),
    "black": (28, 28, 28),
    "white": (240, 240, 240),
}


def _colour(match: re.Match[str], _: str) -> PictureEdit:
    name = match["colour"].lower()
    return PictureEdit(f"painted it {name}", partial(_dye, colour=_COLOURS[name]))


def _dye(picture: Picture, *, colour: tuple[int, int, int]) -> Picture:
    """Give every pixel this colour; light and dark stay where they are."""
    dark = tuple(part // 4 for part in colour)
    light = tuple((part + 2 * 255) // 3 for part in colour)
    return ImageOps.colorize(picture.convert("L"), black=dark, mid=colour, white=light)


_GREY = r"\b(black( ?& ?|[ -]and[ -])white|gr[ae]y ?scale|monochrome|desaturat)"
_NOTHING = r"\b(change nothing|do nothing|(keep|leave) (it|everything|all) as)\b"
_DYE = (
    r"\b(make|turn|paint|colou?r|dye)\b(?!.*\bblack( ?& ?|[ -]and[ -])white)"
    rf".*?\b(?P<colour>{'|'.join(_COLOURS)})\b"
)

_VOCABULARY: tuple[tuple[str, _Make], ...] = (
    (r"\b(blur|unfocus|defocus)", _blur),
    (_GREY, _plain("made it black and white", _gray)),
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
    (_DYE, _colour),
    (r"\b(mirror|flip)", _flip),
    (r"\brotat\w*\D{0,20}(?P<degrees>\d{1,3})?", _rotate),
)
