"""What each model takes, and how many pixels it answers with.

Sizes are the service's own: every ratio has one fixed size at 1K, and 512, 2K
and 4K are that size halved, doubled and quadrupled.  A model that is not in the
table is taken as the newest: it answers whatever the contract allows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
LONG_RATIOS = ("1:4", "4:1", "1:8", "8:1")
SIZES = ("512", "1K", "2K", "4K")

_SCALES = {"512": 0.5, "1K": 1.0, "2K": 2.0, "4K": 4.0}
INPUT_TOKENS = 560  # of one picture that is sent
_AREA = 1024 * 1024  # pixels at 1K
_GRID = 32  # sides that follow a source are multiples of this

# The vendor's table at 1K; the four long ones keep the area of about 1 megapixel.
_PIXELS = {
    "1:1": (1024, 1024),
    "2:3": (848, 1264),
    "3:2": (1264, 848),
    "3:4": (896, 1200),
    "4:3": (1200, 896),
    "4:5": (928, 1152),
    "5:4": (1152, 928),
    "9:16": (768, 1376),
    "16:9": (1376, 768),
    "21:9": (1584, 672),
    "1:4": (512, 2048),
    "4:1": (2048, 512),
    "1:8": (384, 3072),
    "8:1": (3072, 384),
}
_PIXELS_2_5 = {
    "1:1": (1024, 1024),
    "2:3": (832, 1248),
    "3:2": (1248, 832),
    "3:4": (864, 1184),
    "4:3": (1184, 864),
    "4:5": (896, 1152),
    "5:4": (1152, 896),
    "9:16": (768, 1344),
    "16:9": (1344, 768),
    "21:9": (1536, 672),
}


@dataclass(frozen=True, slots=True)
class EmulatedModel:
    """The limits of one model, and the format it answers in (Pillow's name)."""

    images: int = 1000
    sizes: tuple[str, ...] = SIZES
    ratios: tuple[str, ...] = RATIOS + LONG_RATIOS
    format: str = "JPEG"
    thinking: tuple[str, ...] = ()  # levels that it takes
    tokens: tuple[int, ...] = (747, 1120, 1680, 2520)  # of a picture, by `SIZES`

    @property
    def signs(self) -> bool:
        """Whether its parts come with a signature that has to go back with them."""
        return self.format != "PNG"

    def picture_tokens(self, size: str | None) -> int:
        """Return the tokens of a picture that is made."""
        return self.tokens[SIZES.index(size or "1K")]

    def pixels(
        self,
        ratio: str | None,
        size: str | None,
        source: tuple[int, int] | None,
    ) -> tuple[int, int]:
        """Return the reply's (width, height) in pixels.

        ``ratio`` decides the shape, else ``source`` does, the (width, height) of
        the last picture that was sent; with neither the answer is a square.
        """
        if ratio is not None:
            table = _PIXELS_2_5 if self.format == "PNG" else _PIXELS
            width, height = table[ratio]
        else:
            width, height = _following(source or (1, 1))
        scale = _SCALES[size or "1K"]
        return int(width * scale), int(height * scale)


def _following(source: tuple[int, int]) -> tuple[int, int]:
    """Return the 1K size in a source's shape.

    The short side is sqrt(area / shape), the long one shape times that, each to
    the nearest multiple of 32; shapes end at 8:1.  What is within a hundredth of
    16:9 gives 1408x768, as the service has been seen to.
    """
    shape = min(max(source) / min(source), 8.0)
    if math.isclose(shape, 16 / 9, rel_tol=0.01):
        short, long = 768, 1408
    else:
        short = round(math.sqrt(_AREA / shape) / _GRID) * _GRID
        long = round(short * shape / _GRID) * _GRID
    return (long, short) if source[0] >= source[1] else (short, long)


_PRO = EmulatedModel(
    images=14,
    sizes=("1K", "2K", "4K"),
    ratios=RATIOS,
    tokens=(747, 1120, 1120, 2000),
)
_FLASH = EmulatedModel(images=14, thinking=("minimal", "high"))

MODELS = {
    "gemini-3-pro-image": _PRO,
    "gemini-3-pro-image-preview": _PRO,
    "gemini-nano-banana-2.1": EmulatedModel(
        images=14, sizes=("1K", "2K", "4K"), thinking=("minimal", "medium", "high")
    ),
    "gemini-3.1-flash-image": _FLASH,
    "gemini-3.1-flash-image-preview": _FLASH,
    "gemini-3.1-flash-lite-image": EmulatedModel(
        images=14, sizes=("1K",), ratios=RATIOS
    ),
    "gemini-2.5-flash-image": EmulatedModel(
        images=3,
        sizes=(),
        ratios=RATIOS,
        format="PNG",
        tokens=(1290, 1290, 1290, 1290),
    ),
}


def find_model(name: str) -> EmulatedModel | None:
    """Return the model of this name; None when the service has retired it.

    By agreement a name that ends in ``-retired`` or holds ``unknown`` is one
    that the service does not have, so that a 404 can be tried by name.
    """
    if name.endswith("-retired") or "unknown" in name:
        return None
    return MODELS.get(name, EmulatedModel())
