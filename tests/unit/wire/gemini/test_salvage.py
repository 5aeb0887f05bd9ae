from __future__ import annotations

import base64
import gzip
import json
import random
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import ROOT
from support.replies import body, image_part, reply

from nano_edit.domain import (
    ImageData,
    ImageEnded,
    ImageStarted,
    ReplyEnded,
    ReplyEvent,
    TextChunk,
    Usage,
)
from nano_edit.errors import ProtocolError
from nano_edit.wire.codec import lenient_json
from nano_edit.wire.gemini.response import MAX_TEXT, MAX_WORD, ResponseParser
from nano_edit.wire.gemini.salvage import LenientParser, events_of

RECORDED = ROOT.parent / "shared" / "recorded"
PICTURES = ["edit-text-and-png-raw", "flash-lite-jpeg-raw", "pro-text-and-jpeg"]
DRAFT = bytes(range(200, 256)) * 7
FINAL = bytes(range(256)) * 9 + b"\xff"
LIMIT = 1 << 30
SIZES = (1, 7, 1 << 20)


def joined(events: list[ReplyEvent]) -> list[ReplyEvent]:
    """Return the events, neighbouring picture data in one."""
    whole: list[ReplyEvent] = []
    for event in events:
        last = whole[-1] if whole else None
        if isinstance(event, ImageData) and isinstance(last, ImageData):
            whole[-1] = ImageData(last.data + event.data)
        else:
            whole.append(event)
    return whole


def read(
    raw: bytes, size: int = 1 << 20, *, limit: int = LIMIT, anywhere: bool = False
) -> list[ReplyEvent]:
    pieces = (raw[at : at + size] for at in range(0, len(raw), size))
    return joined(list(events_of(pieces, limit, anywhere=anywhere)))


def strictly(raw: bytes) -> list[ReplyEvent]:
    parser = ResponseParser()
    events = parser.feed(raw)
    parser.close()
    return joined(events)


def images(events: list[ReplyEvent]) -> list[bytes]:
    return [event.data for event in events if isinstance(event, ImageData)]


def texts(events: list[ReplyEvent]) -> list[str]:
    return [event.text for event in events if isinstance(event, TextChunk)]


# --- the laws ----------------------------------------------------------------

PARTS = st.one_of(
    st.builds(
        lambda text, thought: {"text": text, "thought": thought},
        st.text(max_size=30),
        st.booleans() | st.none(),
    ),
    st.builds(
        lambda data, thought: image_part(data, thought=thought),
        st.binary(min_size=1, max_size=60),
        st.booleans(),
    ),
    st.just({}),
    st.builds(lambda text: {"thoughtSignature": text}, st.text(max_size=40)),
    st.builds(
        lambda data: {"text": f"![]({image_url(data)})"},
        st.binary(min_size=1, max_size=40),
    ),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(-9e99, 9e99) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from("candidates content parts inlineData data text x".split()),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)
REPLIES = st.builds(
    lambda parts, other: reply(*parts, other=other),
    st.lists(PARTS, max_size=5),
    VALUES,
)


