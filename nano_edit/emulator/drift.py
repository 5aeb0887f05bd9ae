"""What happens to every picture besides the edit that was asked for, as data.

`distort` does it to pixels, `faults.drift` reads it from a list.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Drift:
    """Changes to the whole picture, all combined; the default is none.

    Pixels are those of the picture that is sent back.
    """

    shift: tuple[float, float] = (0.0, 0.0)  # pixels to the right and down
    zoom: float = 1.0  # about the middle
    recolour: tuple[float, float, float] = (1.0, 1.0, 1.0)  # factors of R, G, B
    soften: float = 0.0  # radius of a blur, pixels
    scatter: int = 0  # small changes at places that nobody named
    repaint: float = 0.0  # percent of a side that parts of the scene wander at most
    wrong_ratio: bool = False

    @property
    def moves_pixels(self) -> bool:
        """Whether the picture is shifted or zoomed."""
        return self.shift != (0.0, 0.0) or self.zoom != 1.0


NO_DRIFT = Drift()
