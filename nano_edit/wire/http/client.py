"""One attempt over HTTP: the request goes out, the reply comes in, errors mapped.

Strategy: httpcore does HTTP and TLS, `Connection` gives it a TCP stream and knows how
far the attempt came.

Rules:
- Nothing sent is a NetworkError; sent without a whole reply is an
  UnknownOutcomeError; a status without a reply is what `errors.error_of` says.
- An attempt has a connection of its own and says so (``Connection: close``).
- Redirects are not followed.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Self

from nano_edit.domain import BytesReceived, ReplyStarted
from nano_edit.errors import NanoEditError, NetworkError, ServerError
from nano_edit.wire.codec.content_coding import ContentDecoder, too_large
from nano_edit.wire.credentials import mask
from nano_edit.wire.gemini.errors import WITH_REPLY, error_of
from nano_edit.wire.http.clock import Clock
from nano_edit.wire.http.connection import STOPPED, Connection
from nano_edit.wire.http.pool import pool_for, proxy_for
from nano_edit.wire.http.tls import TlsContext
from nano_edit.wire.http.transport_errors import FAULTS, transport_errors
from nano_edit.wire.service import endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpcore

    from nano_edit.domain import ApiKey, Observe
    from nano_edit.wire.gemini.request import RequestBody
    from nano_edit.wire.service import Service

SLICE = 256 * 1024  # bytes handed on at once, when they are there already
GRACE = 0.1  # seconds that httpcore waits longer, so that the attempt's clock is first
MAX_ERROR_BODY = 256 * 1024  # bytes of an error response


class Client:
    """Sends requests to one service; may be shared by threads.

    ``tls`` may have been begun earlier; see `nano_edit.wire.http.tls`.
    """

    def __init__(self, service: Service, tls: TlsContext | None = None) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._connections: set[Connection] = set()
        self._stopped = False
        self._clock = Clock()
        try:
            self._context = (tls or TlsContext(service.base_url)).context()
            self._proxy = proxy_for(service.base_url)
            pool_for(self._proxy, self._context, None).close()
        except (ImportError, OSError, ValueError, RuntimeError) as fault:
            why = str(fault).rstrip(".")
            raise NetworkError(
                f"The proxy or the CA that the environment names is invalid: {why}.",
                hint="Check HTTPS_PROXY, ALL_PROXY, NO_PROXY and SSL_CERT_FILE.",
            ) from fault

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End what runs beside the attempts."""
        self._clock.close()

    @property
    def has_key(self) -> bool:
        """Whether a key is sent."""
        return self._service.key is not None

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
        """Make one attempt and give its reply, whose head has come.

        ``timeout`` is for the whole attempt, in seconds; the service's by default.

        Raises NetworkError, UnknownOutcomeError, InterruptedEdit, or what an error
        response means.
        """
        seconds = timeout or self._service.timeout
        connection = Connection(seconds, self._clock, observe)
        with (
            self._watched(connection),
            transport_errors(connection),
            self._stream(model, body, connection) as response,
        ):
            headers = _headers_of(response)
            observe(_started(response.status, headers, self._service.key))
            if response.status not in WITH_REPLY:
                raise self._error(response, headers, model)
            connection.answered = True
            coding = headers.get("content-encoding", "")
            yield Reply(response, connection, coding, self._service.max_reply, observe)

    @contextlib.contextmanager
    def _stream(
        self, model: str, body: RequestBody, connection: Connection
    ) -> Iterator[httpcore.Response]:
        longest = connection.seconds + GRACE
        connect = min(self._service.connect_timeout, longest)
        limits = {"connect": connect, "read": longest, "write": longest}
        with (
            pool_for(self._proxy, self._context, connection) as pool,
            pool.stream(
                "POST",
                endpoint(self._service.base_url, model),
                headers=list(self._service.headers(body.content_length).items()),
                content=connection.counted(body),
                extensions={"timeout": limits, "trace": connection.trace},
            ) as response,
        ):
            yield response

    def _error(
        self, response: httpcore.Response, headers: dict[str, str], model: str
    ) -> NanoEditError:
        return error_of(
            response.status,
            headers,
            _start_of(response, headers.get("content-encoding", "")),
            model=model,
            key=self._service.key,
            with_key=self._service.key is not None,
        )

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


class Reply:
    """A reply whose body is still to come.

    Iterate for the document's bytes, or take `blocks`, the body's bytes as they come
    over the network, and decode them with `decoder`.
    """

    def __init__(
        self,
        response: httpcore.Response,
        connection: Connection,
        coding: str,
        limit: int,
        observe: Observe,
    ) -> None:
        self.coding = coding  # its Content-Encoding as it was announced
        self.limit = limit  # bytes
        self.decoder = ContentDecoder(coding, limit)
        self._response = response
        self._connection = connection
        self._observe = observe

    def __iter__(self) -> Iterator[bytes]:
        for block in self.blocks():
            yield from self.decoder.feed(block)
        yield from self.decoder.close()

    def blocks(self) -> Iterator[bytes]:
        """Yield the body as it comes, in large blocks, never waiting with one in hand.

        Servers cut a reply into chunks of a few kB; each step from here to the disk
        costs by the piece.  Raises UnknownOutcomeError when the connection breaks,
        ServerError beyond the service's limit, each behind the last byte that came.
        """
        held: list[bytes] = []
        size = 0
        try:
            with transport_errors(self._connection):
                for data in self._response.iter_stream():
                    self._count(data)
                    held.append(data)
                    size += len(data)
                    if size >= SLICE or not self._connection.has_more():
                        whole, held, size = b"".join(held), [], 0
                        yield whole
        except BaseException:
            if held:
                yield b"".join(held)
            raise
        if held:
            yield b"".join(held)

    def _count(self, data: bytes) -> None:
        self._connection.received += len(data)
        self._observe(BytesReceived(self._connection.received))
        if self._connection.received > self.limit:
            raise too_large(self.limit)


def _headers_of(response: httpcore.Response) -> dict[str, str]:
    """Return the headers by lower-case name; of several the last."""
    return {
        name.decode("latin-1").lower(): value.decode("latin-1")
        for name, value in response.headers
    }


def _started(status: int, headers: dict[str, str], key: ApiKey | None) -> ReplyStarted:
    """Return the event; a header that repeats the key has it masked."""
    length = headers.get("content-length", "")
    return ReplyStarted(
        status,
        int(length) if length.isdecimal() and length.isascii() else None,
        tuple((name, mask(value, key)) for name, value in headers.items()),
    )


def _start_of(response: httpcore.Response, coding: str) -> bytes:
    """Return the beginning of an error response, as much as comes and decodes."""
    body = bytearray()
    with contextlib.suppress(*FAULTS, ServerError):
        decoder = ContentDecoder(coding, MAX_ERROR_BODY)
        for data in response.iter_stream():
            for block in decoder.feed(data):
                body += block
        for block in decoder.close():
            body += block
    return bytes(body)