def image_url(data: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


@given(REPLIES, st.integers(1, 40), st.booleans(), st.sampled_from([None, 2]))
def test_every_valid_reply_gives_the_same_events_as_the_strict_parser(
    document: Any, size: int, ascii_only: bool, indent: int | None
) -> None:
    raw = json.dumps(document, ensure_ascii=ascii_only, indent=indent).encode()
    expected = strictly(raw)
    for chunk in (1, size, len(raw)):
        assert read(raw, chunk) == expected
        assert read(gzip.compress(raw), chunk) == expected


@given(st.binary(max_size=80) | VALUES.map(body), st.integers(1, 20), st.booleans())
@settings(max_examples=300)
def test_any_bytes_give_events_that_end_at_every_chunk_size(
    raw: bytes, size: int, anywhere: bool
) -> None:
    events = read(raw, anywhere=anywhere)
    assert isinstance(events[-1], ReplyEnded)
    assert not any(isinstance(event, ReplyEnded) for event in events[:-1])
    assert read(raw, size, anywhere=anywhere) == events


@given(st.binary(max_size=60), st.integers(0, 300), st.integers(1, 40))
@settings(max_examples=300)
def test_any_damage_gives_events_at_every_chunk_size(
    junk: bytes, place: int, size: int
) -> None:
    raw = body(reply({"text": "a"}, image_part(b"picture")))
    damaged = raw[:place] + junk + raw[place + len(junk) :]
    assert read(damaged, size) == read(damaged)


@given(st.integers(0, 2000))
@settings(max_examples=60)
def test_a_cut_gives_what_came_and_ends_the_picture(cut: int) -> None:
    raw = body(reply({"text": "hm"}, image_part(FINAL)))
    events = read(raw[:cut], 9)
    begun = [event for event in events if isinstance(event, ImageStarted)]
    ended = [event for event in events if isinstance(event, ImageEnded)]
    assert len(begun) == len(ended)
    assert FINAL.startswith(b"".join(images(events)))


@pytest.mark.parametrize("name", PICTURES)
def test_recorded_replies_give_the_same_events_as_the_strict_parser(name: str) -> None:
    path = RECORDED / f"{name}.json"
    if not path.exists():
        pytest.skip("the recorded replies are not beside this checkout")
    raw = path.read_bytes()
    for size in (1000, 65_536, 1 << 20):
        assert read(raw, size) == strictly(raw)


# --- broken around the picture -------------------------------------------------


def sound(*before: Any, **more: Any) -> bytes:
    return body(reply(*before, image_part(FINAL), **more), indent=None)


def stream(*documents: bytes, end: bytes = b"\r\n\r\n") -> bytes:
    return b"".join(b"data: " + document + end for document in documents)


def without(raw: bytes, *pieces: bytes) -> bytes:
    for piece in pieces:
        assert piece in raw
        raw = raw.replace(piece, b"", 1)
    return raw


def in_lines(raw: bytes) -> bytes:
    """Break the base64 into lines, as MIME does."""
    mark = base64.b64encode(FINAL)
    lines = b"\n".join(mark[at : at + 76] for at in range(0, len(mark), 76))
    return raw.replace(mark, lines)


MARK = base64.b64encode(FINAL)
TEXT = {"text": "a picture"}
BROKEN = {
    "half pair": sound(TEXT).replace(b"a picture", b"a \\ud83d picture"),
    "lone low": sound(TEXT).replace(b"a picture", b"\\ude00"),
    "half pair at the end": sound(TEXT).replace(b"a picture", b"\\ud83d"),
    "two halves": sound(TEXT).replace(b"a picture", b"\\ud83d\\n\\ude00"),
    "unknown escape": sound(TEXT).replace(b"a picture", b"a \\q picture \\u12"),
    "not UTF-8": sound(TEXT).replace(b"a picture", b"a \xff\xfe"),
    "raw newline": sound(TEXT).replace(b"a picture", b"a \n\0 picture"),
    "quotes": sound(TEXT).replace(b"a picture", b'a "nice" picture'),
    "NaN": sound(avgLogprobs=0.5).replace(b"0.5", b"NaN"),
    "Infinity first": b'{"a":-Infinity,' + sound()[1:],
    "long number": sound(n=1).replace(b"1}", b"1" * 9000 + b"}"),
    "long word": b'{"a":' + b"x" * 5000 + b"," + sound()[1:],
    "long key": b'{"' + b"k" * 5000 + b'":1,' + sound()[1:],
    "long string": sound(responseId="x" * (MAX_WORD + 9)),
    "BOM": b"\xef\xbb\xbf" + sound(),
    "array": b"[" + sound() + b"]",
    "arrays": b"[[" + sound() + b"],",
    "event stream": stream(sound()),
    "event stream in lines": b"event: message\ndata: "
    + body(reply(image_part(FINAL))).replace(b"\n", b"\ndata: ")
    + b"\n\ndata: [DONE]\n\n",
    "event stream of several": stream(
        body(reply(TEXT), indent=None), sound(), b"[DONE]"
    ),
    "array of several": b"[" + body(reply(TEXT)) + b",\n" + sound() + b"\n]",
    "deep": b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"," + sound()[1:],
    "deep objects": b'{"a":' + b'{"b":' * 500 + b"1" + b"}" * 500 + b"," + sound()[1:],
    "deep behind": sound()[:-1] + b',"z":' + b"[" * 5000,
    "trailing comma": sound().replace(b'"}}', b'",}}').replace(b"}]", b"},]"),
    "no commas": without(sound(), b","),
    "stray bracket": b'{"a":]' + sound()[1:],
    "missing brackets": without(sound(usage=1), b"]}", b"]"),
    "wrong types": b'{"candidates":"none","usageMetadata":[5],' + sound()[1:],
    "twice": b'{"candidates":[{"content":{"parts":{}}}],' + sound()[1:],
    "words before": b"upstream: " + sound(),
    "comment": b"/* hm */" + sound(),
    "lines in base64": in_lines(sound()),
    "padding in the middle": sound().replace(
        MARK, base64.b64encode(FINAL[:100]) + base64.b64encode(FINAL[100:])
    ),
    "too much padding": sound().replace(MARK, MARK.rstrip(b"=") + b"====="),
    "junk behind": sound().replace(MARK, MARK + b"!!!"),
    "draft not base64": sound(image_part(DRAFT)).replace(
        base64.b64encode(DRAFT)[40:60], b"!" * 20, 1
    ),
    "draft of one character": sound({"inlineData": {"data": "A"}}),
    "draft an object": sound({"inlineData": {"data": {"data": "QUJD"}}}),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", BROKEN)
def test_the_final_picture_of_a_broken_reply_is_found(name: str, size: int) -> None:
    raw = BROKEN[name]
    try:
        was_valid = images(strictly(raw))[-1:] == [FINAL]
    except ProtocolError:
        was_valid = False
    assert not was_valid, "the strict parser reads it"
    events = read(raw, size)
    assert images(events)[-1] == FINAL
    assert [e for e in events if isinstance(e, ImageEnded)][-1] == ImageEnded(
        "image/png", thought=False
    )


def test_the_final_picture_behind_too_much_text_is_found() -> None:
    raw = sound({"text": "x" * MAX_TEXT}, {"text": "more"}, {"text": "still more"})
    events = read(raw, 65_521)
    assert images(events) == [FINAL]
    assert texts(events) == ["x" * MAX_TEXT]


@pytest.mark.parametrize("size", SIZES)
def test_a_cut_behind_the_last_character_of_the_picture_costs_nothing(
    size: int,
) -> None:
    raw = sound()
    end = raw.index(MARK) + len(MARK)
    for cut in (end, end - MARK.count(b"="), end + 1, end + 2):
        assert images(read(raw[:cut], size)) == [FINAL]


def test_what_the_reply_says_beside_the_picture_is_kept() -> None:
    raw = sound(TEXT, usageMetadata={"totalTokenCount": 9}).replace(b"{", b"[{", 1)
    events = read(raw + b"]")
    assert texts(events) == ["a picture"]
    assert events[-1] == ReplyEnded(
        finish_reason="STOP",
        usage=Usage(total_tokens=9),
        response_id="abc",
        model_version="gemini-3-pro-image",
    )


def test_words_are_kept_without_the_halves_and_bytes_that_are_none() -> None:
    raw = sound(TEXT).replace(b"a picture", b"a\\ud83d\\ude00b\\ud83dc\\q\xff")
    for size in SIZES:
        assert texts(read(raw, size)) == ["a\U0001f600bcq\ufffd"]


def test_a_wrong_checksum_of_gzip_costs_nothing() -> None:
    packed = bytearray(gzip.compress(sound()))
    packed[-6] ^= 1
    for size in SIZES:
        assert images(read(bytes(packed), size)) == [FINAL]


def test_damage_in_gzip_leaves_what_came_before_it() -> None:
    noise = random.Random(1).randbytes(60_000)  # noqa: S311 - not for secrets
    packed = bytearray(gzip.compress(sound() + noise))
    packed[-30_000] ^= 1
    assert images(read(bytes(packed))) == [FINAL]


# --- pictures elsewhere --------------------------------------------------------


@pytest.mark.parametrize(
    "wrap",
    [
        lambda raw: b'{"response":' + raw + b"}",
        lambda raw: b'{"code":0,"data":[' + raw + b"]}",
        lambda raw: raw.replace(b'"candidates"', b'"choices"'),
        lambda raw: without(raw, b"[{", b"{"),
    ],
)
def test_anywhere_finds_a_picture_in_another_place(wrap: Any) -> None:
    raw = wrap(sound(TEXT))
    assert images(read(raw)) == []
    events = read(raw, 7, anywhere=True)
    assert images(events) == [FINAL]
    assert texts(events) == ["a picture"]


def test_a_signature_is_never_taken_for_a_picture() -> None:
    raw = body({"x": {"thoughtSignature": "QUJD", "data": "QUJD"}})
    assert read(raw, anywhere=True) == [ReplyEnded()]


# --- where it ends -------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "complete"),
    [
        (sound(), True),
        (b"\xef\xbb\xbf" + sound(), True),
        (b"[" + sound(), False),
        (b"[" + sound() + b"]", True),
        (b"[" + sound() + b",", False),
        (stream(sound()), True),  # a picture, and the model has said why it ended
        (stream(body(reply(TEXT), indent=None)), False),
        (stream(sound(TEXT).replace(b"finishReason", b"x")), False),
        (sound()[:-1], False),
        (b"<html>{}</html>", False),
        (b'"{}"', False),
        (b"", False),
    ],
)
def test_a_reply_is_complete_when_its_framing_says_so(
    raw: bytes, complete: bool
) -> None:
    for size in (1, len(raw) or 1):
        parser = LenientParser()
        for at in range(0, len(raw), size):
            parser.feed(raw[at : at + size])
        assert parser.complete is complete


def test_no_block_is_asked_for_behind_a_complete_reply() -> None:
    def blocks() -> Any:
        yield sound()
        raise AssertionError("asked for more")

    assert images(joined(list(events_of(blocks(), LIMIT)))) == [FINAL]


def test_reading_ends_at_its_bound() -> None:
    raw = sound({"text": "x" * 5000})
    assert images(read(raw, 100, limit=5000)) == []


def test_the_number_of_tokens_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lenient_json, "MAX_TOKENS", 1000)
    assert images(read(b"[" * 400 + b"]" * 399 + sound())) == [FINAL]
    assert read(b"[" * 1001 + sound()) == [ReplyEnded()]


def test_memory_does_not_grow_with_the_reply() -> None:
    block = base64.b64encode(bytes(range(48)) * 1000)

    def peak(blocks: int) -> int:
        parser = LenientParser()
        tracemalloc.start()
        parser.feed(b'[{"candidates":[{"content":{"parts":[{"inlineData":{"data":"')
        for _ in range(blocks):
            parser.feed(block)
        parser.feed(b'"},"thoughtSignature":"')
        for _ in range(blocks):
            parser.feed(block)
        parser.feed(b'"}]}}], "' + b"k" * 20 * blocks + b'":' + b"w" * 20 * blocks)
        parser.close()
        _, high = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return high

    assert peak(400) - peak(20) < 100_000
