"""One edit from request to picture in place: attempts, and what survives them.

Strategy: an attempt is one pipeline - reply bytes, parser, events, writer -
built anew each time and dropped whole when it fails.  Beside it runs the spool,
which takes the reply's bytes as they come and outlives whatever goes wrong.

Rules:
- Nothing is tried again unless `retry.next_delay` says so.
- From the first byte of a 200 on, an error names the spool that was kept; only a
  reply that was read to its end and holds no picture lets it go.
- An interruption becomes an error of ours, so that it too can say whether the
  call may be billed and where the reply lies.
"""

from __future__ import annotations

import random
import re
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from nano_edit.domain import (
    AttemptStarted,
    Billed,
    Connected,
    EditResult,
    Finishing,
    ImageData,
    ImageEnded,
    ImageStarted,
    Note,
    ReplyEnded,
    RetryScheduled,
    TextChunk,
)
from nano_edit.engine.cache import DAMAGE, Cache, cache_key
from nano_edit.engine.retry import RetryPolicy, next_delay
from nano_edit.errors import (
    InterruptedEdit,
    NanoEditError,
    RefusedError,
    Terminated,
    TerminatedEdit,
)
from nano_edit.pictures.expectation import mismatch
from nano_edit.pictures.outputs import ImageWriter
from nano_edit.pictures.spool import Spool
from nano_edit.wire.failures import error_of
from nano_edit.wire.refusals import refusal_of
from nano_edit.wire.request import RequestBody
from nano_edit.wire.response import ResponseParser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from nano_edit.domain import (
        Destination,
        EditEvent,
        EditRequest,
        Observe,
        ReplyEvent,
        WrittenImage,
    )
    from nano_edit.wire.client import Client

BLOCK = 256 * 1024  # bytes of a kept reply read at a time
MAX_ERROR = 64 * 1024  # bytes of a 200 that holds an error


class Pace(Protocol):
    """When an attempt may begin; many edits at once share one."""

    def turn(self) -> AbstractContextManager[None]:
        """Hold a place for one attempt, waiting for it if need be."""

    def pause(self, seconds: float, error: NanoEditError) -> None:
        """Let the time pass that is to lie between ``error`` and the next try."""


class Alone:
    """The pace of a single edit: at once, and sleeping in between."""

    def turn(self) -> AbstractContextManager[None]:
        """Give a place without waiting."""
        return nullcontext()

    def pause(self, seconds: float, error: NanoEditError) -> None:
        """Sleep; Ctrl-C ends it."""
        del error
        time.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Options:
    """How the result is to be treated."""

    save_drafts: bool = False
    strict: bool = False  # a picture of another shape or size is an error
    digest: bool = False  # the result's SHA-256 is wanted


@dataclass(frozen=True, slots=True)
class Means:
    """What an edit needs of the world around it."""

    client: Client
    spools: Path  # the folder where replies are kept
    observe: Observe
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    pace: Pace = field(default_factory=Alone)
    cache: Cache | None = None
    timeout: float | None = None  # seconds for one attempt; the service's own
    draw: Callable[[], float] = random.random


def edit(
    request: EditRequest,
    destination: Destination,
    means: Means,
    options: Options = Options(),
) -> EditResult:
    """Ask for one edit and put the picture in place.

    Raises NanoEditError; its ``billed``, ``attempts`` and ``recovery`` are set.
    """
    began = time.monotonic()
    run = _Run(request, destination, means, options)
    attempts, found = 0, run.from_cache()
    cached = found is not None
    if found is None:
        attempts, found = _attempts(run, means)
    result = EditResult(
        image=found.image,
        model=request.model,
        reply=found.ended,
        text=found.words,
        attempts=attempts,
        elapsed=time.monotonic() - began,
        warnings=tuple(_warnings(request, found.image, found.ended)),
        cached=cached,
    )
    return _strictly(result) if options.strict else result


def _attempts(run: _Run, means: Means) -> tuple[int, _Found]:
    """Try until it works or may not be tried again; also return how often."""
    body = RequestBody(run.request)
    attempt = 1
    while True:
        try:
            with means.pace.turn():
                means.observe(AttemptStarted(attempt, body.content_length))
                return attempt, run.attempt(body)
        except NanoEditError as error:
            error.attempts = attempt
            delay = next_delay(means.policy, attempt, error, means.draw())
            if delay is None:
                raise
            means.observe(RetryScheduled(attempt, delay, error.message))
            _pause(means, delay, error)
        attempt += 1


def recover(
    spool: Path,
    destination: Destination,
    observe: Observe,
    options: Options = Options(),
) -> EditResult:
    """Make the picture from a reply that was kept, without any call.

    A reply that was cut gives the last whole picture it holds, with a warning.
    Raises ProtocolError, RefusedError or OutputError; the spool is left alone.
    """
    began = time.monotonic()
    reading = _Reading()
    warnings = []
    with _writer(destination, options, observe, salvage=True) as writer:
        try:
            reading.read(_blocks(spool), writer)
        except NanoEditError as fault:
            if not writer.has_result:
                raise
            warnings.append(f"The reply is not whole. {fault.message}")
        else:
            _raise_if_empty(reading)
        image = writer.commit()
    return EditResult(
        image=image,
        model=reading.ended.model_version or "",
        reply=reading.ended,
        text=reading.words,
        attempts=0,
        elapsed=time.monotonic() - began,
        warnings=tuple(warnings),
    )


# --- one attempt -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Found:
    """What a whole reply gave."""

    image: WrittenImage
    ended: ReplyEnded
    words: str


