"""One attempt's connection: how it is made, how far it came, the clock that ends it.

Strategy: httpcore asks `Connection` for its TCP stream (a network backend), so that
names are looked up here, in a daemon thread: a name server that does not answer
delays neither Ctrl-C nor the attempt's clock.  httpcore's trace tells
when the request goes out; what a failure means follows from these facts.

Rules:
- A server that sends a byte now and then never exceeds a time limit per read, so the
  attempt's clock shuts the socket from another thread, and the waiting read ends.
- TCP asks every half minute whether the other end lives: some networks drop a
  connection that is silent for a minute.
"""

from __future__ import annotations

import contextlib
import select
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import httpcore

from nano_edit.domain import BytesSent, Connected, RequestSent
from nano_edit.wire.http.clock import Alarm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from nano_edit.domain import Observe
    from nano_edit.wire.http.clock import Clock

KEEP_ALIVE = 30  # seconds of silence before TCP asks whether the other end lives

EXPIRED = "expired"
STOPPED = "stopped"


class Connection(httpcore.NetworkBackend):
    """One attempt's socket, what has passed over it, and the clock that ends it.

    ``seconds`` is for the whole attempt.  ``checks`` is given each IP address before
    any is connected to, and raises for one that must not be.
    """

    def __init__(
        self,
        seconds: float,
        clock: Clock,
        observe: Observe,
        checks: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.seconds = seconds
        self.sent = False  # the request's first byte has gone out
        self.answered = False  # a reply has begun
        self.received = 0
        self.cut_by = ""
        self._clock = clock
        self._observe = observe
        self._checks = checks
        self._lock = threading.Lock()
        self._woken = threading.Event()  # a look-up has ended, or the attempt
        self._socket: socket.socket | None = None
        self._alarm = Alarm(lambda: None)

    def __enter__(self) -> None:
        self._alarm = self._clock.after(self.seconds, lambda: self.cut(EXPIRED))

    def __exit__(self, *_: object) -> None:
        self._alarm.cancel()
        self._hold(None)

    def cut(self, reason: str) -> None:
        """Shut the connection, from any thread; the read that waits ends at once."""
        self.cut_by = self.cut_by or reason
        self._woken.set()
        with self._lock, contextlib.suppress(OSError):
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)

    def has_more(self) -> bool:
        """Whether more has come already, so that a read would not wait for it."""
        with self._lock:
            return self._socket is not None and _is_readable(self._socket)

    def counted(self, body: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the body and tell how much of it has been handed over."""
        sent = 0
        for block in body:
            yield block
            sent += len(block)
            self._observe(BytesSent(sent))

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Take what httpcore tells of a request."""
        _, _, step = event.partition(".")
        if step == "send_request_headers.started" and _is_post(info):
            self._observe(Connected())
            self.sent = True
        elif step == "send_request_body.complete" and self.sent:
            self._observe(RequestSent())

    # --- the network backend ----------------------------------------------------

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first of the host's addresses that answers.

        ``timeout`` (seconds) is for all of it: each address gets an equal share of
        what is left.
        """
        end = time.monotonic() + (timeout or self.seconds)
        *others, last = self._addresses(host, port, end)

        def connect(address: str, left: int) -> httpcore.NetworkStream:
            share = max(0.001, (end - time.monotonic()) / left)
            stream = httpcore.SyncBackend().connect_tcp(
                address, port, share, local_address, socket_options
            )
            self._connected(stream.get_extra_info("socket"))
            return stream

        for tried, address in enumerate(others):
            try:
                return connect(address, 1 + len(others) - tried)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if self.cut_by:
                    raise
        return connect(last, 1)

    def _addresses(self, host: str, port: int, end: float) -> list[str]:
        """Return the host's IP addresses, in the order in which to try them."""
        if _is_address(host):
            self._checks(host)
            return [host]
        look_up = _LookUp(host, port, self._woken)
        self._woken.clear()
        if self.cut_by:
            self._woken.set()
        look_up.start()
        self._woken.wait(end - time.monotonic())
        try:
            addresses = look_up.result()
        except Exception as fault:
            raise httpcore.ConnectError(str(fault)) from fault
        if not addresses:
            raise httpcore.ConnectTimeout("the name server does not answer")
        for address in addresses:
            self._checks(address)
        return addresses

    def _connected(self, connection: socket.socket) -> None:
        _keep_alive(connection)
        # A copy: TLS takes the socket itself over, and its handshake can hang too.
        self._hold(connection.dup())
        if self.cut_by:
            self.cut(self.cut_by)

    def _hold(self, connection: socket.socket | None) -> None:
        with self._lock:
            before, self._socket = self._socket, connection
        if before is not None:
            before.close()


class _LookUp:
    """A host's addresses, looked up in a thread that may outlive its attempt."""

    def __init__(self, host: str, port: int, done: threading.Event) -> None:
        self._addresses: list[str] = []
        self._fault: Exception | None = None
        self._target = host, port
        self._done = done

    def start(self) -> None:
        """Begin; without a thread where the system allows no further one."""
        try:
            threading.Thread(target=self._run, name="name look-up", daemon=True).start()
        except RuntimeError:
            self._run()

    def result(self) -> list[str]:
        """Return the addresses, none before they are known; raises why there are none.

        Of the system's many errors only OSError and UnicodeError have been seen.
        """
        if self._fault is not None:
            raise self._fault
        return self._addresses

    def _run(self) -> None:
        try:
            host, port = self._target
            # As bytes, or the system would import its IDNA codec in this thread.
            found = socket.getaddrinfo(host.encode(), port, type=socket.SOCK_STREAM)
            self._addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        except Exception as fault:  # noqa: BLE001 - raised by `result`
            self._fault = fault
        self._done.set()


def _is_address(host: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        with contextlib.suppress(OSError):
            socket.inet_pton(family, host)
            return True
    return False


def _is_post(info: Mapping[str, Any]) -> bool:
    """Tell the request from the CONNECT that a proxy is sent before it."""
    return bool(info["request"].method == b"POST")


def _is_readable(connection: socket.socket) -> bool:
    if sys.platform == "win32":  # pragma: no cover - Windows
        return bool(select.select([connection], [], [], 0)[0])
    look = select.poll()  # unlike select, it takes any number of open files
    look.register(connection, select.POLLIN)
    return bool(look.poll(0))


def _keep_alive(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name in ("TCP_KEEPIDLE", "TCP_KEEPALIVE", "TCP_KEEPINTVL"):
            if option := getattr(socket, name, None):  # each system names its own
                connection.setsockopt(socket.IPPROTO_TCP, option, KEEP_ALIVE)
