from __future__ import annotations

import base64
import io
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from support import Finished, command, environment, noise, photo
from support.peers import Line, Peer, always, answer, full_backlog, refusing_port
from support.replies import body, image_part, reply

from nano_edit.cli.display.progress import Watch
from nano_edit.domain import (
    ApiKey,
    AttemptStarted,
    BytesReceived,
    Connected,
    Destination,
    Edit,
    EditEvent,
    EditRequest,
    Finishing,
    ImageInput,
    Note,
    Prepared,
    RetryScheduled,
)
from nano_edit.emulator import Emulator
from nano_edit.engine.attempt import Dependencies
from nano_edit.engine.edit import send
from nano_edit.engine.money.billing import Billing
from nano_edit.engine.rate_gate import RateGate
from nano_edit.engine.recover import recover
from nano_edit.engine.replies.cache import Cache
from nano_edit.engine.replies.kept import list_kept
from nano_edit.engine.retry import RetryPolicy
from nano_edit.errors import (
    AuthError,
    InputError,
    InterruptedEdit,
    NanoEditError,
    NetworkError,
    OutputError,
    ProtocolError,
    QuotaError,
    RefusedError,
    RejectedError,
    ServerError,
    Terminated,
    TerminatedEdit,
    UnknownOutcomeError,
)
from nano_edit.wire.http.client import Client
from nano_edit.wire.providers import PROVIDERS
from nano_edit.wire.service import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from support.peers import Talk

    from nano_edit.domain import EditResult

KEY = "sk-canary-0123456789"
PATIENCE = 20.0  # seconds; a test that waits so long has failed


def png(seed: int = 1, size: tuple[int, int] = (24, 16)) -> bytes:
    file = io.BytesIO()
    noise(*size, seed=seed).save(file, "PNG")
    return file.getvalue()


FIRST, SECOND = png(1), png(2)
WHOLE = body(reply(image_part(FIRST)))
LIMITED = body({"error": {"code": 429, "message": "slow", "status": "X"}})
BUSY = body({"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}})
SOURCE = ImageInput("in.png", "image/png", 24, 16, (FIRST,))


@dataclass
class Studio:
    """A place to make edits in: folders, and what was told."""

    folder: Path
    events: list[EditEvent] = field(default_factory=list)

    @property
    def spools(self) -> Path:
        return self.folder / "state" / "replies"

    @property
    def kept(self) -> list[Path]:
        return [spool.path for spool in list_kept(self.spools)]

    @property
    def files(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "out").iterdir())

    def destination(self, name: str = "out.png", **more: Any) -> Destination:
        (self.folder / "out").mkdir(exist_ok=True)
        return Destination(self.folder / "out", name, more.pop("format", "png"), **more)

    def edit(self, url: str, **more: Any) -> EditResult:
        request = more.pop("request", EditRequest("blur", (SOURCE,), "nano"))
        destination = more.pop("destination", None) or self.destination()
        edit = Edit("blur", ("in.png",), **more.pop("edit", {}))
        observe = more.pop("observe", self.events.append)
        service = Service(PROVIDERS["apiyi"], url, ApiKey(KEY), timeout=10)
        with Client(service) as client:
            dependencies = Dependencies(
                client,
                self.spools,
                more.pop("gate", None) or RateGate(),
                observe,
                more.pop("billing", None) or Billing(PROVIDERS["apiyi"]),
                jitter=lambda: 0.0,
                **more,
            )
            return send(Prepared(edit, request, destination), dependencies)

    def failure(self, url: str, **more: Any) -> NanoEditError:
        with pytest.raises(NanoEditError) as caught:
            self.edit(url, **more)
        return caught.value

    def recover(self, spool: Path) -> EditResult:
        return recover(spool, self.destination("again.png"), self.events.append)

    def written(self, name: str = "out.png") -> bytes:
        return (self.folder / "out" / name).read_bytes()


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path)


def one_after_another(*answers: bytes | None) -> Talk:
    """Give each connection its answer; None breaks it instead."""

    def talk(line: Line) -> None:
        line.request()
        said = answers[line.number - 1]
        if said is not None:
            line.send(said)

    return talk


# --- one attempt --------------------------------------------------------------


