"""How a walk over a file format takes bytes from slices that somebody else pushes.

A walk is a generator that delegates here with ``yield from``: it gets what it
needs, or suspends until the next slice is refilled.  Code that walks a format then
reads like the format, whatever the slices' lengths.  At most one byte of a slice
is carried over into the next.
"""

from __future__ import annotations

import zlib
from collections.abc import Generator
from typing import TYPE_CHECKING, BinaryIO, TypeVar

if TYPE_CHECKING:
    import re

_T = TypeVar("_T")
Walk = Generator[None, None, _T]  # suspended: it needs the next slice

BLOCK = 256 * 1024  # bytes of a file read at a time


class BrokenImage(ValueError):  # noqa: N818 - named for what the picture is
    """The bytes do not hold together as a picture; the text says how, as a clause."""


class Slices:
    """The slice at hand, and how a walk takes from it."""

    __slots__ = ("_at", "_data", "total")

    def __init__(self) -> None:
        self._data = b""
        self._at = 0
        self.total = 0  # bytes seen in all

    @property
    def left(self) -> int:
        """How many bytes of the slice have not been taken."""
        return len(self._data) - self._at

    @property
    def offset(self) -> int:
        """How many bytes have been taken in all: where the next one stands."""
        return self.total - self.left

    def refill(self, data: bytes) -> None:
        """Push the next slice, to be taken after what is left."""
        self.total += len(data)
        self._data = self._data[self._at :] + data if self.left else data
        self._at = 0

    def some(self, limit: int) -> Walk[memoryview]:
        """From 1 to ``limit`` bytes: what is at hand."""
        while self._at == len(self._data):
            yield
        start = self._at
        self._at = min(start + limit, len(self._data))
        return memoryview(self._data)[start : self._at]

    def take(self, count: int) -> Walk[bytes]:
        """Exactly ``count`` bytes; for short heads only, they are gathered."""
        gathered = bytearray()
        while len(gathered) < count:
            gathered += yield from self.some(count - len(gathered))
        return bytes(gathered)

    def peek(self, count: int) -> Walk[bytes]:
        """Exactly ``count`` bytes, which stay to be taken; for short heads only."""
        while self.left < count:
            yield
        return self._data[self._at : self._at + count]

    def skip(self, count: int) -> Walk[None]:
        """Pass over ``count`` bytes."""
        while count:
            count -= len((yield from self.some(count)))

    def checksum(self, count: int, crc: int) -> Walk[int]:
        """``crc`` continued over the next ``count`` bytes."""
        while count:
            piece = yield from self.some(count)
            crc = zlib.crc32(piece, crc)
            count -= len(piece)
        return crc

    def seek(self, pattern: re.Pattern[bytes]) -> Walk[None]:
        """Stop before the next match of ``pattern``, which is two bytes long."""
        while (match := pattern.search(self._data, self._at)) is None:
            straddles = self._data.endswith(b"\xff", self._at)
            self._at = len(self._data) - straddles
            yield
        self._at = match.start()


def walk_file(walk: Walk[_T], slices: Slices, file: BinaryIO) -> _T:
    """Push a file's bytes to the walk until it ends; the rest stays unread.

    Raises what the walk raises, `BrokenImage` at the end of the file, OSError.
    """
    while True:
        try:
            next(walk)
        except StopIteration as end:
            result: _T = end.value
            return result
        block = file.read(BLOCK)
        if not block:
            raise BrokenImage(f"it is cut off after {slices.total} bytes")
        slices.refill(block)
