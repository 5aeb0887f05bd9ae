"""Content codings, right and wrong: the reply is whole, its coding is unusual.

They come whether the client accepts the coding or not.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from nano_edit.emulator.connection import compress, slices
from nano_edit.emulator.faults.kind import TEXT, FaultSection
from nano_edit.emulator.responses import Response

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nano_edit.emulator.replies import ResponseBuilder

CODINGS = FaultSection("Content codings (status 200)")
_TRAILER = 8  # bytes of gzip's CRC and length


def _encoded(coding: str, pieces: Iterable[bytes]) -> Response:
    return Response(200, tuple(pieces), encoding=coding, may_gzip=False)


@CODINGS.fault(
    "coding",
    "Content-Encoding: ARG over a reply that is not encoded",
    argument="coding",
    default="none",
    pattern=TEXT,
)
def _announced(builder: ResponseBuilder, argument: str) -> Response:
    return _encoded(argument, builder.ordinary().body)


@CODINGS.fault("br", "the reply in Brotli")
def _brotli(builder: ResponseBuilder, _: str) -> Response:
    return _encoded("br", _stored_brotli(builder.ordinary().body))


def _stored_brotli(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield Brotli made of stored blocks (RFC 7932, 9.2): any decoder reads it."""
    window = 1  # bits of the stream's header, before the first block: 0, 16 bits
    for block in slices(pieces):
        head = (len(block) - 1) << 3 | 1 << 19  # not the last, 4 nibbles, stored
        yield (head << window).to_bytes(3, "little") + block
        window = 0
    yield b"\x03"  # the last block, and empty


@CODINGS.fault("deflate", "the reply in deflate, in a zlib wrapper")
def _deflate(builder: ResponseBuilder, _: str) -> Response:
    return _encoded("deflate", (zlib.compress(_whole(builder), 1),))


@CODINGS.fault("deflate-raw", "the reply in deflate without a wrapper")
def _raw_deflate(builder: ResponseBuilder, _: str) -> Response:
    return _encoded("deflate", (zlib.compress(_whole(builder), 1, wbits=-15),))


@CODINGS.fault("gzip-gzip", "the reply in gzip, twice: Content-Encoding: gzip, gzip")
def _gzip_twice(builder: ResponseBuilder, _: str) -> Response:
    return _encoded("gzip, gzip", compress(compress(builder.ordinary().body)))


@CODINGS.fault("gzip-members", "gzip in two members, the second begins in the picture")
def _gzip_members(builder: ResponseBuilder, _: str) -> Response:
    whole = _whole(builder)
    half = len(whole) // 2
    members = (*compress((whole[:half],)), *compress((whole[half:],)))
    return _encoded("gzip", members)


@CODINGS.fault("gzip-crc", "gzip whose trailer has a wrong CRC")
def _gzip_crc(builder: ResponseBuilder, _: str) -> Response:
    packed = b"".join(compress(builder.ordinary().body))
    crc = bytes(byte ^ 0xFF for byte in packed[-_TRAILER:-4])
    # In one piece, so that no reader has the whole JSON before the trailer comes.
    return _encoded("gzip", (packed[:-_TRAILER] + crc + packed[-4:],))


@CODINGS.fault("gzip-no-trailer", "gzip that ends before its trailer")
def _gzip_no_trailer(builder: ResponseBuilder, _: str) -> Response:
    packed = b"".join(compress(builder.ordinary().body))
    return _encoded("gzip", (packed[:-_TRAILER],))


def _whole(builder: ResponseBuilder) -> bytes:
    return b"".join(builder.ordinary().body)
