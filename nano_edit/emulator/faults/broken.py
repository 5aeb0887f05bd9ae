"""Broken replies: no whole picture to be had, or made to exhaust the reader.

What is large is made as it is sent, so that a gigabyte costs no memory here.
"""

from __future__ import annotations

import base64
import zlib
from itertools import repeat
from typing import TYPE_CHECKING

from nano_edit.emulator.connection import compress
from nano_edit.emulator.faults.kind import FaultSection
from nano_edit.emulator.responses import Blob, Delivery, Response, write_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nano_edit.emulator.replies import ResponseBuilder

BROKEN = FaultSection("Broken replies (status 200)")
_HUGE = {"argument": "bytes", "default": "600000000"}
_PIECE = 64 * 1024  # bytes made at once

# --- cut --------------------------------------------------------------------


@BROKEN.fault(
    "truncated-json", "the JSON ends within the picture, the connection in order"
)
def _truncated_json(builder: ResponseBuilder, _: str) -> Response:
    encoded = base64.b64encode(builder.picture())
    pieces = write_json(builder.document([builder.data_part(encoded)]))
    before = pieces[: pieces.index(encoded)]
    return Response(200, (*before, encoded[: len(encoded) // 2]))


@BROKEN.fault(
    "truncated-tail", "the JSON ends behind the picture, the connection in order"
)
def _truncated_tail(builder: ResponseBuilder, _: str) -> Response:
    *pieces, last, _end = builder.ordinary().body
    return Response(200, (*pieces, last[: last.index(b"]")]))


@BROKEN.fault(
    "cut-picture",
    "closed after the picture's last base64 byte, no last chunk",
    deliver=lambda _: Delivery(unfinished=True),
)
def _cut_picture(builder: ResponseBuilder, _: str) -> Response:
    encoded = base64.b64encode(builder.picture())
    pieces = write_json(builder.document([builder.data_part(encoded)]))
    return Response(200, pieces[: pieces.index(encoded) + 1], may_gzip=False)


@BROKEN.fault("truncated-base64", "valid JSON, the base64 cut to a length there is not")
def _truncated_base64(builder: ResponseBuilder, _: str) -> Response:
    encoded = base64.b64encode(builder.picture())
    return builder.reply([builder.data_part(encoded[: len(encoded) // 8 * 4 + 1])])


@BROKEN.fault("truncated-image", "valid base64 of half of the file")
def _truncated_image(builder: ResponseBuilder, _: str) -> Response:
    picture = builder.picture()
    return builder.reply([builder.image_part(picture[: len(picture) // 2])])


# --- other bytes ------------------------------------------------------------


@BROKEN.fault("not-an-image", "valid base64 of words")
def _not_an_image(builder: ResponseBuilder, _: str) -> Response:
    return builder.reply([builder.image_part(b"This is no picture.\n" * 20)])


@BROKEN.fault("bad-utf8", "words that are invalid UTF-8")
def _bad_utf8(builder: ResponseBuilder, _: str) -> Response:
    words = {"text": Blob(b"Here it is \xff\xc3\x28: ")}
    return builder.reply([words, builder.image_part(builder.picture())])


@BROKEN.fault(
    "deep-nesting",
    "ARG nested arrays before the candidates",
    argument="arrays",
    default="100",
)
def _deep_nesting(builder: ResponseBuilder, argument: str) -> Response:
    first, *rest = builder.ordinary().body
    depth = int(float(argument))
    nest = b'\n  "debug": ' + b"[" * depth + b"]" * depth + b","
    return Response(200, (b"{" + nest + first[1:], *rest))


# --- too large --------------------------------------------------------------


@BROKEN.fault("huge", "ARG bytes of white space before the candidates", **_HUGE)
def _huge(builder: ResponseBuilder, argument: str) -> Response:
    return Response(200, _swollen(builder, int(float(argument))), may_gzip=False)


@BROKEN.fault("huge-text", "ARG bytes of words before the picture", **_HUGE)
def _huge_text(builder: ResponseBuilder, argument: str) -> Response:
    return Response(200, _wordy(builder, int(float(argument))), may_gzip=False)


@BROKEN.fault(
    "gzip-bomb",
    "gzip of ARG MB of white space, asked for or not",
    argument="MB",
    default="1000",
)
def _gzip_bomb(builder: ResponseBuilder, argument: str) -> Response:
    body = _swollen(builder, int(float(argument) * 1024 * 1024))
    packed = compress(body, zlib.Z_DEFAULT_STRATEGY)
    return Response(200, packed, encoding="gzip", may_gzip=False)


def _swollen(builder: ResponseBuilder, size: int) -> Iterator[bytes]:
    first, *rest = builder.ordinary().body
    yield b"{"
    yield from _run(b" ", size)
    yield first[1:]
    yield from rest


def _wordy(builder: ResponseBuilder, size: int) -> Iterator[bytes]:
    words = {"text": Blob(b"")}
    reply = builder.reply([words, builder.image_part(builder.picture())])
    first, _, *rest = reply.body
    yield first
    yield from _run(b"A", size)
    yield from rest


def _run(byte: bytes, size: int) -> Iterator[bytes]:
    whole, rest = divmod(size, _PIECE)
    yield from repeat(byte * _PIECE, whole)
    yield byte * rest
