"""Real photographs from installed packages, and a model that spoils them.

None lies in this repository: scikit-image and scikit-learn ship some in their wheels.
``NANO_EDIT_PHOTOS`` names a folder with more, of any size.
"""

from __future__ import annotations

import importlib.util
import io
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from nano_edit.pictures.inputs.examine import Original, examine
from nano_edit.pictures.inputs.sources import Source

_NAMES = {
    "skimage": (
        "data/astronaut.png", "data/coffee.png", "data/chelsea.png", "data/rocket.jpg",
        "data/retina.jpg", "data/motorcycle_left.png", "data/ihc.png",
        "data/hubble_deep_field.jpg",
    ),
    "sklearn": ("datasets/images/china.jpg", "datasets/images/flower.jpg"),
}  # fmt: skip


def photos() -> list[Path]:
    """Return the photographs that are installed here."""
    found = []
    for package, names in _NAMES.items():
        spec = importlib.util.find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        found += [Path(spec.origin).parent / name for name in names]
    more = os.environ.get("NANO_EDIT_PHOTOS")
    if more:
        found += sorted(Path(more).iterdir())
    return [path for path in found if path.exists()]


def photo(name: str) -> Image.Image:
    """Return one of them, as RGB."""
    path = next(path for path in photos() if path.stem == name)
    return Image.open(path).convert("RGB")


def original(path: Path) -> Original:
    """Return the picture as the program sees an input."""
    return examine(Source(str(path), path.name, path, path))


@dataclass(frozen=True)
class Model:
    """What a model does to everything, whatever it was asked for."""

    shift: tuple[float, float] = (0.0, 0.0)  # px
    zoom: float = 1.0
    gain: tuple[float, float, float] = (1.0, 1.0, 1.0)
    soften: float = 0.0  # px
    quality: int = 90

    def answer(self, sent: Image.Image, size: tuple[int, int]) -> Image.Image:
        """Return what the model makes of ``sent``."""
        picture = sent.convert("RGB").resize(size, Image.Resampling.LANCZOS)
        picture = picture.transform(
            size, Image.Transform.AFFINE, self.matrix(size), Image.Resampling.BICUBIC
        )
        if self.soften:
            picture = picture.filter(ImageFilter.GaussianBlur(self.soften))
        pixels = np.asarray(picture, np.float32) * np.array(self.gain, np.float32)
        buffer = io.BytesIO()
        Image.fromarray(np.clip(pixels + 0.5, 0, 255).astype(np.uint8)).save(
            buffer, "JPEG", quality=self.quality
        )
        return Image.open(buffer).convert("RGB")

    def matrix(self, size: tuple[int, int]) -> tuple[float, ...]:
        """Return (a, b, c, d, e, f): where the answer's points are in what was sent."""
        x, y = size[0] / 2, size[1] / 2
        scale = 1 / self.zoom
        across = x - scale * (x + self.shift[0])
        return (scale, 0, across, 0, scale, y - scale * (y + self.shift[1]))


def painted(picture: Image.Image, box: tuple[int, int, int, int]) -> Image.Image:
    """Return the picture with a red disc in ``box``: what was asked for."""
    changed = picture.convert("RGB")
    ImageDraw.Draw(changed).ellipse(box, fill=(205, 38, 30))
    return changed
