"""A JSON reader that checks nothing: brackets, strings and words, told in their order.

For documents that break the rules: NaN, a byte order mark, raw control characters,
half of a surrogate pair, missing or stray commas and brackets, an array or an event
stream around the object, nesting without end.  A sound document is told exactly as
`JsonStream` tells it.

Rules:
- Nothing is raised, whatever the bytes; memory and the number of tokens are bounded.
- The document ends where the bracket closes that it begins with.  One that begins
  with something else, such as an event stream, ends after an object with which its
  receiver has all it wants.
- Arrays around the objects, and what is nested deeper than `MAX_DEPTH`, are not told.
"""

from __future__ import annotations

import re
from typing import Protocol

from nano_edit.wire.codec.json_stream import (
    MAX_DEPTH,
    MAX_TOKEN,
    Receiver,
    Scalar,
    scalar_of,
)
from nano_edit.wire.codec.json_string import (
    Unescaper,
    before_partial_escape,
    closing_quote,
)

MAX_TOKENS = 2_000_000  # a sound reply has a few hundred


class _LenientUnescaper(Unescaper):
    """Drops half of a surrogate pair, and the backslash of an unknown escape."""

    def _no_half(self, following: bytes) -> None:
        if following:
            self._high = 0

    def _one(self, escape: re.Match[bytes]) -> bytes:
        if not escape[1] and not escape[2]:
            return b""
        return super()._one(escape)

    def _unit(self, unit: int) -> bytes:
        try:
            return super()._unit(unit)
        except UnicodeEncodeError:  # the second half without its first
            return b""


class LenientReceiver(Receiver, Protocol):
    """A receiver that knows how far the document has come."""

    @property
    def is_inside(self) -> bool:
        """Whether an object or array is open."""

    @property
    def may_be_over(self) -> bool:
        """Whether all that is wanted may have come; asked between top-level objects."""


_TOKEN = re.compile(rb'[{}\[\],:"]|[^\s{}\[\],:"]+')
_QUOTE, _COLON, _COMMA, _BRACE, _BRACKET = b'":,{['
_OPENER = {ord("}"): _BRACE, ord("]"): _BRACKET}
_BOM = b"\xef\xbb\xbf"


class LenientJson:
    """Feed it any bytes; ``complete`` tells when the document has closed."""

    def __init__(self, receiver: LenientReceiver) -> None:
        self.complete = False
        self._receiver = receiver
        self._rest = b""
        self._open = bytearray()  # the brackets that are open, `MAX_DEPTH` at most
        self._deeper = 0  # brackets that are open beyond those
        self._is_framed: bool | None = None  # the document begins with a bracket
        self._after_colon = False
        self._after_word = False  # whose colon, if any, is none of JSON's
        self._string = _NO_STRING
        self._key = bytearray()
        self._unescaper = _LenientUnescaper()
        self._left = MAX_TOKENS

    def feed(self, data: bytes) -> None:
        """Read the next bytes."""
        self._rest = self._rest + data if self._rest else data
        at, before = 0, -1
        while at != before and self._left and not self.complete:
            before = at
            at = self._in_string(at) if self._string else self._token(at)
        self._rest = self._rest[at:] if self._left and not self.complete else b""

    # Both give the place behind what they have read: ``at`` if nothing can be read yet.

    def _token(self, at: int) -> int:
        found = _TOKEN.search(self._rest, at)
        if found is None:
            return len(self._rest)
        first, end = self._rest[found.start()], found.end()
        is_word = first not in b'{}[],:"'
        if is_word and end == len(self._rest) and end - found.start() <= MAX_TOKEN:
            return found.start()
        self._left -= 1
        if is_word:
            self._word(found[0])
        elif first == _QUOTE:
            self._begin_string()
        elif first in _OPENER.values():
            self._open_bracket(first)
        elif first in _OPENER:
            self._close_bracket(_OPENER[first])
        else:
            self._after_colon = first == _COLON and not self._after_word
            self._after_word = False
        return end

    def _in_string(self, at: int) -> int:
        end = closing_quote(self._rest, at)
        stop = before_partial_escape(self._rest, at) if end < 0 else end
        piece = self._unescaper.feed(self._rest[at:stop])
        if self._string == _VALUE:
            self._receiver.string_data(piece)
        else:
            self._key += piece[: MAX_TOKEN + 1 - len(self._key)]
        if end < 0:
            return stop
        if self._string == _VALUE:
            self._receiver.end_string()
        elif self._string == _KEY:
            self._receiver.key(self._key.decode(errors="replace"))
        self._string = _NO_STRING
        return end + 1

    # --- what a token means ---------------------------------------------------

    @property
    def _takes_value(self) -> bool:
        """Whether a value may come next where the events are told of one."""
        if self._deeper or not self._open:
            return False
        return self._open[-1] == _BRACKET or self._after_colon

    def _word(self, word: bytes) -> None:
        if self._is_framed is None:
            if word == _BOM:
                return
            self._is_framed = False
        if self._takes_value and self._receiver.is_inside:
            self._receiver.scalar(_scalar_or_none(word))
        else:
            self._after_word = True
        self._after_colon = False

    def _begin_string(self) -> None:
        self._is_framed = bool(self._is_framed)
        self._unescaper = _LenientUnescaper()
        self._key.clear()
        self._string = _IGNORED
        if self._takes_value and self._receiver.is_inside:
            self._string = _VALUE
            self._receiver.begin_string()
        elif self._open.endswith(b"{") and not self._deeper:
            self._string = _KEY
        self._after_colon = self._after_word = False

    def _open_bracket(self, bracket: int) -> None:
        if self._is_framed is None:
            self._is_framed = True
        if self._deeper or len(self._open) == MAX_DEPTH:
            self._deeper += 1
        else:
            self._open.append(bracket)
            if bracket == _BRACE:
                self._receiver.begin_object()
            elif self._receiver.is_inside:  # an array around the reply is not told
                self._receiver.begin_array()
        self._after_colon = self._after_word = False

    def _close_bracket(self, opener: int) -> None:
        """Close the bracket, and what was left open within it."""
        self._after_colon = self._after_word = False
        if self._deeper:
            self._deeper -= 1
            return
        place = self._open.rfind(opener)
        if place < 0:
            return
        for _ in range(len(self._open) - place):
            self._open.pop()
            if self._receiver.is_inside:
                self._receiver.end_container()
        if not self._open:
            self.complete = bool(self._is_framed) or self._receiver.may_be_over


_NO_STRING, _IGNORED, _KEY, _VALUE = range(4)


def _scalar_or_none(word: bytes) -> Scalar:
    try:
        return scalar_of(word)
    except ValueError:  # NaN, a number without end
        return None
