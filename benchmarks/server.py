"""A server that costs next to nothing, so that what is measured is the client.

Replies are framed, chunked and compressed before the first request; a request is
drained into one buffer and only counted.  It shares no code with the emulator,
nor with the client: sockets and bytes.

The first part of the path says what is wanted: ``/4k.gzip.stall-20.latency-1000``
is the reply called 4k, compressed if the client takes that, answered a thousand
milliseconds after the request, its closing chunk withheld for 20 seconds.

Each request is a line of JSON in the log, written when the reply's last byte has
been handed to the network: times of the first request byte and of that one
(`time.monotonic`), bytes both ways, and the instruction.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import socket
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

CHUNK = 32 * 1024  # bytes of the document in a chunk; proxies send 8 to 64 kB
DRAIN = 256 * 1024  # bytes taken from a socket at a time
_END = b"0\r\n\r\n"
_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)
_GZIP = re.compile(rb"\r\naccept-encoding:[^\r]*gzip", re.IGNORECASE)
_EXPECT = re.compile(rb"\r\nexpect:\s*100-continue", re.IGNORECASE)
_TEXT = re.compile(rb'"text":\s*"([^"]{0,80})"')


@dataclass(frozen=True, slots=True)
class Order:
    """What the request's path asks for."""

    reply: str
    is_gzip: bool = False
    stall: float = 0.0  # seconds
    latency: float = 0.0  # seconds

    @classmethod
    def of_path(cls, path: str) -> Order:
        """Read ``/4k.gzip.stall-20.latency-1000/...``; latency is in ms."""
        reply, *words = path.split("/")[1].split(".")
        said = dict(word.split("-") for word in words if "-" in word)
        return cls(
            reply,
            is_gzip="gzip" in words,
            stall=float(said.get("stall", 0)),
            latency=float(said.get("latency", 0)) / 1000,
        )


@dataclass(slots=True)
class Seen:
    """One request as it is logged."""

    first: float  # time.monotonic() of the first request byte
    path: str = ""
    text: str = ""  # of the instruction's beginning
    request: int = 0  # bytes of the request's body
    wire: int = 0  # bytes of the reply, its head and framing included
    last: float = 0.0  # time.monotonic() after the last reply byte


@dataclass(slots=True)
class Server:
    """Serves ``NAME.json`` of a folder by name; one thread a connection."""

    folder: Path
    log: IO[str]
    _ready: dict[tuple[str, bool], bytes] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def serve(self, listener: socket.socket) -> None:
        """Accept connections for ever."""
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(
                target=self._converse, args=(connection,), daemon=True
            ).start()

    def _converse(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while self._answer(connection):
                pass

    def _answer(self, connection: socket.socket) -> bool:
        """Serve one request; False when the client has gone."""
        got = connection.recv(DRAIN)
        seen = Seen(time.monotonic())
        while got and _HEAD_END not in got:
            got += connection.recv(DRAIN)
        if not got:
            return False
        head, _, begun = got.partition(_HEAD_END)
        _drain(connection, head, begun, seen)
        seen.path = head.split(b" ", 2)[1].decode("ascii")
        order = Order.of_path(seen.path)
        body = self._framed(order.reply, order.is_gzip and bool(_GZIP.search(head)))
        time.sleep(order.latency)
        connection.sendall(body)
        seen.last, seen.wire = time.monotonic(), len(body)
        self._note(seen)
        if order.stall:
            _stall(connection, order.stall)
        connection.sendall(_END)
        return True

    def _framed(self, name: str, is_gzip: bool) -> bytes:
        """Return head and chunks, all but the closing one."""
        with self._lock:
            if (name, is_gzip) not in self._ready:
                document = (self.folder / f"{name}.json").read_bytes()
                self._ready[name, is_gzip] = framed(document, is_gzip=is_gzip)
            return self._ready[name, is_gzip]

    def _note(self, seen: Seen) -> None:
        with self._lock:
            self.log.write(json.dumps(asdict(seen)) + "\n")
            self.log.flush()


def framed(document: bytes, *, is_gzip: bool) -> bytes:
    """Return the reply as it goes over the wire, without its closing chunk."""
    coding = "Content-Encoding: gzip\r\n" if is_gzip else ""
    body = gzip.compress(document, 6, mtime=0) if is_gzip else document
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=UTF-8\r\n"
        f"Vary: Origin, Accept-Encoding\r\n{coding}Transfer-Encoding: chunked\r\n\r\n"
    )
    pieces = [head.encode("ascii")]
    for at in range(0, len(body), CHUNK):
        chunk = body[at : at + CHUNK]
        pieces += (b"%x\r\n" % len(chunk), chunk, b"\r\n")
    return b"".join(pieces)


def _drain(connection: socket.socket, head: bytes, begun: bytes, seen: Seen) -> None:
    length = _LENGTH.search(head)
    left = int(length[1]) if length else 0
    seen.request = left
    if left and _EXPECT.search(head):
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    left -= len(begun)
    seen.text = _instruction(begun)
    buffer = bytearray(DRAIN)
    while left:
        count = connection.recv_into(buffer)
        if not count:
            raise ConnectionResetError
        seen.text = seen.text or _instruction(buffer)
        left -= count


def _instruction(beginning: bytes | bytearray) -> str:
    found = _TEXT.search(beginning, 0, 4096)
    return found[1].decode("utf-8", "replace") if found else ""


def _stall(connection: socket.socket, seconds: float) -> None:
    """Send nothing for a while, unless the client goes first."""
    connection.settimeout(seconds)
    with contextlib.suppress(TimeoutError):
        connection.recv(1)
    connection.settimeout(None)


def main(folder: Path) -> None:
    """Serve ``folder``; print the port, log to ``requests.jsonl`` in it."""
    with (
        socket.create_server(("127.0.0.1", 0), backlog=256) as listener,
        (folder / "requests.jsonl").open("w", encoding="utf-8") as log,
    ):
        print(listener.getsockname()[1], flush=True)
        Server(folder, log).serve(listener)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
