"""A reply passed on: bytes to the parser, its events to the writer.

The parser never sees a file and the writer never sees a byte of JSON; here they
meet, and what the reply says beside the picture is kept.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nano_edit.domain import (
    ImageData,
    ImageEnded,
    ImageStarted,
    Note,
    ReplyEnded,
    TextChunk,
)
from nano_edit.errors import ProtocolError
from nano_edit.pictures.outputs.image_writer import ImageWriter
from nano_edit.wire.gemini.errors import error_of, refusal_of
from nano_edit.wire.gemini.response import ResponseParser

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nano_edit.domain import Destination, Observe, ReplyEvent
    from nano_edit.engine.means import Options

MAX_ERROR = 64 * 1024  # bytes of a 200 that holds an error


class Reading:
    """A reply passed on to the writer, and what it said beside the picture."""

    def __init__(self) -> None:
        self.ended = ReplyEnded()
        self.pictures = 0  # that are no thoughts
        self.head = bytearray()  # the body's beginning, in case it is an error
        self._words: list[str] = []

    @property
    def words(self) -> str:
        """What the model said, without the husk of a picture in Markdown."""
        return re.sub(r"!\[[^\]]*\]\(\)", "", "".join(self._words)).strip()

    def read(self, blocks: Iterable[bytes], writer: ImageWriter) -> None:
        """Pass on all that comes until the reply is complete; see `ResponseParser`."""
        parser = ResponseParser()
        for block in blocks:
            self.head += block[: MAX_ERROR - len(self.head)]
            try:
                self._pass_on(parser.feed(block), writer)
            except ProtocolError:
                self._pass_on(parser.before_fault(), writer)  # may hold a whole one
                raise
            if parser.complete:
                return
        parser.close()

    def _pass_on(self, events: Iterable[ReplyEvent], writer: ImageWriter) -> None:
        for event in events:
            self._take(event, writer)

    def _take(self, event: ReplyEvent, writer: ImageWriter) -> None:
        match event:
            case ImageData(data):
                writer.image_data(data)
            case ImageStarted():
                writer.image_started()
            case ImageEnded(_, thought):
                writer.image_ended(thought=thought)
                self.pictures += not thought
            case TextChunk(text, thought):
                self._words.append("" if thought else text)
            case _:
                self.ended = event


def raise_if_empty(reading: Reading) -> None:
    """Raise what a whole reply without a picture means, if this is one."""
    if reading.ended.has_error:
        raise error_of(200, {}, bytes(reading.head))
    if not reading.pictures:
        raise refusal_of(reading.ended, reading.words)


def writer_for(
    destination: Destination,
    options: Options,
    observe: Observe,
    *,
    salvage: bool = False,
) -> ImageWriter:
    """Return the writer of one reply's pictures."""
    return ImageWriter(
        destination,
        save_drafts=options.save_drafts,
        digest=options.digest,
        salvage=salvage,
        note=lambda text: observe(Note(text)),
    )
