"""The listening socket and each connection's HTTP: requests in, responses out.

Listens on loopback alone, a thread a connection; each request is answered before
the next is read.  Every connection is entered in the `Listener` before its first
request is read, so that closing the emulator ends the silent ones too.

Routes: POST ``…/v1beta/models/MODEL:generateContent`` (and ``/v1``) is the
service; GET and DELETE ``/log``, POST ``/faults`` and GET ``/`` are ours.
Every other path gets Google's 404.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import TYPE_CHECKING, Any

from nano_edit.emulator.connection import ClientConnection, ClientGoneError, Sender
from nano_edit.emulator.contract import MAX_BODY, too_large
from nano_edit.emulator.errors import Refusal, error_response, google_error, invalid
from nano_edit.emulator.faults.kind import FaultListError
from nano_edit.emulator.log import masked
from nano_edit.emulator.responses import (
    JSON_TYPE,
    SSE_TYPE,
    Delivery,
    Response,
    write_json,
)
from nano_edit.emulator.service import Call

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message
    from io import BufferedIOBase

    from nano_edit.emulator.faults.syntax import Fault
    from nano_edit.emulator.service import Service

_GENERATE = re.compile(
    r"(?P<prefix>.*)/(?P<version>v1|v1beta)/models/(?P<model>[^/:?]+):generateContent"
)
_ABOUT = """\
nano-edit-emulator: Gemini's picture editing, emulated. No model, no key, no cost.

POST /v1beta/models/MODEL:generateContent   edit; any key does
GET /log, DELETE /log                       what was asked; forget it
POST /faults                                a fault list for the next requests
"""
_AT_ONCE = Delivery()


class Listener(ThreadingTCPServer):
    """Listens on ``127.0.0.1:port``; `OSError` when the port is taken."""

    daemon_threads = True
    request_queue_size = 128
    # On Windows the option would let another program take the port over.
    allow_reuse_address = os.name == "posix"

    def __init__(self, port: int, service: Service) -> None:
        self.service = service
        self.closing = threading.Event()
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), HttpHandler)

    def enter(self, connection: socket.socket) -> None:
        """Note that this thread serves a connection, and end it if it is late."""
        with self._lock:
            self._connections[connection] = threading.current_thread()
        if self.closing.is_set():
            _end(connection)

    def leave(self, connection: socket.socket) -> None:
        """Note that a connection has ended."""
        with self._lock:
            del self._connections[connection]

    def hang_up(self) -> None:
        """End every connection and wait for their threads."""
        self.closing.set()
        with self._lock:
            connections = dict(self._connections)
        for connection, thread in connections.items():
            _end(connection)
            thread.join(timeout=5)


def _end(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it ended by itself
        connection.shutdown(socket.SHUT_RDWR)


class HttpHandler(BaseHTTPRequestHandler):
    """Serves one connection, in a thread of its own."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Listener

    def setup(self) -> None:
        """Enter the connection where the emulator can end it."""
        super().setup()
        self.server.enter(self.connection)
        self._client = ClientConnection(self.connection, self.server.closing)

    def finish(self) -> None:
        """Take the connection off the list."""
        self.server.leave(self.connection)
        super().finish()

    def handle(self) -> None:
        """Serve until the client has gone, which is no error here."""
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def version_string(self) -> str:
        """Name the server in each response."""
        return "nano-edit-emulator"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - inherited
        """Say nothing: the log is at ``/log``."""

    # --- routes -------------------------------------------------------------

    def do_GET(self) -> None:
        """Show the log, or what this server is."""
        if self.path == "/log":
            entries = [entry.to_json() for entry in self.server.service.log.entries]
            self._respond(Response(200, write_json(entries)))
        elif self.path == "/":
            self._respond(Response(200, (_ABOUT.encode(),), "text/plain"))
        else:
            self._not_found()

    def do_DELETE(self) -> None:
        """Clear the log."""
        if self.path == "/log":
            self.server.service.log.clear()
            self._respond(Response(200, write_json({})))
        else:
            self._not_found()

    def do_POST(self) -> None:
        """Edit a picture, or take a new fault list."""
        path, _, query = self.path.partition("?")
        match = _GENERATE.fullmatch(path)
        if match:
            self._generate(match, query)
            return
        try:
            body = self._body()
            if path == "/faults":
                self._set_faults(body.decode(errors="replace"))
            else:
                self._not_found()
        except Refusal as refusal:
            self._respond(refusal.response)

    def _set_faults(self, text: str) -> None:
        try:
            self.server.service.faults.replace(text)
        except FaultListError as error:
            raise invalid(str(error)) from None
        self._respond(Response(200, write_json({"faults": text.strip()})))

    def _not_found(self) -> None:
        message = f"Requested entity was not found: {self.command} {self.path}"
        self._respond(error_response(404, google_error(404, message)))

    # --- one edit -----------------------------------------------------------

    def _generate(self, match: re.Match[str], query: str) -> None:
        fault = self.server.service.faults.take()
        number = self._open_entry(match, str(fault))
        try:
            response, delivery = self._carry_out(number, match, query, fault)
        except Refusal as refusal:
            self._note(number, error=str(refusal))
            response, delivery = refusal.response, _AT_ONCE
        self._client.wait(delivery.silence)
        self._respond(response, delivery, number)

    def _carry_out(
        self, number: int, match: re.Match[str], query: str, fault: Fault
    ) -> tuple[Response, Delivery]:
        if fault.kind.deliver(fault.argument).drop == "upload":
            self._client.reset()
            raise ClientGoneError
        body = self._body()
        self._note(number, body_bytes=len(body), body_monotonic=time.monotonic())
        call = Call(number, match["model"], match["version"], query, fault)
        return self.server.service.respond(call, self.headers, body)

    def _open_entry(self, match: re.Match[str], fault: str) -> int:
        return self.server.service.log.open(
            path=match[0],
            model=match["model"],
            prefix=match["prefix"],
            headers=masked(self.headers.items()),
            fault=fault,
            received_at=time.time(),
            received_monotonic=time.monotonic(),
            client="{}:{}".format(*self.client_address),
            content_length=content_length(self.headers),
            transfer_encoding=self.headers.get("Transfer-Encoding"),
            accept_encoding=self.headers.get("Accept-Encoding"),
        )

    def _body(self) -> bytes:
        # Until it is read to its end, nothing that follows can be a request.
        keep, self.close_connection = self.close_connection, True
        body = read_body(self.rfile, self.headers)
        self.close_connection = keep
        return body

    # --- the response -------------------------------------------------------

    def _respond(
        self,
        response: Response,
        delivery: Delivery = _AT_ONCE,
        number: int | None = None,
    ) -> None:
        """Send a response; ``number`` is the log entry that tells of it."""
        self._drop(delivery)
        self._note(
            number,
            status=response.status,
            first_byte_at=time.time(),
            first_byte_monotonic=time.monotonic(),
        )
        streamed = response.content_type in {JSON_TYPE, SSE_TYPE}
        chunked = streamed and self.request_version != "HTTP/1.0"
        body = response.body if chunked else tuple(response.body)
        self._head(response, None if chunked else sum(map(len, body)))
        sender = Sender(self.wfile.write, self._client, delivery, chunked=chunked)
        try:
            sender.send(body)
            self._note(number, last_byte_monotonic=time.monotonic())
            sender.finish()
        finally:
            self._note(number, sent_bytes=sender.sent)
        self._note(number, finished=True)

    def _drop(self, delivery: Delivery) -> None:
        if delivery.drop is None:
            return
        if delivery.drop == "reset":
            self._client.reset()
        else:
            self._client.end()
        raise ClientGoneError

    def _note(self, number: int | None, **facts: Any) -> None:
        if number is not None:
            self.server.service.log.note(number, **facts)

    def _head(self, response: Response, length: int | None) -> None:
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Vary", "Origin, X-Origin, Referer")
        for name, value in response.headers:
            self.send_header(name, value)
        if response.encoding:
            self.send_header("Content-Encoding", response.encoding)
        if length is None:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(length))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()


