from __future__ import annotations

import collections
import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nano_edit.errors import ExitStatus, ServerError
from nano_edit.wire.http.content_coding import BLOCK, ContentDecoder
from nano_edit.wire.service import ACCEPTED

MEGA = 1 << 20


def decode(data: bytes, size: int = 1 << 30, coding: str = "gzip") -> bytes:
    decoder = ContentDecoder(coding, MEGA * 8)
    return b"".join(
        block
        for at in range(0, len(data), size)
        for block in decoder.feed(data[at : at + size])
    )


@given(st.binary(max_size=400), st.integers(1, 80), st.integers(1, 50))
def test_gzip_in_any_pieces_is_the_document(data: bytes, times: int, size: int) -> None:
    document = data * times
    assert decode(gzip.compress(document), size) == document
    assert decode(document, size, coding="") == document


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", " GZIP "])
def test_gzip_has_its_names(coding: str) -> None:
    assert decode(gzip.compress(b"document"), coding=coding) == b"document"


@pytest.mark.parametrize("coding", ["", "identity", "Identity "])
def test_no_coding_has_its_names(coding: str) -> None:
    assert decode(b"document", coding=coding) == b"document"


def test_what_is_asked_for_is_understood() -> None:
    assert decode(gzip.compress(b"x"), coding=ACCEPTED) == b"x"


def test_what_can_be_decoded_is_handed_over_at_once() -> None:
    # A reply ends when its JSON does: no byte of it may wait inside zlib.
    document = bytes(2 * BLOCK + 300)
    packed = gzip.compress(document)
    for cut in range(len(packed) + 1):
        plain = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(packed[:cut])
        blocks = list(ContentDecoder("gzip", MEGA).feed(packed[:cut]))
        assert b"".join(blocks) == plain
        assert all(0 < len(block) <= BLOCK for block in blocks)


def test_what_follows_the_end_of_gzip_is_ignored() -> None:
    packed = gzip.compress(b"document")
    assert decode(packed + b"garbage") == b"document"
    assert decode(packed + gzip.compress(b"another")) == b"document"
    assert decode(packed + b"garbage", size=1) == b"document"


@pytest.mark.parametrize("size", [1, 10, 1000])
def test_broken_gzip_is_the_services_fault(size: int) -> None:
    packed = bytearray(gzip.compress(bytes(range(256)) * 20))
    packed[60] ^= 0xFF
    with pytest.raises(ServerError, match="compression is broken") as caught:
        decode(bytes(packed), size)
    assert caught.value.billed == "yes"


@pytest.mark.parametrize("coding", ["deflate", "br", "zstd", "gzip, gzip", "\x1b[31m"])
def test_a_coding_that_was_not_asked_for_is_named(coding: str) -> None:
    with pytest.raises(ServerError, match="which was not asked for") as caught:
        ContentDecoder(coding, MEGA)
    assert repr(coding) in caught.value.message
    assert caught.value.exit_status is ExitStatus.SERVER


@pytest.mark.parametrize("coding", ["", "gzip"])
def test_the_bound_counts_the_document_and_is_exact(coding: str) -> None:
    document = bytes(1000)
    data = gzip.compress(document) if coding else document
    assert b"".join(ContentDecoder(coding, 1000).feed(data)) == document
    with pytest.raises(ServerError, match="larger than 999 bytes") as caught:
        list(ContentDecoder(coding, 999).feed(data))
    assert "--max-reply" in caught.value.hint


def test_a_bomb_costs_a_bounded_amount_of_memory() -> None:
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    bomb = b"".join(packer.compress(bytes(MEGA)) for _ in range(200)) + packer.flush()
    decoder = ContentDecoder("gzip", 100 * MEGA)
    tracemalloc.start()
    with pytest.raises(ServerError, match="larger than"):
        collections.deque(decoder.feed(bomb), maxlen=0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * MEGA
