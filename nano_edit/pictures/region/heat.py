"""A picture of where a picture changed: the original in grey, changes in colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image

from nano_edit.pictures.region import colour

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Delta E to colour; below the first nothing is drawn.
_STOPS: Final = (
    (colour.NOTICEABLE, (255, 220, 60)),
    (8.0, (245, 110, 30)),
    (20.0, (200, 20, 60)),
    (50.0, (120, 0, 120)),
)


def heat_map(
    before: NDArray[np.uint8], distance: NDArray[np.floating[Any]]
) -> Image.Image:
    """Draw ``distance`` (Delta E, [height, width]) over ``before`` (RGB)."""
    light = before.astype(np.float32).mean(axis=2, keepdims=True)
    grey = np.repeat(90 + light * 0.6, 3, axis=2)
    at = [stop for stop, _ in _STOPS]
    drawn = np.stack(
        [
            np.interp(distance, at, [values[channel] for _, values in _STOPS])
            for channel in range(3)
        ],
        2,
    )
    visible = (distance > colour.NOTICEABLE)[..., None]
    return Image.fromarray(np.where(visible, drawn, grey).astype(np.uint8))
