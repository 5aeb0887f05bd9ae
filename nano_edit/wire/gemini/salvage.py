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
from nano_edit.wire.codec.lenient_json import LenientJson
from nano_edit.wire.gemini.response import EventBuilder
from nano_edit.wire.gemini.response_schema import PART, SHAPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nano_edit.domain import ReplyEvent
    from nano_edit.wire.gemini.response_schema import Node


def events_of(
    blocks: Iterable[bytes], limit: int, *, anywhere: bool = False
) -> Iterator[ReplyEvent]:
    """Yield the events of a reply, given as it came over the network or decoded.

    No more than ``limit`` bytes of the document are read.  Ends when the reply is
    complete, so that no further block is asked for; where it is not, all are taken.
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
        for _ in blocks:  # it is kept all the same
            pass
    else:
        for block in decoder.close():
            yield from parser.feed(block)
    yield from parser.close()


class LenientParser:
    """Feed it the bytes of any document and pass its events on; nothing raises."""

    def __init__(self, *, anywhere: bool = False) -> None:
        self._events = _LenientBuilder(anywhere=anywhere)
        self._json = LenientJson(self._events)

    @property
    def complete(self) -> bool:
        """Whether all of the reply is there, as far as its framing tells."""
        return self._json.complete

    def feed(self, data: bytes) -> list[ReplyEvent]:
        """Return the events that ``data`` completes, in order."""
        self._json.feed(data)
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
