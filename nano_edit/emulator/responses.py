"""What is sent back, as data: a response, and the way it is delivered.

A response's body is a row of byte pieces, so that a picture's base64 is made
once and copied nowhere.  Nothing here touches a socket; `connection` does.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

JSON_TYPE = "application/json; charset=UTF-8"
SSE_TYPE = "text/event-stream"
JSONL_TYPE = "application/jsonl"


@dataclass(frozen=True, slots=True)
class Response:
    """A status, headers and a body, before chunking and compression."""

    status: int
    body: Iterable[bytes]
    content_type: str = JSON_TYPE
    headers: tuple[tuple[str, str], ...] = ()
    encoding: str | None = None  # the body is encoded already: "gzip"
    may_gzip: bool = True  # it is compressed for a client that accepts it
    usage: Mapping[str, Any] | None = None  # the tokens that it reports
    pictures: int = 1


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a response goes out; the default is at once and whole.

    Times are seconds, ``cut`` and ``rate`` count bytes of the body as it is on
    the wire, after compression and before chunking.
    """

    silence: float = 0.0  # before the first byte
    pause: float = 0.0  # in the middle of the body
    tail: float = 0.0  # between the body's last byte and the closing chunk
    rate: float | None = None  # bytes a second
    cut: int | None = None  # the connection ends after so many bytes
    unfinished: bool = False  # the connection ends instead of the closing chunk
    drop: str | None = None  # no response at all: "reset" or "close"


@dataclass(frozen=True, slots=True)
class Blob:
    """A long string of a document: ASCII that needs no escape in JSON."""

    data: bytes


_MARK = re.compile(r"\\u0000blob\\u0000")


def write_json(document: Any, *, indent: int | None = 2) -> tuple[bytes, ...]:
    """Return ``document`` as JSON in pieces; each `Blob` is a piece of its own.

    The layout is Google's: two spaces, UTF-8 as it is, ``<`` and ``>`` escaped.
    Strings must not hold the character NUL, which marks the blobs' places.
    """
    blobs: list[bytes] = []

    def mark(blob: Blob) -> str:
        blobs.append(blob.data)
        return "\0blob\0"

    separators = (",", ":") if indent is None else None
    text = json.dumps(
        document,
        ensure_ascii=False,
        indent=indent,
        separators=separators,
        default=mark,
    )
    text = text.replace("<", "\\u003c").replace(">", "\\u003e")
    first, *rest = _MARK.split(text)
    pieces = [first.encode(errors="replace")]
    for blob, after in zip(blobs, rest, strict=True):
        pieces += [blob, after.encode(errors="replace")]
    return (*pieces, b"\n" if indent else b"")


def event_stream(documents: Iterable[Any]) -> Response:
    """Return documents as server-sent events, each on one line as Google does."""
    pieces: list[bytes] = []
    for document in documents:
        pieces += [b"data: ", *write_json(document, indent=None), b"\r\n\r\n"]
    return Response(200, tuple(pieces), SSE_TYPE)


def array_stream(documents: Iterable[Any]) -> Response:
    """Return documents as the array that Google streams where no SSE is asked for."""
    pieces: list[bytes] = []
    for document in documents:
        pieces += [b",\r\n" if pieces else b"[", *write_json(document)]
    return Response(200, (*pieces, b"]\n"))
