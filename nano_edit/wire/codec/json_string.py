"""JSON strings in pieces: where one ends, and what its escapes stand for.

Rules: every byte is looked at a bounded number of times, whatever it is; at most
one half of a surrogate pair is remembered between two pieces.
"""

from __future__ import annotations

import re

_BACKSLASH = 0x5C
_ESCAPE = re.compile(rb'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt])|)')
_SIMPLE = dict(zip(b'"\\/bfnrt', b'"\\/\b\f\n\r\t', strict=True))


class Unescaper:
    """Resolves the escapes of one string; a surrogate pair may straddle pieces."""

    def __init__(self) -> None:
        self._high = 0

    def feed(self, piece: bytes) -> bytes:
        """Return the piece resolved; raise ValueError for an invalid escape."""
        if b"\\" not in piece:
            self._no_half(piece)
            return piece
        if piece.count(b"\\") == piece.count(b"\\/") and not self._high:
            return piece.replace(b"\\/", b"/")
        return self._resolve(piece)

    def flush(self) -> None:
        """End the string; raise ValueError when half a pair is left."""
        self._no_half(b"$")

    def _resolve(self, piece: bytes) -> bytes:
        resolved: list[bytes] = []
        done = 0
        for escape in _ESCAPE.finditer(piece):
            between = piece[done : escape.start()]
            self._no_half(between)
            resolved += (between, self._one(escape))
            done = escape.end()
        self._no_half(piece[done:])
        resolved.append(piece[done:])
        return b"".join(resolved)

    def _one(self, escape: re.Match[bytes]) -> bytes:
        if escape[2]:
            self._no_half(escape[2])
            return bytes((_SIMPLE[escape[2][0]],))
        if not escape[1]:
            raise ValueError("an escape that JSON does not know")
        return self._unit(int(escape[1], 16))

    def _unit(self, unit: int) -> bytes:
        if self._high and 0xDC00 <= unit < 0xE000:
            point = 0x10000 + (self._high - 0xD800 << 10) + (unit - 0xDC00)
            self._high = 0
            return chr(point).encode()
        self._no_half(b"$")
        if 0xD800 <= unit < 0xDC00:
            self._high = unit
            return b""
        return chr(unit).encode()  # a lone low surrogate is an encoding error

    def _no_half(self, following: bytes) -> None:
        if self._high and following:
            raise ValueError("half of a surrogate pair")


def closing_quote(text: bytes, start: int) -> int:
    """Return the place of the first quote from ``start`` that no escape owns, or -1.

    ``start`` must not lie inside an escape.  Linear: each backslash is looked at
    once, as part of the one run before the one quote behind it.
    """
    quote = text.find(b'"', start)
    while quote >= 0 and _backslashes_before(text, quote, start) % 2:
        quote = text.find(b'"', quote + 1)
    return quote


def _backslashes_before(text: bytes, place: int, start: int) -> int:
    first = place
    while first > start and text[first - 1] == _BACKSLASH:
        first -= 1
    return place - first


def before_partial_escape(text: bytes, start: int) -> int:
    """Return where the text stops being certain: at an escape cut by its end."""
    end = len(text)
    backslash = text.rfind(b"\\", max(start, end - 5))
    if backslash < 0 or not _backslashes_before(text, backslash + 1, start) % 2:
        return end
    length = 6 if text[backslash + 1 : backslash + 2] == b"u" else 2
    return backslash if backslash + length > end else end
