from __future__ import annotations

import collections
import gzip
import tracemalloc
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nano_edit.errors import ExitStatus, ServerError
from nano_edit.wire.codec.content_coding import BLOCK, ContentDecoder
from nano_edit.wire.service import ACCEPTED

if TYPE_CHECKING:
    from collections.abc import Callable

MEGA = 1 << 20
DOCUMENT = b'{"candidates": ["' + b"abcdefgh" * 500 + b'"]}'


def deflate(data: bytes, wbits: int) -> bytes:
    packer = zlib.compressobj(wbits=wbits)
    return packer.compress(data) + packer.flush()


def zlib_of(data: bytes) -> bytes:
    return deflate(data, zlib.MAX_WBITS)


def raw_deflate(data: bytes) -> bytes:
    return deflate(data, -zlib.MAX_WBITS)


def decode(data: bytes, size: int = 1 << 30, coding: str = "gzip") -> bytes:
    return b"".join(blocks(data, size, coding))


def blocks(data: bytes, size: int, coding: str, limit: int = MEGA * 8) -> list[bytes]:
    decoder = ContentDecoder(coding, limit)
    found = [
        block
        for at in range(0, len(data), size)
        for block in decoder.feed(data[at : at + size])
    ]
    return [*found, *decoder.close()]


def up_to_fault(data: bytes, size: int, coding: str = "gzip") -> bytes:
    decoder = ContentDecoder(coding, MEGA)
    found = bytearray()
    pieces = (data[at : at + size] for at in range(0, len(data), size))
    document = (block for piece in pieces for block in decoder.feed(piece))
    with pytest.raises(ServerError, match="compression is broken") as caught:
        collections.deque(map(found.extend, document), maxlen=0)
    assert caught.value.billed == "yes"
    return bytes(found)


@given(st.binary(max_size=400), st.integers(1, 80), st.integers(1, 50))
def test_gzip_in_any_pieces_is_the_document(data: bytes, times: int, size: int) -> None:
    document = b"{" + data * times
    assert decode(gzip.compress(document), size) == document
    assert decode(document, size, coding="") == document


@pytest.mark.parametrize("announced", ["", "gzip", "x-gzip", " GZIP ", "br", "deflate"])
@pytest.mark.parametrize(
    "pack",
    [
        bytes,
        gzip.compress,
        zlib_of,
        raw_deflate,
        lambda one: gzip.compress(gzip.compress(one)),
        lambda one: gzip.compress(zlib_of(one)),
        lambda one: raw_deflate(gzip.compress(one)),
        lambda one: gzip.compress(one[:99]) + gzip.compress(one[99:]),
    ],
    ids="plain gzip zlib raw gzip-twice zlib-gzip gzip-raw members".split(),
)
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_the_coding_is_detected_from_the_bytes(
    pack: Callable[[bytes], bytes], announced: str, size: int
) -> None:
    for document in (DOCUMENT, b"\r\n" + DOCUMENT, b"data: " + DOCUMENT):
        assert decode(pack(document), size, announced) == document


@pytest.mark.parametrize(
    "coding", ["", "identity", "Identity ", "none", "utf-8", "UTF8"]
)
def test_a_name_that_is_not_a_coding_leaves_the_text_unchanged(coding: str) -> None:
    for document in (
        b"document",
        b"upstream error",
        b"\x80",
        b"x",
        b"\x1f",
        b"xy",
        b"",
    ):
        assert decode(document, coding=coding) == document
        assert decode(document, 1, coding=coding) == document


def test_what_is_asked_for_is_understood() -> None:
    assert decode(gzip.compress(DOCUMENT), coding=ACCEPTED) == DOCUMENT


def test_what_can_be_decoded_is_handed_over_at_once() -> None:
    # A reply ends when its JSON does: no byte of it may wait inside zlib.
    document = b"{" + bytes(2 * BLOCK + 300)
    packed = gzip.compress(document)
    for cut in (*range(0, len(packed), 13), *range(len(packed) - 12, len(packed) + 1)):
        plain = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(packed[:cut])
        found = list(ContentDecoder("gzip", MEGA).feed(packed[:cut]))
        assert b"".join(found) == plain
        assert all(0 < len(block) <= BLOCK for block in found)