def test_a_picture_comes_whole_and_nothing_else_stays(studio: Studio) -> None:
    said = body(reply({"text": "Here: "}, image_part(FIRST), {"text": "you go"}))
    with Peer(always(200, said)) as peer:
        result = studio.edit(peer.url, digest=True)
    assert studio.written() == FIRST
    assert studio.files == ["out.png"]
    assert studio.kept == []
    assert result.image.path == studio.folder / "out" / "out.png"
    assert (result.image.width, result.image.height) == (24, 16)
    assert result.image.sha256
    assert (result.model, result.text) == ("nano", "Here: you go")
    assert result.reply.usage.total_tokens == 9
    assert (result.attempts, result.cached, result.warnings) == (1, False, ())
    assert result.elapsed > 0
    assert isinstance(studio.events[0], AttemptStarted)
    assert Finishing() in studio.events


def test_the_last_picture_that_is_no_thought_is_the_result(studio: Studio) -> None:
    parts = image_part(SECOND), image_part(FIRST), image_part(SECOND, thought=True)
    said = body(reply({"text": "hm", "thought": True}, *parts))
    with Peer(always(200, said)) as peer:
        result = studio.edit(peer.url, edit={"save_drafts": True})
    assert studio.written() == FIRST
    assert len(result.image.drafts) == 2
    assert result.text == ""


def test_a_picture_in_the_text_leaves_no_husk_in_the_words(studio: Studio) -> None:
    data = base64.b64encode(FIRST).decode()
    said = body(reply({"text": f"Done ![it](data:image/png;base64,{data}) now"}))
    with Peer(always(200, said)) as peer:
        assert studio.edit(peer.url).text == "Done  now"
    assert studio.written() == FIRST


def test_what_is_done_to_the_picture_is_told(studio: Studio) -> None:
    with Peer(always(200, WHOLE)) as peer:
        result = studio.edit(
            peer.url, destination=studio.destination("out.jpg", format="jpeg")
        )
    notes = [event.text for event in studio.events if isinstance(event, Note)]
    assert notes == list(result.image.notes)
    assert "PNG came and is now JPEG" in notes[0]


def test_what_came_is_held_against_what_was_asked(studio: Studio) -> None:
    said = body(reply(image_part(FIRST), finish_reason="MAX_TOKENS"))
    request = EditRequest("blur", (SOURCE,), "nano", aspect_ratio="9:16")
    with Peer(always(200, said)) as peer:
        result = studio.edit(peer.url, request=request)
        fault = studio.failure(
            peer.url,
            request=request,
            edit={"strict": True},
            destination=studio.destination("strict.png"),
        )
    assert len(result.warnings) == 2
    assert "The model ended with MAX_TOKENS" in result.warnings[-1]
    assert isinstance(fault, RefusedError)
    assert fault.recovery == studio.folder / "out" / "strict.png"
    assert (fault.billed, fault.attempts) == ("yes", 1)


def test_strict_takes_what_was_asked_for(studio: Studio) -> None:
    with Peer(always(200, WHOLE)) as peer:
        studio.edit(peer.url, edit={"strict": True})
    assert studio.written() == FIRST


def test_an_attempt_may_be_given_its_own_time(studio: Studio) -> None:
    with Peer(Line.hold) as peer:
        fault = studio.failure(peer.url, timeout=0.9)
    assert "longer than 0.9 s" in fault.message


# --- attempts -----------------------------------------------------------------


def test_what_was_not_billed_is_tried_again_with_the_same_bytes(
    studio: Studio,
) -> None:
    bodies = []
    busy = answer(429, LIMITED), answer(503, BUSY), answer(200, WHOLE)

    def talk(line: Line) -> None:
        bodies.append(line.request().body)
        line.send(busy[line.number - 1])

    with Peer(talk) as peer:
        result = studio.edit(peer.url)
    assert result.attempts == 3
    assert bodies[0] == bodies[1] == bodies[2]
    numbers = [e.number for e in studio.events if isinstance(e, AttemptStarted)]
    assert numbers == [1, 2, 3]
    waits = [e for e in studio.events if isinstance(e, RetryScheduled)]
    assert [wait.number for wait in waits] == [1, 2]
    assert all(wait.delay == 0 for wait in waits)
    assert "Too many requests" in waits[0].reason
    assert studio.written() == FIRST


