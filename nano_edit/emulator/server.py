"""The emulator's HTTP: a thread a connection, on loopback.

Routes: POST ``…/v1beta/models/MODEL:generateContent`` (and ``/v1``) is the
service; GET and DELETE ``/log``, POST ``/faults`` and GET ``/`` are ours.
Every other path gets Google's 404.
"""

from __future__ import annotations

import json
import os
import re
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import TYPE_CHECKING, Any

from nano_edit.emulator.answers import JSON_TYPE, Answer, Delivery, write_json
from nano_edit.emulator.contract import MAX_BODY, too_large
from nano_edit.emulator.delivery import ClientGoneError, Line, Sender
from nano_edit.emulator.errors import error_answer, google_error
from nano_edit.emulator.fault_list import FaultListError
from nano_edit.emulator.log import LogEntry, masked
from nano_edit.emulator.service import Call, Options, Service

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

_GENERATE = re.compile(
    r"(?P<prefix>.*)/(?P<version>v1|v1beta)/models/(?P<model>[^/:?]+):generateContent"
)
_ABOUT = """\
nano-edit-emulator: Gemini's picture editing, emulated. No model, no key, no cost.

POST /v1beta/models/MODEL:generateContent   edit; any key does
GET /log, DELETE /log                       what was asked; forget it
POST /faults                                a fault list for the next requests
"""
_READ = 1024 * 1024  # bytes read at once


class _Listener(ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128
    # On Windows the option would let another program take the port over.
    allow_reuse_address = os.name == "posix"

    def __init__(self, port: int, service: Service) -> None:
        self.service = service
        self.closing = threading.Event()
        self.connections: dict[socket.socket, threading.Thread] = {}
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", port), Exchange)

    def hang_up(self) -> None:
        """End every connection and wait for their threads."""
        self.closing.set()
        with self.lock:
            connections = dict(self.connections)
        for connection, thread in connections.items():
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it ended by itself
            thread.join(timeout=5)


class Exchange(BaseHTTPRequestHandler):
    """One connection: requests in turn, each answered before the next."""

    protocol_version = "HTTP/1.1"
    server_version = "nano-edit-emulator"
    sys_version = ""
    disable_nagle_algorithm = True
    server: _Listener

    def setup(self) -> None:
        """Enter the connection where the emulator can end it."""
        super().setup()
        with self.server.lock:
            self.server.connections[self.connection] = threading.current_thread()
        self._line = Line(self.connection, self.server.closing)

    def finish(self) -> None:
        """Take the connection off the list."""
        with self.server.lock:
            self.server.connections.pop(self.connection, None)
        super().finish()

    def handle(self) -> None:
        """Answer until the client has gone, which is no error here."""
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - inherited
        """Say nothing: the log is at ``/log``."""

    def do_GET(self) -> None:
        """Show the log, or what this server is."""
        if self.path == "/log":
            entries = [entry.to_json() for entry in self.server.service.log.entries]
            self._answer(Answer(200, write_json(entries)))
        elif self.path == "/":
            self._answer(Answer(200, (_ABOUT.encode(),), "text/plain"))
        else:
            self._not_found()

    def do_DELETE(self) -> None:
        """Clear the log."""
        if self.path == "/log":
            self.server.service.log.clear()
            self._answer(Answer(200, write_json({})))
        else:
            self._not_found()

    def do_POST(self) -> None:
        """Edit a picture, or take a new fault list."""
        path, _, query = self.path.partition("?")
        match = _GENERATE.fullmatch(path)
        if match:
            self._generate(match, query)
            return
        body = self._read_body()
        if path == "/faults" and body is not None:
            self._set_faults(body.decode(errors="replace"))
        else:
            self._not_found()

    def _set_faults(self, text: str) -> None:
        try:
            self.server.service.faults.replace(text)
        except FaultListError as error:
            self._answer(error_answer(400, google_error(400, str(error))))
        else:
            self._answer(Answer(200, write_json({"faults": text.strip()})))

    def _not_found(self) -> None:
        message = f"Requested entity was not found: {self.command} {self.path}"
        self._answer(error_answer(404, google_error(404, message)))

    # --- one edit -----------------------------------------------------------

    def _generate(self, match: re.Match[str], query: str) -> None:
        service = self.server.service
        fault = service.faults.take()
        number = self._open_entry(match, str(fault))
        if fault.kind.deliver(fault.argument).drop == "upload":
            self._line.reset()
            raise ClientGoneError
        body = self._read_body()
        answer, delivery = too_large().answer, Delivery()
        if body is not None:
            facts = {"body_bytes": len(body), "body_monotonic": time.monotonic()}
            service.log.note(number, **facts)
            call = Call(number, match["model"], match["version"], query, fault)
            answer, delivery = service.answer(call, self.headers, body)
        self._line.wait(delivery.silence)
        self._answer(answer, delivery, number)

    def _open_entry(self, match: re.Match[str], fault: str) -> int:
        length = self.headers.get("Content-Length", "")
        return self.server.service.log.open(
            path=match[0],
            model=match["model"],
            prefix=match["prefix"],
            headers=masked(self.headers.items()),
            fault=fault,
            received_at=time.time(),
            received_monotonic=time.monotonic(),
            client="{}:{}".format(*self.client_address),
            content_length=int(length) if length.isdecimal() else None,
            transfer_encoding=self.headers.get("Transfer-Encoding"),
            accept_encoding=self.headers.get("Accept-Encoding"),
        )

    # --- the request's body -------------------------------------------------

    def _read_body(self) -> bytes | None:
        """Return the request's body; None when it is larger than any may be.

        What is too large is read to its end all the same, so that the client
        gets to see the answer.
        """
        body, size = [], 0
        for piece in self._body_pieces():
            size += len(piece)
            body.append(piece)
            if size > MAX_BODY:
                body.clear()
        return b"".join(body) if size <= MAX_BODY else None

    def _body_pieces(self) -> Any:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            while size := int(self.rfile.readline(100).split(b";")[0], 16):
                yield from self._exactly(size)
                self.rfile.readline(100)
            while self.rfile.readline(1000).strip():
                pass  # trailers
        else:
            yield from self._exactly(int(self.headers.get("Content-Length", "0")))

    def _exactly(self, size: int) -> Any:
        while size:
            piece = self.rfile.read(min(size, _READ))
            if not piece:
                raise ClientGoneError
            size -= len(piece)
            yield piece

    # --- the answer ---------------------------------------------------------

    def _answer(
        self,
        answer: Answer,
        delivery: Delivery = Delivery(),  # noqa: B008 - it is frozen
        number: int | None = None,
    ) -> None:
        """Send an answer; ``number`` is the log entry that tells of it."""
        self._drop(delivery)
        chunked = (
            answer.content_type == JSON_TYPE and self.request_version != "HTTP/1.0"
        )
        body = answer.body if chunked else tuple(answer.body)
        self._note(
            number,
            status=answer.status,
            first_byte_at=time.time(),
            first_byte_monotonic=time.monotonic(),
        )
        self._head(answer, None if chunked else sum(map(len, body)))
        sender = Sender(self.wfile.write, self._line, delivery, chunked=chunked)
        try:
            sender.send(body)
            self._note(number, last_byte_monotonic=time.monotonic())
            sender.finish()
        finally:
            self._note(number, sent_bytes=sender.sent)
        self._note(number, finished=True)

    def _drop(self, delivery: Delivery) -> None:
        if delivery.drop == "reset":
            self._line.reset()
        elif delivery.drop == "close":
            self._line.end()
        if delivery.drop:
            raise ClientGoneError

    def _note(self, number: int | None, **facts: Any) -> None:
        if number is not None:
            self.server.service.log.note(number, **facts)

    def _head(self, answer: Answer, length: int | None) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Vary", "Origin, X-Origin, Referer")
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.encoding:
            self.send_header("Content-Encoding", answer.encoding)
        if length is None:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(length))
        self.end_headers()


