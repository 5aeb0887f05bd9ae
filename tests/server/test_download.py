from __future__ import annotations

import gzip
import io
import os
import socket
import time
from typing import TYPE_CHECKING, Any

import httpcore
import pytest
from support.peers import (
    Authority,
    Line,
    Peer,
    always,
    answer,
    full_backlog,
    refusing_port,
)

from nano_edit.errors import ExitStatus, InputError
from nano_edit.wire.http import download as downloads
from nano_edit.wire.http.download import MAX_REDIRECTS, download

if TYPE_CHECKING:
    from pathlib import Path

PICTURE = b"\x89PNG" + bytes(range(256)) * 2000
SLACK = 0.5  # seconds


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    authority = Authority.at(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    return authority


def fetched(url: str) -> bytes:
    file = io.BytesIO()
    download(url, file)
    return file.getvalue()


def failure(url: str) -> InputError:
    with pytest.raises(InputError) as caught:
        fetched(url)
    assert caught.value.exit_status is ExitStatus.INPUT
    assert "Download it" in caught.value.hint
    return caught.value


def test_a_picture_is_fetched_without_a_key_or_a_cookie(trusted: Authority) -> None:
    requests = []

    def talk(line: Line) -> None:
        requests.append(line.request())
        if requests[-1].line.startswith("GET /moved"):
            cookie = "Set-Cookie: id=1; Path=/"
            line.send(answer(302, b"", "Location: /in.png", cookie))
        else:
            line.send(answer(200, PICTURE))

    with Peer(talk, tls=trusted.server) as peer:
        assert fetched(f"{peer.url}/moved.png") == PICTURE
    assert [request.line for request in requests] == [
        "GET /moved.png HTTP/1.1",
        "GET /in.png HTTP/1.1",
    ]
    for request in requests:
        assert "authorization" not in request.headers
        assert "cookie" not in request.headers
        assert request.headers["accept"] == "image/*"


def test_a_redirect_to_another_https_host_is_followed(trusted: Authority) -> None:
    with Peer(always(200, PICTURE), tls=trusted.server) as beyond:
        to = f"Location: {beyond.url}/x.png"
        with Peer(always(301, b"", to), tls=trusted.server) as peer:
            assert fetched(peer.url) == PICTURE


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("http://127.0.0.1:1/x.png", "it redirects to plain http"),
        ("ftp://127.0.0.1/x.png", "it redirects to plain http"),
        ("https://user:pass@127.0.0.1/x.png", "a user name or password"),
        ("https://[::1/x.png", "it cannot be fetched"),
        ("https://127.0.0.1:port/x.png", "it cannot be fetched"),
    ],
)
def test_a_redirect_that_is_not_safe_is_not_followed(
    location: str, said: str, trusted: Authority
) -> None:
    talk = always(302, b"", f"Location: {location}")
    with Peer(talk, tls=trusted.server) as peer:
        fault = failure(f"{peer.url}/in.png?token=secret")
        assert peer.connections == 1
    assert said in fault.message
    assert fault.message.startswith(f"https://127.0.0.1:{peer.port}/in.png: ")


@pytest.mark.parametrize(
    "to", ["127.0.0.1", "localhost", "10.0.0.1", "[::1]", "169.254.1.1", "x.localhost"]
)
def test_a_redirect_from_a_public_address_to_a_private_one_is_not_followed(
    to: str, trusted: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def tunnel(line: Line) -> None:  # a proxy that knows every name
        asked.append(line.head().line)
        line.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with trusted.server.wrap_socket(line.socket, server_side=True) as inner:
            line.socket = inner
            line.head()
            line.send(answer(302, b"", f"Location: https://{to}/in.png"))

    with Peer(tunnel) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "")
        message = failure("https://public.example/in.png?sig=secret").message
    assert message == (
        "https://public.example/in.png: it redirects to a private network."
    )
    assert len(asked) == 1


