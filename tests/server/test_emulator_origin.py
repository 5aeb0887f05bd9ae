"""Web pages and other machines' names are kept out; bodies are bounded together."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from support.plain_http import KEY, WITH_KEY, ask, edit_of, path_of

from nano_edit.emulator import Emulator
from nano_edit.emulator.bodies import MAX_BODIES, BodyRoom
from nano_edit.emulator.connection import ClientConnection, ClientGoneError
from nano_edit.emulator.contract import MAX_BODY
from nano_edit.emulator.origin import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def service() -> Iterator[Emulator]:
    with Emulator(signature_bytes=0) as emulator:
        yield emulator


def talk(service: Emulator, words: bytes) -> tuple[int, Any]:
    """Say ``words``; return the status and the JSON of the one answer."""
    there = urlsplit(service.url)
    with socket.create_connection((there.hostname, there.port), 60) as line:
        line.sendall(words)
        line.shutdown(socket.SHUT_WR)
        answer = http.client.HTTPResponse(line)
        answer.begin()
        assert answer.headers["Content-Type"].startswith("application/json")
        return answer.status, json.loads(answer.read())


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LOCALHOST:8787", "localhost.", "api.localhost", "127.0.0.1"),
        *("127.8.9.1:1", "[::1]", "[::1]:8787"),
    ],
)
def test_names_of_loopback_are_answered(service: Emulator, host: str) -> None:
    assert is_loopback(host)
    reply = ask(service, edit_of(text="a cat"), headers={**WITH_KEY, "Host": host})
    assert reply.status == 200


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "127.0.0.1.evil.example", "localhost.evil.example", ""),
        *("10.0.0.1", "192.168.1.1", "[::]", "[::1", "user@localhost", "localhost:x"),
        "notlocalhost",
    ],
)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", path_of()), ("GET", "/log"), ("POST", "/faults")]
)
def test_another_name_is_refused(
    service: Emulator, method: str, path: str, host: str
) -> None:
    calls = len(service.calls)
    reply = ask(service, b"503", method=method, path=path, headers={"Host": host})
    assert (reply.status, reply.error["status"]) == (403, "PERMISSION_DENIED")
    assert "loopback" in reply.error["message"]
    assert reply.headers["connection"] == "close"
    assert len(service.calls) == calls
    assert ask(service, edit_of(text="a cat")).status == 200


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /log HTTP/1.1\r\n\r\n", 400),
        (b"GET /log HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", 400),
        (b"GET http://evil.example/log HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET /log HTTP/1.0\r\n\r\n", 200),
        (b"BREW /pot HTTP/1.1\r\nHost: localhost\r\n\r\n", 501),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", 505),
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n", 431),
    ],
)
def test_a_head_that_makes_no_sense_gets_googles_error(
    service: Emulator, head: bytes, status: int
) -> None:
    found, document = talk(service, head)
    assert found == status
    if status != 200:
        error = document["error"]
        assert (error["code"], error["status"].isupper()) == (status, True)


def own(service: Emulator) -> str:
    return service.url


WRITES = [("POST", path_of()), ("POST", "/faults"), ("DELETE", "/log"), ("PUT", "/")]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
    ids=str,
)
@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_web_page_changes_nothing(
    service: Emulator, method: str, path: str, headers: dict[str, str]
) -> None:
    kept = len(service.calls)
    headers = {"x-goog-api-key": KEY, **headers}
    reply = ask(service, b"503:*", method=method, path=path, headers=headers)
    assert (reply.status, reply.error["status"]) == (403, "PERMISSION_DENIED")
    assert "web pages" in reply.error["message"]
    assert "access-control-allow-origin" not in reply.headers
    assert len(service.calls) == kept
    assert ask(service, edit_of(text="a cat")).status == 200


def test_a_page_of_its_own_may_write(service: Emulator) -> None:
    headers = {"Origin": own(service), "Sec-Fetch-Site": "same-origin"}
    assert ask(service, b"", path="/faults", headers=headers).status == 200


def test_a_page_may_be_linked_to(service: Emulator) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert ask(service, method="GET", path="/", headers=headers).status == 200


def test_head_has_no_body(service: Emulator) -> None:
    for path, status in (("/", 200), ("/log", 200), ("/nowhere", 404)):
        reply = ask(service, method="HEAD", path=path)
        assert (reply.status, reply.body) == (status, b"")


def test_a_body_of_a_get_is_no_request(service: Emulator) -> None:
    hidden = b"DELETE /log HTTP/1.1\r\nHost: localhost\r\n\r\n"
    ask(service, edit_of(text="a cat"))
    kept = len(service.calls)
    assert ask(service, hidden, method="GET", path="/log").status == 200
    assert len(service.calls) == kept


def test_a_length_is_given_once(service: Emulator) -> None:
    head = b"POST /faults HTTP/1.1\r\nHost: localhost\r\n"
    for both in (
        b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 0\r\nContent-Length: 5\r\n",
    ):
        status, document = talk(service, head + both + b"\r\n0\r\n\r\n")
        assert status == 400
        assert "given twice" in str(document)


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until it is so."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def called(service: Emulator, times: int) -> bool:
    return len(service.calls) == times


# --- bodies together ---------------------------------------------------------


@pytest.fixture
def client() -> Iterator[tuple[ClientConnection, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        far = socket.create_connection(server.getsockname())
        near, _ = server.accept()
    with near, far:
        yield ClientConnection(near, threading.Event()), far


def test_a_body_waits_for_room(
    client: tuple[ClientConnection, socket.socket],
) -> None:
    room, order = BodyRoom(100), []

    def second() -> None:
        with room.reserve(50, client[0]):
            order.append("second")

    with room.reserve(60, client[0]):
        thread = threading.Thread(target=second)
        thread.start()
        with room.reserve(40, client[0]):
            order.append("first")
    thread.join(30)
    assert order == ["first", "second"]


def test_nobody_waits_for_a_client_that_has_gone(
    client: tuple[ClientConnection, socket.socket],
) -> None:
    room = BodyRoom(10)
    client[1].close()
    with (
        room.reserve(10, client[0]),
        pytest.raises(ClientGoneError),
        room.reserve(1, client[0]),
    ):
        pass


def test_bodies_of_all_connections_are_bounded_together(service: Emulator) -> None:
    """Three that announce the most there may be: the third is not read yet."""
    assert MAX_BODIES == 2 * MAX_BODY
    there = urlsplit(service.url)
    head = (
        f"POST {path_of()} HTTP/1.1\r\nHost: localhost\r\nx-goog-api-key: {KEY}\r\n"
        f"Content-Length: {MAX_BODY}\r\nConnection: close\r\n\r\n"
    ).encode()
    before = len(service.calls)
    lines = [socket.create_connection((there.hostname, there.port)) for _ in range(3)]
    for number, line in enumerate(lines):
        line.sendall(head)
        eventually(partial(called, service, before + number + 1))
    small = threading.Thread(target=ask, args=(service, edit_of(text="a cat")))
    small.start()
    eventually(partial(called, service, before + 4))
    assert service.calls[-1].body_bytes is None
    lines[0].close()  # one of the first two gives its room back
    lines[2].close()
    small.join(30)
    assert service.calls[-1].body_bytes is not None
    lines[1].close()
