"""A response on its way out: chunks, compression, and every kind of silence.

Waiting ends at once when the client goes away or the emulator closes: a wait
watches the connection, and closing shuts every connection down.
"""

from __future__ import annotations

import os
import selectors
import socket
import struct
import time
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Iterator

    from nano_edit.emulator.responses import Delivery

SLICE = 64 * 1024  # bytes of a chunk
_WATCH = 0.25  # seconds between two looks at whether the emulator closes
_DRIP = 0.05  # seconds between two drips
_LINGER = "hh" if os.name == "nt" else "ii"


class ClientGoneError(ConnectionError):
    """The client has closed the connection."""


class ClientConnection:
    """One client's connection."""

    def __init__(self, connection: socket.socket, closing: threading.Event) -> None:
        self._connection = connection
        self._closing = closing

    def wait(self, seconds: float) -> None:
        """Stay silent; `ClientGoneError` as soon as nobody waits for the end."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self._closing.is_set() or self._hung_up(min(left, _WATCH)):
                raise ClientGoneError

    def _hung_up(self, seconds: float) -> bool:
        with selectors.DefaultSelector() as selector:
            selector.register(self._connection, selectors.EVENT_READ)
            if not selector.select(seconds):
                return False
        try:
            early = self._connection.recv(1, socket.MSG_PEEK)
        except OSError:
            return True
        # A byte is the client's next request, come early: it is still there.
        return not early or self._closing.wait(seconds)

    def reset(self) -> None:
        """Break the connection so that the client sees a reset, not an end."""
        option = struct.pack(_LINGER, 1, 0)
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, option)
        socket.close(self._connection.detach())

    def end(self) -> None:
        """End the connection in order; what was written still arrives."""
        self._connection.shutdown(socket.SHUT_RDWR)


def compress(
    pieces: Iterable[bytes], strategy: int = zlib.Z_HUFFMAN_ONLY
) -> Iterator[bytes]:
    """Yield ``pieces`` in gzip; Huffman alone is what base64 can be helped with."""
    encoder = zlib.compressobj(1, zlib.DEFLATED, 31, 9, strategy)
    for piece in pieces:
        yield encoder.compress(piece)
    yield encoder.flush()


def slices(pieces: Iterable[bytes], limit: int = SLICE) -> Iterator[memoryview]:
    """Yield what is in ``pieces`` in slices of at most ``limit`` bytes."""
    for piece in pieces:
        view = memoryview(piece)
        for at in range(0, len(view), limit):
            yield view[at : at + limit]


class Sender:
    """Writes one body as a delivery asks for it."""

    def __init__(
        self,
        write: Callable[[bytes], object],
        client: ClientConnection,
        delivery: Delivery,
        *,
        chunked: bool = True,
    ) -> None:
        self._write = write
        self._client = client
        self._delivery = delivery
        self._chunked = chunked
        self.sent = 0  # bytes of the body

    def send(self, pieces: Iterable[bytes]) -> None:
        """Send the body, all but the closing chunk.

        `ClientGoneError` when the delivery cut it short.
        """
        if not self._delivery.pause:
            self._send(pieces)
            return
        body = b"".join(pieces)
        half = len(body) // 2
        self._send((body[:half],))
        self._client.wait(self._delivery.pause)
        self._send((body[half:],))

    def _send(self, pieces: Iterable[bytes]) -> None:
        rate, limit = self._delivery.rate, SLICE
        if rate is not None:
            limit = max(1, min(SLICE, int(rate * _DRIP)))
        for part in slices(pieces, limit):
            self._put_or_cut(part)
            if rate is not None:
                self._client.wait(len(part) / rate)

    def _put_or_cut(self, part: memoryview) -> None:
        cut = self._delivery.cut
        if cut is None or self.sent + len(part) < cut:
            self._put(part)
            return
        self._put(part[: cut - self.sent])
        self._client.end()
        raise ClientGoneError

    def _put(self, part: memoryview) -> None:
        if not part:
            return
        if self._chunked:
            self._write(b"%x\r\n%b\r\n" % (len(part), bytes(part)))
        else:
            self._write(bytes(part))
        self.sent += len(part)

    def finish(self) -> None:
        """Send the closing chunk, after the silence that the delivery asks for.

        `ClientGoneError` when the delivery leaves it out.
        """
        if self._delivery.unfinished:
            self._client.end()
            raise ClientGoneError
        if self._delivery.tail:
            self._client.wait(self._delivery.tail)
        if self._chunked:
            self._write(b"0\r\n\r\n")
