"""A JSON reader with no I/O: bytes in, calls to a receiver out.

Strategy: the only thing in a reply that is large is a string, so strings are
handed over in pieces as they come, found with ``bytes.find`` for the quote and
the backslash; every other token is small, matched whole by a regular
expression, and waits in a bounded remainder until its end has come.

Rules:
- RFC 8259, strictly: no NaN, no trailing comma, no raw control character, no
  lone surrogate, no byte that is not UTF-8, one top-level value, an object.
- Everything that is incomplete has a bound: `MAX_TOKEN` bytes for numbers and
  keys, `MAX_DEPTH` for nesting.  Strings have none here; their receiver has.
- Whatever is wrong is a ProtocolError with its byte offset; nothing else is
  raised, whatever the bytes.
- Reading stops at the closing brace of the top-level object; what follows it
  is never looked at.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from typing import Protocol

from nano_edit.errors import ProtocolError
from nano_edit.wire.codec.json_string import (
    Unescaper,
    before_partial_escape,
    closing_quote,
)

MAX_DEPTH = 64
MAX_TOKEN = 1024

_SPACE = re.compile(rb"[ \t\n\r]*+")
_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+")
_WORD = re.compile(rb"[-+.0-9A-Za-z]*+")
_CONTROLS = bytes(range(0x20))
_QUOTE, _BRACE, _BRACKET, _COLON, _COMMA = b'"{[:,'
_WORDS: dict[bytes, bool | None] = {b"true": True, b"false": False, b"null": None}

Scalar = bool | int | float | None


class Receiver(Protocol):
    """What is told of the document, in its order; any method may raise ValueError."""

    def begin_object(self) -> None:
        """Open an object as the next value."""

    def begin_array(self) -> None:
        """Open an array as the next value."""

    def end_container(self) -> None:
        """Close the innermost object or array."""

    def key(self, name: str) -> None:
        """Name the member whose value comes next."""

    def scalar(self, value: Scalar) -> None:
        """Take a number, true, false or null."""

    def begin_string(self) -> bool:
        """Open a string as the next value.

        True: its receiver accepts base64 only, so the string need not be searched
        for control characters.
        """

    def string_data(self, piece: bytes) -> None:
        """Take the next piece of it: UTF-8, escapes resolved."""

    def end_string(self) -> None:
        """Close the string."""


class JsonStream:
    """Feed it a document's bytes; ``complete`` tells when its object has closed."""

    def __init__(self, receiver: Receiver) -> None:
        self.complete = False
        self.position = 0  # of the token that is being read, from the document's start
        self._receiver = receiver
        self._rest = b""
        self._offset = 0  # of the first byte of the rest
        self._closers = bytearray()
        self._state: _State = self._top
        self._in_key = False
        self._is_base64 = False
        self._key = bytearray()
        self._unescaper = Unescaper()
        self._utf8 = codecs.getincrementaldecoder("utf-8")()

    def feed(self, data: bytes) -> None:
        """Read the next bytes; raise ProtocolError for what is not JSON."""
        self._rest = self._rest + data if self._rest else data
        here = 0
        at: int | None = 0
        while at is not None and not self.complete:
            here = self._past_space(at)
            self.position = self._offset + here
            try:
                at = self._state(here) if here < len(self._rest) else None
            except ValueError as fault:
                raise ProtocolError(_said(fault), offset=self._offset + here) from None
        done = here if at is None else at
        self._offset += done
        self._rest = self._rest[done:]

    def close(self) -> None:
        """Say that no more bytes come; raise ProtocolError if some are missing."""
        if not self.complete:
            raise ProtocolError(
                "it ends before its JSON does", offset=self._offset + len(self._rest)
            )

    # Each state reads one token of the rest from ``at`` on and gives the place
    # behind it, or None when the token's end has not come yet.

    def _past_space(self, at: int) -> int:
        if self._state == self._string:
            return at
        return _SPACE.match(self._rest, at).end()  # type: ignore[union-attr] # matches ""

    def _top(self, at: int) -> int | None:
        if self._rest[at] != _BRACE:
            raise ValueError("it is not a JSON object")
        return self._value(at)

    def _value(self, at: int) -> int | None:
        first = self._rest[at]
        if first == _QUOTE:
            self._is_base64 = self._receiver.begin_string()
            return self._begin_string(at)
        if first == _BRACE:
            self._open(b"}")
            self._receiver.begin_object()
            self._state = self._first_key
            return at + 1
        if first == _BRACKET:
            self._open(b"]")
            self._receiver.begin_array()
            self._state = self._first_item
            return at + 1
        return self._word(at)

    def _first_item(self, at: int) -> int | None:
        return self._close_container(at) or self._value(at)

    def _first_key(self, at: int) -> int | None:
        return self._close_container(at) or self._next_key(at)

    def _next_key(self, at: int) -> int | None:
        if self._rest[at] != _QUOTE:
            raise ValueError("a key was expected")
        self._in_key, self._is_base64 = True, False
        self._key.clear()
        return self._begin_string(at)

    def _colon(self, at: int) -> int | None:
        if self._rest[at] != _COLON:
            raise ValueError("a colon was expected")
        self._state = self._value
        return at + 1

    def _after_value(self, at: int) -> int | None:
        if closed := self._close_container(at):
            return closed
        if self._rest[at] != _COMMA:
            raise ValueError("a comma was expected")
        in_object = self._closers.endswith(b"}")
        self._state = self._next_key if in_object else self._value
        return at + 1

    def _word(self, at: int) -> int | None:
        end = _WORD.match(self._rest, at).end()  # type: ignore[union-attr] # matches ""
        if end - at > MAX_TOKEN:
            raise ValueError("a number is too long")
        if end == len(self._rest):
            return None
        self._receiver.scalar(scalar_of(self._rest[at:end]))
        self._state = self._after_value
        return end

    def _begin_string(self, at: int) -> int:
        self._unescaper = Unescaper()
        self._state = self._string
        return at + 1

    def _string(self, at: int) -> int | None:
        end = closing_quote(self._rest, at)
        stop = before_partial_escape(self._rest, at) if end < 0 else end
        if stop > at:
            self._take(self._rest[at:stop])
        if end < 0:
            return stop if stop > at else None
        self._unescaper.flush()
        self._utf8.decode(b"", final=True)
        self._end_string()
        return end + 1

    def _take(self, raw: bytes) -> None:
        if not self._is_base64 and len(raw.translate(None, _CONTROLS)) != len(raw):
            raise ValueError("a raw control character in a string")
        if not raw.isascii() or self._utf8.getstate()[0]:
            self._utf8.decode(raw)
        piece = self._unescaper.feed(raw)
        if not self._in_key:
            self._receiver.string_data(piece)
            return
        self._key += piece
        if len(self._key) > MAX_TOKEN:
            raise ValueError("a key is too long")

    def _end_string(self) -> None:
        if self._in_key:
            self._in_key = False
            self._receiver.key(self._key.decode())
            self._state = self._colon
        else:
            self._receiver.end_string()
            self._state = self._after_value

    def _open(self, closer: bytes) -> None:
        if len(self._closers) == MAX_DEPTH:
            raise ValueError(f"it is nested deeper than {MAX_DEPTH}")
        self._closers += closer

    def _close_container(self, at: int) -> int | None:
        """Close the innermost container if its closer stands at ``at``."""
        if self._rest[at] != self._closers[-1]:
            return None
        self._closers.pop()
        self._receiver.end_container()
        self.complete = not self._closers
        self._state = self._after_value
        return at + 1


_State = Callable[[int], int | None]


def scalar_of(word: bytes) -> Scalar:
    """Return the value of a number, true, false or null; ValueError for no such."""
    if word in _WORDS:
        return _WORDS[word]
    if not _NUMBER.fullmatch(word):
        raise ValueError("a value was expected")
    return int(word) if word.lstrip(b"-").isdigit() else float(word)


def _said(fault: ValueError) -> str:
    if isinstance(fault, UnicodeDecodeError):
        return "text that is not UTF-8"
    if isinstance(fault, UnicodeEncodeError):
        return "half of a surrogate pair"
    return str(fault)
