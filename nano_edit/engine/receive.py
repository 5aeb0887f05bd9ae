"""One reply received: bytes to the parser, its events to the writer of pictures.

The parser never sees a file and the writer never sees a byte of JSON; here they
meet, and what the reply says beside the picture is kept.

Rules:
- A reply is read strictly.  Where that fails, the rest of it is taken all the same,
  and a lenient reading from its first byte looks for pictures.
- The key is masked in everything that the reply says.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from nano_edit.domain import (
    ImageData,
    ImageEnded,
    ImageStarted,
    Note,
    ReplyEnded,
    TextChunk,
)
from nano_edit.engine.replies.kept import LARGEST, content_encoding_of, read_raw
from nano_edit.errors import (
    InputError,
    InterruptedEdit,
    NanoEditError,
    ProtocolError,
)
from nano_edit.frozen import Frozen
from nano_edit.pictures.outputs.image_writer import ImageWriter
from nano_edit.wire.codec.content_coding import ContentDecoder
from nano_edit.wire.gemini.errors import error_of, refusal_of
from nano_edit.wire.gemini.response import ResponseParser
from nano_edit.wire.gemini.salvage import events_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from nano_edit.domain import (
        Destination,
        Observe,
        ReplyEvent,
        Rework,
        WrittenImage,
    )

Placing = Callable[["WrittenImage"], None]
MAX_ERROR = 64 * 1024  # bytes of a 200 that holds an error
_FOREIGN = (  # fields of `ReplyEnded` that hold the service's words
    *("finish_reason", "finish_message", "block_reason", "block_message"),
    *("response_id", "model_version"),
)


class Received(Frozen):
    """What a reply gave: the picture in its place, and the words beside it."""

    image: WrittenImage
    ended: ReplyEnded
    words: str
    warnings: tuple[str, ...] = ()


class ResponseReceiver:
    """Passes one reply on to the writer of its pictures.

    A context manager; leaving it without `finish` removes what was written.
    ``placing`` is told of the picture just before it is moved to its place.
    ``salvage`` takes any whole picture of a broken reply, a draft if need be; without
    it only the last.  ``hide`` masks the key in a text.
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
        rework: Rework | None = None,
        hide: Callable[[str], str] = lambda text: text,
    ) -> None:
        self.ended = ReplyEnded()
        self.fault: NanoEditError | None = None  # why it could not be read strictly
        self.is_whole = False  # all of it came, whatever may be wrong with it
        self._begun = 0  # pictures
        self._ended = 0  # pictures that are no thoughts
        self._destination = destination
        self._save_drafts = save_drafts
        self._digest = digest
        self._observe = observe
        self._placing = placing
        self._takes_any = salvage
        self._rework = rework
        self._hide = hide
        self._head = bytearray()  # the body's beginning, in case it is an error
        self._words: list[str] = []
        self._stack = ExitStack()
        self._writer = self._new_writer(salvage=salvage)

    def __enter__(self) -> Self:
        self._stack.enter_context(self._writer)
        return self

    def __exit__(self, *details: object) -> None:
        self._stack.close()

    @property
    def words(self) -> str:
        """What the model said, without the empty links that stood for its pictures."""
        said = re.sub(r"!\[[^\]]*\]\(\)", "", "".join(self._words)).strip()
        return self._hide(said)

    def release(self, device: int) -> bool:
        """Give up the picture on this device; see `ImageWriter.release`."""
        return self._writer.release(device)

    def receive(
        self,
        blocks: Iterable[bytes],
        decoder: ContentDecoder,
        from_start: Callable[[], Iterable[bytes]],
        limit: int,
    ) -> None:
        """Take a reply, as it comes over the network, to its end.

        ``from_start`` gives the blocks that have been taken, once more.  Raises only
        what ends the edit at once (InterruptedEdit, and what is no NanoEditError);
        `fault` says what was wrong, and `check` raises it if it matters.
        """
        self.is_whole = True
        rest = self._noting_breaks(blocks)
        try:
            self._read(_decoded(rest, decoder))
        except InterruptedEdit:
            raise
        except NanoEditError as fault:
            self.fault = fault
            try:
                self._salvage(rest, from_start, limit)
            except OSError:  # what was kept cannot be read now; a later run can
                _drain(_until_broken(rest))

    def receive_kept(self, reply: Path) -> None:
        """Take a reply that was kept; see `receive`.  Raises OSError."""
        decoder = ContentDecoder(content_encoding_of(reply), LARGEST)
        self.receive(read_raw(reply), decoder, lambda: read_raw(reply), LARGEST)

    def check(self) -> None:
        """Raise what keeps the reply's picture from being the result, if anything."""
        if self.fault is not None:
            if not self._has_salvaged():
                raise self.fault
        elif not self._ended and not self._writer.has_result:
            if self.ended.has_error:
                raise error_of(200, {}, self._hidden_head())
            raise refusal_of(self.ended, self.words)

    def finish(self) -> Received:
        """Put the picture in its place; raises what `ImageWriter.commit` raises."""
        image = self._writer.commit()
        return Received(image, self.ended, self.words, tuple(self._warnings()))

    def _warnings(self) -> Iterator[str]:
        """Yield what is to be known about a picture from a reply that is not sound."""
        is_final = self._writer.has_whole_final or not self._ended
        what = "The picture in it is whole."
        if not self.is_whole and self.ended.finish_reason is None:
            what = "The last picture that came is whole; another may have been to come."
        if not is_final:
            what = "Its last picture is not whole; the last whole one is taken."
        if self.fault is not None:
            yield f"{self._hide(self.fault.message)} {what}"
        elif not is_final:
            yield what

    def _noting_breaks(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        try:
            yield from blocks
        except NanoEditError:
            self.is_whole = False
            raise

    # --- strictly ---------------------------------------------------------------

    def _read(self, document: Iterable[bytes]) -> None:
        parser = ResponseParser()
        for block in document:
            self._head += block[: MAX_ERROR - len(self._head)]
            try:
                self._take_all(parser.feed(block))
            except ProtocolError:
                self._take_all(parser.before_fault())
                raise
            if parser.complete:
                return
        parser.close()

    # --- leniently --------------------------------------------------------------

    def _salvage(
        self,
        rest: Iterable[bytes],
        from_start: Callable[[], Iterable[bytes]],
        limit: int,
    ) -> None:
        """Take what still comes, and look for pictures in all of it."""
        for anywhere in (False, True):
            self._start_again()
            blocks = itertools.chain(from_start(), _until_broken(rest))
            self._take_all(events_of(blocks, limit, anywhere=anywhere))
            if self._begun:
                return

    def _start_again(self) -> None:
        self._stack.close()
        self._words.clear()
        self._begun = self._ended = 0
        self.ended = ReplyEnded()
        self._writer = self._new_writer(salvage=True)
        try:
            self._stack.enter_context(self._writer)
        except InputError:  # no file can be made: told when a picture needs one
            self._stack.push(self._writer)

    def _has_salvaged(self) -> bool:
        if self._takes_any:
            return self._writer.has_result
        return self._writer.has_whole_final

    # --- both -------------------------------------------------------------------

    def _new_writer(self, *, salvage: bool) -> ImageWriter:
        return ImageWriter(
            self._destination,
            save_drafts=self._save_drafts,
            digest=self._digest,
            salvage=salvage,
            note=lambda text: self._observe(Note(text)),
            placing=self._placing,
            rework=self._rework,
        )

    def _take_all(self, events: Iterable[ReplyEvent]) -> None:
        for event in events:
            self._take(event)

    def _take(self, event: ReplyEvent) -> None:
        match event:
            case ImageData(data):
                self._writer.image_data(data)
            case ImageStarted():
                self._writer.image_started()
                self._begun += 1
            case ImageEnded(_, thought):
                self._writer.image_ended(thought=thought)
                self._ended += not thought
            case TextChunk(text, thought):
                self._words.append("" if thought else text)
            case _:  # ReplyEnded
                said = {name: getattr(event, name) for name in _FOREIGN}
                hidden: dict[str, Any] = {
                    name: self._hide(text) for name, text in said.items() if text
                }
                self.ended = replace(event, **hidden)

    def _hidden_head(self) -> bytes:
        return self._hide(self._head.decode("latin-1")).encode("latin-1")


def _until_broken(rest: Iterable[bytes]) -> Iterator[bytes]:
    try:
        yield from rest
    except InterruptedEdit:
        raise
    except NanoEditError:  # what was wrong first is what is told
        pass


def _drain(blocks: Iterable[bytes]) -> None:
    for _ in blocks:
        pass


def _decoded(blocks: Iterable[bytes], decoder: ContentDecoder) -> Iterator[bytes]:
    for block in blocks:
        yield from decoder.feed(block)
    yield from decoder.close()