def test_retries_end(studio: Studio) -> None:
    with Peer(always(503, BUSY)) as peer:
        fault = studio.failure(peer.url, policy=RetryPolicy(retries=2))
        assert peer.connections == 3
    assert isinstance(fault, ServerError)
    assert (fault.attempts, fault.billed) == (3, "no")
    assert studio.files == []
    assert studio.kept == []


def test_a_connection_that_is_refused_is_tried_again(studio: Studio) -> None:
    with refusing_port() as port:
        fault = studio.failure(f"http://127.0.0.1:{port}")
    assert isinstance(fault, NetworkError)
    assert (fault.attempts, fault.billed) == (4, "no")


def test_a_longer_wait_than_allowed_fails_at_once(studio: Studio) -> None:
    with Peer(always(429, LIMITED, "Retry-After: 121")) as peer:
        fault = studio.failure(peer.url)
        assert peer.connections == 1
    assert isinstance(fault, QuotaError)
    assert "asks to wait 121 s" in fault.message


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413])
def test_a_rejected_request_is_not_tried_again(status: int, studio: Studio) -> None:
    with Peer(always(status)) as peer:
        fault = studio.failure(peer.url, policy=RetryPolicy(retry_unknown=True))
        assert peer.connections == 1
    assert isinstance(fault, RejectedError | AuthError)


def test_a_lost_call_is_tried_again_only_on_request(studio: Studio) -> None:
    with Peer(one_after_another(None, answer(200, WHOLE))) as peer:
        fault = studio.failure(peer.url)
        assert isinstance(fault, UnknownOutcomeError)
        assert peer.connections == 1
    with Peer(one_after_another(None, answer(200, WHOLE))) as peer:
        result = studio.edit(peer.url, policy=RetryPolicy(retry_unknown=True))
    assert result.attempts == 2


def test_what_an_earlier_attempt_may_have_cost_is_not_forgotten(
    studio: Studio,
) -> None:
    with Peer(one_after_another(None, answer(503, BUSY), answer(401))) as peer:
        fault = studio.failure(peer.url, policy=RetryPolicy(retry_unknown=True))
    assert isinstance(fault, AuthError)
    assert (fault.attempts, fault.billed) == (3, "unknown")


def test_nothing_is_tried_again_once_a_200_began(studio: Studio) -> None:
    head = answer(200, b"", "Content-Length: 900", length=False)
    limited = json.dumps({"error": {"status": "RESOURCE_EXHAUSTED"}}).encode()
    policy = RetryPolicy(retry_unknown=True)
    for said in (head, head + WHOLE[:50], answer(200, limited), answer(200, b"<html>")):
        with Peer(one_after_another(said, answer(200, WHOLE))) as peer:
            studio.failure(peer.url, policy=policy)
            assert peer.connections == 1


# --- what was paid for is kept ------------------------------------------------


def cut(document: bytes, at: int) -> bytes:
    """An answer whose connection closes after ``at`` bytes of the document."""
    head = answer(200, b"", f"Content-Length: {len(document)}", length=False)
    return head + document[:at]


def test_a_cut_reply_is_kept_to_its_last_byte(studio: Studio) -> None:
    with Peer(one_after_another(cut(WHOLE, 500))) as peer:
        fault = studio.failure(peer.url)
    assert isinstance(fault, UnknownOutcomeError)
    assert fault.billed == "yes"
    assert fault.recovery is not None
    assert studio.kept == [fault.recovery]
    assert fault.recovery.read_bytes() == WHOLE[:500]
    assert studio.files == []


def test_a_whole_reply_whose_place_was_lost_is_kept(studio: Studio) -> None:
    def take_place(event: EditEvent) -> None:
        if isinstance(event, Finishing):
            (studio.folder / "out" / "out.png").write_bytes(b"another's")

    with Peer(always(200, WHOLE)) as peer:
        fault = studio.failure(peer.url, observe=take_place)
    assert isinstance(fault, OutputError)
    assert fault.recovery is not None
    assert fault.recovery.parent == studio.folder / "out"  # the picture itself
    assert fault.recovery.read_bytes() == FIRST
    assert studio.written() == b"another's"
    assert studio.recover(studio.kept[0]).image.path is not None
    assert studio.written("again.png") == FIRST


