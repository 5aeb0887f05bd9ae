"""One picture that holds several variants: how it is asked for, and cut into cells.

Rules:
- The cells cover the picture without a gap and differ by at most one pixel a side.
- All cells are encoded before the first one is placed.
- The whole picture stays where it is until its owner removes it: an error names it.
- A cell is encoded anew, so it has no content credentials.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING

from nano_edit.atomic_file import AtomicFile, reason, target_of
from nano_edit.domain import Billed, WrittenImage
from nano_edit.errors import OutputError
from nano_edit.frozen import Frozen
from nano_edit.pictures.formats import MIME_TYPES, SUFFIXES, format_of
from nano_edit.pictures.outputs.destination import temporary_folder
from nano_edit.pictures.outputs.finalize import mode_for
from nano_edit.pictures.outputs.reformat import reformat

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nano_edit.domain import Destination

Box = tuple[int, int, int, int]  # left, top, right, bottom, in pixels
GRID_SENTENCE = (
    "Make {count} different variants of the result and lay them out in one picture as"
    " a grid of {columns} and {rows}: cells of equal size, without borders, gaps,"
    " numbers or captions, each of them a whole picture."
)
_STEP = 16  # pixels; the service's sides are multiples of it


class Grid(Frozen):
    """So many variants side by side, and so many one below the other."""

    columns: int
    rows: int

    @property
    def count(self) -> int:
        """The number of cells."""
        return self.columns * self.rows

    @property
    def sentence(self) -> str:
        """What is added to the instruction."""
        return GRID_SENTENCE.format(
            count=self.count,
            columns=_counted(self.columns, "column"),
            rows=_counted(self.rows, "row"),
        )

    def around(self, width: int, height: int) -> tuple[int, int]:
        """Return the size of a picture whose cells are ``width`` x ``height``."""
        return width * self.columns, height * self.rows

    def cell_of(self, ratio: str, side: int) -> tuple[int, int]:
        """Return about how large a cell is of a picture of this ratio ("3:2").

        ``side`` is that of a square picture of the same size, in pixels.
        """
        width, _, height = ratio.partition(":")
        root = math.sqrt(float(width) / float(height))
        return (
            _rounded(side * root) // self.columns,
            _rounded(side / root) // self.rows,
        )

    def boxes(self, width: int, height: int) -> list[Box]:
        """Return the cells of a picture, row by row."""
        xs = [width * each // self.columns for each in range(self.columns + 1)]
        ys = [height * each // self.rows for each in range(self.rows + 1)]
        return [
            (xs[column], ys[row], xs[column + 1], ys[row + 1])
            for row in range(self.rows)
            for column in range(self.columns)
        ]


def grid_named(text: str) -> Grid:
    """Return the grid of ``text``: "2x3" has two columns and three rows."""
    columns, _, rows = text.partition("x")
    return Grid(int(columns), int(rows))


def cut(
    whole: WrittenImage,
    grid: Grid,
    destinations: Sequence[Destination],
    note: Callable[[str], None],
) -> tuple[WrittenImage, ...]:
    """Write each cell of a picture in place to its destination; leave the picture.

    Raises OutputError, whose ``recovery`` is the whole picture.
    """
    files: list[AtomicFile] = []
    cells: list[WrittenImage] = []
    told: set[str] = set()
    try:
        for box, place in zip(
            grid.boxes(whole.width, whole.height), destinations, strict=True
        ):
            files.append(AtomicFile(temporary_folder(place), mode=mode_for(place)))
            cell, losses = _encoded(whole, box, place, files[-1])
            cells.append(cell)
            for loss in losses:
                if loss not in told:
                    note(loss)
            told.update(losses)
        for file, place, cell in zip(files, destinations, cells, strict=True):
            assert cell.path is not None  # noqa: S101 - a cell is a file
            file.place(target_of(cell.path, force=place.force), force=place.force)
    except Exception as error:  # whatever it is, the picture is paid for
        raise _uncut(whole, error) from error
    finally:
        for file in files:
            file.discard()
    return tuple(cells)


def _encoded(
    whole: WrittenImage, box: Box, place: Destination, file: AtomicFile
) -> tuple[WrittenImage, list[str]]:
    """Write one cell to a temporary file; return it, and what was lost by it."""
    assert whole.path is not None  # noqa: S101 - it is never a stream
    kind = place.format or format_of(whole.mime_type)
    losses = reformat(
        whole.path, file.descriptor, kind, max_pixels=place.max_pixels, box=box
    )
    name = place.name if place.format else place.name + SUFFIXES[kind]
    digest = None
    if whole.sha256 is not None:
        with file.path.open("rb") as written:
            digest = hashlib.file_digest(written, "sha256").hexdigest()
    cell = WrittenImage(
        path=place.folder / name,
        mime_type=MIME_TYPES[kind],
        width=box[2] - box[0],
        height=box[3] - box[1],
        size=file.path.stat().st_size,
        sha256=digest,
        source_mime_type=whole.source_mime_type,
        notes=tuple(losses),
    )
    return cell, losses


def _uncut(whole: WrittenImage, error: Exception) -> OutputError:
    failure = OutputError(
        f"The picture came, but it could not be cut into all of its cells:"
        f" {reason(error).rstrip('.')}.",
        hint="It holds every variant.",
        billed=Billed.YES,
    )
    failure.recovery = whole.path
    return failure


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _rounded(pixels: float) -> int:
    return round(pixels / _STEP) * _STEP
