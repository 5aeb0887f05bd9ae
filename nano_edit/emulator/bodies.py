"""Request bodies off the wire, bounded one by one and all together.

Lengths are read strictly: a server and a client that understand one of them
differently lose track of where requests begin.
"""

from __future__ import annotations

import contextlib
import re
import threading
from typing import TYPE_CHECKING

from nano_edit.emulator.connection import ClientGoneError
from nano_edit.emulator.contract import MAX_BODY, too_large
from nano_edit.emulator.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message
    from io import BufferedIOBase

    from nano_edit.emulator.connection import ClientConnection

MAX_BODIES = 2 * MAX_BODY  # bytes of all connections' bodies
_READ = 1024 * 1024  # bytes read at once
_LOOK = 0.05  # seconds between two looks for room
_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,12})[ \t]*(;[^\r\n]*)?\r\n")


class BodyRoom:
    """The memory that bodies share; a body that finds none waits for it."""

    def __init__(self, size: int = MAX_BODIES) -> None:
        self._free = size
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def reserve(self, size: int, client: ClientConnection) -> Iterator[None]:
        """Hold ``size`` bytes; `ClientGoneError` when nobody waits any more."""
        while not self._take(size):
            client.wait(_LOOK)
        try:
            yield
        finally:
            self._take(-size)

    def _take(self, size: int) -> bool:
        with self._lock:
            if size > self._free:
                return False
            self._free -= size
            return True


def room_needed(headers: Message[str, str]) -> int:
    """Return the bytes that a body will take: all there may be, if it is unknown."""
    if "Transfer-Encoding" in headers:
        return MAX_BODY
    return min(content_length(headers) or 0, MAX_BODY)


def content_length(headers: Message[str, str]) -> int | None:
    """Return the length in bytes that is announced; None if it is no number."""
    length = headers.get("Content-Length", "").strip()
    return int(length) if length.isascii() and length.isdecimal() else None


def read_body(stream: BufferedIOBase, headers: Message[str, str]) -> bytes:
    """Return the request's body.

    `Refusal`: 413 for one that is larger than any may be, once it has been read
    to its end, so that the client gets to see the response; 400 for lengths that
    make no sense.  `ClientGoneError` when it ends early.
    """
    body, size = [], 0
    for piece in body_pieces(stream, headers):
        size += len(piece)
        body.append(piece)
        if size > MAX_BODY:
            body.clear()
    if size > MAX_BODY:
        raise too_large()
    return b"".join(body)


def body_pieces(stream: BufferedIOBase, headers: Message[str, str]) -> Iterator[bytes]:
    """Return an iterator of the body's bytes, of any length; see `read_body`."""
    lengths = headers.get_all("Content-Length") or []
    if len(lengths) + ("Transfer-Encoding" in headers) > 1:
        raise invalid("Bad Request: the body's length is given twice.")
    if "Transfer-Encoding" in headers:
        return _chunks(stream)
    length = content_length(headers)
    if length is None and lengths:
        raise invalid("Bad Request: the Content-Length is not a number.")
    return _exactly(stream, length or 0)


def _chunks(stream: BufferedIOBase) -> Iterator[bytes]:
    size = None
    while size != 0:
        match = _CHUNK_SIZE.fullmatch(stream.readline(1000))
        if not match:
            raise invalid("Bad Request: a chunk's size was expected.")
        size = int(match[1], 16)
        if size:
            yield from _exactly(stream, size)
            stream.readline(2)
    while stream.readline(1000).strip():
        pass  # trailers


def _exactly(stream: BufferedIOBase, size: int) -> Iterator[bytes]:
    while size:
        piece = stream.read(min(size, _READ))
        if not piece:
            raise ClientGoneError
        size -= len(piece)
        yield piece