@pytest.mark.parametrize(
    "said",
    [
        b"<html>Welcome</html>",
        body(reply(image_part(FIRST.replace(b"IDAT", b"IDAX")))),
        body(reply(image_part(FIRST[:-4]))),
        body(reply(image_part(b"GIF89a no picture"))),
        WHOLE[:200],
        b"",
    ],
)
def test_a_reply_that_is_not_understood_is_kept(said: bytes, studio: Studio) -> None:
    with Peer(always(200, said)) as peer:
        fault = studio.failure(peer.url)
    assert isinstance(fault, ServerError)
    assert fault.billed == "yes"
    assert [path.read_bytes() for path in studio.kept] == ([said] if said else [])
    assert fault.recovery == (studio.kept[0] if said else None)
    assert studio.files == []


@pytest.mark.parametrize(
    ("said", "by_call", "by_token"),
    [
        (body(reply({"text": "no"}, finish_reason="IMAGE_SAFETY")), "yes", "unknown"),
        (body({"error": {"message": "busy"}}), "unknown", "unknown"),
        (body({"candidates": None}), "yes", "unknown"),
    ],
)
@pytest.mark.parametrize("provider", ["apiyi", "google"])
def test_a_whole_reply_without_a_picture_is_not_kept(
    said: bytes, by_call: str, by_token: str, provider: str, studio: Studio
) -> None:
    with Peer(always(200, said)) as peer:
        fault = studio.failure(peer.url, billing=Billing(PROVIDERS[provider]))
    billed = by_call if provider == "apiyi" else by_token
    assert (fault.billed, fault.http_status) == (billed, 200)
    assert fault.recovery is None
    assert studio.kept == []
    assert studio.files == []


def test_a_place_for_the_reply_is_proved_before_anything_is_sent(
    studio: Studio,
) -> None:
    (studio.folder / "state").write_bytes(b"in the way")
    with Peer(always(200, WHOLE)) as peer:
        fault = studio.failure(peer.url)
        assert peer.connections == 0
    assert isinstance(fault, InputError)
    assert fault.billed == "no"


def test_a_bug_leaves_the_reply(studio: Studio) -> None:
    def stumble(event: EditEvent) -> None:
        if isinstance(event, Finishing):
            raise TypeError("a bug")

    with Peer(always(200, WHOLE)) as peer, pytest.raises(TypeError):
        studio.edit(peer.url, observe=stumble)
    assert [path.read_bytes() for path in studio.kept] == [WHOLE]
    assert studio.files == []


# --- recovery -----------------------------------------------------------------


def spooled(studio: Studio, data: bytes) -> Path:
    path = studio.folder / "reply-x.json"
    path.write_bytes(data)
    return path


def test_a_whole_reply_gives_its_picture_without_a_call(studio: Studio) -> None:
    said = body(reply({"text": "hello"}, image_part(FIRST)))
    spool = spooled(studio, said)
    result = studio.recover(spool)
    assert studio.written("again.png") == FIRST
    assert (result.text, result.attempts, result.warnings) == ("hello", 0, ())
    assert result.model == "gemini-3-pro-image"
    assert spool.read_bytes() == said


def test_a_cut_reply_gives_the_last_whole_picture_it_holds(studio: Studio) -> None:
    raw = body(reply(image_part(FIRST), image_part(SECOND)), indent=None)
    first_ends = raw.index(b"}}") + 2
    for at in range(first_ends, len(raw), 97):
        result = studio.recover(spooled(studio, raw[:at]))
        written = studio.written("again.png")
        assert written in {FIRST, SECOND}
        assert (written == SECOND) is (at >= raw.rindex(b'"}}'))
        (warning,) = result.warnings
        assert "it ends before its JSON does" in warning
        assert ("The picture in it is whole." in warning) is (
            written == SECOND or at < raw.rindex(b'"data": "') + 12
        )
        assert result.text == ""
        (studio.folder / "out" / "again.png").unlink()


@pytest.mark.parametrize("at", [0, 1, 200, -250])
def test_a_reply_that_was_cut_too_early_gives_nothing(at: int, studio: Studio) -> None:
    spool = spooled(studio, WHOLE[:at] if at >= 0 else WHOLE[: len(WHOLE) + at])
    assert at != -250 or b'"}' not in spool.read_bytes()[-20:]
    with pytest.raises(ProtocolError, match="ends before its JSON does"):
        studio.recover(spooled(studio, WHOLE[:at]) if at >= 0 else spool)
    assert studio.files == []
    assert spool.exists()


