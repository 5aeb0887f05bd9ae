"""The reply of ``generateContent``: bytes in, events out; no file, no network.

Strategy: `JsonStream` reads the tokens; `response_schema` says which keys matter and
what their values are, and everything else is read past.  A part's facts are
gathered until its object closes, because any of its keys may come last.
`nano_edit.wire.gemini.salvage` reads a reply that breaks these rules.

Rules:
- Key order is free; snake_case counts as camelCase.
- ``null`` stands for any value.  Another type where the picture should be is a
  ProtocolError, elsewhere it is ignored.
- Constant memory: picture bytes go out as they come, ``thoughtSignature`` is
  dropped as it comes, text is bounded by `MAX_TEXT`, other strings by `MAX_WORD`.
- When the top-level object closes, `ReplyEnded` goes out and the reply is over,
  whatever else the connection may still bring.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from nano_edit.domain import (
    ImageData,
    ImageEnded,
    ImageStarted,
    ReplyEnded,
    TextChunk,
    Usage,
)
from nano_edit.wire.codec.base64_stream import Decoder
from nano_edit.wire.codec.data_url import DataUrlSplitter
from nano_edit.wire.codec.json_stream import JsonStream
from nano_edit.wire.gemini.response_schema import (
    DETAIL,
    ITEM,
    KIND_NAMES,
    PART,
    SHAPE,
)

if TYPE_CHECKING:
    from nano_edit.domain import ReplyEvent
    from nano_edit.wire.codec.json_stream import Scalar
    from nano_edit.wire.gemini.response_schema import Node

MAX_TEXT: Final = 1024 * 1024  # bytes of words in one reply
MAX_WORD: Final = 64 * 1024  # bytes of any other string that is kept


@dataclass(slots=True)
class _Part:
    """What is known so far of the part that is open."""

    thought: bool = False
    mime_type: str | None = None
    text: bytearray = field(default_factory=bytearray)
    in_picture: bool = False


class ResponseParser:
    """Feed it a reply's bytes and pass its events on.

    Both methods raise ProtocolError for what the contract does not allow.
    """

    def __init__(self) -> None:
        self._events = EventBuilder()
        self._json = JsonStream(self._events)

    @property
    def complete(self) -> bool:
        """Whether the top-level object has closed."""
        return self._json.complete

    def feed(self, data: bytes) -> list[ReplyEvent]:
        """Return the events that ``data`` completes, in order."""
        if not self.complete:
            self._json.feed(data)
        return self._events.take()

    def before_fault(self) -> list[ReplyEvent]:
        """Return the events that came before the fault that `feed` raised."""
        return self._events.take()

    def close(self) -> None:
        """Say that no more bytes come; raise when some are missing."""
        self._json.close()


class EventBuilder:
    """A `Receiver` of tokens that makes events of those that matter.

    `_fault` is called for all that the contract does not allow, and raises; a
    subclass whose `_fault` returns reads on as well as it can.
    """

    def __init__(self) -> None:
        self._events: list[ReplyEvent] = []
        self._path: list[Node | None] = []
        self._seen: list[set[str]] = []
        self._next: Node | None = SHAPE
        self._part = _Part()
        self._string: Node | None = None
        self._word = bytearray()
        self._decoder = self._new_decoder()
        self._splitter = DataUrlSplitter()
        self._text_length = 0
        self._facts: dict[str, Any] = {}
        self._usage: dict[str, int] = {}
        self._detail: dict[str, Scalar | str] = {}  # of one kind of tokens

    def take(self) -> list[ReplyEvent]:
        """Return the events since the last call."""
        events, self._events = self._events, []
        return events

    def _fault(self, message: str) -> None:
        raise ValueError(message)

    def _new_decoder(self) -> Decoder:
        return Decoder()

    # --- what the JSON reader tells ------------------------------------------

    def begin_object(self) -> None:
        """Open an object as the next value."""
        node = self._enter("object")
        if node is PART:
            self._part = _Part()
        elif node is DETAIL:
            self._detail = {}
        elif node is SHAPE.members["error"]:
            self._facts["has_error"] = True

    def begin_array(self) -> None:
        """Open an array as the next value."""
        self._enter("array")

    def end_container(self) -> None:
        """Close the innermost object or array."""
        node = self._path.pop()
        self._seen.pop()
        if node is PART:
            self._end_part()
        elif node is DETAIL and self._detail.get("modality") == "IMAGE":
            self._file("usage.image_tokens", self._detail.get("tokens"))
        if not self._path:
            self._end_reply()
        self._next = self._item_of_parent()

    def key(self, name: str) -> None:
        """Name the member whose value comes next."""
        here = self._path[-1]
        self._next = here.member(name) if here else None
        if self._next is None:
            return
        folded = name.replace("_", "").lower()
        if folded in self._seen[-1]:
            self._fault(f'"{name}" comes twice')
        self._seen[-1].add(folded)

    def scalar(self, value: Scalar) -> None:
        """Take a number, true, false or null."""
        node = self._take("scalar", null=value is None)
        if node:
            self._file(node.name, value)

    def begin_string(self) -> bool:
        """Open a string as the next value; True: it accepts base64 only."""
        self._string = self._take("picture", "text", "word")
        self._word.clear()
        self._decoder = self._new_decoder()
        self._splitter = DataUrlSplitter()
        return self._string is not None and self._string.kind == "picture"

    def string_data(self, piece: bytes) -> None:
        """Take the next piece of the string: UTF-8, escapes resolved."""
        if self._string is None:
            return
        if self._string.kind == "picture":
            self._picture_data(piece)
        elif self._string.kind == "text":
            self._text_data(piece)
        else:
            self._word += piece[: MAX_WORD + 1 - len(self._word)]
            if len(self._word) > MAX_WORD:
                self._fault("a string is too long")

    def end_string(self) -> None:
        """Close the string."""
        if self._string is None:
            return
        if self._string.kind == "picture":
            self._emit_data(self._decoder.flush())
        elif self._string.kind == "text":
            for kind, piece in self._splitter.flush():
                self._text_piece(kind, piece)
        else:
            self._file(self._string.name, self._word.decode(errors="replace"))
        self._string = None

    # --- where we are ---------------------------------------------------------

    def _enter(self, kind: str) -> Node | None:
        node = self._take(kind)
        self._path.append(node)
        self._seen.append(set())
        self._next = node.members.get(ITEM) if node else None
        return node

    def _take(self, *kinds: str, null: bool = False) -> Node | None:
        """Give the node that the next value belongs to, if its kind is right."""
        node, self._next = self._next, self._item_of_parent()
        if node is None or null:
            return None
        if node.kind in kinds:
            return node
        if node.strict:
            self._fault(f"{KIND_NAMES[kinds[0]]} where {KIND_NAMES[node.kind]} belongs")
        return None

    def _item_of_parent(self) -> Node | None:
        here = self._path[-1] if self._path else None
        return here.members.get(ITEM) if here else None

    # --- what is found --------------------------------------------------------

    def _file(self, name: str, value: Scalar | str) -> None:
        """Put a small value where it is reported; another type is ignored."""
        group, _, item = name.rpartition(".")
        if group == "part":
            if item == "thought":
                self._part.thought = value is True
            else:
                self._part.mime_type = str(value)  # a word, as the shape says
        elif group == "detail":
            self._detail[item] = value
        elif group == "usage":
            if isinstance(value, int) and not isinstance(value, bool):
                self._usage[item] = value
        else:
            self._facts.setdefault(item, value)

    def _picture_data(self, piece: bytes) -> None:
        self._emit_data(self._decoder.feed(piece))

    def _emit_data(self, data: bytes) -> None:
        if not data:
            return
        if not self._part.in_picture:
            self._part.in_picture = True
            self._events.append(ImageStarted())
        self._events.append(ImageData(data))

    def _text_data(self, piece: bytes) -> None:
        for kind, found in self._splitter.feed(piece):
            self._text_piece(kind, found)

    def _text_piece(self, kind: str, piece: bytes) -> None:
        if kind == "text":
            self._text_length += len(piece)
            if self._text_length <= MAX_TEXT:
                self._part.text += piece
            else:
                self._fault("there is too much text")
        elif kind == "start":
            self._end_picture()
            self._decoder = self._new_decoder()
            self._part.mime_type = piece.decode()
        elif kind == "data":
            self._picture_data(piece)
        else:
            self._emit_data(self._decoder.flush())

    def _end_picture(self) -> None:
        if self._part.in_picture:
            part = self._part
            self._events.append(ImageEnded(part.mime_type, part.thought))
            part.in_picture = False

    def _end_part(self) -> None:
        self._end_picture()
        if self._part.text:
            text = self._part.text.decode(errors="replace")
            self._events.append(TextChunk(text, self._part.thought))
        self._part = _Part()

    def _end_reply(self) -> None:
        ended = ReplyEnded(**self._facts, usage=Usage(**self._usage))
        self._events.append(ended)
