"""One connection's HTTP: requests in turn, each answered before the next.

Routes: POST ``…/v1beta/models/MODEL:generateContent`` (and ``/v1``) is the
service; GET and DELETE ``/log``, POST ``/faults`` and GET ``/`` are ours.
Every other path gets Google's 404.
"""

from __future__ import annotations

import re
import time
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from nano_edit.emulator.answers import JSON_TYPE, Answer, Delivery, write_json
from nano_edit.emulator.connection import ClientGoneError, Line, Sender
from nano_edit.emulator.errors import Refusal, error_answer, google_error, invalid
from nano_edit.emulator.faults.syntax import FaultListError
from nano_edit.emulator.log import masked
from nano_edit.emulator.request_body import content_length, read_body
from nano_edit.emulator.service import Call

if TYPE_CHECKING:
    from nano_edit.emulator.faults.syntax import Fault
    from nano_edit.emulator.listener import Listener

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


class Exchange(BaseHTTPRequestHandler):
    """Answers one connection, in a thread of its own."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Listener

    def setup(self) -> None:
        """Enter the connection where the emulator can end it."""
        super().setup()
        self.server.enter(self.connection)
        self._line = Line(self.connection, self.server.closing)

    def finish(self) -> None:
        """Take the connection off the list."""
        self.server.leave(self.connection)
        super().finish()

    def handle(self) -> None:
        """Answer until the client has gone, which is no error here."""
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def version_string(self) -> str:
        """Name the server in each answer."""
        return "nano-edit-emulator"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - inherited
        """Say nothing: the log is at ``/log``."""

    # --- routes -------------------------------------------------------------

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
        try:
            body = self._body()
            if path == "/faults":
                self._set_faults(body.decode(errors="replace"))
            else:
                self._not_found()
        except Refusal as refusal:
            self._answer(refusal.answer)

    def _set_faults(self, text: str) -> None:
        try:
            self.server.service.faults.replace(text)
        except FaultListError as error:
            raise invalid(str(error)) from None
        self._answer(Answer(200, write_json({"faults": text.strip()})))

    def _not_found(self) -> None:
        message = f"Requested entity was not found: {self.command} {self.path}"
        self._answer(error_answer(404, google_error(404, message)))

    # --- one edit -----------------------------------------------------------

    def _generate(self, match: re.Match[str], query: str) -> None:
        fault = self.server.service.faults.take()
        number = self._open_entry(match, str(fault))
        try:
            answer, delivery = self._carry_out(number, match, query, fault)
        except Refusal as refusal:
            self._note(number, error=str(refusal))
            answer, delivery = refusal.answer, _AT_ONCE
        self._line.wait(delivery.silence)
        self._answer(answer, delivery, number)

    def _carry_out(
        self, number: int, match: re.Match[str], query: str, fault: Fault
    ) -> tuple[Answer, Delivery]:
        if fault.kind.deliver(fault.argument).drop == "upload":
            self._line.reset()
            raise ClientGoneError
        body = self._body()
        self._note(number, body_bytes=len(body), body_monotonic=time.monotonic())
        call = Call(number, match["model"], match["version"], query, fault)
        return self.server.service.answer(call, self.headers, body)

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

    # --- the answer ---------------------------------------------------------

    def _answer(
        self, answer: Answer, delivery: Delivery = _AT_ONCE, number: int | None = None
    ) -> None:
        """Send an answer; ``number`` is the log entry that tells of it."""
        self._drop(delivery)
        self._note(
            number,
            status=answer.status,
            first_byte_at=time.time(),
            first_byte_monotonic=time.monotonic(),
        )
        chunked = (
            answer.content_type == JSON_TYPE and self.request_version != "HTTP/1.0"
        )
        body = answer.body if chunked else tuple(answer.body)
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
        if delivery.drop is None:
            return
        if delivery.drop == "reset":
            self._line.reset()
        else:
            self._line.end()
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
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
