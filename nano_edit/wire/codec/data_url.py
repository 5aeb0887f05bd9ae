"""Finds ``data:image/png;base64,...`` inside a text that comes in pieces.

Gateways have been seen to put the picture into a text part, often wrapped as
Markdown.  Strategy: outside a URL, everything but a tail that may be the
beginning of one is text; inside, everything up to the first character that no
base64 alphabet knows is the picture.

Rules: no piece is kept but that tail (`MAX_HEAD` bytes at most), and the text
and the pictures come out in the order they went in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

MAX_HEAD = 64

_HEAD = re.compile(rb"data:(image/[A-Za-z0-9.+-]{1,40}+);base64,")
_PARTIAL_HEAD = re.compile(
    rb"(?:data:image/[A-Za-z0-9.+-]{0,40}+(?:;base64|;base6|;base|;bas|;ba|;b|;)?"
    rb"|data:image|data:imag|data:ima|data:im|data:i|data:|data|dat|da|d)\Z"
)
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/_=-]")

Part = tuple[str, bytes]  # ("text" | "start" | "data" | "end", bytes)


class DataUrlSplitter:
    """Text in; pieces of text and of pictures out, each with its kind."""

    def __init__(self) -> None:
        self._inside = False
        self._tail = b""

    def feed(self, piece: bytes) -> Iterator[Part]:
        """Yield what ``piece`` makes certain.

        ``start`` carries the MIME type that the URL claims, ``data`` base64
        characters, ``end`` nothing.
        """
        rest = self._tail + piece if self._tail else piece
        self._tail = b""
        while rest:
            if self._inside:
                rest = yield from self._picture(rest)
            else:
                rest = yield from self._text(rest)

    def flush(self) -> Iterator[Part]:
        """Yield what was held back, and the end of a picture still open."""
        if self._tail:
            yield "text", self._tail
        if self._inside:
            yield "end", b""
        self._tail, self._inside = b"", False

    def _text(self, rest: bytes) -> Generator[Part, None, bytes]:
        head = _HEAD.search(rest)
        if head is None:
            yield from self._hold_tail(rest)
            return b""
        if head.start():
            yield "text", rest[: head.start()]
        yield "start", head[1]
        self._inside = True
        return rest[head.end() :]

    def _hold_tail(self, rest: bytes) -> Iterator[Part]:
        partial = _PARTIAL_HEAD.search(rest, max(0, len(rest) - MAX_HEAD))
        certain = partial.start() if partial else len(rest)
        self._tail = rest[certain:]
        if certain:
            yield "text", rest[:certain]

    def _picture(self, rest: bytes) -> Generator[Part, None, bytes]:
        end = _NOT_BASE64.search(rest)
        stop = end.start() if end else len(rest)
        if stop:
            yield "data", rest[:stop]
        if end:
            self._inside = False
            yield "end", b""
        return rest[stop:]
