from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nano_edit.wire.codec.data_url import MAX_HEAD, DataUrlSplitter, Part

URL = re.compile(rb"data:(image/[A-Za-z0-9.+-]{1,40});base64,([A-Za-z0-9+/_=-]*)")
HEAD = b"data:image/png;base64,"
TEXTS = st.lists(
    st.sampled_from(
        [
            *(HEAD, b"data:", b"image/", b"png", b";base64", b",", b"d", b"QUJD"),
            *(b" ", b")", b"data:image/", b"!", b"data:image/svg+xml;base64,"),
            b"x" * 45,
        ]
    ),
    max_size=8,
).map(b"".join)


def split(text: bytes, size: int) -> list[Part]:
    """Split in pieces of ``size`` and join neighbours of a kind."""
    splitter = DataUrlSplitter()
    parts: list[Part] = []
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    for found in (*map(splitter.feed, pieces), splitter.flush()):
        for kind, piece in found:
            if parts and parts[-1][0] == kind and kind in {"text", "data"}:
                parts[-1] = kind, parts[-1][1] + piece
            else:
                parts.append((kind, piece))
    return parts


def expected(text: bytes) -> list[Part]:
    """What a plain search over the whole text finds."""
    parts: list[Part] = []
    done = 0
    for url in URL.finditer(text):
        if url.start() > done:
            parts.append(("text", text[done : url.start()]))
        parts.append(("start", url[1]))
        if url[2]:
            parts.append(("data", url[2]))
        parts.append(("end", b""))
        done = url.end()
    if done < len(text):
        parts.append(("text", text[done:]))
    return parts


@given(TEXTS | st.binary(max_size=30), st.integers(1, 60))
def test_any_pieces_give_what_a_search_over_the_whole_finds(
    text: bytes, size: int
) -> None:
    assert split(text, size) == expected(text)
    assert split(text, 1) == expected(text)


@pytest.mark.parametrize("size", [1, 3, 100])
def test_a_picture_in_markdown_leaves_its_empty_link(size: int) -> None:
    text = b"Here: ![it](" + HEAD + b"QUJD) done"
    assert split(text, size) == [
        ("text", b"Here: ![it]("),
        ("start", b"image/png"),
        ("data", b"QUJD"),
        ("end", b""),
        ("text", b") done"),
    ]


def test_text_is_handed_over_but_for_what_may_begin_a_url() -> None:
    splitter = DataUrlSplitter()
    assert list(splitter.feed(b"a da")) == [("text", b"a ")]
    assert list(splitter.feed(b"y, data:image/" + b"x" * 40 + b";base6")) == [
        ("text", b"day, ")
    ]
    held = sum(len(piece) for _, piece in splitter.flush())
    assert held <= MAX_HEAD
    assert list(splitter.flush()) == []


def test_a_picture_that_the_text_ends_in_is_ended() -> None:
    assert split(HEAD + b"QUJD", 5)[-1] == ("end", b"")
    assert split(HEAD, 5) == [("start", b"image/png"), ("end", b"")]
