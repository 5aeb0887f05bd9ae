"""What `jpeg_blocks`, a process of its own, is told to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Job:
    """Add ``delta`` to the pixels of ``source`` in a box, and write ``target``."""

    source: str  # a JPEG
    target: str
    delta: str  # int16 in row order, [height, width, channels]: L or RGB
    channels: int
    left: int  # px of the stored picture
    top: int
    width: int
    height: int
