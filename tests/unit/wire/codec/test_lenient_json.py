from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nano_edit.wire.codec.json_stream import MAX_DEPTH, JsonStream
from nano_edit.wire.codec.lenient_json import LenientJson

if TYPE_CHECKING:
    from collections.abc import Callable

    from nano_edit.wire.codec.json_stream import Scalar

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(-9e9, 9e9) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(st.text(max_size=8), VALUES, max_size=4)


class Recorder:
    """Notes every call; the pieces of a string in one."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.depth = 0
        self.may_be_over = False

    @property
    def is_inside(self) -> bool:
        return self.depth > 0

    def begin_object(self) -> None:
        self.depth += 1
        self.calls.append(("{", None))

    def begin_array(self) -> None:
        self.depth += 1
        self.calls.append(("[", None))

    def end_container(self) -> None:
        self.depth -= 1
        self.calls.append(("end", None))

    def key(self, name: str) -> None:
        self.calls.append(("key", name))

    def scalar(self, value: Scalar) -> None:
        self.calls.append(("scalar", value))

    def begin_string(self) -> bool:
        self.calls.append(("string", b""))
        return False

    def string_data(self, piece: bytes) -> None:
        self.calls[-1] = ("string", self.calls[-1][1] + piece)

    def end_string(self) -> None:
        """The string has been noted."""


def leniently(raw: bytes, size: int = 1 << 20) -> Recorder:
    recorder = Recorder()
    reader = LenientJson(recorder)
    for at in range(0, len(raw), size):
        reader.feed(raw[at : at + size])
    return recorder


def strictly(raw: bytes) -> Recorder:
    recorder = Recorder()
    reader = JsonStream(recorder)
    reader.feed(raw)
    reader.close()
    return recorder


@given(DOCUMENTS, st.booleans(), st.sampled_from([None, 2]), st.integers(1, 40))
def test_a_sound_document_is_told_as_the_strict_reader_tells_it(
    document: dict[str, Any], ascii_only: bool, indent: int | None, size: int
) -> None:
    raw = json.dumps(document, ensure_ascii=ascii_only, indent=indent).encode()
    expected = strictly(raw).calls
    for chunk in (1, size, len(raw)):
        assert leniently(raw, chunk).calls == expected


@given(st.binary(max_size=80) | st.text('{}[]",:\\u0a1 ', max_size=40).map(str.encode))
def test_any_bytes_are_read_in_order_at_every_chunk_size(raw: bytes) -> None:
    whole = leniently(raw)
    assert whole.depth >= 0
    for size in (1, 3, 7):
        assert leniently(raw, size).calls == whole.calls


def test_what_is_nested_too_deep_is_left_out() -> None:
    deep = b"[" * MAX_DEPTH + b'{"a":["b"]}' + b"]" * MAX_DEPTH
    recorder = leniently(b'{"x":' + deep + b',"y":1}')
    assert recorder.calls[-3:] == [("key", "y"), ("scalar", 1), ("end", None)]
    assert ("key", "a") not in recorder.calls


STREAMS: dict[str, Callable[[int], bytes]] = {
    "brackets": lambda count: b"[" * count,
    "objects": lambda count: b'{"x":[' + b"{}," * (count // 3),
    "words": lambda count: b"{" + b"x " * (count // 2),
    "a long word": lambda count: b"{" + b"x" * count,
    "backslashes": lambda count: b'{"x":"' + b"\\\\" * (count // 2),
    "escaped quotes": lambda count: b'{"x":"' + b'\\"' * (count // 2),
    "halves of pairs": lambda count: b'{"x":"' + b"\\ud83d" * (count // 6),
    "white space": lambda count: b" \n" * (count // 2),
    "a long key": lambda count: b'{"' + b"k" * count,
}


@pytest.mark.parametrize("name", STREAMS)
def test_time_is_linear_in_the_document(name: str) -> None:
    def seconds(count: int) -> float:
        stream = STREAMS[name](count)
        best = 60.0
        for _ in range(3):
            began = time.process_time()
            leniently(stream, 65_536)
            best = min(best, time.process_time() - began)
        return best

    assert seconds(80_000) < 10 * seconds(20_000) + 0.1
