"""Content codings: what came over the network in, the document out, bounded.

Strategy: the coding is told from the first bytes, because gateways announce codings
that they do not apply, apply ones that they do not announce, and name character sets
in their place.  zlib's own bound on its output keeps memory constant: a small body
that swells costs a block at a time and ends at the limit that the user set.

Rules:
- gzip (several members), zlib and raw deflate are undone, several times over if
  need be; anything else that begins like a document is handed on as it is.
- All that can be decoded is handed over before a fault is raised: a wrong checksum
  costs nothing of the document before it.
- What follows the end of the compressed data is ignored.
"""

from __future__ import annotations

import contextlib
import zlib
from typing import TYPE_CHECKING

from nano_edit.domain import Billed
from nano_edit.errors import ServerError

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = 256 * 1024  # bytes of the document handed over at a time, at most
MAX_LAYERS = 4  # codings within each other

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP, _ZLIB, _RAW_DEFLATE = zlib.MAX_WBITS | 16, zlib.MAX_WBITS, -zlib.MAX_WBITS
_PLAIN_CODINGS = frozenset({"", "identity", "none", "utf-8", "utf8"})
# How a document begins: JSON, HTML, a byte order mark, an event stream.
_DOCUMENT = b' \t\r\n{["<\xefdeir:'
_MAX_HEAD = 4096  # bytes looked at until the coding is clear


class ContentDecoder:
    """Undoes ``Content-Encoding`` and counts what comes out.

    Raises ServerError for a coding that cannot be undone, for data that is not
    what it says, and for more than ``limit`` bytes.
    """

    def __init__(self, coding: str, limit: int) -> None:
        self._coding = coding.strip()
        self._left = limit
        self._limit = limit
        self._layers = [_Layer()]

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the document's next bytes, `BLOCK` at most at a time."""
        yield from self._through(0, data)

    def close(self) -> Iterator[bytes]:
        """Say that no more bytes come, and yield what was held back."""
        for depth, layer in enumerate(tuple(self._layers)):
            held = layer.settle()
            if held:
                yield from self._through(depth, held)

    def _through(self, depth: int, data: bytes) -> Iterator[bytes]:
        layer = self._layers[depth]
        blocks = layer.feed(data)
        try:
            for block in blocks:
                if layer.is_plain:
                    self._check_coding(depth, block)
                    yield from self._counted(block)
                    continue
                if depth + 1 == len(self._layers):
                    self._layers.append(_Layer(depth + 1))
                yield from self._through(depth + 1, block)
        except zlib.error as fault:
            raise ServerError(
                f"The reply's compression is broken: {fault}.", billed=Billed.YES
            ) from None

    def _check_coding(self, depth: int, block: bytes) -> None:
        """Raise for a coding that was announced, not undone, and seems to be there."""
        if depth or self._coding.lower() in _PLAIN_CODINGS:
            return
        if block[0] not in _DOCUMENT and self._left == self._limit:
            raise ServerError(
                f"The reply's Content-Encoding is {self._coding!r}, and it cannot be "
                "decoded.",
                billed=Billed.YES,
            )

    def _counted(self, block: bytes) -> Iterator[bytes]:
        if len(block) > self._left:
            raise too_large(self._limit)
        self._left -= len(block)
        yield block


def too_large(limit: int) -> ServerError:
    """Return the error for a reply of more than ``limit`` bytes."""
    return ServerError(
        f"The reply is larger than {limit:,} bytes; reading ended there.",
        hint="If the picture really is that large, raise --max-reply.",
        billed=Billed.YES,
    )


class _Layer:
    """One coding, told from the first bytes; ``is_plain`` when there is none."""

    def __init__(self, depth: int = 0) -> None:
        self.is_plain = depth == MAX_LAYERS
        self._is_outer = depth == 0
        self._inflater: _Inflater | None = None
        self._head = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the next bytes below this coding; nothing until it is known."""
        if self._inflater is None and not self.is_plain:
            self._head += data
            if not self._is_known(self._head):
                return
            data, self._head = self._head, b""
        if self._inflater is not None:
            yield from self._inflater.feed(data)
        elif data:
            yield data

    def settle(self) -> bytes:
        """Return what waits for the coding to be known; it is plain then."""
        if self._inflater is None:
            self.is_plain = True
        held, self._head = self._head, b""
        return held

    def _is_known(self, head: bytes) -> bool:
        if not head or head in {_GZIP_MAGIC[:1], b"\x78"}:
            return False
        wbits = _wbits_of(head, or_raw=self._is_outer)
        if wbits == _UNCLEAR and len(head) < _MAX_HEAD:
            return False
        self.is_plain = wbits in {_NONE, _UNCLEAR}
        if not self.is_plain:
            self._inflater = _Inflater(wbits)
        return True


_NONE, _UNCLEAR = 0, -1


def _wbits_of(head: bytes, *, or_raw: bool) -> int:
    """Return zlib's number for the coding that ``head`` begins.

    Raw deflate has no mark of its own: it is tried only with ``or_raw``.
    """
    if head.startswith(_GZIP_MAGIC):
        return _GZIP
    if head[0] == 0x78 and int.from_bytes(head[:2], "big") % 31 == 0:  # RFC 1950, 2.2
        return _ZLIB
    if head[0] in _DOCUMENT or not or_raw:
        return _NONE
    try:
        start = zlib.decompressobj(_RAW_DEFLATE).decompress(head, 1)
    except zlib.error:
        return _NONE
    if not start:
        return _UNCLEAR
    return _RAW_DEFLATE if start[0] in b"\x1f\x78" + _DOCUMENT else _NONE


class _Inflater:
    """zlib in blocks; goes on with the next member of a gzip file."""

    def __init__(self, wbits: int) -> None:
        self._wbits = wbits
        self._zlib = zlib.decompressobj(wbits)
        self._between = b""  # what came behind a member and may begin another
        self._is_over = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield all that ``data`` gives; raises zlib.error behind the last of it."""
        waiting = True  # zlib may hold output back when a block was filled
        while data or waiting:
            if self._zlib.eof:
                data, waiting = self._next_member(data), False
                continue
            before = self._zlib.copy()
            try:
                block = self._zlib.decompress(data, BLOCK)
            except zlib.error:
                yield _up_to_fault(before, data)
                raise
            data = self._zlib.unconsumed_tail or self._zlib.unused_data
            waiting = len(block) == BLOCK
            if block:
                yield block

    def _next_member(self, data: bytes) -> bytes:
        """Begin the gzip member that follows, if one does; return what to feed it."""
        head = self._between + data
        self._between = b""
        self._is_over |= self._wbits != _GZIP or not head.startswith(
            _GZIP_MAGIC[: len(head)]
        )
        if self._is_over:
            return b""
        if len(head) < len(_GZIP_MAGIC):
            self._between = head
            return b""
        self._zlib = zlib.decompressobj(_GZIP)
        return head


def _up_to_fault(inflater: zlib._Decompress, data: bytes) -> bytes:
    """Return what comes out before the byte that is at fault."""
    block = bytearray()
    with contextlib.suppress(zlib.error):
        # What it holds back, then byte by byte; it ends at the fault.
        for at in range(-1, len(data)):  # pragma: no branch
            out = inflater.decompress(data[at : at + 1] if at >= 0 else b"", 1)
            while out:
                block += out
                out = inflater.decompress(inflater.unconsumed_tail, 1)
    return bytes(block)