def test_a_damaged_reply_gives_what_came_before_the_damage(studio: Studio) -> None:
    raw = body(reply(image_part(FIRST), image_part(SECOND)), indent=None)
    at = raw.rindex(b'"data": "') + 50
    result = studio.recover(spooled(studio, raw[:at] + b"\x00" + raw[at + 1 :]))
    assert studio.written("again.png") == FIRST
    assert "at byte" in result.warnings[0]


def test_a_broken_last_picture_gives_way_to_a_whole_one(studio: Studio) -> None:
    raw = body(reply(image_part(FIRST), image_part(SECOND[:-9])))
    studio.recover(spooled(studio, raw))
    assert studio.written("again.png") == FIRST


def test_a_whole_reply_without_a_picture_gives_its_refusal(studio: Studio) -> None:
    with pytest.raises(RefusedError):
        studio.recover(spooled(studio, body(reply({"text": "no"}))))
    with pytest.raises(ServerError):
        studio.recover(spooled(studio, body({"error": {"message": "x"}})))


def test_recovering_twice_never_replaces_the_picture(studio: Studio) -> None:
    spool = spooled(studio, WHOLE)
    studio.recover(spool)
    with pytest.raises(OutputError):
        studio.recover(spool)
    assert studio.written("again.png") == FIRST


# --- the cache ----------------------------------------------------------------


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache", 1 << 30)


def test_the_same_edit_is_paid_for_once(studio: Studio, cache: Cache) -> None:
    said = body(reply({"text": "hello"}, image_part(FIRST)))
    with Peer(always(200, said)) as peer:
        first = studio.edit(peer.url, cache=cache)
        again = studio.edit(
            peer.url, cache=cache, destination=studio.destination("two.png")
        )
        assert peer.connections == 1
    assert (first.cached, again.cached) == (False, True)
    assert (first.attempts, again.attempts) == (1, 0)
    assert again.text == "hello"
    assert again.reply == first.reply
    assert studio.written("two.png") == FIRST
    assert studio.kept == []


def test_another_edit_is_no_hit(studio: Studio, cache: Cache) -> None:
    other = EditRequest("sharper", (SOURCE,), "nano")
    with Peer(always(200, WHOLE)) as peer:
        studio.edit(peer.url, cache=cache)
        destination = studio.destination("two.png")
        studio.edit(peer.url, cache=cache, request=other, destination=destination)
        assert peer.connections == 2


@pytest.mark.parametrize("damage", [b"", b"junk", None])
def test_a_damaged_entry_is_a_miss(
    damage: bytes | None, studio: Studio, cache: Cache
) -> None:
    with Peer(always(200, WHOLE)) as peer:
        studio.edit(peer.url, cache=cache)
        (entry,) = (studio.folder / "cache").iterdir()
        entry.write_bytes(entry.read_bytes()[:-9] if damage is None else damage)
        destination = studio.destination("two.png")
        result = studio.edit(peer.url, cache=cache, destination=destination)
        assert peer.connections == 2
    assert not result.cached
    assert studio.files == ["out.png", "two.png"]
    assert studio.written("two.png") == FIRST


def test_what_gave_no_picture_is_not_kept_for_the_next_time(
    studio: Studio, cache: Cache
) -> None:
    with Peer(always(200, body(reply({"text": "no"})))) as peer:
        for _ in range(2):
            studio.failure(peer.url, cache=cache)
        assert peer.connections == 2


def test_a_cache_that_cannot_be_written_costs_nothing(studio: Studio) -> None:
    (studio.folder / "cache").write_bytes(b"in the way")
    with Peer(always(200, WHOLE)) as peer:
        studio.edit(peer.url, cache=Cache(studio.folder / "cache", 1 << 30))
    assert studio.written() == FIRST
    assert studio.kept == []


# --- interruptions, within the process ----------------------------------------


def at(kind: type[EditEvent], stop: BaseException) -> Callable[[EditEvent], None]:
    """Raise ``stop`` where a signal might: at the first event of this kind."""

    def observe(event: EditEvent) -> None:
        if isinstance(event, kind):
            raise stop

    return observe


