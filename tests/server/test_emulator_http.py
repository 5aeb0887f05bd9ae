"""The emulator's HTTP: chunks, gzip, the log, silence, many clients, the end."""

from __future__ import annotations

import dataclasses
import gzip
import http.client
import json
import os
import socket
import struct
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import support
from support.plain_http import (
    KEY,
    WITH_KEY,
    Reply,
    ask,
    connect,
    edit_of,
    path_of,
    read_reply,
)

from nano_edit.emulator import Emulator, FaultListError
from nano_edit.emulator.connection import ClientConnection, ClientGoneError
from nano_edit.emulator.http import Listener
from nano_edit.emulator.service import EmulatedService, EmulatorOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

GZIP = {"Accept-Encoding": "deflate, gzip"}
LINE = f"POST {path_of()} HTTP/1.1\r\nHost: 127.0.0.1\r\nx-goog-api-key: {KEY}\r\n"


@pytest.fixture(scope="module")
def service() -> Iterator[Emulator]:
    with Emulator(signature_bytes=400) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return edit_of(support.photo(tmp_path_factory.mktemp("in") / "in.jpg"))


def talk(service: Emulator, words: bytes) -> bytes:
    """Say ``words``, and return all that is said until the connection ends."""
    with socket.create_connection(address(service), 60) as line:
        line.sendall(words)
        with line.makefile("rb") as stream:
            return stream.read()


def address(service: Emulator) -> tuple[str, int]:
    there = urlsplit(service.url)
    assert there.hostname
    assert there.port
    return there.hostname, there.port


def posted(body: bytes, *headers: str, path: str = path_of()) -> bytes:
    head = LINE.replace(path_of(), path) + "".join(f"{one}\r\n" for one in headers)
    return f"{head}\r\n".encode() + body


# --- the answer --------------------------------------------------------------


def test_a_reply_is_chunked_and_laid_out_as_googles(
    service: Emulator, sent: dict[str, Any]
) -> None:
    reply = ask(service, sent)
    assert reply.headers["transfer-encoding"] == "chunked"
    assert "content-length" not in reply.headers
    assert reply.headers["content-type"] == "application/json; charset=UTF-8"
    assert reply.body.startswith(b'{\n  "candidates": [\n    {\n      "content": {\n')
    assert reply.body.endswith(b"\n}\n")
    keys = ["candidates", "usageMetadata", "modelVersion", "responseId"]
    assert list(reply.document) == keys
    (candidate,) = reply.document["candidates"]
    assert list(candidate) == ["content", "finishReason", "index"]
    assert list(candidate["content"]) == ["parts", "role"]
    assert candidate["finishReason"] == "STOP"


def test_the_figures_add_up(service: Emulator, sent: dict[str, Any]) -> None:
    usage = ask(service, sent).document["usageMetadata"]
    total = usage["promptTokenCount"] + usage["candidatesTokenCount"]
    assert usage["totalTokenCount"] == total + usage["thoughtsTokenCount"]
    asked = {one["modality"]: one["tokenCount"] for one in usage["promptTokensDetails"]}
    assert asked == {"TEXT": 2, "IMAGE": 560}
    made = {"imageConfig": {"imageSize": "4K"}, "responseModalities": ["IMAGE"]}
    usage = ask(service, {**sent, "generationConfig": made}).document["usageMetadata"]
    assert usage["candidatesTokenCount"] == 2000
    words = edit_of(text="a cat")
    details = ask(service, words).document["usageMetadata"]["promptTokensDetails"]
    assert [one["modality"] for one in details] == ["TEXT"]


def test_a_signature_is_as_large_as_the_services(sent: dict[str, Any]) -> None:
    with Emulator() as emulator:
        (part,) = ask(emulator, sent).parts
    assert 1_100_000 <= len(part["thoughtSignature"]) + 3 < 1_500_000 + 3


def test_a_signature_can_be_left_out(sent: dict[str, Any]) -> None:
    with Emulator(signature_bytes=0) as emulator:
        (part,) = ask(emulator, sent).parts
    assert list(part) == ["inlineData"]


def test_gzip_comes_when_it_is_asked_for(
    service: Emulator, sent: dict[str, Any]
) -> None:
    plain = ask(service, sent)
    assert "content-encoding" not in plain.headers
    packed = ask(service, sent, headers={**WITH_KEY, **GZIP})
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) * 0.8


def test_gzip_can_be_left_out(sent: dict[str, Any]) -> None:
    with Emulator(signature_bytes=0, gzip=False) as emulator:
        reply = ask(emulator, sent, headers={**WITH_KEY, **GZIP})
    assert "content-encoding" not in reply.headers


