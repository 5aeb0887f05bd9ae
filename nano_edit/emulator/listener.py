"""The listening socket: loopback alone, a thread a connection, an end to all.

Every connection is entered here before its first request is read, so that
closing the emulator ends those that are silent on purpose too.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nano_edit.emulator.service import Service


class Listener(ThreadingTCPServer):
    """Listens on ``127.0.0.1:port`` and starts an ``exchange`` a connection.

    `OSError` when the port is taken.
    """

    daemon_threads = True
    request_queue_size = 128
    # On Windows the option would let another program take the port over.
    allow_reuse_address = os.name == "posix"

    def __init__(
        self, port: int, service: Service, exchange: type[BaseRequestHandler]
    ) -> None:
        self.service = service
        self.closing = threading.Event()
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), exchange)

    def enter(self, connection: socket.socket) -> None:
        """Note that this thread answers a connection, and end it if it is late."""
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