@pytest.mark.parametrize(
    ("kind", "billed", "kept"),
    [
        (Connected, "unknown", False),
        (BytesReceived, "yes", False),
        (Finishing, "yes", True),
    ],
)
def test_an_interruption_says_whether_it_was_billed(
    kind: type[EditEvent], billed: str, kept: bool, studio: Studio
) -> None:
    with Peer(always(200, WHOLE)) as peer:
        fault = studio.failure(peer.url, observe=at(kind, KeyboardInterrupt()))
    assert type(fault) is InterruptedEdit
    assert (fault.billed, fault.attempts) == (billed, 1)
    assert bool(fault.recovery) is kept
    assert len(studio.kept) == kept
    assert studio.files == []


def test_termination_is_an_interruption_of_its_own(studio: Studio) -> None:
    with Peer(always(200, WHOLE)) as peer:
        fault = studio.failure(peer.url, observe=at(Finishing, Terminated()))
    assert type(fault) is TerminatedEdit
    assert fault.exit_status == 143
    assert "The reply had begun: the call is billed." in fault.message


def test_an_interruption_while_a_temporary_file_is_made_leaves_none(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_open = os.open

    def interrupted(path: Any, *rest: Any) -> int:
        descriptor = real_open(path, *rest)
        if str(path).endswith(".part") and "out" in str(path):
            os.close(descriptor)
            raise KeyboardInterrupt
        return descriptor

    with Peer(always(200, WHOLE)) as peer, monkeypatch.context() as patched:
        patched.setattr(os, "open", interrupted)
        fault = studio.failure(peer.url)
        assert peer.connections == 0
    assert fault.billed == "no"
    assert studio.files == []
    assert studio.kept == []


def test_an_interruption_while_a_thread_begins_does_not_keep_the_program_alive(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun = []

    class Interrupted(threading.Thread):
        def start(self) -> None:
            begun.append(self)
            super().start()
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(threading, "Thread", Interrupted)
        with pytest.raises(KeyboardInterrupt):
            Watch(3600.0, lambda _: None)
    begun[0].join(PATIENCE)
    assert not begun[0].is_alive()


class Impatient(RateGate):
    """A gate whose user presses Ctrl-C as soon as there is a wait."""

    def pause(self, seconds: float, error: NanoEditError) -> None:
        del seconds, error
        raise KeyboardInterrupt


def test_an_interrupted_wait_knows_what_was_tried(studio: Studio) -> None:
    with Peer(always(503, BUSY)) as peer:
        fault = studio.failure(peer.url, gate=Impatient(1))
    assert isinstance(fault, InterruptedEdit)
    assert (fault.billed, fault.attempts) == ("no", 1)
    assert "Nothing was sent" in fault.message
    policy = RetryPolicy(retry_unknown=True)
    with Peer(one_after_another(None)) as peer:
        fault = studio.failure(peer.url, gate=Impatient(1), policy=policy)
    assert (fault.billed, fault.attempts) == ("unknown", 1)


def test_a_run_that_is_stopped_begins_no_further_attempt(studio: Studio) -> None:
    gate = RateGate(1)
    policy = RetryPolicy(retry_unknown=True)

    def stop(event: EditEvent) -> None:
        if isinstance(event, RetryScheduled):
            gate.stop()

    with Peer(one_after_another(None)) as peer:
        fault = studio.failure(peer.url, gate=gate, policy=policy, observe=stop)
    assert isinstance(fault, InterruptedEdit)
    assert (fault.billed, fault.attempts) == ("unknown", 1)
    fault = studio.failure("http://127.0.0.1:9", gate=gate)
    assert (fault.billed, fault.attempts) == ("no", 0)


def test_an_interruption_while_the_cache_is_filled_loses_nothing(
    studio: Studio,
) -> None:
    class Slow(Cache):
        def keep(self, key: str, document: Iterable[bytes]) -> None:
            assert key
            assert b"".join(document) == WHOLE
            raise KeyboardInterrupt

    with Peer(always(200, WHOLE)) as peer:
        fault = studio.failure(peer.url, cache=Slow(studio.folder / "cache", 1000))
    assert isinstance(fault, InterruptedEdit)
    assert fault.billed == "yes"
    assert studio.written() == FIRST


# --- interruptions, from outside ----------------------------------------------

posix = pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
SIGNALS = pytest.mark.parametrize(
    ("number", "status", "word"),
    [(signal.SIGINT, 130, "Interrupted"), (signal.SIGTERM, 143, "Terminated")],
)


@dataclass
class Child:
    """A run of the program that a test interrupts."""

    process: subprocess.Popen[bytes]
    folder: Path

    def end_with(self, number: int) -> Finished:
        # A signal that comes just before a system call waits does not end the wait;
        # whoever presses Ctrl-C and sees nothing presses again.
        for _ in range(4):
            self.process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):  # a second one ends it at once
                out, err = self.process.communicate(timeout=PATIENCE)
                break
        return Finished(self.process.returncode, out, err)

    @property
    def kept(self) -> list[Path]:
        return [one.path for one in list_kept(self.folder / "state" / "replies")]

    @property
    def files(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "work").iterdir())


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Child]]:
    begun: list[Child] = []

    def begin(url: str, *options: str, size: tuple[int, int] = (96, 64)) -> Child:
        (tmp_path / "work").mkdir()
        photo(tmp_path / "work" / "in.png", *size)
        process = subprocess.Popen(
            command("blur", "in.png", "-o", "out.png", "--base-url", url, *options),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=tmp_path / "work",
            env=environment(
                {
                    "NANO_EDIT_API_KEY": KEY,
                    "NANO_EDIT_STATE_DIR": str(tmp_path / "state"),
                },
                measured=False,
            ),
        )
        begun.append(Child(process, tmp_path))
        return begun[-1]

    yield begin
    for child in begun:
        child.process.kill()
        child.process.communicate()


