from __future__ import annotations

import base64
import json
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
from nano_edit.wire.gemini.response import MAX_TEXT, ResponseParser

RECORDED = ROOT.parent / "shared" / "recorded"
PICTURES = ["edit-text-and-png-raw", "flash-lite-jpeg-raw", "pro-text-and-jpeg"]


def parse(raw: bytes, size: int = 1 << 20) -> list[ReplyEvent]:
    """Parse in chunks of ``size`` and join neighbouring picture data."""
    parser = ResponseParser()
    events: list[ReplyEvent] = []
    for at in range(0, len(raw), size):
        for event in parser.feed(raw[at : at + size]):
            last = events[-1] if events else None
            if isinstance(event, ImageData) and isinstance(last, ImageData):
                events[-1] = ImageData(last.data + event.data)
            else:
                events.append(event)
    parser.close()
    assert parser.complete
    return events


def images(events: list[ReplyEvent]) -> list[bytes]:
    return [event.data for event in events if isinstance(event, ImageData)]


def texts(events: list[ReplyEvent]) -> list[str]:
    return [event.text for event in events if isinstance(event, TextChunk)]


def ended(events: list[ReplyEvent]) -> ReplyEnded:
    assert isinstance(events[-1], ReplyEnded)
    return events[-1]


# --- the laws ----------------------------------------------------------------

PARTS = st.one_of(
    st.builds(lambda text: {"text": text}, st.text(max_size=30)),
    st.builds(
        lambda data, thought: image_part(data, thought=thought),
        st.binary(min_size=1, max_size=60),
        st.booleans(),
    ),
    st.just({}),
    st.builds(lambda text: {"thoughtSignature": text}, st.text(max_size=40)),
)
REPLIES = st.builds(lambda parts: reply(*parts), st.lists(PARTS, max_size=4))


@given(REPLIES, st.integers(1, 40), st.booleans(), st.booleans())
def test_events_equal_json_loads_and_base64_at_every_chunk_size(
    document: Any, size: int, ascii_only: bool, slashes: bool
) -> None:
    text = json.dumps(document, ensure_ascii=ascii_only)
    raw = (text.replace("/", "\\/") if slashes else text).encode()
    parts = json.loads(raw)["candidates"][0]["content"]["parts"]
    expected_images = [
        base64.b64decode(part["inlineData"]["data"])
        for part in parts
        if "inlineData" in part
    ]
    expected_texts = [part["text"] for part in parts if part.get("text")]
    for chunk in (1, size, len(raw)):
        events = parse(raw, chunk)
        assert images(events) == expected_images
        if "data:image/" not in text:
            assert texts(events) == expected_texts
        assert events == parse(raw)


@given(REPLIES, st.data())
def test_every_strict_prefix_is_an_error(document: Any, data: st.DataObject) -> None:
    raw = body(document)
    cut = data.draw(st.integers(0, len(raw) - 1))
    with pytest.raises(ProtocolError):
        parse(raw[:cut], 7)


@given(st.binary(max_size=60), st.integers(0, 300))
@settings(max_examples=300)
def test_any_damage_gives_events_or_a_protocol_error(junk: bytes, place: int) -> None:
    raw = body(reply({"text": "a"}, image_part(b"picture")))
    damaged = raw[:place] + junk + raw[place + len(junk) :]
    try:
        parse(damaged, 11)
    except ProtocolError:
        return
    assert ended(parse(damaged))


@pytest.mark.parametrize("name", PICTURES)
def test_recorded_replies_give_the_same_picture_at_every_chunk_size(name: str) -> None:
    path = RECORDED / f"{name}.json"
    if not path.exists():
        pytest.skip("the recorded replies are not beside this checkout")
    raw = path.read_bytes()
    parts = json.loads(raw)["candidates"][0]["content"]["parts"]
    expected = [
        base64.b64decode(part["inlineData"]["data"])
        for part in parts
        if "inlineData" in part
    ]
    for size in (509, 4096, 65_535, 65_536, 1 << 20):
        assert images(parse(raw, size)) == expected


