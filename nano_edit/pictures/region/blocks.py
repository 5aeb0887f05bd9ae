"""JPEG to JPEG: the change of pixels goes into the blocks, the others stay.

Owns the way around `jpeg_blocks`, which runs as a process of its own: the change is
gathered in a file, in the orientation that the picture is stored in; the blocks are
written; the header is the original's, as far as it is wanted; the result is measured.

Rules:
- What decoding and colours need of the header is kept always; EXIF, XMP, IPTC and
  comments only if they are asked for, without the thumbnail, which shows the picture as
  it was.  The orientation stays, for the pixels stay turned.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from nano_edit.pictures.inputs.decode import Reduction, decoded
from nano_edit.pictures.inputs.examine import examine
from nano_edit.pictures.inputs.raster import TURNS
from nano_edit.pictures.inputs.sources import Source
from nano_edit.pictures.inputs.survey import orientation_of
from nano_edit.pictures.jpeg_walk import walk_jpeg
from nano_edit.pictures.memory import DECODED, give_back
from nano_edit.pictures.region.boxes import Box, whole
from nano_edit.pictures.region.exif import minimal, without_thumbnail
from nano_edit.pictures.region.job import Job
from nano_edit.pictures.slices import Slices, walk_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from nano_edit.pictures.inputs.examine import Original
    from nano_edit.pictures.inputs.raster import Raster
    from nano_edit.pictures.jpeg_walk import Segment
    from nano_edit.pictures.region.areas import Area
    from nano_edit.pictures.region.combine import Patch
    from nano_edit.pictures.region.target import Counts, Target

_EXIF: Final = b"Exif\0\0"
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
_APP0, _APP1, _APP2, _APP13, _APP14, _APP15, _COM = (
    0xE0, 0xE1, 0xE2, 0xED, 0xEE, 0xEF, 0xFE,
)  # fmt: skip
_REACH: Final = 32  # px: how far a changed block, and its chroma, may be seen
_STRIP: Final = 1 << 20  # px
_COEFFICIENTS: Final = 4  # bytes of a sample: two, and libjpeg's own two
_BACK: Final = {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}

_PROGRAM: Final = "nano_edit.pictures.region.jpeg_blocks"
_ONE_THREAD: Final = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


class BlocksError(Exception):
    """The blocks could not be written; the text says why, as a clause."""


class Change:
    """The change of each pixel of one JPEG, in files of a temporary folder.

    ``area`` None: nothing changes.
    """

    def __init__(self, raster: Raster, area: Area | None, folder: Path) -> None:
        self._folder = TemporaryDirectory(dir=folder)
        self._path = Path(self._folder.name)
        self._area = area
        self._turn = raster.orientation
        self._channels = 1 if raster.mode == "L" else 3
        width, height = raster.stored_size
        self._memory = _COEFFICIENTS * self._channels * width * height
        if area is None:
            return
        self._box = Box(*raster.stored_box(area.box.corners))
        self._seen = area.box.grown(_REACH, _REACH).within(whole(raster.size))
        with (self._path / "before").open("wb") as file:
            for strip in _strips(self._seen):
                file.write(np.asarray(raster.piece(strip.corners)).tobytes())

    def gather(self, patches: Iterable[Patch]) -> None:
        """Keep by how much each patch changes its pixels."""
        assert self._area is not None  # noqa: S101 - nothing to gather without one
        path, shape = self._path / "delta", (self._box.height, self._box.width)
        with path.open("wb") as file:
            file.truncate(2 * self._channels * self._box.area)
        turn = _BACK.get(self._turn, TURNS.get(self._turn))
        for patch in patches:
            one, other = patch.before, patch.after
            if turn is not None:
                one, other = one.transpose(turn), other.transpose(turn)
            left, top = self._place(patch.box)
            # Mapped anew for each patch: what is mapped counts as memory.
            delta = np.memmap(path, np.int16, "r+", shape=(*shape, self._channels))
            part = delta[top : top + one.height, left : left + one.width]
            np.subtract(_array(other), _array(one), out=part, dtype=np.int16)
            del part, delta

    def _place(self, box: Box) -> tuple[int, int]:
        """Return where an upright box begins in the stored area."""
        assert self._area is not None  # noqa: S101 - see `gather`
        inner = box.moved(-self._area.box.left, -self._area.box.top)
        width, height = self._area.box.size
        left, top = inner.left, inner.top
        right, bottom = width - inner.right, height - inner.bottom
        return {
            1: (left, top), 2: (right, top), 3: (right, bottom), 4: (left, bottom),
            5: (top, left), 6: (top, right), 7: (bottom, right), 8: (bottom, left),
        }[self._turn]  # fmt: skip

    def write(self, original: Original, target: Target) -> None:
        """Write the JPEG to the target.  Raises BlocksError, OSError."""
        self._result = original.file
        if self._area is not None:
            self._result = self._path / "result.jpg"
            self._run(original.file)
        header = b"".join(
            _kept(each, copy_metadata=target.copy_metadata)
            for each in _segments(original.file)
        )
        first = next(
            each for each in _segments(self._result) if not _is_application(each.marker)
        )
        with (
            self._result.open("rb") as coded,
            os.fdopen(target.descriptor, "wb", closefd=False) as file,
        ):
            coded.seek(first.offset)
            file.write(b"\xff\xd8" + header)
            while block := coded.read(_STRIP):
                file.write(block)

    def _run(self, source: Path) -> None:
        job = Job(
            source=str(source),
            target=str(self._result),
            delta=str(self._path / "delta"),
            channels=self._channels,
            left=self._box.left,
            top=self._box.top,
            width=self._box.width,
            height=self._box.height,
        )
        give_back()  # the pixels' memory, which the other process needs now
        with DECODED.reserved(self._memory):
            done = subprocess.run(
                [sys.executable, "-P", "-m", _PROGRAM, json.dumps(asdict(job))],
                env=os.environ | dict.fromkeys(_ONE_THREAD, "1"),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                check=False,
            )
        if done.returncode:
            lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise BlocksError(lines[-1] if lines else f"status {done.returncode}")

    def measure(
        self, original: Original, counts: Counts, max_pixels: int | None
    ) -> None:
        """Count what changed: in the area, and in blocks that reach beyond it."""
        if self._area is None:
            return
        result = examine(Source(original.name, "", self._result, None))
        assert result.survey is not None  # noqa: S101 - a JPEG has one
        turned = replace(result.survey, orientation=self._turn)
        result = replace(result, survey=turned)
        with (
            decoded(result, Reduction(), max_pixels=max_pixels) as raster,
            (self._path / "before").open("rb") as file,
        ):
            for strip in _strips(self._seen):
                data = file.read(self._channels * strip.area)
                before = Image.frombytes(raster.mode, strip.size, data)
                after = raster.piece(strip.corners)
                counts.add(before, after, self._area.within(strip))

    def discard(self) -> None:
        """Remove the files."""
        self._folder.cleanup()


def _array(image: Image.Image) -> NDArray[np.uint8]:
    """Return [height, width, channels], for L too."""
    pixels = np.asarray(image)
    return pixels[..., None] if pixels.ndim == 2 else pixels


def _strips(box: Box) -> Iterator[Box]:
    rows = max(1, _STRIP // box.width)
    for top in range(box.top, box.bottom, rows):
        yield Box(box.left, top, box.right, min(top + rows, box.bottom))


# --- the header -----------------------------------------------------------------


def metadata_of(path: Path) -> tuple[bytes, bytes, bytes]:
    """Return EXIF (a TIFF block), XMP and IPTC of a JPEG; empty where none is."""
    exif = xmp = iptc = b""
    for segment in _segments(path):
        if segment.marker == _APP1 and segment.payload.startswith(_EXIF):
            exif = exif or segment.payload[len(_EXIF) :]
        elif segment.marker == _APP1 and segment.payload.startswith(_XMP):
            xmp = xmp or segment.payload[len(_XMP) :]
        elif segment.marker == _APP13:
            iptc = iptc or segment.payload
    return exif, xmp, iptc


def _segments(path: Path) -> list[Segment]:
    seen: list[Segment] = []
    slices = Slices()
    with path.open("rb") as file:
        walk_file(walk_jpeg(slices, seen.append), slices, file)
    return seen


def _kept(segment: Segment, *, copy_metadata: bool) -> bytes:
    """Return the segment as it is to be written, or nothing."""
    marker, payload = segment.marker, segment.payload
    if marker == _APP0 and payload.startswith(b"JFIF\0"):
        return _written(marker, payload[:12] + b"\0\0")
    if marker == _APP14 and payload.startswith(b"Adobe"):
        return _written(marker, payload[:12])
    if marker == _APP2 and payload.startswith(b"ICC_PROFILE\0"):
        return _written(marker, payload)
    if marker == _APP1 and payload.startswith(_EXIF):
        return _exif(payload[len(_EXIF) :], copy_metadata=copy_metadata)
    is_xmp = marker == _APP1 and payload.startswith(_XMP)
    if copy_metadata and (is_xmp or marker in (_APP13, _COM)):
        return _written(marker, payload)
    return b""


def _exif(block: bytes, *, copy_metadata: bool) -> bytes:
    if copy_metadata:
        return _written(_APP1, _EXIF + without_thumbnail(block))
    orientation = orientation_of(block)
    return b"" if orientation == 1 else _written(_APP1, _EXIF + minimal(orientation))


def _written(marker: int, payload: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(payload) + 2).to_bytes(2, "big") + payload


def _is_application(marker: int) -> bool:
    return _APP0 <= marker <= _APP15 or marker == _COM