def interrupted_clean(child: Child, number: int, status: int, word: str) -> str:
    """Send the signal; the child ends as it should, and its words are returned."""
    ended = child.end_with(number)
    assert ended.status == status, ended.stderr
    assert word in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.out == b""
    assert child.files == ["in.png"]
    return ended.stderr


@posix
@SIGNALS
def test_a_signal_while_connecting_costs_nothing(
    number: int, status: int, word: str, start: Callable[..., Child]
) -> None:
    with full_backlog() as port:
        child = start(f"http://127.0.0.1:{port}", "-v", "--connect-timeout", "3")
        assert child.process.stderr is not None
        told = b""
        while b">" not in told:  # -v tells of the request, then it connects
            told += child.process.stderr.readline()
        said = interrupted_clean(child, number, status, word)
    assert "Billed: no." in said
    assert child.kept == []


@posix
@SIGNALS
def test_a_signal_during_the_upload_says_that_it_may_be_billed(
    number: int, status: int, word: str, start: Callable[..., Child]
) -> None:
    sending = threading.Event()

    def talk(line: Line) -> None:
        line.head()
        sending.set()
        line.silence()

    with Peer(talk) as peer:
        child = start(peer.url, size=(1300, 1300))
        assert sending.wait(PATIENCE)
        said = interrupted_clean(child, number, status, word)
    assert "the call may be billed" in said
    assert child.kept == []


@posix
@SIGNALS
def test_a_signal_while_waiting_says_that_it_may_be_billed(
    number: int, status: int, word: str, start: Callable[..., Child]
) -> None:
    sent = threading.Event()

    def talk(line: Line) -> None:
        line.request()
        sent.set()
        line.hold()

    with Peer(talk) as peer:
        child = start(peer.url)
        assert sent.wait(PATIENCE)
        said = interrupted_clean(child, number, status, word)
    assert "the call may be billed" in said
    assert child.kept == []


