from __future__ import annotations

import gzip
import io
import json
import os
import socket
import stat
import threading
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from support.peers import (
    Authority,
    Line,
    Peer,
    Proxy,
    always,
    answer,
    full_backlog,
    refusing_port,
)
from support.replies import body, reply

from nano_edit.domain import (
    ApiKey,
    BytesReceived,
    BytesSent,
    Connected,
    EditEvent,
    EditRequest,
    FileSpan,
    ImageInput,
    ReplyStarted,
    RequestSent,
)
from nano_edit.emulator import Emulator
from nano_edit.errors import (
    AuthError,
    ExitStatus,
    InterruptedEdit,
    NanoEditError,
    NetworkError,
    QuotaError,
    RejectedError,
    Retry,
    ServerError,
    UnknownOutcomeError,
)
from nano_edit.wire.gemini.request import RequestBody
from nano_edit.wire.gemini.response import ResponseParser
from nano_edit.wire.http.client import SLICE, Client
from nano_edit.wire.http.connection import KEEP_ALIVE
from nano_edit.wire.providers import PROVIDERS
from nano_edit.wire.service import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KEY = "sk-canary-0123456789"
MODEL = "gemini-3-pro-image"
PICTURE = ImageInput("in.png", "image/png", 1, 1, (b"\x89PNG picture",))
SLACK = 0.6  # seconds that a cut may take beyond its time, on a busy machine


def request_body(*images: ImageInput) -> RequestBody:
    return RequestBody(EditRequest("blur", images or (PICTURE,), MODEL))


def large_body(path: Path, megabytes: int) -> RequestBody:
    """A body far larger than all the buffers between two sockets."""
    path.write_bytes(bytes(1 << 20))
    spans = (FileSpan(path, 0, 1 << 20),) * megabytes
    return request_body(ImageInput("in.png", "image/png", 1, 1, spans))


def service(url: str, **more: Any) -> Service:
    return Service(PROVIDERS["apiyi"], url, ApiKey(KEY), **{"timeout": 20.0, **more})


def ask(
    url: str,
    *,
    payload: RequestBody | None = None,
    observe: Callable[[EditEvent], None] = lambda _: None,
    **more: Any,
) -> bytes:
    """Make one attempt and return the document that came."""
    with (
        Client(service(url, **more)) as client,
        client.send(MODEL, payload or request_body(), observe) as got,
    ):
        return b"".join(got)


def failure(url: str, **more: Any) -> NanoEditError:
    with pytest.raises(NanoEditError) as caught:
        ask(url, **more)
    assert KEY not in caught.value.message + caught.value.hint
    return caught.value


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.at(tmp_path)


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Authority:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    return authority


# --- an attempt that succeeds -------------------------------------------------


def test_the_request_is_exact_and_the_reply_comes_whole() -> None:
    document = body(reply({"text": "hello"}))
    seen = []

    def talk(line: Line) -> None:
        seen.append(line.request())
        line.send(answer(200, document))
        line.hold()

    with Peer(talk) as peer:
        assert ask(f"{peer.url}/gateway") == document
    request = seen[0]
    path = f"/gateway/v1beta/models/{MODEL}:generateContent"
    assert request.line == f"POST {path} HTTP/1.1"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["accept-encoding"] == "gzip"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["connection"] == "close"
    assert request.headers["content-length"] == str(len(request.body))
    assert "transfer-encoding" not in request.headers
    assert request.body == b"".join(request_body())


def test_a_service_on_this_machine_that_wants_a_key_says_so() -> None:
    seen = []

    def talk(line: Line) -> None:
        seen.append(line.request().headers)
        line.send(answer(403, b'{"error":{"message":"Who are you?"}}'))

    with (
        Peer(talk) as peer,
        Client(Service(PROVIDERS["google"], peer.url, None)) as client,
        pytest.raises(AuthError, match="none was sent") as caught,
        client.send(MODEL, request_body(), lambda _: None),
    ):
        pass
    assert "NANO_EDIT_API_KEY" in caught.value.hint
    assert "x-goog-api-key" not in seen[0]


