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
import socket
import ssl
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import httpx

from nano_edit import __version__
from nano_edit.domain import (
    Billed,
    BytesReceived,
    BytesSent,
    Connected,
    ReplyStarted,
    RequestSent,
)
from nano_edit.errors import (
    InterruptedEdit,
    NanoEditError,
    NetworkError,
    Retry,
    UnknownOutcomeError,
)
from nano_edit.wire.decoding import ACCEPTED, ContentDecoder
from nano_edit.wire.failures import error_of
from nano_edit.wire.providers import endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nano_edit.domain import ApiKey, Observe
    from nano_edit.wire.providers import Provider
    from nano_edit.wire.request import RequestBody

KEEP_ALIVE = 30  # seconds of silence before TCP asks whether the other end lives
MAX_ERROR_BODY = 256 * 1024  # bytes of an answer that is no picture


@dataclass(frozen=True, slots=True)
class Service:
    """Whom to ask, and how patiently."""

    provider: Provider
    base_url: str
    key: ApiKey
    timeout: float = 300.0  # seconds for one whole attempt
    connect_timeout: float = 10.0  # seconds
    max_reply: int = 512 * 1024 * 1024  # bytes, after decompression

    def headers(self, content_length: int) -> dict[str, str]:
        """Return the request's headers, the key among them."""
        return {
            **self.provider.headers(self.key),
            "Content-Type": "application/json",
            "Content-Length": str(content_length),
            "Accept": "application/json",
            "Accept-Encoding": ACCEPTED,
            "User-Agent": f"nano-edit/{__version__}",
        }


class Client:
    """Sends requests to one service; may be shared by threads."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._wires: set[_Wire] = set()
        self._stopped = False
        self._http = httpx.Client(
            follow_redirects=False,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def stop(self) -> None:
        """End every attempt that is under way, and any that is still to begin."""
        with self._lock:
            self._stopped = True
            for wire in self._wires:
                wire.cut(_STOPPED)

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
        answer means (see `failures.error_of`).
        """
        wire = _Wire(timeout or self._service.timeout, observe)
        with self._watched(wire), _mapped(wire), self._stream(model, body, wire) as got:
            headers = dict(got.headers.items())
            observe(_started(got))
            if got.status_code != 200:
                raise error_of(got.status_code, headers, _start(got), model=model)
            yield Reply(got, wire, self._service.max_reply, observe)

    def _stream(
        self, model: str, body: RequestBody, wire: _Wire
    ) -> contextlib.AbstractContextManager[httpx.Response]:
        return self._http.stream(
            "POST",
            endpoint(self._service.base_url, model),
            headers=self._service.headers(body.content_length),
            content=wire.counted(body),
            timeout=httpx.Timeout(wire.seconds, connect=self._service.connect_timeout),
            extensions={"trace": wire.trace},
        )

    @contextlib.contextmanager
    def _watched(self, wire: _Wire) -> Iterator[None]:
        with self._lock:
            self._wires.add(wire)
            if self._stopped:
                wire.cut(_STOPPED)
        try:
            with wire:
                yield
        finally:
            with self._lock:
                self._wires.discard(wire)


class Reply:
    """A 200 whose body is still to come; iterate for the document's bytes."""

    def __init__(
        self, response: httpx.Response, wire: _Wire, limit: int, observe: Observe
    ) -> None:
        self._response = response
        self._wire = wire
        self._observe = observe
        self._decoder = ContentDecoder(
            response.headers.get("content-encoding", ""), limit
        )

    def __iter__(self) -> Iterator[bytes]:
        for data in self._response.iter_raw():
            self._wire.received += len(data)
            self._observe(BytesReceived(self._wire.received))
            yield from self._decoder.feed(data)


_EXPIRED = "expired"
_STOPPED = "stopped"