def test_an_old_client_is_told_the_length(
    service: Emulator, sent: dict[str, Any]
) -> None:
    body = json.dumps(sent).encode()
    words = posted(body, f"Content-Length: {len(body)}").replace(b"/1.1", b"/1.0", 1)
    head, _, answer = talk(service, words).partition(b"\r\n\r\n")
    assert b"Transfer-Encoding" not in head
    assert f"Content-Length: {len(answer)}".encode() in head
    assert answer == ask(service, sent).body


def test_latency_is_silence_before_a_picture_alone(sent: dict[str, Any]) -> None:
    with Emulator(latency=0.7, signature_bytes=0) as emulator:
        ask(emulator, sent)
        emulator.set_faults("403")
        ask(emulator, sent)
        waits = [
            (entry.first_byte_monotonic or 0) - (entry.body_monotonic or 0)
            for entry in emulator.requests
        ]
    assert waits[0] >= 0.7 > waits[1]


def test_what_is_larger_than_the_memory_for_replies_is_answered_too(
    sent: dict[str, Any],
) -> None:
    with Emulator(signature_bytes=70_000_000) as emulator:
        (part,) = ask(emulator, sent).parts
    assert len(part["thoughtSignature"]) == 70_000_000


# --- the request -------------------------------------------------------------


def test_a_body_is_asked_for_before_it_is_sent(
    service: Emulator, sent: dict[str, Any]
) -> None:
    body = json.dumps(sent).encode()
    headers = (f"Content-Length: {len(body)}", "Expect: 100-continue")
    with socket.create_connection(address(service), 60) as line:
        line.sendall(posted(b"", *headers))
        with line.makefile("rb") as stream:
            assert stream.readline() == b"HTTP/1.1 100 Continue\r\n"
            assert stream.readline() == b"\r\n"
            line.sendall(body)
            assert stream.readline() == b"HTTP/1.1 200 OK\r\n"


def test_a_body_can_come_in_chunks(service: Emulator, sent: dict[str, Any]) -> None:
    body = json.dumps(sent).encode()
    middle = len(body) // 2
    chunks = b"%X;note=1\r\n%b\r\n%x\r\n%b\r\n0\r\nTrailer: 1\r\n\r\n"
    words = chunks % (middle, body[:middle], len(body) - middle, body[middle:])
    close = "Connection: close"
    answer = talk(service, posted(words, "Transfer-Encoding: chunked", close))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert service.requests[-1].transfer_encoding == "chunked"
    assert service.requests[-1].body_bytes == len(body)


@pytest.mark.parametrize(
    ("headers", "body", "why"),
    [
        (["Content-Length: ten"], b"{}", "Content-Length"),
        (["Content-Length: -1"], b"{}", "Content-Length"),
        (["Transfer-Encoding: chunked"], b"xyz\r\n{}\r\n0\r\n\r\n", "chunk"),
        (["Transfer-Encoding: chunked"], b"", "chunk"),
    ],
)
@pytest.mark.parametrize("path", [path_of(), "/faults"])
def test_lengths_that_make_no_sense_end_the_connection(
    service: Emulator, path: str, headers: list[str], body: bytes, why: str
) -> None:
    with socket.create_connection(address(service), 60) as line:
        line.sendall(posted(body, *headers, path=path))
        line.shutdown(socket.SHUT_WR)
        with line.makefile("rb") as stream:
            answer = stream.read()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"Connection: close\r\n" in answer
    assert why.encode() in answer


def test_a_body_that_ends_early_gets_no_answer(service: Emulator) -> None:
    with socket.create_connection(address(service), 60) as line:
        line.sendall(posted(b"{", "Content-Length: 100"))
        line.shutdown(socket.SHUT_WR)
        with line.makefile("rb") as stream:
            assert stream.read() == b""
    assert service.requests[-1].body_bytes is None
    assert service.requests[-1].content_length == 100


def test_a_body_over_the_limit_is_read_and_refused(service: Emulator) -> None:
    reply = ask(service, b" " * (144 * 1024 * 1024 + 1))
    assert reply.status == 413
    assert "exceeds the limit" in reply.error["message"]


def test_a_connection_is_kept_for_the_next_request(
    service: Emulator, sent: dict[str, Any]
) -> None:
    connection = connect(service)
    for _ in range(3):
        connection.request("POST", path_of(), json.dumps(sent), WITH_KEY)
        assert read_reply(connection).status == 200
    connection.close()
    assert len({entry.client for entry in service.requests[-3:]}) == 1