def test_google_takes_the_key_in_its_own_header() -> None:
    seen = []

    def talk(line: Line) -> None:
        seen.append(line.request().headers)
        line.send(answer(200, b"{}"))

    with (
        Peer(talk) as peer,
        Client(Service(PROVIDERS["google"], peer.url, ApiKey(KEY))) as client,
        client.send(MODEL, request_body(), lambda _: None) as got,
    ):
        assert b"".join(got) == b"{}"
    assert seen[0]["x-goog-api-key"] == KEY
    assert "authorization" not in seen[0]


def test_the_events_of_an_attempt_come_in_order() -> None:
    events: list[EditEvent] = []
    document = body(reply({"text": "hello"}))
    payload = request_body()
    with Peer(always(200, document, "X-Request-Id: 7")) as peer:
        ask(peer.url, observe=events.append, payload=payload)
    assert events[0] == Connected()
    sent = [event.sent for event in events if isinstance(event, BytesSent)]
    assert sent == sorted(sent)
    assert sent[-1] == payload.content_length
    after = events[events.index(RequestSent()) + 1 :]
    assert isinstance(after[0], ReplyStarted)
    assert (after[0].http_status, after[0].length) == (200, len(document))
    assert ("x-request-id", "7") in after[0].headers
    assert after[-1] == BytesReceived(len(document))


def test_a_compressed_chunked_reply_is_the_document() -> None:
    document = body(reply({"text": "hello" * 1000}))
    packed = gzip.compress(document)

    def talk(line: Line) -> None:
        line.request()
        headers = "Content-Encoding: gzip", "Transfer-Encoding: chunked"
        line.send(answer(200, b"", *headers, length=False))
        for at in range(0, len(packed), 7):
            piece = packed[at : at + 7]
            line.send(b"%x\r\n%b\r\n" % (len(piece), piece))
        line.send(b"0\r\n\r\n")

    started: list[EditEvent] = []
    with Peer(talk) as peer:
        assert ask(peer.url, observe=started.append) == document
    assert [e.length for e in started if isinstance(e, ReplyStarted)] == [None]


def test_each_attempt_has_its_own_connection() -> None:
    with Peer(always(200, b"{}")) as peer, Client(service(peer.url)) as client:
        for _ in range(2):
            with client.send(MODEL, request_body(), lambda _: None) as got:
                assert b"".join(got) == b"{}"
        assert peer.connections == 2


