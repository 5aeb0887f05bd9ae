from __future__ import annotations

import base64
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nano_edit.wire.codec.base64_stream import Decoder, Encoder, encoded_length

ALPHABETS = [base64.b64encode, base64.urlsafe_b64encode]


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in pairwise(places)]


def decoded(chunks: list[bytes]) -> bytes:
    decoder = Decoder()
    return b"".join([*map(decoder.feed, chunks), decoder.flush()])


@given(st.binary(max_size=300), st.lists(st.integers(0, 300)))
def test_encoding_in_any_pieces_is_encoding_the_whole(
    data: bytes, cuts: list[int]
) -> None:
    encoder = Encoder()
    out = b"".join([*map(encoder.feed, pieces(data, cuts)), encoder.flush()])
    assert out == base64.b64encode(data)
    assert len(out) == encoded_length(len(data))


@given(
    st.binary(max_size=300),
    st.lists(st.integers(0, 400)),
    st.sampled_from(ALPHABETS),
    st.booleans(),
)
def test_decoding_takes_any_pieces_either_alphabet_and_padding_or_none(
    data: bytes, cuts: list[int], encode: type[bytes], padded: bool
) -> None:
    text = encode(data) if padded else encode(data).rstrip(b"=")
    assert decoded(pieces(text, cuts)) == data


@given(st.text("ABCab019+/-_=*\n ", max_size=24), st.lists(st.integers(0, 24)))
def test_what_is_refused_does_not_depend_on_the_pieces(
    text: str, cuts: list[int]
) -> None:
    raw = text.encode()
    outcomes: set[bytes | None] = set()
    for chunks in ([raw], pieces(raw, cuts), [raw[i : i + 1] for i in range(len(raw))]):
        try:
            outcomes.add(decoded(chunks))
        except ValueError:
            outcomes.add(None)
    assert len(outcomes) == 1


@pytest.mark.parametrize(
    "chunks",
    [
        [b"QUJD", b"!UJD"],
        [b"QQ==", b"QUJD"],
        [b"QQ=", b"=", b"Q"],
        [b"QQ==QUJD"],
        [b"Q"],
        [b"QUJDQ"],
        [b"QQ="],
        [b"QU JD"],
        [b"=QUJ"],
    ],
)
def test_invalid_base64_is_refused(chunks: list[bytes]) -> None:
    with pytest.raises(ValueError, match=r"."):
        decoded(chunks)


def test_an_empty_piece_changes_nothing() -> None:
    assert decoded([b"", b"QQ==", b""]) == b"A"