@posix
@SIGNALS
def test_a_signal_during_the_reply_keeps_what_came(
    number: int, status: int, word: str, start: Callable[..., Child]
) -> None:
    half = WHOLE[: len(WHOLE) // 2]

    def talk(line: Line) -> None:
        line.request()
        line.send(cut(WHOLE, len(half)))
        line.hold()

    with Peer(talk) as peer:
        child = start(peer.url)
        deadline = time.monotonic() + PATIENCE
        while not any(kept.stat().st_size for kept in child.kept):
            assert time.monotonic() < deadline
            time.sleep(0.005)
        said = interrupted_clean(child, number, status, word)
    assert "the call is billed" in said
    (kept,) = child.kept
    assert kept.read_bytes() == half
    assert str(kept) in said
    assert f"replies recover {kept.name.split('-')[2]}\n" in said


@posix
@SIGNALS
def test_a_signal_while_waiting_to_try_again_says_what_was_billed(
    number: int, status: int, word: str, start: Callable[..., Child]
) -> None:
    with Peer(always(429, LIMITED, "Retry-After: 100")) as peer:
        child = start(peer.url)
        assert child.process.stderr is not None
        assert b"Too many requests" in child.process.stderr.readline()
        said = interrupted_clean(child, number, status, word)
    assert "nothing is billed" in said


# --- kill -9 ------------------------------------------------------------------

MOMENTS = 100
AT_ONCE = 25
NURSERY = """
# Run the program once, so that all is loaded; then, warm, in a fork for each life.
import json, os, signal, sys, time
from nano_edit.cli.app import run
from nano_edit.cli.terminal import Terminal
print(run(json.loads(sys.stdin.readline()), Terminal.of_process()), file=sys.stderr)
quiet = os.open(os.devnull, os.O_RDWR)
for line in sys.stdin:
    lives = {}
    for limit, arguments in json.loads(line):
        end = time.monotonic() + limit
        child = os.fork()
        if not child:
            os.dup2(quiet, 2)
            os._exit(run(arguments, Terminal.of_process()))
        lives[child] = end
    for child, end in sorted(lives.items(), key=lambda life: life[1]):
        time.sleep(max(0.0, end - time.monotonic()))
        os.kill(child, signal.SIGKILL)
    waited = [os.waitpid(child, 0)[1] for child in lives]
    print(*map(os.waitstatus_to_exitcode, waited), file=sys.stderr, flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the nursery forks")
def test_kill_at_any_moment_leaves_no_output_or_the_whole_one(tmp_path: Path) -> None:
    photo(tmp_path / "in.jpg", 640, 480)
    state = tmp_path / "state"
    env = {"NANO_EDIT_API_KEY": KEY, "NANO_EDIT_STATE_DIR": str(state)}
    chance = random.Random(4)  # noqa: S311 - moments, not secrets

    with (
        Emulator(signature_bytes=200_000) as emulator,
        subprocess.Popen(
            [sys.executable, "-c", NURSERY],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            cwd=tmp_path,
            env=environment(env),
            text=True,
        ) as nursery,
    ):
        assert nursery.stdin is not None

        def told() -> list[int]:
            assert nursery.stderr is not None
            return [int(word) for word in nursery.stderr.readline().split()]

        def arguments(name: str) -> list[str]:
            (tmp_path / name).parent.mkdir()
            model = "-m", "gemini-3.1-flash-image", "-s", "512"
            base = "--base-url", emulator.url
            return ["blur", "in.jpg", "-o", name, *base, *model, "-q"]

        print(json.dumps(arguments("whole/out.png")), file=nursery.stdin, flush=True)
        assert told() == [0]
        reference = (tmp_path / "whole" / "out.png").read_bytes()
        sent = emulator.requests[0].sent_bytes
        emulator.set_faults(f"drip={sent * 2}:*")  # half a second for a reply
        statuses: list[int] = []
        for first in range(0, MOMENTS, AT_ONCE):
            numbers = range(first, first + AT_ONCE)
            lives = [
                (chance.uniform(0.0, 1.4), arguments(f"{number}/out.png"))
                for number in numbers
            ]
            print(json.dumps(lives), file=nursery.stdin, flush=True)
            statuses += told()
        nursery.stdin.close()

    assert set(statuses) <= {0, -signal.SIGKILL}
    whole = 0
    for number in range(MOMENTS):
        for path in (tmp_path / str(number)).iterdir():
            if path.name == "out.png":
                assert path.read_bytes() == reference
                whole += 1
            else:  # never mistaken for a result
                assert path.name.startswith(".nano-edit-")
                assert path.suffix == ".part"
    spools = list_kept(state / "replies")
    recovered = [recovered_whole(spool.path, tmp_path, reference) for spool in spools]
    assert not any(spool.in_use for spool in spools)
    # The moments were spread: some before the end, some in the reply or after it.
    assert -signal.SIGKILL in statuses
    assert whole or any(recovered)


def recovered_whole(spool: Path, folder: Path, reference: bytes) -> bool:
    """Recover; a spool gives the whole picture or says that it was cut too early."""
    output = folder / "recovered.png"
    output.unlink(missing_ok=True)
    try:
        destination = Destination(folder, output.name, "png")
        recover(spool, destination, lambda _: None)
    except ProtocolError:
        assert not output.exists()
        return False
    assert output.read_bytes() == reference
    return True
