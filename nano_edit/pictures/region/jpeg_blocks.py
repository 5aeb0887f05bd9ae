"""Change some pixels of a JPEG and keep every other block as it is stored.

A program of its own: ``python -m nano_edit.pictures.region.jpeg_blocks JOB``, where
JOB is a JSON object (`Job`).  libjpeg, which jpeglib wraps, ends the process on an
error, writes to standard error and keeps global state; and its memory is given back.

Strategy: the change of each pixel is known, and the discrete cosine transform is
linear.  So the transform of the change, divided by the file's own quantisation table
and rounded, is added to the stored coefficients.  A block that does not change gets
nothing added; one that is touched loses no more than its rounding.  Coefficients lie
in memory twice, as two bytes: once here, once in libjpeg.

Facts: T.81 A.3.3 (transform), JFIF 1.02 (colours).
"""

from __future__ import annotations

import ctypes
import json
import sys
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from jpeglib import _jpeg, version
from jpeglib._bind import CJpegLib

from nano_edit.pictures.region.job import Job

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]
    Shorts = NDArray[np.int16]

# jpeglib's number of a colour space: libjpeg's J_COLOR_SPACE.
_GREY, _RGB, _YCC = 1, 2, 3
_FROM_RGB: Final = np.array(
    [
        [0.299, 0.587, 0.114],
        [-0.168735892, -0.331264108, 0.5],
        [0.5, -0.418687589, -0.081312411],
    ],
    np.float32,
).T
_COEFFICIENT: Final = 1023  # T.81, table F.1: 8-bit samples, baseline


def main(text: str) -> None:
    """Do the job that the JSON object ``text`` describes."""
    job = Job(**json.loads(text))
    jpeg = _Jpeg(job.source)
    with open(job.delta, "rb") as file:  # noqa: PTH123 - text in `Job`
        for top, bottom in _bands(job, 8 * jpeg.most[0] * 8):
            values = (bottom - top) * job.width * job.channels
            rows = np.frombuffer(file.read(2 * values), np.int16)
            if rows.any():
                shaped = rows.reshape(bottom - top, job.width, job.channels)
                changes = _components(shaped.astype(np.float32), jpeg.space)
                jpeg.add(changes, job.left, top)
    jpeg.write(job.target)


def _bands(job: Job, rows: int) -> list[tuple[int, int]]:
    """Cut the box into bands at multiples of ``rows``, so that blocks are whole."""
    first = job.top // rows * rows
    bottom = job.top + job.height
    starts = range(first, bottom, rows)
    return [(max(at, job.top), min(at + rows, bottom)) for at in starts]


def _components(rows: Floats, space: int) -> list[Floats]:
    """Turn the change of L or RGB into that of the file's components."""
    if space == _YCC:
        rows = rows @ _FROM_RGB
    return [rows[..., each] for each in range(rows.shape[2])]


class _Jpeg:
    """The coefficients of a JPEG file: [rows, columns, 8, 8] for each component."""

    def __init__(self, path: str) -> None:
        version.set("turbo210")
        info = _jpeg.load_jpeg_info(path)
        self._info = info
        self._path = path
        self.space = int(info.jpeg_color_space.value)
        if self.space not in (_GREY, _RGB, _YCC):
            raise ValueError(f"colour space {self.space} is not supported")
        self.sampling = [(int(v), int(h)) for v, h in info.samp_factor]
        self.most = tuple(max(each) for each in zip(*self.sampling, strict=True))
        self._buffers = [
            (ctypes.c_short * (64 * int(rows) * int(columns)))()
            for rows, columns in info.block_dims
        ]
        self.blocks: list[Shorts] = [
            np.ctypeslib.as_array(buffer).reshape(int(rows), int(columns), 8, 8)
            for buffer, (rows, columns) in zip(
                self._buffers, info.block_dims, strict=True
            )
        ]
        self._tables = ((ctypes.c_ushort * 64) * 4)()
        self._table_of = (ctypes.c_short * 4)()
        self._library().read_jpeg_dct(
            srcfile=path,
            qt=self._tables,
            quant_tbl_no=self._table_of,
            **self._planes(),
        )

    def table(self, component: int) -> Floats:
        """Return the quantisation table of a component, [8, 8]."""
        table = np.ctypeslib.as_array(self._tables)[self._table_of[component]]
        values: Floats = table.reshape(8, 8).astype(np.float32)
        return values

    def add(self, changes: list[Floats], left: int, top: int) -> None:
        """Add the change of each component's pixels, full size, from (left, top) on."""
        for number, change in enumerate(changes):
            step_y = self.most[0] // self.sampling[number][0]
            step_x = self.most[1] // self.sampling[number][1]
            plane, row, column = _on_blocks(change, left, top, step_x, step_y)
            coded = _transformed(plane) / self.table(number)
            rows = self.blocks[number][row : row + coded.shape[0]]
            target = rows[:, column : column + coded.shape[1]]
            added = target + np.rint(coded[: target.shape[0], : target.shape[1]])
            target[...] = np.clip(added, -_COEFFICIENT, _COEFFICIENT)

    def write(self, path: str) -> None:
        """Write the coefficients with the file's own tables, without its metadata."""
        info = self._info
        self._library().write_jpeg_dct(
            srcfile=self._path,
            dstfile=path,
            image_dims=info.c_image_dims(),
            block_dims=info.c_block_dims(),
            samp_factor=info.c_samp_factor(),
            in_color_space=self.space,
            in_components=len(self.blocks),
            qt=None,
            quality=-1,
            quant_tbl_no=None,
            num_markers=0,
            marker_types=None,
            marker_lengths=None,
            markers=None,
            flags=["+OPTIMIZE_CODING"],
            **self._planes(),
        )

    def _planes(self) -> dict[str, Any]:
        padded = [*self._buffers, None, None, None]
        return dict(zip(("Y", "Cb", "Cr", "K"), padded, strict=False))

    @staticmethod
    def _library() -> Any:
        return CJpegLib


def _on_blocks(
    change: Floats, left: int, top: int, step_x: int, step_y: int
) -> tuple[Floats, int, int]:
    """Average over ``step`` pixels and pad with no change to whole blocks.

    Returns the plane, and the row and column of its first block.
    """
    unit_x, unit_y = 8 * step_x, 8 * step_y
    row, column = top // unit_y, left // unit_x
    before_y, before_x = top - row * unit_y, left - column * unit_x
    height = -(-(before_y + change.shape[0]) // unit_y) * unit_y
    width = -(-(before_x + change.shape[1]) // unit_x) * unit_x
    plane = np.zeros((height, width), np.float32)
    plane[
        before_y : before_y + change.shape[0], before_x : before_x + change.shape[1]
    ] = change
    if step_x > 1 or step_y > 1:
        parts = plane.reshape(height // step_y, step_y, width // step_x, step_x)
        plane = parts.mean(axis=(1, 3))
    return plane, row, column


def _matrix() -> Floats:
    frequency, position = np.mgrid[0:8, 0:8]
    values = np.cos((2 * position + 1) * frequency * np.pi / 16) / 2
    values[0] /= np.sqrt(2)
    matrix: Floats = values.astype(np.float32)
    return matrix


def _transformed(plane: Floats) -> Floats:
    """Return the transform of each block: [rows, columns, 8, 8]."""
    matrix = _matrix()
    rows, columns = plane.shape[0] // 8, plane.shape[1] // 8
    blocks = plane.reshape(rows, 8, columns, 8).transpose(0, 2, 1, 3)
    transformed: Floats = matrix @ blocks @ matrix.T
    return transformed


if __name__ == "__main__":
    main(sys.argv[1])
