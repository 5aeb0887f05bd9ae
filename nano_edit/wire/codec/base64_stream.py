"""Base64 in pieces: what does not fill a group of three or four is carried over.

Strategy: whole groups go to pybase64 in one call; at most two bytes (encoding)
or three characters (decoding) wait for the next piece.

Rules:
- ``feed`` takes bytes and gives what they complete; ``flush`` ends the stream.
- Decoding is strict: nothing outside the alphabet, nothing behind the padding.
  The URL-safe alphabet and missing padding are accepted, since both are sent.
"""

from __future__ import annotations

import pybase64

_STANDARD = bytes.maketrans(b"-_", b"+/")


def encoded_length(size: int) -> int:
    """Return how many base64 characters, padding included, ``size`` bytes take."""
    return (size + 2) // 3 * 4


class Encoder:
    """Bytes in, base64 characters out, padded at the end."""

    def __init__(self) -> None:
        self._carry = b""

    def feed(self, data: bytes) -> bytes:
        """Return the characters for every whole group of three bytes so far."""
        if self._carry:
            data = self._carry + data
        whole = len(data) - len(data) % 3
        self._carry = data[whole:]
        return pybase64.b64encode(data[:whole] if self._carry else data)

    def flush(self) -> bytes:
        """Return the last group, padded, or nothing."""
        rest, self._carry = self._carry, b""
        return pybase64.b64encode(rest)


class Decoder:
    """Base64 characters in, bytes out.

    Both methods raise ValueError for what is not base64: a character of no
    alphabet, anything behind the padding, a group that cannot be whole.
    """

    def __init__(self) -> None:
        self._carry = b""
        self._padded = False

    def feed(self, data: bytes) -> bytes:
        """Return the bytes of every whole group of four characters so far."""
        if not data:
            return b""
        if self._padded:
            raise ValueError("base64 goes on behind its padding")
        if b"-" in data or b"_" in data:
            data = data.translate(_STANDARD)
        if self._carry:
            data = self._carry + data
        whole = len(data) & ~3
        self._carry = data[whole:]
        self._padded = data[whole - 1 : whole] == b"="
        if self._padded and self._carry:
            raise ValueError("base64 goes on behind its padding")
        return _decode(memoryview(data)[:whole])  # a view: a slice would be a copy

    def flush(self) -> bytes:
        """Return the bytes of the last, unpadded group, or nothing."""
        rest, self._carry = self._carry, b""
        if len(rest) == 1:
            raise ValueError("base64 ends in the middle of a byte")
        if b"=" in rest:
            raise ValueError("base64 ends in the middle of its padding")
        return _decode(rest + b"=" * (-len(rest) % 4))


def _decode(group: bytes | memoryview) -> bytes:
    return pybase64.b64decode(group, validate=True)