class _Run:
    """One edit's requests and replies; knows how far an attempt came when it ends."""

    def __init__(
        self,
        request: EditRequest,
        destination: Destination,
        means: Means,
        options: Options,
    ) -> None:
        self.request = request
        self._destination = destination
        self._means = means
        self._options = options
        self._key = cache_key(request) if means.cache else ""
        self._billed = Billed.NO
        self._keep = False

    def from_cache(self) -> _Found | None:
        """Return what an earlier reply gives; a damaged one is none at all."""
        cache = self._means.cache
        blocks = cache.open(self._key) if cache else None
        if cache is None or blocks is None:
            return None
        reading = _Reading()
        with self._writer() as writer:
            try:
                reading.read(blocks, writer)
                _raise_if_empty(reading)
            except (*DAMAGE, NanoEditError):
                cache.forget(self._key)
                return None
            return _Found(writer.commit(), reading.ended, reading.words)

    def attempt(self, body: RequestBody) -> _Found:
        """Send the request once; what it raises tells what became of the money."""
        self._billed, self._keep = Billed.NO, False
        spool = Spool.create(
            self._means.spools, label={"output": self._destination.name}
        )
        try:
            found = self._through(body, spool)
        except NanoEditError as error:
            self._leave(spool, error)
            raise
        except KeyboardInterrupt as stop:
            interrupted = _interrupted(stop, self._billed)
            self._leave(spool, interrupted)
            raise interrupted from stop
        except BaseException:
            self._leave(spool, None)
            raise
        if self._means.cache and (path := spool.keep()):
            self._means.cache.keep(self._key, path)
        spool.discard()
        return found

    def _writer(self) -> ImageWriter:
        return _writer(self._destination, self._options, self._means.observe)

    def _through(self, body: RequestBody, spool: Spool) -> _Found:
        means, reading = self._means, _Reading()
        with self._writer() as writer:
            with means.client.send(
                self.request.model, body, self._noting, means.timeout
            ) as reply:
                self._billed, self._keep = Billed.YES, True
                reading.read(_spooled(reply, spool), writer)
            means.observe(Finishing())
            try:
                _raise_if_empty(reading)
            except NanoEditError:
                self._keep = False  # understood to its end: nothing to recover
                raise
            return _Found(writer.commit(), reading.ended, reading.words)

    def _noting(self, event: EditEvent) -> None:
        if isinstance(event, Connected):
            self._billed = Billed.UNKNOWN
        self._means.observe(event)

    def _leave(self, spool: Spool, error: NanoEditError | None) -> None:
        if not self._keep:
            spool.discard()
            return
        kept = spool.keep()
        if error and error.recovery is None:
            error.recovery = kept


class _Reading:
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
        parser = ResponseParser()
        for block in blocks:
            self.head += block[: MAX_ERROR - len(self.head)]
            for event in parser.feed(block):
                self._take(event, writer)
            if parser.complete:
                return
        parser.close()

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
            case ReplyEnded():
                self.ended = event


def _raise_if_empty(reading: _Reading) -> None:
    if reading.ended.has_error:
        raise error_of(200, {}, bytes(reading.head))
    if not reading.pictures:
        raise refusal_of(reading.ended, reading.words)


def _writer(
    destination: Destination,
    options: Options,
    observe: Observe,
    *,
    salvage: bool = False,
) -> ImageWriter:
    return ImageWriter(
        destination,
        save_drafts=options.save_drafts,
        digest=options.digest,
        salvage=salvage,
        note=lambda text: observe(Note(text)),
    )


def _spooled(blocks: Iterable[bytes], spool: Spool) -> Iterator[bytes]:
    for block in blocks:
        spool.write(block)
        yield block


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        while block := file.read(BLOCK):
            yield block


# --- what an edit ends with --------------------------------------------------


def _pause(means: Means, delay: float, error: NanoEditError) -> None:
    try:
        means.pace.pause(delay, error)
    except KeyboardInterrupt as stop:
        raise _interrupted(stop, error.billed) from stop


_MAY_BE_BILLED = {
    Billed.NO: "Nothing was sent; nothing is billed.",
    Billed.UNKNOWN: "The request was on its way: the call may be billed.",
    Billed.YES: "The reply had begun: the call is billed.",
}


def _interrupted(stop: KeyboardInterrupt, billed: Billed) -> InterruptedEdit:
    if isinstance(stop, Terminated):
        return TerminatedEdit(f"Terminated. {_MAY_BE_BILLED[billed]}", billed=billed)
    return InterruptedEdit(f"Interrupted. {_MAY_BE_BILLED[billed]}", billed=billed)


def _warnings(
    request: EditRequest, image: WrittenImage, ended: ReplyEnded
) -> Iterator[str]:
    yield from min(
        (
            mismatch(
                image.width,
                image.height,
                image_size=request.image_size,
                aspect_ratio=request.aspect_ratio,
                source=(source.width, source.height),
            )
            # The model may follow the last of several pictures, or the first.
            for source in (request.images[0], request.images[-1])
        ),
        key=len,
    )
    if ended.finish_reason not in {None, "STOP"}:
        yield f"The model ended with {ended.finish_reason}, not STOP."


def _strictly(result: EditResult) -> EditResult:
    if not result.warnings:
        return result
    error = RefusedError(
        "What came is not what was asked for. " + " ".join(result.warnings),
        hint="The picture is kept; leave --strict out to take it as it is.",
        billed=Billed.YES,
        http_status=200,
    )
    error.recovery = result.image.path
    error.attempts = result.attempts
    raise error
