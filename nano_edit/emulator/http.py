"""The listening socket and each connection's HTTP: requests in, responses out.

Listens on loopback alone, a thread a connection; each request is answered before
the next is read.  Every connection is entered in the `Listener` before its first
request is read, so that closing the emulator ends the silent ones too.

Under ``…/v1beta/models`` (and ``/v1``, ``/v1alpha``) is the service; ``/log``,
``/faults``, ``/drift`` and ``/`` are ours.  Every other path and every other method
gets Google's error.
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

from nano_edit.emulator.bodies import BodyRoom, content_length, read_body, room_needed
from nano_edit.emulator.connection import ClientConnection, ClientGoneError, Sender
from nano_edit.emulator.errors import Refusal, error_response, google_error, invalid
from nano_edit.emulator.faults.drift import parse_drift
from nano_edit.emulator.faults.kind import FaultListError
from nano_edit.emulator.jobs.api import find_call
from nano_edit.emulator.log import masked
from nano_edit.emulator.origin import check_sender
from nano_edit.emulator.responses import (
    JSON_TYPE,
    JSONL_TYPE,
    SSE_TYPE,
    Delivery,
    Response,
    write_json,
)
from nano_edit.emulator.service import EDITS, Call, key_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nano_edit.emulator.jobs.api import ApiCall
    from nano_edit.emulator.service import EmulatedService

_MODELS = re.compile(
    r"(?P<prefix>.*)/(?P<version>v1|v1beta|v1alpha)/models"
    r"(?:/(?P<model>[^/:?]+)(?::(?P<verb>\w+))?)?"
)
_ABOUT = """\
nano-edit-emulator: Gemini's picture editing, emulated. No model, no key, no cost.

