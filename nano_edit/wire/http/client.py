"""One attempt over HTTP: the request goes out, the reply comes in, errors mapped.

Strategy: httpx does HTTP, TLS and the proxy variables.  Its trace extension
tells when the connection stands and when the request is out; from those two
facts alone follows what a failure means.

Rules:
- Nothing sent is a NetworkError; sent without a whole reply is an
  UnknownOutcomeError; an answer that is no 200 is what `failures` says.
- httpx's time limits count per read, so a drip outlives them: an attempt has
  its own clock, a timer that shuts the socket, and the read ends at once.
- A connection serves one attempt.  A call takes many seconds, a handshake a
  fraction of one, and an idle connection that dies would look like a lost call.
- Redirects are not followed.  TCP keep-alive is set on the socket itself, so
  httpx's own transports stay, and with them the proxy variables.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Self

import httpx

from nano_edit.domain import (
    BytesReceived,
    ReplyStarted,
)
from nano_edit.errors import (
    NanoEditError,
    NetworkError,
)
from nano_edit.wire.credentials import mask
from nano_edit.wire.gemini.errors import WITH_REPLY, error_of
from nano_edit.wire.http.connection import STOPPED, Connection
from nano_edit.wire.http.content_coding import ContentDecoder
from nano_edit.wire.http.tls import Trust
from nano_edit.wire.http.transport_errors import transport_errors
from nano_edit.wire.service import endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nano_edit.domain import ApiKey, Observe
    from nano_edit.wire.gemini.request import RequestBody
    from nano_edit.wire.service import Service

SLICE = 256 * 1024  # bytes handed on at once, when they are there already
GRACE = 0.1  # seconds that httpx waits longer, so that the attempt's clock is first
MAX_ERROR_BODY = 256 * 1024  # bytes of an answer that is no picture


class Client:
    """Sends requests to one service; may be shared by threads.

    ``trust`` may have been begun earlier; see `nano_edit.wire.http.tls`.
    """

    def __init__(self, service: Service, trust: Trust | None = None) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._connections: set[Connection] = set()
        self._stopped = False
        self._http = _http_client(service, trust or Trust(service.base_url))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what is open."""
        self._http.close()

    def hide_key(self, text: str) -> str:
        """Return the text without the key, which the service may have repeated."""
        return mask(text, self._service.key)

    def stop(self) -> None:
        """End every attempt that is under way, and any that is still to begin."""
        with self._lock:
            self._stopped = True
            for connection in self._connections:
                connection.cut(STOPPED)

    @contextlib.contextmanager
    def send(
        self,
        model: str,
        body: RequestBody,
        observe: Observe,
        timeout: float | None = None,
    ) -> Iterator[Reply]:
        """Make one attempt and give its reply, whose head has come with a 200.

        ``timeout`` is for the whole attempt, in seconds; the service's by default.

        Raises NetworkError, UnknownOutcomeError, InterruptedEdit, or what the
        answer means (see `gemini.errors.error_of`).
        """
        connection = Connection(timeout or self._service.timeout, observe)
        with (
            self._watched(connection),
            transport_errors(connection),
            self._stream(model, body, connection) as got,
        ):
            headers = dict(got.headers.items())
            observe(_started(got, self._service.key))
            if got.status_code not in WITH_REPLY:
                raise self._error(got, headers, model)
            connection.answered = True
            yield Reply(got, connection, self._service.max_reply, observe)

    def _error(
        self, got: httpx.Response, headers: dict[str, str], model: str
    ) -> NanoEditError:
        body, key = _start(got), self._service.key
        return error_of(got.status_code, headers, body, model=model, key=key)

    def _stream(
        self, model: str, body: RequestBody, connection: Connection
    ) -> contextlib.AbstractContextManager[httpx.Response]:
        return self._http.stream(
            "POST",
            endpoint(self._service.base_url, model),
            headers=self._service.headers(body.content_length),
            content=connection.counted(body),
            timeout=self._limits(connection),
            extensions={"trace": connection.trace},
        )

    def _limits(self, connection: Connection) -> httpx.Timeout:
        longest = connection.seconds + GRACE
        connect = min(self._service.connect_timeout, longest)
        return httpx.Timeout(longest, connect=connect)

    @contextlib.contextmanager
    def _watched(self, connection: Connection) -> Iterator[None]:
        with self._lock:
            self._connections.add(connection)
            if self._stopped:
                connection.cut(STOPPED)
        try:
            with connection:
                yield
        finally:
            with self._lock:
                self._connections.discard(connection)


def _http_client(service: Service, trust: Trust) -> httpx.Client:
    try:
        return httpx.Client(
            verify=trust.context(),
            follow_redirects=False,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
            # What goes to this machine in plain http goes past every proxy.
            trust_env=service.base_url.lower().startswith("https:"),
        )
    except (ImportError, OSError, ValueError, httpx.InvalidURL) as fault:
        raise NetworkError(
            f"The proxy or the CA that the environment names is no use: {fault}.",
            hint="Check HTTPS_PROXY, ALL_PROXY, NO_PROXY and SSL_CERT_FILE.",
        ) from fault


class Reply:
    """A 200 whose body is still to come; iterate for the document's bytes."""

    def __init__(
        self,
        response: httpx.Response,
        connection: Connection,
        limit: int,
        observe: Observe,
    ) -> None:
        self._response = response
        self._connection = connection
        self._observe = observe
        self._decoder = ContentDecoder(
            response.headers.get("content-encoding", ""), limit
        )

    def __iter__(self) -> Iterator[bytes]:
        for data in self._slices():
            yield from self._decoder.feed(data)

    def _slices(self) -> Iterator[bytes]:
        """Yield what comes in large slices, and never wait with one in hand.

        Servers cut a reply into chunks of a few kB; each step from here to the
        disk costs by the piece.
        """
        held: list[bytes] = []
        size = 0
        try:
            for data in self._response.iter_raw():
                self._connection.received += len(data)
                self._observe(BytesReceived(self._connection.received))
                held.append(data)
                size += len(data)
                if size >= SLICE or not self._connection.has_more():
                    whole, held, size = b"".join(held), [], 0
                    yield whole
        except BaseException:
            if held:
                yield b"".join(held)  # it has come, whatever went wrong behind it
            raise
        if held:
            yield b"".join(held)


def _started(response: httpx.Response, key: ApiKey | None) -> ReplyStarted:
    """Return the event; a header that repeats the key has it masked."""
    length = response.headers.get("content-length", "")
    return ReplyStarted(
        response.status_code,
        int(length) if length.isdigit() else None,
        tuple((name, mask(value, key)) for name, value in response.headers.items()),
    )


def _start(response: httpx.Response) -> bytes:
    """Return the beginning of an answer, as much of it as comes and decodes."""
    body = bytearray()
    with contextlib.suppress(httpx.HTTPError, NanoEditError):
        coding = response.headers.get("content-encoding", "")
        decoder = ContentDecoder(coding, MAX_ERROR_BODY)
        for data in response.iter_raw():
            for block in decoder.feed(data):
                body += block
    return bytes(body)