class _Wire:
    """One attempt's socket, what has passed over it, and the clock that ends it."""

    def __init__(self, seconds: float, observe: Observe) -> None:
        self.seconds = seconds
        self.sent = False  # the request's first byte has gone out
        self.answered = False  # a 200 has begun
        self.received = 0
        self.cut_by = ""
        self._observe = observe
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self.cut, (_EXPIRED,))
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def cut(self, reason: str) -> None:
        """Shut the connection, from any thread; the read that waits ends at once."""
        self.cut_by = self.cut_by or reason
        if self._socket is not None:
            with contextlib.suppress(OSError):
                # The base class: SSLSocket's own would pull TLS from under a read.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def counted(self, body: RequestBody) -> Iterator[bytes]:
        """Yield the body and tell how much of it has been handed over."""
        sent = 0
        for block in body:
            yield block
            sent += len(block)
            self._observe(BytesSent(sent))

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Take what httpx tells of its connection."""
        _, _, step = event.partition(".")
        if step in {"connect_tcp.complete", "start_tls.complete"}:
            self._connected(info["return_value"].get_extra_info("socket"))
        elif step == "send_request_headers.started" and _is_post(info):
            self._observe(Connected())
            self.sent = True
        elif step == "send_request_body.complete" and self.sent:
            self._observe(RequestSent())

    def _connected(self, connection: socket.socket) -> None:
        self._socket = connection
        _keep_alive(connection)
        if self.cut_by:
            self.cut(self.cut_by)


def _is_post(info: Mapping[str, Any]) -> bool:
    """Tell the request from the CONNECT that a proxy is sent before it."""
    return bool(info["request"].method == b"POST")


def _keep_alive(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name in ("TCP_KEEPIDLE", "TCP_KEEPALIVE", "TCP_KEEPINTVL"):
            if option := getattr(socket, name, None):  # each system names its own
                connection.setsockopt(socket.IPPROTO_TCP, option, KEEP_ALIVE)


def _started(response: httpx.Response) -> ReplyStarted:
    length = response.headers.get("content-length", "")
    return ReplyStarted(
        response.status_code,
        int(length) if length.isdigit() else None,
        tuple(response.headers.items()),
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


# --- what a failure of the network means -------------------------------------


@contextlib.contextmanager
def _mapped(wire: _Wire) -> Iterator[None]:
    try:
        yield
    except NanoEditError:
        raise
    except httpx.HTTPError as fault:
        raise _error(wire, fault) from fault
    except (OSError, ValueError) as fault:
        if not wire.cut_by:  # a read may fail in any way once its socket is shut
            raise
        raise _error(wire, fault) from fault


def _error(wire: _Wire, fault: Exception) -> NanoEditError:
    if wire.cut_by == _STOPPED:
        billed = Billed.YES if wire.received else Billed.UNKNOWN
        return InterruptedEdit("Stopped.", billed=billed if wire.sent else Billed.NO)
    why = f"it took longer than {wire.seconds:g} s" if wire.cut_by else _reason(fault)
    return _lost(wire, why) if wire.sent else _not_sent(wire, fault, why)


def _not_sent(wire: _Wire, fault: Exception, why: str) -> NetworkError:
    return NetworkError(
        f"The service cannot be reached: {why}.",
        hint=_connection_hint(fault),
        retry=Retry.NEVER if wire.cut_by else Retry.SAFE,
    )


def _lost(wire: _Wire, why: str) -> UnknownOutcomeError:
    if wire.received:
        return UnknownOutcomeError(
            f"The connection broke after {wire.received:,} bytes of the reply: {why}.",
            hint="--recover makes the picture if all of it came.",
            billed=Billed.YES,
        )
    return UnknownOutcomeError(
        f"The request was sent and no reply came: {why}.",
        hint="It may have been billed: look at the account before running it again. "
        "--timeout waits longer; --retry-unknown tries again by itself.",
        billed=Billed.UNKNOWN,
        retry=Retry.ON_REQUEST,
    )


def _causes(fault: BaseException | None) -> Iterator[BaseException]:
    while fault is not None:
        yield fault
        fault = fault.__cause__ or fault.__context__


def _reason(fault: Exception) -> str:
    if isinstance(fault, httpx.ConnectTimeout):
        return "no connection within --connect-timeout"
    if isinstance(fault, httpx.TimeoutException):
        return "nothing came within --timeout"
    for cause in _causes(fault):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its TLS certificate is not trusted ({cause.verify_message})"
        if isinstance(cause, socket.gaierror):
            return "its name cannot be looked up (DNS)"
    return str(fault).rstrip(".") or type(fault).__name__


def _connection_hint(fault: Exception) -> str:
    if isinstance(fault, httpx.ProxyError):
        return "Check HTTPS_PROXY, ALL_PROXY and NO_PROXY."
    if any(isinstance(cause, ssl.SSLError) for cause in _causes(fault)):
        return "If your network has its own CA, name its file in SSL_CERT_FILE."
    return "Nothing was sent. Check the network, --base-url and the proxy variables."
