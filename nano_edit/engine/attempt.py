"""One request and its reply: a pipeline that is built anew for each attempt.

Beside it runs the spool, which takes the reply's bytes as they come and outlives
whatever goes wrong.

Rules:
- From the first byte of a 200 on, an error names the spool that was kept; only a
  reply that was read to its end and holds no picture lets it go.
- An interruption becomes an error of ours, so that it too can say whether the
  call may be billed and where the reply lies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nano_edit.domain import AttemptStarted, Billed, Connected, Finishing
from nano_edit.engine.disk_space import space_for
from nano_edit.engine.receive import Reading, raise_if_empty, writer_for
from nano_edit.engine.replies.cache import DAMAGE, cache_key
from nano_edit.engine.replies.kept import read_document
from nano_edit.engine.replies.spool import About, Spool
from nano_edit.errors import (
    InterruptedEdit,
    NanoEditError,
    Terminated,
    TerminatedEdit,
)
from nano_edit.pictures.outputs.destination import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nano_edit.domain import (
        Destination,
        EditEvent,
        EditRequest,
        ReplyEnded,
        WrittenImage,
    )
    from nano_edit.engine.means import Means, Options
    from nano_edit.pictures.outputs.image_writer import ImageWriter
    from nano_edit.wire.gemini.request import RequestBody


@dataclass(frozen=True, slots=True)
class Found:
    """What a whole reply gave."""

    image: WrittenImage
    ended: ReplyEnded
    words: str


class Run:
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
        self._key = cache_key(request, options.variant) if means.cache else ""
        self.begun = 0  # attempts
        self.owed = Billed.NO  # whether an attempt that has ended was billed
        self._billed = Billed.NO
        self._keep = False

    def from_cache(self) -> Found | None:
        """Return what an earlier reply gives; a damaged one is none at all."""
        cache = self._means.cache
        blocks = cache.open(self._key) if cache else None
        if cache is None or blocks is None:
            return None
        reading = Reading()
        with self._writer() as writer:
            try:
                reading.read(blocks, writer)
                raise_if_empty(reading)
            except (*DAMAGE, NanoEditError):
                cache.forget(self._key)
                return None
            return Found(writer.commit(), reading.ended, reading.words)

    def attempt(self, body: RequestBody) -> Found:
        """Send the request once; what it raises tells what became of the money."""
        self.begun += 1
        self._means.observe(AttemptStarted(self.begun, body.content_length))
        self._billed, self._keep = self.owed, False
        size = space_for(self.request.image_size)
        folder = temporary_folder(self._destination)
        with self._means.space.reserve((self._means.spools, size), (folder, size)):
            return self._with_spool(body)

    def _with_spool(self, body: RequestBody) -> Found:
        about = About(
            output=str((self._destination.folder / self._destination.name).absolute()),
            instruction=self.request.instruction,
            model=self.request.model,
        )
        spool = Spool.create(self._means.spools, about)
        try:
            found = self._through(body, spool)
            self.owed = Billed.YES
            self._remember(spool)
        except NanoEditError as error:
            self._leave(spool, error)
            raise
        except KeyboardInterrupt as stop:
            ended = interrupted(stop, self._billed)
            self._leave(spool, ended)
            raise ended from stop
        except BaseException:
            self._leave(spool, None)
            raise
        return found

    def _writer(self) -> ImageWriter:
        return writer_for(self._destination, self._options, self._means.observe)

    def _through(self, body: RequestBody, spool: Spool) -> Found:
        means, reading = self._means, Reading()
        with self._writer() as writer:
            spool.make_room = writer.release
            with means.client.send(
                self.request.model, body, self._noting, means.timeout
            ) as reply:
                self._billed, self._keep = Billed.YES, True
                reading.read(_spooled(reply, spool), writer)
                spool.mark_whole()
            means.observe(Finishing())
            try:
                raise_if_empty(reading)
            except NanoEditError:
                self._keep = False  # understood to its end: nothing to recover
                raise
            return Found(writer.commit(), reading.ended, reading.words)

    def _remember(self, spool: Spool) -> None:
        if self._means.cache and not spool.fault:
            self._means.cache.keep(self._key, read_document(spool.path))
        spool.discard()

    def _noting(self, event: EditEvent) -> None:
        if isinstance(event, Connected):
            self._billed = Billed.UNKNOWN
        self._means.observe(event)

    def _leave(self, spool: Spool, error: NanoEditError | None) -> None:
        if not self._keep:
            spool.discard()
            return
        kept = spool.keep(error.message if error else "")
        if error is None:
            return
        if error.recovery is None:
            error.recovery = kept
        if spool.fault:
            error.message += f" The reply could not be kept whole: {spool.fault}."
            error.args = (error.message,)


def _spooled(blocks: Iterable[bytes], spool: Spool) -> Iterator[bytes]:
    for block in blocks:
        spool.write(block)
        yield block


_MAY_BE_BILLED = {
    Billed.NO: "Nothing was sent; nothing is billed.",
    Billed.UNKNOWN: "The request was on its way: the call may be billed.",
    Billed.YES: "The reply had begun: the call is billed.",
}


def interrupted(stop: KeyboardInterrupt, billed: Billed) -> InterruptedEdit:
    """Return the error that an interruption means."""
    if isinstance(stop, Terminated):
        return TerminatedEdit(f"Terminated. {_MAY_BE_BILLED[billed]}", billed=billed)
    return InterruptedEdit(f"Interrupted. {_MAY_BE_BILLED[billed]}", billed=billed)
