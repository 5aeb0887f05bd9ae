"""One request and its reply: a pipeline that is built anew for each attempt.

Beside it the reply's bytes go into the spool as they come over the network, which
outlives whatever goes wrong.

Rules:
- The spool takes the reply to its end, whatever the parser thinks of it.  From its
  first byte on, an error names the spool that was kept; only a reply that was read
  to its end, understood, and holds no picture lets it go.
- An interruption becomes an error of ours, so that it too can say whether the
  call may be billed and where the reply lies.
"""

from __future__ import annotations

import random
import threading
from contextlib import suppress
from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING

from nano_edit.domain import (
    AttemptStarted,
    Billed,
    Connected,
    Finishing,
    ReplyStarted,
    RequestSent,
)
from nano_edit.engine.disk_space import DiskSpace, space_for
from nano_edit.engine.history.note import HistoryNote
from nano_edit.engine.money.billing import NOTHING, TIER_HEADER, added
from nano_edit.engine.receive import Placing, Received, ResponseReceiver
from nano_edit.engine.replies.cache import DAMAGE, cache_key
from nano_edit.engine.replies.kept import (
    LARGEST,
    find_kept,
    read_document,
    read_raw,
    remove_reply,
)
from nano_edit.engine.replies.spool import About, Spool
from nano_edit.engine.retry import RetryPolicy
from nano_edit.errors import (
    InterruptedEdit,
    NanoEditError,
    OutputError,
    RefusedError,
    Terminated,
    TerminatedEdit,
    UnknownOutcomeError,
)
from nano_edit.frozen import Frozen
from nano_edit.pictures.outputs.destination import temporary_folder
from nano_edit.wire.codec.content_coding import ContentDecoder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from nano_edit.domain import Cost, EditEvent, Observe, Prepared, WrittenImage
    from nano_edit.engine.history.store import History
    from nano_edit.engine.money.billing import Bill, Billing
    from nano_edit.engine.rate_gate import RateGate
    from nano_edit.engine.replies.cache import Cache
    from nano_edit.wire.gemini.request import RequestBody
    from nano_edit.wire.http.client import Client


class Dependencies(Frozen):
    """What an edit needs beside its request."""

    client: Client
    replies: Path  # the folder where replies are kept
    gate: RateGate
    observe: Observe
    billing: Billing
    provider: str = ""  # its name, for lists
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    cache: Cache | None = None
    timeout: float | None = None  # seconds for one attempt; None: the service's own
    digest: bool = False  # the result's SHA-256 is wanted
    emulated: bool = False
    placing: Placing = lambda _: None  # told of a picture before it is placed
    space: DiskSpace = field(default_factory=DiskSpace)
    history: History | None = None
    service: str = ""  # where it is sent, as the history names it
    jitter: Callable[[], float] = random.random  # from 0 to 1


