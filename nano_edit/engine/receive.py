"""A reply passed on: bytes to the parser, its events to the writer.

The parser never sees a file and the writer never sees a byte of JSON; here they
meet, and what the reply says beside the picture is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from nano_edit.domain import (
    ImageData,
    ImageEnded,
    ImageStarted,
    Note,
    ReplyEnded,
    TextChunk,
)
from nano_edit.errors import ProtocolError
from nano_edit.frozen import Frozen
from nano_edit.pictures.outputs.image_writer import ImageWriter
from nano_edit.wire.gemini.errors import error_of, refusal_of
from nano_edit.wire.gemini.response import ResponseParser

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nano_edit.domain import Destination, Observe, ReplyEvent, WrittenImage

Placing = Callable[["WrittenImage"], None]
MAX_ERROR = 64 * 1024  # bytes of a 200 that holds an error


class Received(Frozen):
    """What a whole reply gave: the picture in its place, and the words beside it."""

    image: WrittenImage
    ended: ReplyEnded
    words: str


class ResponseReceiver:
    """Passes one reply on to the writer of its pictures.

    A context manager; leaving it without `finish` removes what was written.
    ``placing`` is told of the picture just before it is moved to its place.
    ``salvage`` is for a reply that was cut off; see `ImageWriter`.
    """

    def __init__(
        self,
        destination: Destination,
        *,
        save_drafts: bool,
        digest: bool,
        observe: Observe,
        placing: Placing = lambda _: None,
        salvage: bool = False,
    ) -> None:
        self.ended = ReplyEnded()
        self.pictures = 0  # that are no thoughts
        self._head = bytearray()  # the body's beginning, in case it is an error
        self._words: list[str] = []
        self._writer = ImageWriter(
            destination,
            save_drafts=save_drafts,
            digest=digest,
            salvage=salvage,
            note=lambda text: observe(Note(text)),
            placing=placing,
        )

    def __enter__(self) -> Self:
        self._writer.__enter__()
        return self

    def __exit__(self, *details: object) -> None:
        self._writer.__exit__(*details)

    @property
    def has_result(self) -> bool:
        """Whether a picture came that can be the result."""
        return self._writer.has_result

    @property
    def words(self) -> str:
        """What the model said, without the empty links that stood for its pictures."""
        return re.sub(r"!\[[^\]]*\]\(\)", "", "".join(self._words)).strip()

    def release(self, device: int) -> bool:
        """Give up the picture on this device; see `ImageWriter.release`."""
        return self._writer.release(device)

    def read(self, blocks: Iterable[bytes]) -> None:
        """Pass on all that comes until the reply is complete; see `ResponseParser`."""
        parser = ResponseParser()
        for block in blocks:
            self._head += block[: MAX_ERROR - len(self._head)]
            try:
                self._pass_on(parser.feed(block))
            except ProtocolError:
                self._pass_on(parser.before_fault())  # may hold a whole picture
                raise
            if parser.complete:
                return
        parser.close()

    def raise_if_empty(self) -> None:
        """Raise what a whole reply without a picture means, if this is one."""
        if self.ended.has_error:
            raise error_of(200, {}, bytes(self._head))
        if not self.pictures:
            raise refusal_of(self.ended, self.words)

    def finish(self) -> Received:
        """Put the picture in its place; raises what `ImageWriter.commit` raises."""
        return Received(self._writer.commit(), self.ended, self.words)

    def _pass_on(self, events: Iterable[ReplyEvent]) -> None:
        for event in events:
            self._take(event)

    def _take(self, event: ReplyEvent) -> None:
        match event:
            case ImageData(data):
                self._writer.image_data(data)
            case ImageStarted():
                self._writer.image_started()
            case ImageEnded(_, thought):
                self._writer.image_ended(thought=thought)
                self.pictures += not thought
            case TextChunk(text, thought):
                self._words.append("" if thought else text)
            case _:
                self.ended = event
