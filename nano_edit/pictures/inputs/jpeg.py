"""Owns what of a JPEG is sent: every segment that decoders or colours need.

The walk itself is `nano_edit.pictures.jpeg_walk`.  What stands between segments,
and behind the end of image, belongs to none of them and is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nano_edit.pictures.inputs.survey import Kept, Survey, orientation_of
from nano_edit.pictures.jpeg_walk import SOS, walk_jpeg
from nano_edit.pictures.slices import Slices, walk_file

if TYPE_CHECKING:
    from pathlib import Path

    from nano_edit.pictures.jpeg_walk import Frame, Segment

_APP0, _APP1, _APP2, _APP14 = 0xE0, 0xE1, 0xE2, 0xEE
_COMMON_FRAMES = (0xC0, 0xC1, 0xC2)  # baseline, extended, progressive; Huffman
_DECODED = frozenset(range(0xC0, 0xE0)) - {0xC8}  # tables, frames and scans


def survey_jpeg(path: Path) -> Survey:
    """Walk a JPEG to its end of image.  Raises BrokenImage, OSError."""
    slices = Slices()
    pieces = _Pieces(path)
    with path.open("rb") as file:
        facts = walk_file(walk_jpeg(slices, pieces.visit), slices, file)
    pieces.kept.span(facts.end - 2, facts.end)
    frame = facts.frame
    return Survey(
        width=frame.width,
        height=frame.height,
        plain=frame.marker in _COMMON_FRAMES
        and frame.precision == 8
        and len(frame.sampling) in (1, 3),
        bit_depth=frame.precision,
        orientation=orientation_of(pieces.exif),
        animated=False,
        stripped=tuple(pieces.kept.pieces),
        exif=pieces.exif,
        scans=facts.scans,
        coefficients=_coefficients(frame) if facts.scans > 1 else 0,
    )


def _coefficients(frame: Frame) -> int:
    """Bytes in which a decoder gathers what several scans tell: 2 for each sample."""
    pixels = frame.width * frame.height
    sizes = [across * down for across, down in frame.sampling]
    return 2 * pixels * sum(sizes) // max(1, *sizes)


class _Pieces:
    """Decides of each segment whether it is sent; finds the EXIF."""

    def __init__(self, path: Path) -> None:
        self.kept = Kept(path)
        self.kept.span(0, 2)
        self.exif = b""

    def visit(self, segment: Segment) -> None:
        marker, payload = segment.marker, segment.payload
        if marker == SOS:
            self.kept.span(segment.offset, segment.next)  # with its coded data
        elif marker in _DECODED:
            self.kept.span(segment.offset, segment.end)
        elif marker == _APP1 and payload.startswith(b"Exif\0\0"):
            self.exif = self.exif or payload[6:]
        elif marker == _APP2 and payload.startswith(b"ICC_PROFILE\0"):
            self.kept.span(segment.offset, segment.end)
        elif marker == _APP0 and payload.startswith(b"JFIF\0"):
            # 14 bytes; more is a thumbnail, or what hides where one would be.
            self._keep_head(segment, 14, b"\xff\xe0\x00\x10" + payload[:12] + b"\0\0")
        elif marker == _APP14 and payload.startswith(b"Adobe"):
            self._keep_head(segment, 12, b"\xff\xee\x00\x0e" + payload[:12])

    def _keep_head(self, segment: Segment, length: int, head: bytes) -> None:
        """Keep a payload of ``length`` bytes; of a longer one, ``head``."""
        if len(segment.payload) == length:
            self.kept.span(segment.offset, segment.end)
        elif len(segment.payload) > length:
            self.kept.pieces.append(head)