class Attempts:
    """One edit's requests and replies; knows how far an attempt came when it ends."""

    def __init__(self, prepared: Prepared, dependencies: Dependencies) -> None:
        self._prepared = prepared
        self._with = dependencies
        self.begun = 0  # attempts
        self.owed = Billed.NO  # whether an attempt that has ended was billed
        self.cost = NOTHING  # of the attempts that have ended
        self.tier: str | None = None  # that served the last one, where it was told
        self._billed = Billed.NO
        self._keep = False
        self.request = prepared.request  # as it is sent
        self.note = HistoryNote(prepared, dependencies.history)

    @cached_property
    def key(self) -> str:
        """What the reply answers, as the cache and the kept replies name it."""
        key = cache_key(self._prepared.request, self._prepared.edit.variant)
        return f"emulated-{key}" if self._with.emulated else key

    def from_cache(self) -> Received | None:
        """Return what an earlier reply gives; a damaged one is a miss."""
        cache = self._with.cache
        blocks = cache.open(self.key) if cache else None
        if cache is None or blocks is None:
            return None
        with self._receiver() as receiver:
            try:
                receiver.receive(
                    blocks,
                    ContentDecoder("", LARGEST),
                    lambda: cache.open(self.key) or (),
                    LARGEST,
                )
                receiver.check()
            except (*DAMAGE, NanoEditError):
                cache.forget(self.key)
                return None
            received = receiver.finish()
        self.note.link(cache.file_of(self.key))
        return received

    def from_kept(self) -> Received | None:
        """Return what a whole reply gives that an earlier run paid for and kept.

        The reply goes when its picture is in place; one that cannot be read stays.
        """
        folder = self._with.replies
        kept = find_kept(folder, lambda: self.key)
        if kept is None:
            return None
        with self._receiver() as receiver:
            try:
                receiver.receive_kept(kept.path)
                receiver.check()
                received = receiver.finish()
            except OutputError as error:
                error.recovery = error.recovery or kept.path
                raise
            except (OSError, NanoEditError):
                return None
        self.note.take(kept.path)
        with suppress(OSError):
            remove_reply(kept.path, folder)
        return received

    def attempt(self, body: RequestBody) -> Received:
        """Send the request once; what it raises tells what became of the money."""
        size = space_for(self._prepared.request.image_size)
        folder = temporary_folder(self._prepared.destination)
        needs = (self._with.replies, size), (folder, size)
        bill = self._with.billing.begin(self.request)
        try:
            self.begun += 1
            self._with.observe(AttemptStarted(self.begun, body.content_length))
            self._billed, self._keep = self.owed, False
            with self._with.space.reserve(*needs):
                received = self._with_spool(body, bill)
        except NanoEditError as error:
            self._spend(bill.settle(error))
            raise
        except BaseException:
            self._spend(bill.abandon(self._billed))
            raise
        self._spend(bill.settle(None))
        return received

    def _spend(self, cost: Cost) -> None:
        self.cost = added(self.cost, cost)

    def _with_spool(self, body: RequestBody, bill: Bill) -> Received:
        destination, request = self._prepared.destination, self._prepared.request
        about = About(
            output=str((destination.folder / destination.name).absolute()),
            instruction=request.instruction,
            provider=self._with.provider,
            model=request.model,
        )
        spool = Spool.create(self._with.replies, about)
        try:
            received = self._through(body, spool, bill)
            self.owed = Billed.YES
            self._remember(spool)
        except NanoEditError as error:
            self._leave(spool, error)
            raise
        except KeyboardInterrupt as stop:
            ended = interrupted(stop, self._billed)
            self._leave(spool, ended)
            raise ended from stop
        except MemoryError:
            short = self._out_of_memory()
            self._leave(spool, short)
            raise short from None
        except BaseException:
            self._leave(spool, None)
            raise
        return received

    def _out_of_memory(self) -> NanoEditError:
        kind = OutputError if self._keep else UnknownOutcomeError
        return kind(
            "The memory did not suffice.",
            hint="Make fewer edits at once (--jobs), or raise the limit of memory.",
            billed=self._billed,
        )

    def _receiver(self) -> ResponseReceiver:
        return ResponseReceiver(
            self._prepared.destination,
            save_drafts=self._prepared.edit.save_drafts,
            digest=self._with.digest or self.note.is_wanted,
            observe=self._with.observe,
            placing=self._placing,
            hide=self._with.client.hide_key,
            rework=self._prepared.rework,
        )

    def _placing(self, image: WrittenImage) -> None:
        self.note.look_at_inputs()  # before the picture may replace one of them
        self._with.placing(image)

    def _through(self, body: RequestBody, spool: Spool, bill: Bill) -> Received:
        client, model = self._with.client, self._prepared.request.model
        with self._receiver() as receiver:
            spool.make_room = receiver.release

            def noting(event: EditEvent) -> None:
                self._note_stage(event, spool, bill)

            with client.send(model, body, noting, self._with.timeout) as reply:
                self._billed, self._keep = Billed.YES, True
                spool.describe(content_encoding=reply.coding)
                receiver.receive(
                    _spooled(reply.blocks(), spool),
                    reply.decoder,
                    lambda: _read_back(spool),
                    reply.limit,
                )
                bill.answered(receiver.ended)
                if receiver.is_whole:
                    spool.mark_whole()
            self._with.observe(Finishing())
            try:
                receiver.check()
            except NanoEditError:
                # Understood to its end, and no picture in it: nothing to recover.
                self._keep = receiver.fault is not None
                raise
            bill.has_picture = True
            try:
                return receiver.finish()
            except RefusedError as refusal:
                # It came whole and does not fit the original; the picture is kept.
                self._keep = refusal.recovery is None
                raise

    def _remember(self, spool: Spool) -> None:
        cache = self._with.cache
        if cache and not spool.fault:
            cache.keep(self.key, read_document(spool.path))
            if self.note.link(cache.file_of(self.key)):
                spool.discard()
        spool.hand_over(self.note.take)

    def _note_stage(self, event: EditEvent, spool: Spool, bill: Bill) -> None:
        if isinstance(event, Connected):
            bill.send()
            self._billed = Billed.UNKNOWN
        elif isinstance(event, RequestSent):
            self._name_job(spool)
        elif isinstance(event, ReplyStarted):
            bill.served_by(dict(event.headers).get(TIER_HEADER))
            self.tier = bill.tier
        self._with.observe(event)

    def _name_job(self, spool: Spool) -> None:
        """Note in the spool which edit it answers, while the service is silent.

        The key takes reading the pictures, which nobody should wait for.
        """

        def note() -> None:
            with suppress(OSError, NanoEditError):  # a picture that has changed
                spool.describe(job=self.key)
                self.note.look_at_inputs()

        with suppress(RuntimeError):  # no more threads: it is found by hand only
            threading.Thread(target=note, daemon=True).start()

    def _leave(self, spool: Spool, error: NanoEditError | None) -> None:
        if not self._keep:
            spool.discard()
            return
        hide = self._with.client.hide_key
        kept = spool.keep(hide(error.message) if error else "")
        if error is None:
            return
        if error.recovery is None:
            error.recovery = kept
        if spool.fault:
            error.message += f" The reply could not be kept whole: {spool.fault}."
            error.args = (error.message,)


def _read_back(spool: Spool) -> Iterator[bytes]:
    if spool.fault is not None:
        raise OSError(spool.fault)  # there is a gap in it
    return read_raw(spool.path)


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