# --- the odd shapes ----------------------------------------------------------


@pytest.mark.parametrize(
    "document",
    [
        {"candidates": None},
        {"candidates": []},
        {"candidates": [{}]},
        {"candidates": [{"content": {}}]},
        {"candidates": [{"content": None}]},
        {"candidates": [{"content": {"parts": None}}]},
        {"candidates": [{"content": {"role": "model"}}]},
        {"candidates": [{"content": {"parts": [{}]}}]},
        {"candidates": [{"content": {"parts": [None]}}]},
        {"candidates": [{"content": {"parts": [{"text": ""}]}}]},
        {"candidates": [{"content": {"parts": [{"text": 5}]}}]},
        {"candidates": [{"content": {"parts": [{"inlineData": None}]}}]},
        {"candidates": [{"content": {"parts": [{"inlineData": {"data": ""}}]}}]},
        {"candidates": [{"content": {"parts": [{"inlineData": {"data": None}}]}}]},
        {"candidates": [{"finishReason": ["STOP"], "safetyRatings": [{"a": {}}]}]},
        {"usageMetadata": {"promptTokenCount": "many", "totalTokenCount": True}},
        {"usageMetadata": {"candidatesTokensDetails": {"modality": "IMAGE"}}},
        {"usageMetadata": {"candidatesTokensDetails": [7, {"modality": ["IMAGE"]}]}},
        {"usageMetadata": [1, 2], "unknown": {"candidates": [{"content": 5}]}},
    ],
)
def test_an_odd_reply_without_a_picture_is_read_to_its_end(document: Any) -> None:
    assert parse(body(document)) == [ReplyEnded()]


def test_snake_case_and_the_url_safe_alphabet_are_understood() -> None:
    data = base64.urlsafe_b64encode(b"\xfb\xff\xfe!").decode().rstrip("=")
    part = {"inline_data": {"mime_type": "image/png", "data": data}}
    assert images(parse(body(reply(part)))) == [b"\xfb\xff\xfe!"]


def test_keys_may_come_in_any_order() -> None:
    part = {
        "inlineData": {"data": base64.b64encode(b"draft").decode(), "mimeType": "x"},
        "thoughtSignature": "c2ln",
        "thought": True,
    }
    assert parse(body(reply(part)))[:3] == [
        ImageStarted(),
        ImageData(b"draft"),
        ImageEnded("x", thought=True),
    ]


def test_escaped_base64_is_the_same_picture() -> None:
    data = b"\xff\xff\xfe" * 40 + b"\x00"
    raw = body(reply(image_part(data)))
    escaped = raw.replace(b"//", b"\\/\\u002f").replace(b"==", b"\\u003d\\u003D")
    assert escaped != raw
    for size in (1, 2, 3, 7, 64):
        assert images(parse(escaped, size)) == [data]


@pytest.mark.parametrize("control", range(0x20))
def test_a_raw_control_character_in_a_picture_is_refused(control: int) -> None:
    raw = body(reply(image_part(b"picture", "image/png")))
    mark = base64.b64encode(b"picture")
    for size in (1, len(raw)):
        with pytest.raises(ProtocolError):
            parse(raw.replace(mark, mark[:4] + bytes([control]) + mark[4:]), size)


def test_all_that_the_reply_says_beside_the_picture_is_reported() -> None:
    document = reply({"text": "a\u001b[31m"}, {"text": "hm", "thought": True})
    document["candidates"][0]["finishMessage"] = "why"
    document["promptFeedback"] = {"blockReason": "OTHER", "blockReasonMessage": "no"}
    document["usageMetadata"] |= {"candidatesTokenCount": 2, "thoughtsTokenCount": 3}
    document["usageMetadata"]["candidatesTokensDetails"] = [
        {"modality": "TEXT", "tokenCount": 5},
        {"modality": "IMAGE", "tokenCount": 1},
        {"modality": "AUDIO"},
    ]
    events = parse(body(document))
    assert events[:2] == [TextChunk("a\u001b[31m"), TextChunk("hm", thought=True)]
    assert ended(events) == ReplyEnded(
        finish_reason="STOP",
        finish_message="why",
        block_reason="OTHER",
        block_message="no",
        usage=Usage(7, 2, 3, 9, 1),
        response_id="abc",
        model_version="gemini-3-pro-image",
    )


