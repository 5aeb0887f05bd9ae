"""Owns the reading of a picture's pieces as if they were one file.

So a decoder is given what is sent and nothing else: metadata that it might stumble
over, or take seconds for, never reaches it.
"""

from __future__ import annotations

import io
from bisect import bisect_right
from contextlib import contextmanager
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from _typeshed import WriteableBuffer

    from nano_edit.domain import FileSpan


@contextmanager
def opened_spans(path: Path, pieces: Sequence[FileSpan | bytes]) -> Iterator[BinaryIO]:
    """Open spans of the file at ``path``, and short pieces between them, as one."""
    with path.open("rb") as file, io.BufferedReader(_Spans(file, pieces)) as reader:
        yield reader


class _Spans(io.RawIOBase):
    def __init__(self, file: BinaryIO, pieces: Sequence[FileSpan | bytes]) -> None:
        super().__init__()
        self._file = file
        self._pieces = pieces
        self._starts = [0, *accumulate(_length(piece) for piece in pieces)]
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._starts[-1]}
        self._at = max(0, base[whence] + offset)
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        number = bisect_right(self._starts, self._at) - 1
        if number >= len(self._pieces):
            return 0
        view = memoryview(buffer).cast("B")
        piece, within = self._pieces[number], self._at - self._starts[number]
        view = view[: _length(piece) - within]
        if isinstance(piece, bytes):
            view[:] = piece[within : within + len(view)]
            count = len(view)
        else:
            self._file.seek(piece.offset + within)
            data = self._file.read(len(view))
            count = len(data)
            view[:count] = data
        self._at += count
        return count


def _length(piece: FileSpan | bytes) -> int:
    return len(piece) if isinstance(piece, bytes) else piece.length
