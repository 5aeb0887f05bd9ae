"""One attempt's connection: what has passed over it, and the clock that ends it.

Strategy: httpx tells of its socket through its trace extension; from then on the
socket can be shut from another thread, which ends any read or write at once.
"""

from __future__ import annotations

import contextlib
import select
import socket
import sys
import threading
from typing import TYPE_CHECKING, Any

from nano_edit.domain import BytesSent, Connected, RequestSent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nano_edit.domain import Observe
    from nano_edit.wire.gemini.request import RequestBody

KEEP_ALIVE = 30  # seconds of silence before TCP asks whether the other end lives

EXPIRED = "expired"
STOPPED = "stopped"


class Connection:
    """One attempt's socket, what has passed over it, and the clock that ends it."""

    def __init__(self, seconds: float, observe: Observe) -> None:
        self.seconds = seconds
        self.sent = False  # the request's first byte has gone out
        self.answered = False  # a 200 has begun
        self.received = 0
        self.cut_by = ""
        self._observe = observe
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self.cut, (EXPIRED,))
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._hold(None)

    def cut(self, reason: str) -> None:
        """Shut the connection, from any thread; the read that waits ends at once."""
        self.cut_by = self.cut_by or reason
        with self._lock, contextlib.suppress(OSError):
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)

    def has_more(self) -> bool:
        """Whether more has come already, so that a read would not wait for it."""
        with self._lock:
            return self._socket is not None and _is_readable(self._socket)

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
        if step == "connect_tcp.complete":
            self._connected(info["return_value"].get_extra_info("socket"))
        elif step == "send_request_headers.started" and _is_post(info):
            self._observe(Connected())
            self.sent = True
        elif step == "send_request_body.complete" and self.sent:
            self._observe(RequestSent())

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