def test_an_error_object_in_a_reply_is_reported() -> None:
    assert ended(parse(body({"error": {"message": "x"}}))).has_error
    assert not ended(parse(body({"error": None}))).has_error


@pytest.mark.parametrize("size", [1, 5, 4096])
def test_a_data_url_in_a_text_is_a_picture(size: int) -> None:
    one, two = (base64.b64encode(data).decode() for data in (b"first", b"second!"))
    first, last = f"data:image/png;base64,{one}", f"data:image/webp;base64,{two}"
    text = f"da data:image ![it]({first}) and {last}"
    events = parse(body(reply({"text": text})), size)
    assert images(events) == [b"first", b"second!"]
    assert texts(events) == ["da data:image ![it]() and "]
    assert [e for e in events if isinstance(e, ImageEnded)] == [
        ImageEnded("image/png", thought=False),
        ImageEnded("image/webp", thought=False),
    ]


def test_what_follows_the_reply_is_not_read() -> None:
    raw = body(reply({"text": "a"}))
    parser = ResponseParser()
    events = parser.feed(raw + b"\r\n}}garbage")
    assert parser.complete
    assert parser.feed(b"more") == []
    assert events == parse(raw)


# --- what is refused ---------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"candidates": "none"}, "a string where a list belongs"),
        ({"candidates": {}}, "an object where a list belongs"),
        ({"candidates": [[]]}, "a list where an object belongs"),
        ({"candidates": [5]}, "a bare value where an object belongs"),
        (reply({"inlineData": {"data": {}}}), "an object where a string belongs"),
        (reply({"inlineData": {"data": "A"}}), "middle of a byte"),
        (reply({"inlineData": {"data": "QQ==QQ=="}}), "."),
        (reply({"inlineData": {"data": "Q!=="}}), "."),
        (reply({"text": "x" * (MAX_TEXT + 1)}), "too much text"),
        (reply({"text": "x" * MAX_TEXT}, {"text": "y"}), "too much text"),
        (reply(responseId="x" * 70_000), "a string is too long"),
        (reply({"text": "data:image/png;base64,QQ==QQ=="}), "."),
    ],
)
def test_what_the_contract_does_not_allow_is_refused(document: Any, said: str) -> None:
    for size in (1 << 20, 997):
        with pytest.raises(ProtocolError, match=said):
            parse(body(document), size)


@pytest.mark.parametrize("key", ["data", "inlineData", "parts", "content", "text"])
def test_a_key_that_comes_twice_on_the_way_to_the_picture_is_refused(key: str) -> None:
    raw = body(reply(image_part(b"x") | {"text": "y"}), indent=None)
    at = raw.index(f'"{key}"'.encode())
    doubled = raw[:at] + f'"{key}":null,'.encode() + raw[at:]
    with pytest.raises(ProtocolError, match="comes twice"):
        parse(doubled)


def test_memory_does_not_grow_with_the_picture_or_the_signature() -> None:
    block = base64.b64encode(bytes(range(48)) * 1000)

    def peak(blocks: int) -> int:
        parser = ResponseParser()
        tracemalloc.start()
        parser.feed(b'{"candidates":[{"content":{"parts":[{"inlineData":{"data":"')
        for _ in range(blocks):
            parser.feed(block)
        parser.feed(b'"},"thoughtSignature":"')
        for _ in range(blocks):
            parser.feed(block)
        parser.feed(b'"}]}}]}')
        parser.close()
        _, high = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return high

    assert peak(400) - peak(20) < 100_000
