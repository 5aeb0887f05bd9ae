"""The other end of a connection, byte by byte: servers and proxies on loopback.

Rules:
- A peer is real: a listening socket, a thread for each connection, TLS with a CA
  that the test makes.  What it says is written out in the test.
- Nothing waits for a time to pass: a peer that is silent holds the line until the
  other end, or the test, lets go.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import trustme

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Talk = Callable[["Line"], None]


@dataclass(slots=True)
class Request:
    """What came in: the request line, headers by lower-case name, the body."""

    line: str
    headers: dict[str, str]
    body: bytes = b""


@dataclass(slots=True)
class Line:
    """One connection, seen from the peer."""

    socket: socket.socket
    number: int  # from 1
    closing: threading.Event
    rest: bytes = b""  # read ahead, behind the head

    def head(self) -> Request:
        """Read a request's head; ConnectionError when none comes."""
        while b"\r\n\r\n" not in self.rest:
            self.rest += self._more()
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.split(": ", 1) for line in lines)
        return Request(first, {name.lower(): value for name, value in pairs})

    def request(self) -> Request:
        """Read a whole request."""
        request = self.head()
        left = int(request.headers.get("content-length", "0")) - len(self.rest)
        pieces = [self.rest]
        while left > 0:
            pieces.append(self._more())
            left -= len(pieces[-1])
        request.body, self.rest = b"".join(pieces), b""
        return request

    def send(self, *pieces: bytes) -> None:
        """Send the bytes at once."""
        self.socket.sendall(b"".join(pieces))

    def drip(self, data: bytes, seconds: float) -> None:
        """Send a byte each so many seconds until nobody listens."""
        for at in range(len(data)):
            self.socket.sendall(data[at : at + 1])
            if self.closing.wait(seconds):
                return

    def hold(self) -> None:
        """Keep the line open and silent until the other end, or the test, lets go."""
        with contextlib.suppress(OSError):
            while self.socket.recv(65536):
                pass

    def silence(self) -> None:
        """Neither read nor write until the test ends."""
        self.closing.wait(60)

    def reset(self) -> None:
        """Break the connection: the other end sees a reset, not an end."""
        linger = struct.pack("hh" if hasattr(socket, "SIO_RCVALL") else "ii", 1, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.socket.close()

    def _more(self) -> bytes:
        if not (data := self.socket.recv(1 << 20)):
            raise ConnectionError
        return data


class Peer:
    """Serves ``talk(line)`` on loopback, a thread a connection."""

    def __init__(self, talk: Talk, *, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []  # for talks that note them
        self.connections = 0
        self._talk = talk
        self._tls = tls
        self._closing = threading.Event()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):  # where that wakes no accept
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        self._listener.close()
        for connection in list(self._sockets):
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(10)
        for connection in self._sockets:
            connection.close()

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while not self._closing.is_set():
                connection, _ = self._listener.accept()
                self._sockets.append(connection)
                self.connections += 1
                self._start(self._serve, connection, self.connections)

    def _serve(self, connection: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError):
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self._sockets.append(connection)
            with connection:
                self._talk(Line(connection, number, self._closing))


def answer(status: int, body: bytes = b"", *headers: str, length: bool = True) -> bytes:
    """Return a whole answer as it goes over the line."""
    lines = [f"HTTP/1.1 {status} Said", "Content-Type: application/json", *headers]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def always(status: int, body: bytes = b"", *headers: str) -> Talk:
    """Read each request whole, then answer it the same way."""

    def talk(line: Line) -> None:
        line.request()
        line.send(answer(status, body, *headers))
        line.hold()

    return talk


@dataclass(slots=True)
class Proxy:
    """What a CONNECT proxy was asked for; pass `talk` to a `Peer`."""

    refuse_with: int = 0  # an HTTP status instead of a tunnel
    asked: list[Request] = field(default_factory=list)

    def talk(self, line: Line) -> None:
        """Open the tunnel that is asked for, or refuse it."""
        request = line.head()
        self.asked.append(request)
        if self.refuse_with:
            line.send(answer(self.refuse_with, b"no"))
            return
        host, _, port = request.line.split()[1].rpartition(":")
        with socket.create_connection((host, int(port))) as beyond:
            line.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_pump, args=(beyond, line.socket))
            back.start()
            _pump(line.socket, beyond)
            back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA of the test's own: what a server shows, and the file that trusts it."""

    server: ssl.SSLContext
    file: Path

    @classmethod
    def at(cls, folder: Path) -> Authority:
        """Make one, its certificate written to ``folder``."""
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        names = "127.0.0.1", "localhost", "public.example"
        authority.issue_cert(*names).configure_cert(context)
        file = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(file))
        return cls(context, file)


@contextlib.contextmanager
def refusing_port() -> Iterator[int]:
    """Give a port on which nobody listens while the context lasts."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@contextlib.contextmanager
def full_backlog() -> Iterator[int]:
    """Give a port whose connections are neither taken nor refused."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(8):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