# --- a request's body -------------------------------------------------------
#
# Lengths are read strictly: a server and a client that understand one of them
# differently lose track of where requests begin.

_READ = 1024 * 1024  # bytes read at once
_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,12})[ \t]*(;[^\r\n]*)?\r\n")


def content_length(headers: Message[str, str]) -> int | None:
    """Return the length in bytes that is announced; None if it is no number."""
    length = headers.get("Content-Length", "").strip()
    return int(length) if length.isascii() and length.isdecimal() else None


def read_body(stream: BufferedIOBase, headers: Message[str, str]) -> bytes:
    """Return the request's body.

    `Refusal`: 413 for one that is larger than any may be, once it has been read
    to its end, so that the client gets to see the response; 400 for lengths that
    make no sense.  `ClientGoneError` when it ends early.
    """
    body, size = [], 0
    for piece in _pieces(stream, headers):
        size += len(piece)
        body.append(piece)
        if size > MAX_BODY:
            body.clear()
    if size > MAX_BODY:
        raise too_large()
    return b"".join(body)


def _pieces(stream: BufferedIOBase, headers: Message[str, str]) -> Iterator[bytes]:
    if "Transfer-Encoding" in headers:
        return _chunks(stream)
    length = content_length(headers)
    if length is None and "Content-Length" in headers:
        raise invalid("Bad Request: the Content-Length is no number.")
    return _exactly(stream, length or 0)


def _chunks(stream: BufferedIOBase) -> Iterator[bytes]:
    size = None
    while size != 0:
        match = _CHUNK_SIZE.fullmatch(stream.readline(1000))
        if not match:
            raise invalid("Bad Request: a chunk's size was expected.")
        size = int(match[1], 16)
        if size:
            yield from _exactly(stream, size)
            stream.readline(2)
    while stream.readline(1000).strip():
        pass  # trailers


def _exactly(stream: BufferedIOBase, size: int) -> Iterator[bytes]:
    while size:
        piece = stream.read(min(size, _READ))
        if not piece:
            raise ClientGoneError
        size -= len(piece)
        yield piece
