from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nano_edit.errors import ProtocolError
from nano_edit.wire.codec.json_stream import MAX_DEPTH, MAX_TOKEN, JsonStream

if TYPE_CHECKING:
    from nano_edit.wire.codec.json_stream import Scalar

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(st.text(max_size=8), VALUES, max_size=4)


class Builder:
    """Builds the document again from what the reader tells."""

    def __init__(self) -> None:
        self.result: Any = None
        self._open: list[Any] = []
        self._keys: list[str] = []
        self._text = b""

    def _put(self, value: Any) -> None:
        if not self._open:
            self.result = value
        elif isinstance(self._open[-1], dict):
            self._open[-1][self._keys.pop()] = value
        else:
            self._open[-1].append(value)

    def begin_object(self) -> None:
        self._begin({})

    def begin_array(self) -> None:
        self._begin([])

    def _begin(self, container: Any) -> None:
        self._put(container)
        self._open.append(container)

    def end_container(self) -> None:
        self._open.pop()

    def key(self, name: str) -> None:
        self._keys.append(name)

    def scalar(self, value: Scalar) -> None:
        self._put(value)

    def begin_string(self) -> bool:
        self._text = b""
        return False

    def string_data(self, piece: bytes) -> None:
        self._text += piece

    def end_string(self) -> None:
        self._put(self._text.decode())


class Deaf(Builder):
    """Keeps no strings, so that only the reader is timed."""

    def string_data(self, piece: bytes) -> None:
        pass


def read(chunks: list[bytes]) -> Any:
    builder = Builder()
    stream = JsonStream(builder)
    for chunk in chunks:
        stream.feed(chunk)
    stream.close()
    return builder.result


def bytewise(raw: bytes) -> list[bytes]:
    return [raw[i : i + 1] for i in range(len(raw))]


@given(
    DOCUMENTS,
    st.booleans(),
    st.sampled_from([None, 2]),
    st.integers(1, 50),
)
def test_a_document_reads_as_json_loads_does_at_every_chunk_size(
    document: dict[str, Any], ascii_only: bool, indent: int | None, size: int
) -> None:
    raw = json.dumps(document, ensure_ascii=ascii_only, indent=indent).encode()
    for chunks in (
        [raw],
        bytewise(raw),
        [raw[i : i + size] for i in range(0, len(raw), size)],
        [raw, b"and anything behind it"],
    ):
        assert read(chunks) == json.loads(raw)


@given(DOCUMENTS, st.data())
def test_every_strict_prefix_is_an_error_at_close(
    document: dict[str, Any], data: st.DataObject
) -> None:
    raw = json.dumps(document).encode()
    cut = data.draw(st.integers(0, len(raw) - 1))
    with pytest.raises(ProtocolError, match="ends before") as caught:
        read([raw[:cut]])
    assert caught.value.offset == cut


@given(st.binary(max_size=80), st.booleans())
def test_any_bytes_give_a_document_or_a_protocol_error(
    junk: bytes, inside: bool
) -> None:
    raw = b'{"a":' + junk if inside else junk
    outcomes = set()
    for chunks in ([raw], bytewise(raw)):
        try:
            outcomes.add(repr(read(chunks)))
        except ProtocolError:  # which of two faults is found first may differ
            outcomes.add("fault")
    assert len(outcomes) == 1


@pytest.mark.parametrize(
    ("raw", "said", "offset"),
    [
        (b"[]", "not a JSON object", 0),
        (b"<html>", "not a JSON object", 0),
        (b' "text"', "not a JSON object", 1),
        (b'{"a":NaN}', "a value was expected", 5),
        (b'{"a":-Infinity}', "a value was expected", 5),
        (b'{"a":01}', "a value was expected", 5),
        (b'{"a":1.}', "a value was expected", 5),
        (b'{"a":}', "a value was expected", 5),
        (b'{"a":tru}', "a value was expected", 5),
        (b'{"a":1,}', "a key was expected", 7),
        (b'{"a":[1,]}', "a value was expected", 8),
        (b'{"a" 1}', "a colon was expected", 5),
        (b'{"a":1 "b"}', "a comma was expected", 7),
        (b'{"a":[1}', "a comma was expected", 7),
        (b"{a:1}", "a key was expected", 1),
        (b'{"a":"\x00"}', "control character", 6),
        (b'{"a":"\n"}', "control character", 6),
        (b'{"a":"\\x"}', "an escape", 6),
        (b'{"a":"\\u12g4"}', "an escape", 6),
        (b'{"a":"\\ud83d"}', "surrogate", 6),
        (b'{"a":"\\ud83dx"}', "surrogate", 6),
        (b'{"a":"\\ud83d\\n"}', "surrogate", 6),
        (b'{"a":"\\ud83d\\/"}', "surrogate", 6),
        (b'{"a":"\\ud83d\\ud83d"}', "surrogate", 6),
        (b'{"a":"\\ude00"}', "surrogate", 6),
        (b'{"a":"\xff"}', "not UTF-8", 6),
        (b'{"a":"\xc3"}', "not UTF-8", 6),
        (b'{"a":"\xed\xa0\xbd"}', "not UTF-8", 6),
        (b'{"' + b"k" * (MAX_TOKEN + 1), "a key is too long", 2),
        (b'{"a":' + b"1" * (MAX_TOKEN + 1), "a number is too long", 5),
        (b'{"a":' + b"[" * MAX_DEPTH, "nested deeper", 5 + MAX_DEPTH - 1),
    ],
)
def test_invalid_json_is_reported_with_its_byte(
    raw: bytes, said: str, offset: int
) -> None:
    for chunks in ([raw], bytewise(raw)):
        with pytest.raises(ProtocolError, match=said):
            read(chunks)
    with pytest.raises(ProtocolError) as whole:
        read([raw])
    assert whole.value.offset == offset


def test_nesting_up_to_the_bound_is_read() -> None:
    raw = b'{"a":' + b"[" * (MAX_DEPTH - 1) + b"]" * (MAX_DEPTH - 1) + b"}"
    assert read([raw]) == json.loads(raw)


def test_escaped_slashes_and_quotes_survive_every_cut() -> None:
    raw = rb'{"a":"x\/y\\\"\/\\","b":"\ud83d\ude00\u00e9"}'
    for cut in range(len(raw)):
        assert read([raw[:cut], raw[cut:]]) == json.loads(raw)


@pytest.mark.parametrize("escape", [rb"\"", rb"\\", rb"\/", rb"\n", rb"\u0041"])
def test_a_string_of_escapes_takes_linear_time(escape: bytes) -> None:
    def seconds(count: int) -> float:
        raw = b'{"a":"' + escape * count + b'"}'
        best = 9.0
        for _ in range(3):
            began = time.process_time()
            stream = JsonStream(Deaf())
            for at in range(0, len(raw), 65536):
                stream.feed(raw[at : at + 65536])
            best = min(best, time.process_time() - began)
        return best

    assert seconds(80_000) < 8 * seconds(20_000) + 0.05