@pytest.mark.parametrize("after", [b"garbage", b"\0\0", b"\x1f", b"\x1fx"])
@pytest.mark.parametrize("size", [1, 5, 1 << 20])
def test_what_follows_the_end_of_gzip_is_ignored(after: bytes, size: int) -> None:
    assert decode(gzip.compress(DOCUMENT) + after, size) == DOCUMENT
    assert decode(zlib_of(DOCUMENT) + gzip.compress(b"{}"), size) == DOCUMENT


@given(st.binary(max_size=60), st.integers(1, 40))
def test_any_bytes_are_decoded_or_the_services_fault(data: bytes, size: int) -> None:
    for coding in ("", "gzip", "br"):
        try:
            decode(data, size, coding)
        except ServerError as fault:
            assert fault.billed == "yes"  # noqa: PT017 - of those that come


# --- broken data --------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 10, 1000, 1 << 20])
def test_a_wrong_checksum_costs_nothing_of_the_document(size: int) -> None:
    document = b"{" + bytes(range(256)) * 3000
    for at in (-8, -1):  # of the checksum, of the length
        packed = bytearray(gzip.compress(document))
        packed[at] ^= 0xFF
        assert up_to_fault(bytes(packed), size) == document


@pytest.mark.parametrize("size", [1, 10, 1000, 1 << 20])
def test_all_before_a_broken_byte_is_handed_over(size: int) -> None:
    document = b"{" + bytes(range(256)) * 20
    packed = bytearray(gzip.compress(document))
    packed[60] ^= 0xFF
    one_by_one = up_to_fault(bytes(packed), 1)
    found = up_to_fault(bytes(packed), size)
    assert found == one_by_one
    assert found.startswith(document[:30])


def test_what_zlib_holds_back_before_a_fault_is_handed_over() -> None:
    document = b"{" + bytes(BLOCK + 200)  # one block is full, the fault comes next
    packed = bytearray(gzip.compress(document))
    packed[-1] ^= 0xFF
    assert up_to_fault(bytes(packed), 1 << 20) == document


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip", "\x1b[31m"])
def test_what_cannot_be_decoded_is_named(coding: str) -> None:
    with pytest.raises(ServerError, match="cannot be decoded") as caught:
        decode(b"\x8b\xff\xff\xff\x05", coding=coding)
    assert repr(coding) in caught.value.message
    assert caught.value.exit_status is ExitStatus.SERVER


# --- bounds -------------------------------------------------------------------


def test_codings_within_each_other_have_a_bound() -> None:
    packed = DOCUMENT
    for _ in range(6):
        packed = gzip.compress(packed)
    assert (
        decode(packed)
        == gzip.compress(gzip.compress(DOCUMENT))[:10] + (decode(packed)[10:])
    )


@pytest.mark.parametrize("coding", ["", "gzip"])
def test_the_bound_counts_the_document_and_is_exact(coding: str) -> None:
    document = b"{" + bytes(999)
    data = gzip.compress(document) if coding else document
    assert b"".join(ContentDecoder(coding, 1000).feed(data)) == document
    with pytest.raises(ServerError, match="larger than 999 bytes") as caught:
        list(ContentDecoder(coding, 999).feed(data))
    assert "--max-reply" in caught.value.hint


def test_a_bomb_costs_a_bounded_amount_of_memory() -> None:
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    bomb = b"".join(packer.compress(bytes(MEGA)) for _ in range(40)) + packer.flush()
    decoder = ContentDecoder("gzip", 20 * MEGA)
    tracemalloc.start()
    with pytest.raises(ServerError, match="larger than"):
        collections.deque(decoder.feed(bomb), maxlen=0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * MEGA