@pytest.mark.parametrize("prefix", ["", "/proxy", "/a/b"])
@pytest.mark.parametrize("version", ["v1", "v1beta"])
def test_a_prefix_before_the_version_is_kept(
    service: Emulator, sent: dict[str, Any], prefix: str, version: str
) -> None:
    path = prefix + path_of("gemini-3-pro-image-preview", version)
    assert ask(service, sent, path=path).status == 200
    entry = service.requests[-1]
    assert (entry.path, entry.prefix) == (path, prefix)
    assert entry.model == "gemini-3-pro-image-preview"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nowhere"),
        ("GET", path_of()),
        ("DELETE", "/faults"),
        ("PUT", path_of()),
        ("PATCH", "/log"),
        ("OPTIONS", path_of()),
        ("TRACE", "/"),
        ("POST", "/v1beta/models"),
        ("DELETE", "/v1beta/models/gemini-3-pro-image"),
        ("POST", path_of(version="v2")),
        ("POST", path_of().replace("generateContent", "embedContent")),
    ],
)
def test_every_other_path_is_404(service: Emulator, method: str, path: str) -> None:
    reply = ask(service, method=method, path=path)
    assert reply.status == 404
    assert reply.error["status"] == "NOT_FOUND"
    assert path in reply.error["message"]


def test_the_server_says_what_it_is(service: Emulator) -> None:
    reply = ask(service, method="GET", path="/")
    assert reply.body.startswith(b"nano-edit-emulator: ")
    assert reply.headers["server"] == "nano-edit-emulator"


# --- the log and the faults --------------------------------------------------


def log_of(service: Emulator) -> list[dict[str, Any]]:
    log: list[dict[str, Any]] = json.loads(ask(service, method="GET", path="/log").body)
    return log


def test_the_log_is_read_and_forgotten_over_http(sent: dict[str, Any]) -> None:
    with Emulator(signature_bytes=0) as service:
        assert log_of(service) == []
        ask(service, {**sent, "generationConfig": {"imageConfig": {"imageSize": "2K"}}})
        ask(service, {})
        first, second = log_of(service)
        assert (first["number"], second["number"]) == (1, 2)
        assert (first["instruction"], first["image_size"]) == ("sepia", "2K")
        assert first["modalities"] == ["TEXT", "IMAGE"]
        assert first["images"][0]["format"] == "JPEG"
        assert first["images"][0]["has_exif"] is False
        assert (first["status"], second["status"]) == (200, 400)
        assert "contents is not specified" in second["error"]
        assert ask(service, method="DELETE", path="/log").document == {}
        assert log_of(service) == []
        ask(service, sent)
        assert log_of(service)[0]["number"] == 3


def test_times_and_sizes_are_those_of_the_exchange(sent: dict[str, Any]) -> None:
    before = time.monotonic()
    with Emulator(signature_bytes=0) as service:
        reply = ask(service, sent)
    (entry,) = service.requests
    assert entry.content_length == entry.body_bytes == len(json.dumps(sent))
    assert entry.sent_bytes == len(reply.body)
    assert entry.finished
    moments = [
        *(before, entry.received_monotonic, entry.body_monotonic),
        *(entry.first_byte_monotonic, entry.last_byte_monotonic, time.monotonic()),
    ]
    assert moments == sorted(moments, key=lambda moment: moment or 0)
    assert entry.received_at <= (entry.first_byte_at or 0) <= time.time()


def test_a_request_in_flight_can_be_forgotten(sent: dict[str, Any]) -> None:
    with Emulator(signature_bytes=0, faults="tail-stall=600") as service:
        connection = connect(service)
        connection.request("POST", path_of(), json.dumps(sent), WITH_KEY)
        assert connection.getresponse().read(10)
        assert ask(service, method="DELETE", path="/log").status == 200
        connection.close()
    assert service.requests == ()


def test_log_entries_cannot_be_changed(service: Emulator, sent: dict[str, Any]) -> None:
    ask(service, sent)
    with pytest.raises(dataclasses.FrozenInstanceError):
        service.requests[-1].status = 1  # type: ignore[misc]


def test_faults_are_replaced_over_http(sent: dict[str, Any]) -> None:
    with Emulator(signature_bytes=0, faults="404:*") as service:
        reply = ask(service, b" 403,429=2.5 ", path="/faults")
        assert reply.document == {"faults": "403,429=2.5"}
        assert [ask(service, sent).status for _ in range(3)] == [403, 429, 200]
        refused = ask(service, b"503,drfts", path="/faults")
        assert refused.status == 400
        assert "did you mean drafts?" in refused.error["message"]
        assert ask(service, b"", path="/faults").document == {"faults": ""}


