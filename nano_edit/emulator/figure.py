"""Which part of a picture is its figure, and which its background.

No model is here either: colours that are common in the middle and rare towards
the edges are the figure's, in one piece around the middle, holes filled.  Where
that finds nothing likely, a soft ellipse is taken for the figure.
"""

from __future__ import annotations

from PIL import Image, ImageChops, ImageDraw, ImageFilter

Picture = Image.Image

_SIDE = 256  # the longer side that the figure is looked for at, pixels
_COLOURS = 64
_ROUNDS = 3  # each takes the figure of the one before for the middle
# Ellipses' boxes, in parts of width and height.
_CORE = (0.40, 0.22, 0.60, 0.88)
_AROUND = (0.34, 0.10, 0.66, 1.10)
_REACH = (0.10, 0.02, 0.90, 1.30)
_ELLIPSE = (0.22, 0.14, 0.78, 0.92)
_LIKELY = (0.05, 0.50)  # parts of the whole that a figure covers
_RATIO = 2.5  # how much likelier a colour of the figure is there than elsewhere
_THIN = 5  # pixels: what is thinner does not link the figure with more
_POINTS = 13  # pixels that thin ends of the figure, such as ears, may be long


def figure_mask(picture: Picture) -> Picture:
    """Return a mask (mode L, the picture's size): 255 is the figure."""
    small = picture.copy()
    small.thumbnail((_SIDE, _SIDE))
    mask = _find(small)
    share = mask.histogram()[255] / (small.width * small.height)
    if not _LIKELY[0] < share < _LIKELY[1]:
        soft = _ellipse(picture.size, _ELLIPSE)
        return soft.filter(ImageFilter.GaussianBlur(max(picture.size) / 16))
    mask = mask.filter(ImageFilter.GaussianBlur(1))
    return mask.resize(picture.size, Image.Resampling.BICUBIC)


def _find(small: Picture) -> Picture:
    """Return the figure's mask, 255 or 0."""
    indexed = small.quantize(_COLOURS, Image.Quantize.MEDIANCUT)
    plain = Image.frombytes("L", small.size, indexed.tobytes())
    reach = _ellipse(small.size, _REACH)
    figure = _ellipse(small.size, _CORE)
    ground = ImageChops.invert(_ellipse(small.size, _AROUND))
    for _ in range(_ROUNDS):
        likely = plain.point(_likely(plain, figure, ground))
        likely = ImageChops.multiply(likely, reach).filter(ImageFilter.MedianFilter(3))
        figure = _one_piece(likely)
        ground = ImageChops.invert(figure)
    return figure


def _likely(indexed: Picture, figure: Picture, ground: Picture) -> list[int]:
    """Return 255 for each colour that is likelier in the figure, else 0."""
    inside, outside = indexed.histogram(figure), indexed.histogram(ground)
    scale = sum(outside) / max(1, sum(inside))
    pairs = zip(inside, outside, strict=True)
    return [255 if here * scale > _RATIO * there else 0 for here, there in pairs]


def blur_background(picture: Picture, radius: float) -> Picture:
    """Blur all but the figure, none of whose colour runs into the background."""
    figure = figure_mask(picture)
    background = picture.convert("RGBA")
    background.putalpha(ImageChops.invert(figure.filter(ImageFilter.MaxFilter(5))))
    # Weighted by alpha, and divided by it again on the way back.
    blurred = background.convert("RGBa").filter(ImageFilter.GaussianBlur(radius))
    return Image.composite(picture, blurred.convert("RGBA").convert("RGB"), figure)


def _ellipse(size: tuple[int, int], box: tuple[float, float, float, float]) -> Picture:
    mask = Image.new("L", size, 0)
    width, height = size
    corners = (width * box[0], height * box[1], width * box[2], height * box[3])
    ImageDraw.Draw(mask).ellipse(corners, fill=255)
    return mask


def _one_piece(mask: Picture) -> Picture:
    """Return the pieces that the middle touches, holes filled."""
    opened = mask.filter(ImageFilter.MinFilter(_THIN))
    core = ImageChops.multiply(opened, _ellipse(mask.size, _CORE))
    piece = _spread(core, opened)
    piece = _spread(piece, mask, steps=_POINTS)
    # What the outside does not reach is the figure, or a hole in it.
    frame = Image.new("L", mask.size, 255)
    frame.paste(0, (1, 1, mask.width - 1, mask.height - 1))
    outside = ImageChops.invert(piece)
    return ImageChops.invert(_spread(ImageChops.multiply(frame, outside), outside))


def _spread(seed: Picture, within: Picture, steps: int = 2 * _SIDE) -> Picture:
    """Grow ``seed`` within a mask until it grows no more, a pixel a step."""
    for _ in range(steps):
        # Offsets wrap around, where masks are the same on both edges of a picture.
        grown = seed
        for step in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            grown = ImageChops.lighter(grown, ImageChops.offset(seed, *step))
        grown = ImageChops.multiply(grown, within)
        if grown == seed:
            break
        seed = grown
    return seed
