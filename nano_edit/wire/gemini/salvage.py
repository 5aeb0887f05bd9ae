"""A broken reply read for the pictures in it; the same events as the strict parser.

What was paid for is often whole although the reply around it is not: half of a
surrogate pair in the model's words, ``NaN``, a byte order mark, an array or an event
stream around the object, nesting without end, a damaged draft, a wrong checksum, a
cut behind the picture.  `events_of` reads on through all of it, in constant memory.

Strategy: the tokens are found without checking what stands between them, and go to
the strict parser's own `EventBuilder`, whose faults are passed over here.  So both
readers agree on every valid reply.  Whether a picture is whole is for the writer of
its bytes to say: a damaged one ends early, and a later one is read all the same.

Rules:
- Nothing is raised, whatever the bytes; what cannot be read gives no events.
- A cut ends the picture that was coming, so that its writer can tell.
- ``anywhere`` takes a picture in whatever place it lies, for replies wrapped in
  something else; try it only when reading without it found none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nano_edit.errors import ServerError
from nano_edit.wire.codec.base64_stream import Decoder
from nano_edit.wire.codec.content_coding import ContentDecoder
from nano_edit.wire.codec.json_stream import MAX_DEPTH, MAX_TOKEN, scalar_of
from nano_edit.wire.codec.json_string import (
    Unescaper,
    before_partial_escape,
    closing_quote,
)
from nano_edit.wire.gemini.response import EventBuilder
from nano_edit.wire.gemini.response_schema import PART, SHAPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nano_edit.domain import ReplyEvent
    from nano_edit.wire.codec.json_stream import Scalar
    from nano_edit.wire.gemini.response_schema import Node

MAX_TOKENS = 2_000_000  # a sound reply has a few hundred


def events_of(
    blocks: Iterable[bytes], limit: int, *, anywhere: bool = False
) -> Iterator[ReplyEvent]:
    """Yield the events of a reply, given as it came over the network or decoded.

    No more than ``limit`` bytes of the document are read.  Ends when the reply is
    complete, so that no further block is asked for.
    """
    decoder = ContentDecoder("", limit)
    parser = LenientParser(anywhere=anywhere)
    try:
        for raw in blocks:
            for block in decoder.feed(raw):
                yield from parser.feed(block)
            if parser.complete:
                break
    except ServerError:  # compression that is broken, or too much
        pass
    else:
        for block in decoder.close():
            yield from parser.feed(block)
    yield from parser.close()


class LenientParser:
    """Feed it the bytes of any document and pass its events on; nothing raises."""

    def __init__(self, *, anywhere: bool = False) -> None:
        self._events = _LenientBuilder(anywhere=anywhere)
        self._tokens = _Tokens(self._events)

    @property
    def complete(self) -> bool:
        """Whether all of the reply is there, as far as its framing tells."""
        return self._tokens.complete

    def feed(self, data: bytes) -> list[ReplyEvent]:
        """Return the events that ``data`` completes, in order."""
        self._tokens.feed(data)
        return self._events.take()

    def close(self) -> list[ReplyEvent]:
        """Say that no more bytes come; return the last events, `ReplyEnded` last."""
        self._events.finish()
        return self._events.take()


class _LenientDecoder(Decoder):
    """Base64 up to the first character that is none; white space is passed over."""

    def __init__(self) -> None:
        super().__init__()
        self._is_over = False

    def feed(self, data: bytes) -> bytes:
        if self._is_over:
            return b""
        found = b""
        for run in _BASE64.finditer(data):
            if run.lastgroup == "digits":
                found += super().feed(run[0])
            elif run.lastgroup == "padding":  # encoders that work in pieces go on
                found += self.flush()
            elif run.lastgroup == "junk":
                self._is_over = True
                break
        return found

    def flush(self) -> bytes:
        try:
            return super().flush()
        except ValueError:  # a single character is less than a byte
            return b""


_BASE64 = re.compile(
    rb"(?P<digits>[A-Za-z0-9+/_-]+)|(?P<padding>=+)|(?P<junk>[^\s])|\s+"
)


class _LenientBuilder(EventBuilder):
    """The strict parser's events, whatever the contract says."""

    def __init__(self, *, anywhere: bool) -> None:
        super().__init__()
        self._anywhere = anywhere
        self._has_picture = False

    @property
    def is_inside(self) -> bool:
        """Whether an object or array is open."""
        return bool(self._path)

    @property
    def may_be_over(self) -> bool:
        """Whether a picture has come, and the model has said why it ended."""
        return self._has_picture and "finish_reason" in self._facts

    def finish(self) -> None:
        """End what is open, and the reply."""
        if self._string is not None:
            self.end_string()
        while self._path:
            self.end_container()
        super()._end_reply()

    def _fault(self, message: str) -> None:
        """Read on."""

    def _new_decoder(self) -> Decoder:
        return _LenientDecoder()

    def _end_picture(self) -> None:
        self._has_picture |= self._part.in_picture and not self._part.thought
        super()._end_picture()

    def _end_reply(self) -> None:
        """Wait for `finish`: an event stream is one reply in several objects."""

    def _item_of_parent(self) -> Node | None:
        return super()._item_of_parent() if self._path else SHAPE

    def _take(self, *kinds: str, null: bool = False) -> Node | None:
        node = super()._take(*kinds, null=null)
        if node is None and self._anywhere and kinds == ("object",):
            return PART
        return node


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


_TOKEN = re.compile(rb'[{}\[\],:"]|[^\s{}\[\],:"]+')
_QUOTE, _COLON, _COMMA, _BRACE, _BRACKET = b'":,{['
_OPENER = {ord("}"): _BRACE, ord("]"): _BRACKET}
_BOM = b"\xef\xbb\xbf"


class _Tokens:
    """Finds strings, words and brackets, and tells ``events`` of them."""

    def __init__(self, events: _LenientBuilder) -> None:
        self.complete = False
        self._events = events
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
            self._events.string_data(piece)
        else:
            self._key += piece[: MAX_TOKEN + 1 - len(self._key)]
        if end < 0:
            return stop
        if self._string == _VALUE:
            self._events.end_string()
        elif self._string == _KEY:
            self._events.key(self._key.decode(errors="replace"))
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
        if self._takes_value and self._events.is_inside:
            self._events.scalar(_scalar_or_none(word))
        else:
            self._after_word = True
        self._after_colon = False

    def _begin_string(self) -> None:
        self._is_framed = bool(self._is_framed)
        self._unescaper = _LenientUnescaper()
        self._key.clear()
        self._string = _IGNORED
        if self._takes_value and self._events.is_inside:
            self._string = _VALUE
            self._events.begin_string()
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
                self._events.begin_object()
            elif self._events.is_inside:  # an array around the reply is not told
                self._events.begin_array()
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
            if self._events.is_inside:
                self._events.end_container()
        if not self._open:
            self.complete = bool(self._is_framed) or self._events.may_be_over


_NO_STRING, _IGNORED, _KEY, _VALUE = range(4)


def _scalar_or_none(word: bytes) -> Scalar:
    try:
        return scalar_of(word)
    except ValueError:  # NaN, a number without end
        return None