def test_drift_is_replaced_over_http(sent: dict[str, Any]) -> None:
    with Emulator(signature_bytes=0) as service:
        plain = ask(service, sent).body
        assert ask(service, b"shift ", path="/drift").document == {"drift": "shift"}
        assert ask(service, sent).body != plain
        refused = ask(service, b"zoom=9", path="/drift")
        assert (refused.status, "zoom takes" in refused.error["message"]) == (400, True)
        assert ask(service, b"", path="/drift").document == {"drift": ""}
        assert ask(service, sent).body == plain


def test_a_bad_fault_list_starts_nothing() -> None:
    with pytest.raises(FaultListError):
        Emulator(faults="drfts")


# --- many, and the end -------------------------------------------------------


def test_thirty_clients_are_answered_at_once(sent: dict[str, Any]) -> None:
    with Emulator(signature_bytes=400, faults="tail-stall=600:*") as service:
        body = json.dumps(sent)
        lines = [connect(service) for _ in range(30)]
        for line in lines:
            line.request("POST", path_of(), body, WITH_KEY)
        firsts = [line.getresponse().read(2000) for line in lines]
        assert len(set(firsts)) == 1
        assert not any(entry.finished for entry in service.requests)
        assert len({entry.client for entry in service.requests}) == 30
        for line in lines:
            line.close()


def test_threads_that_ask_for_the_same_get_the_same(sent: dict[str, Any]) -> None:
    replies: list[Reply] = []
    with Emulator(signature_bytes=400) as service:
        threads = [
            threading.Thread(target=lambda: replies.append(ask(service, sent)))
            for _ in range(30)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [reply.status for reply in replies] == [200] * 30
    assert len({reply.body for reply in replies}) == 1
    assert sorted(entry.number for entry in service.requests) == list(range(1, 31))


def test_closing_ends_those_that_are_silent(sent: dict[str, Any]) -> None:
    with Emulator(signature_bytes=400, faults="tail-stall=600:*") as service:
        waiting, idle = connect(service), connect(service)
        waiting.request("POST", path_of(), json.dumps(sent), WITH_KEY)
        answer = waiting.getresponse()
        assert answer.read(100)
        idle.connect()
        begun = time.monotonic()
    assert time.monotonic() - begun < 5
    with pytest.raises(http.client.IncompleteRead):
        answer.read()
    waiting.close()
    idle.close()
    with pytest.raises(ConnectionRefusedError):
        connect(service).connect()


def test_a_connection_that_comes_while_it_closes_is_ended() -> None:
    with Listener(0, EmulatedService(EmulatorOptions())) as listener:
        client = socket.create_connection(("127.0.0.1", listener.server_address[1]))
        listener.hang_up()
        listener.handle_request()
        with client, client.makefile("rb") as stream:
            assert stream.read() == b""


def test_an_emulator_that_was_never_started_closes() -> None:
    emulator = Emulator()
    emulator.close()
    with pytest.raises(ConnectionRefusedError):
        connect(emulator).connect()


def test_the_port_is_free_again_afterwards(sent: dict[str, Any]) -> None:
    with Emulator(signature_bytes=0) as service:
        ask(service, sent)
        _, port = address(service)
    with Emulator(port=port, signature_bytes=0) as again:
        assert ask(again, sent).status == 200


# --- silence -----------------------------------------------------------------


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection: the emulator's, and the client's."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        ours, _ = server.accept()
    with ours, client:
        yield ours, client


def test_silence_lasts_as_long_as_it_was_asked_for(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    begun = time.monotonic()
    ClientConnection(pair[0], threading.Event()).wait(0.3)
    assert time.monotonic() - begun >= 0.3


def test_an_early_byte_does_not_end_the_silence(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, client = pair
    client.sendall(b"P")
    begun = time.monotonic()
    ClientConnection(ours, threading.Event()).wait(0.3)
    assert time.monotonic() - begun >= 0.3
    assert ours.recv(10) == b"P"


def test_silence_ends_when_the_client_goes(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, client = pair
    client.close()
    with pytest.raises(ClientGoneError):
        ClientConnection(ours, threading.Event()).wait(600)


def test_silence_ends_when_the_client_breaks_the_connection(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, client = pair
    at_once = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
    client.close()
    with pytest.raises(ClientGoneError):
        ClientConnection(ours, threading.Event()).wait(600)


@pytest.mark.parametrize("early", [b"", b"P"])
def test_silence_ends_when_the_emulator_closes(
    pair: tuple[socket.socket, socket.socket], early: bytes
) -> None:
    ours, client = pair
    client.sendall(early)
    closing = threading.Event()
    threading.Timer(0.1, closing.set).start()
    with pytest.raises(ClientGoneError):
        ClientConnection(ours, closing).wait(600)
