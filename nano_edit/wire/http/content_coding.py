"""Content codings: what came over the network in, the document out, bounded.

Strategy: zlib's own bound on its output, so that a small body that swells
costs a block of memory at a time and ends at the limit that the user set.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from nano_edit.domain import Billed
from nano_edit.errors import ServerError

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = 256 * 1024  # bytes of the document handed over at a time, at most

_GZIP = zlib.MAX_WBITS | 16


class ContentDecoder:
    """Undoes ``Content-Encoding`` and counts what comes out.

    Raises ServerError for a coding that was not asked for, for data that is not
    what it says, and for more than ``limit`` bytes.
    """

    def __init__(self, coding: str, limit: int) -> None:
        self._limit = limit
        self._left = limit
        self._zlib = None
        if coding.strip().lower() in {"gzip", "x-gzip"}:
            self._zlib = zlib.decompressobj(_GZIP)
        elif coding.strip().lower() not in {"", "identity"}:
            raise ServerError(
                f"The reply is coded as {coding!r}, which was not asked for.",
                billed=Billed.YES,
            )

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the document's next bytes, `BLOCK` at most at a time."""
        if self._zlib is None:
            yield self._counted(data)
            return
        waiting = True  # zlib may hold output back when a block was filled
        while (data or waiting) and not self._zlib.eof:
            try:
                block = self._zlib.decompress(data, BLOCK)
            except zlib.error as fault:
                raise ServerError(
                    f"The reply's compression is broken: {fault}.", billed=Billed.YES
                ) from None
            data = self._zlib.unconsumed_tail
            waiting = len(block) == BLOCK
            if block:
                yield self._counted(block)

    def _counted(self, block: bytes) -> bytes:
        self._left -= len(block)
        if self._left < 0:
            raise ServerError(
                f"The reply is larger than {self._limit:,} bytes; reading ended there.",
                hint="If the picture really is that large, raise --max-reply.",
                billed=Billed.YES,
            )
        return block