def test_hundreds_of_attempts_share_one_clock_and_each_has_a_connection() -> None:
    at_once, rounds = 60, 5
    together = threading.Barrier(at_once)
    document = body(reply({"text": "hello"}))
    faults: list[NanoEditError] = []
    before = {*threading.enumerate()}  # an earlier client's clock may still be ending

    def talk(line: Line) -> None:
        line.request()
        # It says that the connection stays, and closes it all the same.
        line.send(answer(200, document, "Connection: keep-alive"))

    def work(client: Client) -> None:
        for _ in range(rounds):
            together.wait(30)
            try:
                with client.send(MODEL, request_body(), lambda _: None) as got:
                    assert b"".join(got) == document
            except NanoEditError as fault:
                faults.append(fault)

    with Peer(talk) as peer, Client(service(peer.url)) as client:
        workers = [
            threading.Thread(target=work, args=(client,)) for _ in range(at_once)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
        assert faults == []
        assert peer.connections == at_once * rounds
        begun = {*threading.enumerate()} - before
        assert len([each for each in begun if each.name == "clock"]) == 1


def test_many_small_chunks_come_in_fewer_slices() -> None:
    chunk = b"1000\r\n" + bytes(4096) + b"\r\n"

    def talk(line: Line) -> None:
        line.request()
        line.send(answer(200, b"", "Transfer-Encoding: chunked", length=False))
        line.send(chunk * 512 + b"0\r\n\r\n")

    with (
        Peer(talk) as peer,
        Client(service(peer.url)) as client,
        client.send(MODEL, request_body(), lambda _: None) as got,
    ):
        slices = list(got)
    assert sum(map(len, slices)) == 512 * 4096
    assert len(slices) < 512
    assert max(map(len, slices)) <= SLICE + 65536


def test_a_reply_is_complete_although_its_end_is_withheld() -> None:
    late = []
    with Emulator(faults="tail-stall=60:*", signature_bytes=1000) as emulator:
        for _ in range(3):  # the best one counts: the machine may be busy
            with (
                Client(service(emulator.url)) as client,
                client.send(MODEL, small_picture(), lambda _: None) as got,
            ):
                parser = ResponseParser()
                for data in got:
                    parser.feed(data)
                    if parser.complete:
                        break
            now = time.monotonic()
            late.append(now - last_byte_at(emulator))
    assert min(late) < 0.1


def last_byte_at(emulator: Emulator) -> float:
    """When the last answer's last byte went out; it is noted after it has gone."""
    for _ in range(1000):
        last_byte = emulator.requests[-1].last_byte_monotonic
        if last_byte is not None:
            return last_byte
        time.sleep(0.01)
    raise AssertionError("no last byte")


def small_picture() -> RequestBody:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(file, "png")
    return request_body(ImageInput("in.png", "image/png", 64, 48, (file.getvalue(),)))


# --- nothing was sent ----------------------------------------------------------


def assert_nothing_sent(fault: NanoEditError, said: str, hint: str = "") -> None:
    assert isinstance(fault, NetworkError), repr(fault)
    assert fault.exit_status is ExitStatus.NETWORK
    assert fault.billed == "no"
    assert said in fault.message
    assert hint in fault.hint


def test_a_refused_connection_may_be_tried_again() -> None:
    with refusing_port() as port:
        fault = failure(f"http://127.0.0.1:{port}")
    assert_nothing_sent(fault, "cannot be reached", "Nothing was sent")
    assert fault.retry is Retry.SAFE


def test_a_name_that_does_not_exist_is_a_matter_of_dns() -> None:
    fault = failure("https://host.invalid")
    assert_nothing_sent(fault, "its name cannot be looked up (DNS)")
    assert fault.retry is Retry.SAFE


def test_a_name_server_that_does_not_answer_ends_at_connect_timeout(
    silent_name_server: threading.Event,
) -> None:
    began = time.monotonic()
    fault = failure("https://host.example", connect_timeout=0.3)
    took = time.monotonic() - began
    assert_nothing_sent(fault, "no connection within --connect-timeout")
    assert took < 0.3 + SLACK
    assert not silent_name_server.is_set()


@pytest.mark.usefixtures("silent_name_server")
def test_a_name_server_that_does_not_answer_ends_at_the_attempts_time() -> None:
    began = time.monotonic()
    fault = failure("https://host.example", timeout=0.3)
    took = time.monotonic() - began
    assert_nothing_sent(fault, "it took longer than 0.3 s")
    assert took < 0.3 + SLACK


@pytest.fixture
def silent_name_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Let no look-up answer before the test ends; the event says that it has begun."""
    answered = threading.Event()

    def look_up(*_: object, **__: object) -> list[Any]:
        answered.wait(30)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    yield answered
    answered.set()


def test_a_host_is_looked_up_although_no_further_thread_is_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name == "name look-up":
            raise RuntimeError("can't start new thread")
        start(thread)

    with Peer(always(200, b"{}")) as peer:
        monkeypatch.setattr(threading.Thread, "start", refuse)
        assert ask(f"http://localhost:{peer.port}") == b"{}"


def test_every_address_of_a_host_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    look_up = socket.getaddrinfo

    asked: list[bytes | str] = []

    def several(host: bytes | str, *more: Any, **named: Any) -> list[Any]:
        asked.append(host)
        if host != b"localhost":
            return look_up(host, *more, **named)
        both = "127.0.0.2", "127.0.0.1"
        return [found for each in both for found in look_up(each, *more, **named)]

    monkeypatch.setattr(socket, "getaddrinfo", several)
    with Peer(always(200, b"{}")) as peer:
        assert ask(f"http://localhost:{peer.port}") == b"{}"
    assert asked[:3] == [b"localhost", "127.0.0.2", "127.0.0.1"]


def test_tls_and_the_request_name_the_host_and_not_its_address(
    trusted: Authority,
) -> None:
    seen = []

    def talk(line: Line) -> None:
        seen.append(line.request().headers["host"])
        line.send(answer(200, b"{}"))

    with Peer(talk, tls=trusted.server) as peer:
        assert ask(f"https://localhost:{peer.port}") == b"{}"
    assert seen == [f"localhost:{peer.port}"]


def test_an_untrusted_certificate_is_refused(authority: Authority) -> None:
    with Peer(always(200, b"{}"), tls=authority.server) as peer:
        fault = failure(peer.url)
    assert_nothing_sent(fault, "its TLS certificate is not trusted", "SSL_CERT_FILE")
    assert fault.retry is Retry.SAFE


def test_a_ca_named_in_ssl_cert_file_is_trusted(trusted: Authority) -> None:
    with Peer(always(200, b"{}"), tls=trusted.server) as peer:
        assert ask(peer.url) == b"{}"


def test_a_server_that_speaks_no_tls_is_not_reached(trusted: Authority) -> None:
    assert trusted.file.exists()
    with Peer(lambda line: line.send(answer(400, b"{}"))) as peer:
        fault = failure(peer.url.replace("http:", "https:"))
    assert_nothing_sent(fault, "cannot be reached", "SSL_CERT_FILE")


needs_a_full_queue = pytest.mark.skipif(
    os.name == "nt", reason="a full queue refuses there instead of waiting"
)


@needs_a_full_queue
def test_a_connection_that_is_never_taken_ends_at_connect_timeout() -> None:
    with full_backlog() as port:
        began = time.monotonic()
        fault = failure(f"http://127.0.0.1:{port}", connect_timeout=0.3)
        took = time.monotonic() - began
    assert_nothing_sent(fault, "no connection within --connect-timeout")
    assert fault.retry is Retry.SAFE
    assert took < 0.3 + SLACK


@needs_a_full_queue
def test_a_connection_that_is_never_taken_ends_at_the_attempts_own_time() -> None:
    with full_backlog() as port:
        began = time.monotonic()
        fault = failure(f"http://127.0.0.1:{port}", timeout=0.3)
        took = time.monotonic() - began
    assert_nothing_sent(fault, "it took longer than 0.3 s")
    assert took < 0.3 + SLACK


def test_a_handshake_that_hangs_ends_at_the_attempts_time(trusted: Authority) -> None:
    assert trusted.file.exists()
    with Peer(Line.hold) as peer:
        began = time.monotonic()
        fault = failure(peer.url.replace("http:", "https:"), timeout=0.3)
        took = time.monotonic() - began
    assert_nothing_sent(fault, "it took longer than 0.3 s")
    assert took < 0.3 + SLACK


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HTTPS_PROXY", "nonsense://127.0.0.1:1"),
        ("HTTPS_PROXY", "http://127.0.0.1:port"),
        ("ALL_PROXY", "socks5://127.0.0.1:1"),
        ("SSL_CERT_FILE", "/no/such/file.pem"),
    ],
)
def test_a_broken_environment_is_named_before_anything_is_sent(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    fault = failure("https://host.invalid")
    assert_nothing_sent(fault, "the environment names is invalid", variable)
    assert fault.retry is Retry.NEVER


def test_a_key_that_no_header_can_hold_is_not_shown() -> None:
    with (
        Peer(always(200)) as peer,
        Client(
            Service(PROVIDERS["apiyi"], peer.url, ApiKey(f"{KEY}\n{KEY}"), 5.0)
        ) as client,
        pytest.raises(NanoEditError, match="cannot be written as HTTP") as caught,
        client.send(MODEL, request_body(), lambda _: None),
    ):
        pass
    assert KEY not in str(caught.value)


# --- proxies ------------------------------------------------------------------


def test_https_proxy_is_used_and_sees_neither_key_nor_picture(
    trusted: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = Proxy()
    with (
        Peer(always(200, b"{}"), tls=trusted.server) as peer,
        Peer(proxy.talk) as between,
    ):
        monkeypatch.setenv("HTTPS_PROXY", between.url)
        assert ask(peer.url) == b"{}"
        assert peer.connections == 1
    (asked,) = proxy.asked
    assert asked.line == f"CONNECT 127.0.0.1:{peer.port} HTTP/1.1"
    assert KEY not in repr(asked)


def test_a_proxy_that_needs_tls_itself_is_used(
    trusted: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = Proxy()
    with (
        Peer(always(200, b"{}"), tls=trusted.server) as peer,
        Peer(proxy.talk, tls=trusted.server) as between,
    ):
        monkeypatch.setenv("HTTPS_PROXY", between.url)
        assert ask(peer.url) == b"{}"
    assert len(proxy.asked) == 1


def test_no_proxy_is_heeded(
    trusted: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = Proxy(refuse_with=502)
    with (
        Peer(always(200, b"{}"), tls=trusted.server) as peer,
        Peer(proxy.talk) as between,
    ):
        monkeypatch.setenv("HTTPS_PROXY", between.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert ask(peer.url) == b"{}"
    assert proxy.asked == []


@pytest.mark.parametrize("status", [403, 407, 502])
def test_a_proxy_that_refuses_means_that_nothing_was_sent(
    status: int, trusted: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = Proxy(refuse_with=status)
    with (
        Peer(always(200, b"{}"), tls=trusted.server) as peer,
        Peer(proxy.talk) as between,
    ):
        monkeypatch.setenv("HTTPS_PROXY", between.url)
        fault = failure(peer.url)
        assert peer.connections == 0
    assert_nothing_sent(fault, str(status), "HTTPS_PROXY")


def test_a_proxy_that_never_answers_is_cut_at_the_attempts_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Peer(Line.hold) as between:
        monkeypatch.setenv("HTTPS_PROXY", between.url)
        began = time.monotonic()
        fault = failure("https://host.invalid", timeout=0.3)
        took = time.monotonic() - began
    assert_nothing_sent(fault, "it took longer than 0.3 s")
    assert took < 0.3 + SLACK


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
def test_plain_http_to_this_machine_goes_past_every_proxy(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = Proxy(refuse_with=502)
    with Peer(always(200, b"{}")) as peer, Peer(proxy.talk) as between:
        monkeypatch.setenv(variable, between.url)
        assert ask(peer.url) == b"{}"
        assert between.connections == 0


# --- sent, and then -----------------------------------------------------------


def assert_lost(fault: NanoEditError, said: str) -> None:
    """The request went out and no reply came: nobody knows, so only when asked."""
    assert isinstance(fault, UnknownOutcomeError), repr(fault)
    assert fault.exit_status is ExitStatus.UNKNOWN
    assert (fault.billed, fault.retry) == ("unknown", Retry.ON_REQUEST)
    assert said in fault.message


def assert_broken_off(fault: NanoEditError, said: str) -> None:
    """A 200 had begun: it is billed and never tried again."""
    assert isinstance(fault, UnknownOutcomeError), repr(fault)
    assert (fault.billed, fault.retry) == ("yes", Retry.NEVER)
    assert said in fault.message


def test_a_connection_that_is_reset_after_the_request_is_unknown() -> None:
    def talk(line: Line) -> None:
        line.request()
        line.reset()

    with Peer(talk) as peer:
        assert_lost(failure(peer.url), "The request was sent and no reply came")


def test_a_connection_that_is_closed_after_the_request_is_unknown() -> None:
    def talk(line: Line) -> None:
        line.request()

    with Peer(talk) as peer:
        assert_lost(failure(peer.url), "no reply came")


def test_a_connection_that_is_reset_during_the_upload_is_unknown(
    tmp_path: Path,
) -> None:
    def talk(line: Line) -> None:
        line.head()
        line.reset()

    payload = large_body(tmp_path / "in.png", 16)
    with Peer(talk) as peer:
        assert_lost(failure(peer.url, payload=payload), "no reply came")


def test_an_answer_during_the_upload_is_read(tmp_path: Path) -> None:
    def talk(line: Line) -> None:
        line.head()
        line.send(answer(413, b"{}"))
        line.socket.shutdown(socket.SHUT_WR)
        line.hold()

    payload = large_body(tmp_path / "in.png", 16)
    with Peer(talk) as peer:
        fault = failure(peer.url, payload=payload)
    assert isinstance(fault, RejectedError)
    assert fault.http_status == 413


@pytest.mark.parametrize("came", [b"", b'{"candidates":'])
def test_a_reply_that_breaks_off_is_billed_and_never_tried_again(came: bytes) -> None:
    def talk(line: Line) -> None:
        line.request()
        line.send(answer(200, b"", "Content-Length: 1000", length=False), came)

    with Peer(talk) as peer:
        assert_broken_off(failure(peer.url), f"after {len(came)} bytes of the reply")


def test_a_chunked_reply_that_breaks_off_is_billed() -> None:
    def talk(line: Line) -> None:
        line.request()
        line.send(answer(200, b"", "Transfer-Encoding: chunked", length=False))
        line.send(b"5\r\n12345\r\n")
        line.reset()

    with Peer(talk) as peer:
        assert_broken_off(failure(peer.url), "connection broke after")


def test_blocks_are_the_bytes_as_they_came_over_the_network() -> None:
    packed = gzip.compress(body(reply({"text": "hello"})))
    with (
        Peer(always(201, packed, "Content-Encoding: gzip")) as peer,
        Client(service(peer.url)) as client,
        client.send(MODEL, request_body(), lambda _: None) as got,
    ):
        assert b"".join(got.blocks()) == packed


@pytest.mark.parametrize("status", [200, 201, 202, 203])
def test_every_status_that_carries_a_reply_does(status: int) -> None:
    with Peer(always(status, b"{}")) as peer:
        assert ask(peer.url) == b"{}"


def test_what_came_before_a_break_is_handed_on() -> None:
    gone = threading.Event()

    def talk(line: Line) -> None:
        line.request()
        line.send(answer(200, b"", "Content-Length: 1000", length=False), b"12345")
        line.socket.shutdown(socket.SHUT_WR)
        gone.set()

    def wait(event: EditEvent) -> None:
        if isinstance(event, ReplyStarted):
            gone.wait()

    came: list[bytes] = []
    with (
        Peer(talk) as peer,
        Client(service(peer.url)) as client,
        pytest.raises(UnknownOutcomeError),
        client.send(MODEL, request_body(), wait) as got,
    ):
        came.extend(got)
    assert came == [b"12345"]


def test_a_response_that_is_not_http_is_unknown() -> None:
    def talk(line: Line) -> None:
        line.request()
        line.send(b"220 mail.example.com ESMTP\r\n")

    with Peer(talk) as peer:
        assert_lost(failure(peer.url), "no reply came")


def timed(url: str, **more: Any) -> tuple[NanoEditError, float]:
    began = time.monotonic()
    fault = failure(url, timeout=0.5, **more)
    return fault, time.monotonic() - began


def test_a_silent_server_is_cut_at_the_attempts_time() -> None:
    with Peer(Line.hold) as peer:
        fault, took = timed(peer.url)
    assert_lost(fault, "it took longer than 0.5 s")
    assert 0.4 < took < 0.5 + SLACK


def test_a_silent_server_behind_tls_is_cut_at_the_attempts_time(
    trusted: Authority,
) -> None:
    with Peer(Line.hold, tls=trusted.server) as peer:
        fault, took = timed(peer.url)
    assert_lost(fault, "it took longer than 0.5 s")
    assert took < 0.5 + SLACK


def dripping(line: Line) -> None:
    line.request()
    line.send(answer(200, b"", "Content-Length: 100000", length=False))
    line.drip(b'{"candidates":' + b" " * 10_000, 0.02)


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_drip_is_cut_at_the_attempts_time(
    encrypted: bool, trusted: Authority
) -> None:
    with Peer(dripping, tls=trusted.server if encrypted else None) as peer:
        fault, took = timed(peer.url)
    assert_broken_off(fault, "it took longer than 0.5 s")
    assert took < 0.5 + SLACK


def test_an_upload_that_is_not_read_ends_at_the_attempts_time(
    tmp_path: Path,
) -> None:
    payload = large_body(tmp_path / "in.png", 32)
    with Peer(Line.silence) as peer:
        fault, took = timed(peer.url, payload=payload)
    assert_lost(fault, "it took longer than 0.5 s")
    assert took < 0.5 + SLACK


def test_an_attempt_may_have_its_own_time() -> None:
    with Peer(Line.hold) as peer, Client(service(peer.url)) as client:
        began = time.monotonic()
        with (
            pytest.raises(UnknownOutcomeError, match=r"longer than 0\.2 s"),
            client.send(MODEL, request_body(), lambda _: None, 0.2),
        ):
            pass
    assert time.monotonic() - began < 0.2 + SLACK


def test_a_fault_of_ours_while_reading_is_not_taken_for_the_networks() -> None:
    def spoil() -> None:
        with (
            Peer(always(200, b"{}")) as peer,
            Client(service(peer.url)) as client,
            client.send(MODEL, request_body(), lambda _: None),
        ):
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        spoil()


def test_whatever_fails_once_an_attempt_was_stopped_is_the_stop() -> None:
    def spoil() -> None:
        with (
            Peer(always(200, b"{}")) as peer,
            Client(service(peer.url)) as client,
            client.send(MODEL, request_body(), lambda _: None),
        ):
            client.stop()
            raise OSError("bad file descriptor")

    with pytest.raises(InterruptedEdit):
        spoil()


# --- stopped from another thread ----------------------------------------------


def stopped(url: str, ready: threading.Event) -> tuple[NanoEditError, float]:
    """Stop an attempt once ``ready`` is set; return how it ended and how soon."""
    with Client(service(url)) as client, ExitStack() as stack:
        when: list[float] = []

        def stop() -> None:
            assert ready.wait(10)
            when.append(time.monotonic())
            client.stop()

        stopper = threading.Thread(target=stop)
        stopper.start()
        stack.callback(stopper.join)
        attempt = client.send(MODEL, request_body(), lambda _: None)
        with pytest.raises(NanoEditError) as caught:
            stack.enter_context(attempt)
        return caught.value, time.monotonic() - when[0]


def test_stop_ends_an_attempt_that_waits_for_its_reply() -> None:
    ready = threading.Event()

    def talk(line: Line) -> None:
        line.request()
        ready.set()
        line.hold()

    with Peer(talk) as peer:
        fault, took = stopped(peer.url, ready)
    assert isinstance(fault, InterruptedEdit)
    assert fault.billed == "unknown"
    assert took < SLACK


@pytest.mark.usefixtures("silent_name_server")
def test_stop_ends_a_look_up() -> None:
    ready = threading.Event()
    ready.set()
    fault, took = stopped("https://host.example", ready)
    assert isinstance(fault, InterruptedEdit)
    assert fault.billed == "no"
    assert took < SLACK


@needs_a_full_queue
def test_no_further_address_is_tried_after_stop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    look_up = socket.getaddrinfo
    with (
        full_backlog() as port,
        Client(service(f"http://localhost:{port}", connect_timeout=0.4)) as client,
    ):

        def several(host: bytes | str, *more: Any, **named: Any) -> list[Any]:
            if host != b"localhost":
                return look_up(host, *more, **named)
            client.stop()
            both = "127.0.0.1", "127.0.0.2"  # the second would refuse
            return [found for each in both for found in look_up(each, *more, **named)]

        monkeypatch.setattr(socket, "getaddrinfo", several)
        with (
            pytest.raises(InterruptedEdit),
            client.send(MODEL, request_body(), lambda _: None),
        ):
            pass


def test_stop_ends_a_handshake(trusted: Authority) -> None:
    assert trusted.file.exists()
    ready = threading.Event()

    def talk(line: Line) -> None:
        line.socket.recv(1)
        ready.set()
        line.hold()

    with Peer(talk) as peer:
        fault, took = stopped(peer.url.replace("http:", "https:"), ready)
    assert isinstance(fault, InterruptedEdit)
    assert fault.billed == "no"
    assert took < SLACK


def test_stop_while_the_reply_comes_says_that_it_is_billed() -> None:
    with Peer(dripping) as peer, Client(service(peer.url)) as client:

        def stop_at_once(event: EditEvent) -> None:
            if isinstance(event, BytesReceived):
                client.stop()

        with (
            pytest.raises(InterruptedEdit) as caught,
            client.send(MODEL, request_body(), stop_at_once) as got,
        ):
            list(got)
        assert caught.value.billed == "yes"


def test_nothing_begins_after_stop() -> None:
    with Peer(always(200, b"{}")) as peer, Client(service(peer.url)) as client:
        client.stop()
        with (
            pytest.raises(InterruptedEdit) as caught,
            client.send(MODEL, request_body(), lambda _: None),
        ):
            pass
        assert caught.value.billed in {"no", "unknown"}


# --- an answer that is no picture ---------------------------------------------


def test_a_redirect_is_not_followed() -> None:
    with Peer(always(200, b"{}")) as elsewhere:
        to = f"Location: {elsewhere.url}/v1beta"
        with Peer(always(302, b"", to)) as peer:
            fault = failure(peer.url)
        assert elsewhere.connections == 0
    assert isinstance(fault, RejectedError)
    assert "redirect to 127.0.0.1" in fault.message


def test_a_compressed_error_is_read() -> None:
    said = {"error": {"code": 429, "message": "slow down", "status": "X"}}
    packed = gzip.compress(json.dumps(said).encode())
    with Peer(always(429, packed, "Content-Encoding: gzip", "Retry-After: 7")) as peer:
        fault = failure(peer.url)
    assert isinstance(fault, QuotaError)
    assert fault.retry_after == 7
    assert '"slow down"' in fault.message


@pytest.mark.parametrize("coding", ["deflate", "gzip"])
def test_an_error_that_cannot_be_decoded_is_classified_by_its_status(
    coding: str,
) -> None:
    with Peer(always(401, b"\x00junk", f"Content-Encoding: {coding}")) as peer:
        assert isinstance(failure(peer.url), AuthError)


@pytest.mark.parametrize("said", [b"x", b"", b"\x1f"])
def test_an_error_of_one_byte_is_classified_by_its_status(said: bytes) -> None:
    with Peer(always(403, said)) as peer:
        assert isinstance(failure(peer.url), AuthError)


def test_a_truncated_error_is_classified_by_its_status() -> None:
    def talk(line: Line) -> None:
        line.request()
        line.send(answer(429, b"", "Content-Length: 50", length=False), b'{"error')

    with Peer(talk) as peer:
        fault = failure(peer.url)
    assert isinstance(fault, QuotaError)
    assert fault.retry is Retry.SAFE


def test_an_endless_error_is_read_no_further_than_its_bound() -> None:
    def talk(line: Line) -> None:
        line.request()
        line.send(answer(500, b"", "Content-Length: 1000000000", length=False))
        with suppress(OSError):
            while True:
                line.send(b"<html>" * 10_000)

    with Peer(talk) as peer:
        fault = failure(peer.url)
    assert isinstance(fault, ServerError)
    assert "HTML" in fault.message


def test_a_reply_in_a_coding_that_cannot_be_undone_is_the_services_fault() -> None:
    with Peer(always(200, b"\x8b\xff{}", "Content-Encoding: br")) as peer:
        fault = failure(peer.url)
    assert isinstance(fault, ServerError)
    assert fault.billed == "yes"


def test_a_reply_beyond_the_bound_ends() -> None:
    with Peer(always(200, b" " * 5000)) as peer:
        fault = failure(peer.url, max_reply=4999)
    assert "larger than 4,999 bytes" in fault.message
    assert "--max-reply" in fault.hint


# --- TCP keep-alive -----------------------------------------------------------


def own_sockets(port: int) -> Iterator[socket.socket]:
    """Yield a copy of every socket of this process that leads to ``port``."""
    for descriptor in range(3, 1024):
        with suppress(OSError):
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                with socket.socket(fileno=os.dup(descriptor)) as copy:
                    if copy.getpeername()[1] == port:
                        yield copy


@pytest.mark.skipif(os.name == "nt", reason="a socket is no file descriptor there")
def test_tcp_asks_after_half_a_minute_whether_the_other_end_lives() -> None:
    idle = getattr(socket, "TCP_KEEPIDLE", getattr(socket, "TCP_KEEPALIVE", 0))

    def talk(line: Line) -> None:
        line.request()
        line.send(answer(200, b"{}"))
        line.hold()

    with (
        Peer(talk) as peer,
        Client(service(peer.url)) as client,
        client.send(MODEL, request_body(), lambda _: None) as got,
    ):
        found = [
            (
                mine.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
                mine.getsockopt(socket.IPPROTO_TCP, idle),
            )
            for mine in own_sockets(peer.port)
        ]
        assert b"".join(got) == b"{}"
    assert found
    assert all(on and seconds == KEEP_ALIVE for on, seconds in found)