def test_a_redirect_to_a_name_with_a_private_address_is_not_followed(
    trusted: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_up = socket.getaddrinfo
    addresses = {"public.example": "8.8.8.8", "inside.example": "127.0.0.1"}

    def named(host: bytes | str, *more: Any, **named: Any) -> list[Any]:
        name = host.decode() if isinstance(host, bytes) else host
        return look_up(addresses.get(name, host), *more, **named)

    def connect(backend: object, _: str, *more: Any) -> Any:
        return connect_tcp(backend, "127.0.0.1", *more)

    connect_tcp: Any = httpcore.SyncBackend.connect_tcp
    monkeypatch.setattr(socket, "getaddrinfo", named)
    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    talk = always(302, b"", "Location: https://inside.example/in.png")
    with Peer(talk, tls=trusted.server) as peer:
        message = failure(f"https://public.example:{peer.port}/in.png").message
        assert "it redirects to a private network" in message
        assert peer.connections == 1


def test_a_url_may_hold_any_character(trusted: Authority) -> None:
    seen = []

    def talk(line: Line) -> None:
        seen.append(line.request().line)
        line.send(answer(200, PICTURE))

    with Peer(talk, tls=trusted.server) as peer:
        assert fetched(f"{peer.url}/b\u00fc cher%20.png?a=b&c=\u00e4+%2F#x") == PICTURE
    assert seen == ["GET /b%C3%BC%20cher%20.png?a=b&c=%C3%A4+%2F HTTP/1.1"]


def test_redirects_in_a_circle_end(trusted: Authority) -> None:
    with Peer(always(302, b"", "Location: /again"), tls=trusted.server) as peer:
        assert "it redirects too often" in failure(peer.url).message
        assert peer.connections <= MAX_REDIRECTS + 1


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:1/in.png", "only https:// is fetched"),
        ("file:///etc/passwd", "only https:// is fetched"),
        ("https://user@127.0.0.1:1/in.png", "a user name or password"),
        ("https://:pass@127.0.0.1:1/in.png", "a user name or password"),
        ("https://[::1/in.png", "it cannot be fetched"),
        ("https://127.0.0.1:port/in.png", "it cannot be fetched"),
        ("https://host.invalid/in.png", "it cannot be fetched"),
        ("https:///in.png", "it cannot be fetched"),
    ],
)
def test_a_url_that_cannot_be_fetched_is_named(url: str, said: str) -> None:
    assert said in failure(url).message


def test_credentials_are_not_repeated() -> None:
    message = failure("https://user:pass@127.0.0.1/in.png?token=secret").message
    assert "pass@" not in message
    assert "secret" not in message


def test_a_server_that_is_away_is_named() -> None:
    with refusing_port() as port:
        fault = failure(f"https://127.0.0.1:{port}/in.png")
    shown = f"https://127.0.0.1:{port}/in.png: it cannot be fetched"
    assert fault.message.startswith(shown)


@pytest.mark.skipif(os.name == "nt", reason="a full queue refuses there")
def test_a_server_that_takes_no_connection_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(downloads, "TIMEOUT", 0.2)
    with full_backlog() as port:
        message = failure(f"https://127.0.0.1:{port}/in.png").message
    assert "no connection within 0.2 s" in message


def test_an_untrusted_certificate_is_refused(tmp_path: Path) -> None:
    authority = Authority.at(tmp_path)
    with Peer(always(200, PICTURE), tls=authority.server) as peer:
        assert "it cannot be fetched" in failure(peer.url).message


@pytest.mark.parametrize("status", [204, 300, 302, 304, 404, 500])
def test_a_response_without_a_picture_is_reported_with_its_status(
    status: int, trusted: Authority
) -> None:
    with Peer(always(status), tls=trusted.server) as peer:
        assert f"it answers HTTP {status}" in failure(peer.url).message


def test_a_truncated_picture_is_refused(trusted: Authority) -> None:
    def talk(line: Line) -> None:
        line.request()
        line.send(answer(200, b"", "Content-Length: 900", length=False), b"part")

    with Peer(talk, tls=trusted.server) as peer:
        assert "it cannot be fetched" in failure(peer.url).message


def test_a_picture_beyond_the_bound_ends(
    trusted: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "MAX_BYTES", 1 << 20)
    with Peer(always(200, bytes(1 << 20)), tls=trusted.server) as peer:
        assert len(fetched(peer.url)) == 1 << 20
    with Peer(always(200, bytes((1 << 20) + 1)), tls=trusted.server) as peer:
        assert "it is larger than 1 MB" in failure(peer.url).message


def test_nothing_is_unpacked_on_the_way(trusted: Authority) -> None:
    # A small body that swells would cost memory; a picture is packed already.
    packed = gzip.compress(PICTURE)
    talk = always(200, packed, "Content-Encoding: gzip")
    with Peer(talk, tls=trusted.server) as peer:
        assert fetched(peer.url) == packed


@pytest.mark.parametrize(
    "whole",
    [
        answer(200, bytes(1000)),
        b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000,
    ],
    ids=["of the body", "of the head"],
)
def test_a_drip_ends_when_the_time_is_over(
    whole: bytes, trusted: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "MAX_SECONDS", 0.3)

    def talk(line: Line) -> None:
        line.request()
        line.drip(whole, 0.02)

    with Peer(talk, tls=trusted.server) as peer:
        began = time.monotonic()
        assert "it takes longer than 0.3 s" in failure(peer.url).message
        assert time.monotonic() - began < 0.3 + SLACK


def test_a_broken_environment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "nonsense://127.0.0.1:1")
    assert "proxy" in failure("https://127.0.0.1/in.png").message
