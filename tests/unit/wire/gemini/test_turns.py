"""The parts of a kept reply are found and sent back byte for byte."""

from __future__ import annotations

import base64
import json
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
import support
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.replies import body, image_part, reply

from nano_edit.domain import EditRequest, FileSpan, ImageInput, Turn
from nano_edit.wire.gemini.request import RequestBody
from nano_edit.wire.gemini.turns import find_parts

if TYPE_CHECKING:
    from pathlib import Path

MODEL = "gemini-3-pro-image"
RECORDED = support.ROOT.parent / "shared" / "recorded"
TEXTS = st.text(max_size=12).filter(lambda text: text.isprintable()) | st.sampled_from(
    ['"parts": [', "]}]", "\\", "<b>", "content", "é\u2028"]
)
SIGNED = st.builds(
    lambda part, signature, key: {**part, key: signature},
    st.builds(lambda text: {"text": text}, TEXTS)
    | st.builds(image_part, st.binary(max_size=30))
    | st.builds(
        lambda data: {"inline_data": {"data": data, "mime_type": "image/png"}},
        st.binary(max_size=9).map(lambda data: base64.b64encode(data).decode()),
    ),
    st.binary(max_size=12).map(lambda data: base64.b64encode(data).decode()),
    st.sampled_from(["thoughtSignature", "thought_signature"]),
)
FORMS: list[dict[str, Any]] = [
    {"indent": 2},
    {"indent": None, "separators": (",", ":")},
    {"indent": "\t", "ensure_ascii": False},
    {"indent": 1, "separators": (" , ", " :\n")},
]
LAYOUTS = st.sampled_from(FORMS)
ESCAPES = st.sampled_from([("/", "\\/"), ("=", "\\u003d"), ("<", "\\u003c"), ("", "")])


@st.composite
def replies(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A reply in some layout, and its list of parts as it stands there."""
    layout, (plain, escaped) = draw(LAYOUTS), draw(ESCAPES)
    parts = draw(st.lists(SIGNED, min_size=1, max_size=4))
    written = json.dumps(parts, **layout)
    if plain:
        written = written.replace(plain, escaped)
    content = ['"parts":\n ' + written, '"role": "model"']
    candidate = [
        "\n" + '"content" : {' + ",".join(draw(st.permutations(content))) + "}",
        '"finishReason": "STOP"',
        '"more": {"content": {"parts": [1]}}',
    ]
    top = [
        '"candidates": [ {' + ",".join(draw(st.permutations(candidate))) + "} ]",
        '"usageMetadata": {"candidates": [0], "parts": []}',
    ]
    whole = "{" + ",".join(draw(st.permutations(top))) + "}\n"
    return whole.encode(), written.encode()


def kept(path: Path, whole: bytes) -> FileSpan:
    path.write_bytes(whole)
    span = find_parts(path)
    assert span is not None
    return span


@given(st.lists(replies(), min_size=1, max_size=9))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_turns_two_to_ten_send_what_came_byte_for_byte(
    tmp_path: Path, made: list[tuple[bytes, bytes]]
) -> None:
    turns = []
    for number, (whole, parts) in enumerate(made):
        span = kept(tmp_path / f"{number}.json", whole)
        assert whole[span.offset : span.offset + span.length] == parts
        turns.append(Turn(f"turn {number}", (picture(b"in"),), span))
    body = RequestBody(
        EditRequest("now", (picture(b"last"),), MODEL, None, None, False, tuple(turns))
    )
    sent = b"".join(body)
    assert len(sent) == body.content_length
    at = 0
    for _, parts in made:
        at = sent.index(b'{"role":"model","parts":' + parts + b"}", at) + 1
    roles = [content["role"] for content in json.loads(sent)["contents"]]
    assert roles == ["user", "model"] * len(made) + ["user"]


def picture(data: bytes) -> ImageInput:
    return ImageInput("in.png", "image/png", 1, 1, (data,))


@pytest.mark.parametrize(
    "name",
    [
        "edit-text-and-png-raw.json",
        "flash-lite-jpeg-raw.json",
        "pro-text-and-jpeg.json",
    ],
)
def test_recorded_replies_go_back_as_they_came(name: str) -> None:
    path = RECORDED / name
    if not path.exists():
        pytest.skip("the recorded replies are not here")
    span = find_parts(path)
    assert span is not None
    whole = path.read_bytes()
    found = json.loads(whole[span.offset : span.offset + span.length])
    assert found == json.loads(whole)["candidates"][0]["content"]["parts"]


def test_a_known_picture_is_not_sent_again(tmp_path: Path) -> None:
    span = kept(tmp_path / "reply.json", body(reply(image_part(b"x"))))
    turn = Turn("first", (picture(b"in"),), span)
    images = picture(b"out"), picture(b"more")
    request = EditRequest(
        "now", images, MODEL, turns=(turn,), first_is_known=True, text=True
    )
    contents = json.loads(b"".join(RequestBody(request)))["contents"]
    (more,) = [part for part in contents[-1]["parts"] if "inlineData" in part]
    assert base64.b64decode(more["inlineData"]["data"]) == b"more"
    assert contents[1]["parts"] == [image_part(b"x")]


@pytest.mark.parametrize(
    "whole",
    [
        b"",
        b"{}",
        b"[1]",
        b'{"candidates": null}',
        b'{"candidates": [{"content": {"role": "model"}}]}',
        b'{"candidates": [{"content": {"parts": null}}]}',
        b'{"candidates": [{"content": {"parts": []}}]}',
        b'{"candidates": [{"content": {"parts": {"text": "x"}}}]}',
        b'{"candidates": [{"content": {"parts": [{"text": "x"}]}}, {}]}',
        b'{"candidates": [{"content": {"parts": [1]}, "content": {"parts": [2]}}]}',
        b'{"candidates": [], "candidates": [{"content": {"parts": [2]}}]}',
        b'{"candidates": [{"content": {"parts": [{"text": "x"}]}}]',
        b'\xef\xbb\xbf{"candidates": [{"content": {"parts": [{"text": "x"}]}}]}',
        b'data: {"candidates": [{"content": {"parts": [{"text": "x"}]}}]}',
        b'{"a": NaN, "candidates": [{"content": {"parts": [{"text": "x"}]}}]}',
    ],
)
def test_a_reply_that_may_not_go_back_is_none(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "reply.json"
    path.write_bytes(whole)
    assert find_parts(path) is None


def test_ten_turns_of_40_megabytes_take_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "reply.json"
    with path.open("wb") as file:
        file.write(b'{"candidates":[{"content":{"parts":[{"inlineData":{"data":"')
        for _ in range(40):
            file.write(b"QUJD" * 250_000)
        file.write(b'"}}]}}]}')
    tracemalloc.start()
    try:
        span = find_parts(path)
        assert span is not None
        peaks = [_peak(span, turns) for turns in (1, 10)]
    finally:
        tracemalloc.stop()
    assert max(peaks) < 3_000_000
    assert abs(peaks[1] - peaks[0]) < 500_000


def _peak(span: FileSpan, turns: int) -> int:
    tracemalloc.reset_peak()
    turn = Turn("again", (), span)
    request = EditRequest("now", (), MODEL, turns=(turn,) * turns)
    body = RequestBody(request)
    assert sum(map(len, body)) == body.content_length > turns * 40_000_000
    return tracemalloc.get_traced_memory()[1]