POST /v1beta/models/MODEL:generateContent        edit; any key does
POST /v1beta/models/MODEL:streamGenerateContent  the same, part by part
POST /v1beta/models/MODEL:countTokens            tokens of a request
GET /v1beta/models, /v1beta/models/MODEL         the models, one model
POST /upload/v1beta/files                        a file, uploaded chunk by chunk
GET /v1beta/files, /v1beta/files/ID              the files; DELETE, :download
POST /v1beta/models/MODEL:batchGenerateContent   a batch; its edits are made later
GET /v1beta/batches, /v1beta/batches/ID          the batches; DELETE, :cancel
GET /log, DELETE /log                            what was asked; forget it
GET /billed, DELETE /billed                      what would be billed; forget it
POST /faults                                     a fault list for the next requests
POST /drift                                      what happens to every picture
"""
_AT_ONCE = Delivery()
_STREAMED = {JSON_TYPE, JSONL_TYPE, SSE_TYPE}


class Listener(ThreadingTCPServer):
    """Listens on ``127.0.0.1:port``; `OSError` when the port is taken."""

    daemon_threads = True
    request_queue_size = 128
    # On Windows the option would let another program take the port over.
    allow_reuse_address = os.name == "posix"

    def __init__(self, port: int, service: EmulatedService) -> None:
        self.service = service
        self.bodies = BodyRoom()
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

    def send_error(
        self, code: int, message: str | None = None, explain: str | None = None
    ) -> None:
        """Send Google's error for a request that cannot be read as HTTP."""
        self.close_connection = True
        self.request_version = "HTTP/1.0"  # so that a head is sent, and no chunks
        text = message or explain or "Bad Request"
        self._respond(error_response(code, google_error(code, text)))

    # --- routes -------------------------------------------------------------

    def _serve(self) -> None:
        """Answer one request, whatever its method."""
        try:
            check_sender(self.command, self.path, self.request_version, self.headers)
        except Refusal as refusal:
            self.close_connection = True  # its body is not read
            self._respond(refusal.response)
            return
        path, _, query = self.path.partition("?")
        if deferred := find_call(self.command, self.path, self.headers):
            self._answer_deferred(deferred)
            return
        match = _MODELS.fullmatch(path)
        method = _METHODS.get(self.command, {}).get(_kind(match)) if match else None
        if match and method in EDITS:
            self._edit(self._open_call(match, method, query))
        elif match and method:
            self._answer_free(self._open_call(match, method, query))
        else:
            self._answer_own(path)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - inherited
    do_OPTIONS = do_TRACE = do_CONNECT = _serve  # noqa: N815 - inherited

    def _open_call(self, match: re.Match[str], method: str, query: str) -> Call:
        """Open the log's entry of a call of the service."""
        number = self.server.service.log.open(
            path=match[0],
            method=method,
            model=match["model"] or "",
            prefix=match["prefix"],
            headers=masked(self.headers.items()),
            received_at=time.time(),
            received_monotonic=time.monotonic(),
            client="{}:{}".format(*self.client_address),
            content_length=content_length(self.headers),
            transfer_encoding=self.headers.get("Transfer-Encoding"),
            accept_encoding=self.headers.get("Accept-Encoding"),
        )
        return Call(number, method, match["model"] or "", match["version"], query)

    # --- the service --------------------------------------------------------

    def _edit(self, call: Call) -> None:
        service = self.server.service
        fault = service.faults.take()
        self._note(call.number, fault=str(fault))
        if fault.kind.deliver(fault.argument).drop == "upload":
            self._client.reset()
            raise ClientGoneError
        self._answer_call(
            call, lambda body: service.edit(call, self.headers, body, fault)
        )

    def _answer_free(self, call: Call) -> None:
        service = self.server.service
        self._answer_call(
            call,
            lambda body: (service.answer_free(call, self.headers, body), _AT_ONCE),
        )

    def _answer_call(
        self, call: Call, answer: Callable[[bytes], tuple[Response, Delivery]]
    ) -> None:
        """Read a call's body and send what ``answer`` makes of it."""
        number = call.number
        try:
            with self.server.bodies.reserve(room_needed(self.headers), self._client):
                body = self._body()
                self._note(
                    number, body_bytes=len(body), body_monotonic=time.monotonic()
                )
                response, delivery = answer(body)
                del body
        except Refusal as refusal:
            self._note(number, error=str(refusal))
            response, delivery = refusal.response, _AT_ONCE
        self._client.wait(delivery.silence)
        self._respond(response, delivery, number)

    def _answer_deferred(self, asked: ApiCall) -> None:
        """Answer a call for files or batches, whose body may be of any length."""
        service = self.server.service
        number = self._open_call(asked.match, asked.method, asked.query).number
        keep, self.close_connection = self.close_connection, True
        try:
            if not asked.upload_id:
                service.log.note(number, **key_facts(asked.query, self.headers))
            response = service.deferred.respond(asked, self.rfile)
            self.close_connection = keep
        except Refusal as refusal:
            self._note(number, error=str(refusal))
            response = refusal.response
        self._respond(response, _AT_ONCE, number)

    # --- our own ------------------------------------------------------------

    def _answer_own(self, path: str) -> None:
        try:
            with self.server.bodies.reserve(room_needed(self.headers), self._client):
                text = self._body().decode(errors="replace")
            response = self._own(f"{self.command} {path}", text)
        except Refusal as refusal:
            response = refusal.response
        self._respond(response)

    def _own(self, route: str, text: str) -> Response:
        service = self.server.service
        document: Any = {}
        match route.replace("HEAD ", "GET ", 1):
            case "GET /":
                return Response(200, (_ABOUT.encode(),), "text/plain")
            case "GET /log":
                document = [entry.to_json() for entry in service.log.entries]
            case "DELETE /log":
                service.log.clear()
            case "GET /billed":
                document = service.account.to_json()
            case "DELETE /billed":
                service.account.clear()
            case "POST /faults":
                with _list_refused():
                    service.faults.replace(text)
                document = {"faults": text.strip()}
            case "POST /drift":
                with _list_refused():
                    service.drift = parse_drift(text)
                document = {"drift": text.strip()}
            case _:
                message = f"Requested entity was not found: {self.command} {self.path}"
                return error_response(404, google_error(404, message))
        return Response(200, write_json(document))

    # --- bytes --------------------------------------------------------------

    def _body(self) -> bytes:
        # Until it is read to its end, nothing that follows can be a request.
        keep, self.close_connection = self.close_connection, True
        body = read_body(self.rfile, self.headers)
        self.close_connection = keep
        return body

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
        streamed = response.content_type in _STREAMED
        chunked = streamed and self.request_version == "HTTP/1.1"
        body = response.body if chunked else tuple(response.body)
        self._head(response, None if chunked else sum(map(len, body)))
        if self.command == "HEAD":
            return
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
        self.send_header("X-Content-Type-Options", "nosniff")
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


# By HTTP's method and the shape of the path: what the service calls it.
_METHODS = {
    "GET": {"list": "models.list", "one": "models.get"},
    "POST": {verb: verb for verb in (*EDITS, "countTokens")},
}
_METHODS["HEAD"] = _METHODS["GET"]


def _kind(match: re.Match[str]) -> str:
    if match["verb"]:
        return match["verb"]
    return "one" if match["model"] else "list"


@contextlib.contextmanager
def _list_refused() -> Iterator[None]:
    """Refuse what is raised as a list that cannot be read."""
    try:
        yield
    except FaultListError as error:
        raise invalid(str(error)) from None
