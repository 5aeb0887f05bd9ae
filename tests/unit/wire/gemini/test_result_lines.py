"""The outline of a line is what `json` says of it, in whatever pieces it comes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nano_edit.wire.gemini.result_lines import LineMembers

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
OBJECTS = st.dictionaries(
    st.sampled_from(["key", "response", "error", "more"]), VALUES, max_size=4
)


def members_of(line: bytes, size: int) -> LineMembers:
    members = LineMembers()
    for at in range(0, len(line), size):
        members.feed(line[at : at + size])
    return members


def values_in(line: bytes, members: LineMembers) -> dict[str, Any]:
    return {
        name: json.loads(line[begin:end])
        for name, (begin, end) in members.spans.items()
    }


@given(OBJECTS, st.integers(1, 40), st.sampled_from([None, 1]), st.booleans())
def test_the_members_are_found_at_every_chunk_size(
    value: dict[str, Any], size: int, indent: int | None, escaped: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=escaped)
    line = text.replace("\n", " ").encode()
    members = members_of(line, size)
    assert members.is_whole
    assert members.size == len(line)
    assert values_in(line, members) == value


@given(st.binary(max_size=60), st.integers(1, 9))
def test_any_bytes_are_looked_at(line: bytes, size: int) -> None:
    members = members_of(line, size)
    assert members.size == len(line)
    assert members.spans == members_of(line, 1).spans


@given(st.integers(0, 59))
def test_a_line_that_was_cut_has_a_member_without_an_end(cut: int) -> None:
    line = json.dumps({"key": "1", "response": {"a": ['"}', "\\"], "b": {}}}).encode()
    members = members_of(line[:cut], 7)
    assert not members.is_whole or cut >= len(line)
    for begin, end in members.spans.values():
        assert begin <= cut
        assert end is None or json.loads(line[begin:end]) is not None


@pytest.mark.parametrize("line", [b"", b"[1]", b'"words"', b"nonsense", b"{}"])
def test_what_is_no_object_has_no_members(line: bytes) -> None:
    assert members_of(line, 3).spans == {}


def test_what_follows_the_object_is_not_looked_at() -> None:
    members = members_of(b'{"key": "1"} {"key": "2"}\r', 4)
    assert members.spans == {"key": (7, 11)}