class Emulator:
    """A running emulator, in a thread of this process; a context manager.

    ``port`` 0 takes a free one.  ``faults`` is a list as `fault_list` reads it.
    ``latency`` is seconds of silence before each picture.  ``signature_bytes``
    is the length of each thoughtSignature (None: 1.1 to 1.5 MB, as the service).
    ``keep_images`` keeps the pictures that came in ``images``.
    `FaultListError` when ``faults`` cannot be read; `OSError` when the port is
    taken.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        faults: str = "",
        latency: float = 0.0,
        signature_bytes: int | None = None,
        gzip: bool = True,
        keep_images: bool = False,
    ) -> None:
        options = Options(latency, signature_bytes, gzip, keep_images)
        self._service = Service(options, faults)
        self._listener = _Listener(port, self._service)
        self._thread = threading.Thread(
            target=self._listener.serve_forever,
            args=(0.02,),
            name="nano-edit-emulator",
            daemon=True,
        )

    @property
    def url(self) -> str:
        """Where it listens: ``http://127.0.0.1:PORT``."""
        return f"http://127.0.0.1:{self._listener.server_address[1]}"

    @property
    def requests(self) -> tuple[LogEntry, ...]:
        """The edits that were asked for, in order of arrival."""
        return self._service.log.entries

    @property
    def images(self) -> Mapping[int, tuple[bytes, ...]]:
        """The pictures' bytes by request number, with ``keep_images``."""
        return self._service.images

    def set_faults(self, faults: str) -> None:
        """Replace what is left of the fault list."""
        self._service.faults.replace(faults)

    def start(self) -> None:
        """Begin to answer; until then clients wait in the queue."""
        self._thread.start()

    def close(self) -> None:
        """Stop listening, end every connection, and free the port."""
        if self._thread.is_alive():
            self._listener.shutdown()
            self._thread.join()
        self._listener.hang_up()
        self._listener.server_close()

    def __enter__(self) -> Emulator:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
