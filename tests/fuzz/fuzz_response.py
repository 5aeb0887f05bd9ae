"""Fuzz target: whatever the bytes, the readers of a reply keep their laws.

::

    pip install atheris
    python tests/fuzz/fuzz_response.py -max_total_time=60 tests/fuzz/corpus

A finding is written to a file of its own; put it into ``corpus``, where
``test_corpus.py`` replays it on every run of the tests, without atheris.

The laws: bytes give events or a ProtocolError within them, nothing else; the same
at every chunk size; what is accepted is JSON, and holds the pictures that ``json``
and ``base64`` find.  The lenient reader gives events whatever the bytes, compressed
ones too, the same at every chunk size, and those of the strict one where that
accepts them.
"""

from __future__ import annotations

import base64
import importlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nano_edit.domain import ReplyEvent

LIMIT = 1 << 20  # bytes of a document
WORDS = Path(__file__).parent / "reply.dict"


def check(raw: bytes) -> None:
    """Raise AssertionError where a law does not hold for ``raw``."""
    whole = _read(raw, len(raw) or 1)
    for size in (1, 1 + sum(raw) % 13):
        assert _read(raw, size) == whole, "the chunks make a difference"
    if whole is not None:
        _check_against_json(raw, whole)
    _check_leniently(raw, whole)


def _read(raw: bytes, size: int) -> list[ReplyEvent] | None:
    """Return the events, neighbouring picture data joined; None for a fault."""
    from nano_edit.errors import ProtocolError  # noqa: PLC0415 - instrumented first
    from nano_edit.wire.gemini.response import ResponseParser  # noqa: PLC0415 - likewise

    parser = ResponseParser()
    events: list[ReplyEvent] = []
    try:
        for at in range(0, len(raw), size):
            events += parser.feed(raw[at : at + size])
        parser.close()
    except ProtocolError as fault:
        if not 0 <= fault.offset <= len(raw):
            raise AssertionError("the byte lies outside") from fault
        return None
    return _joined(events)


def _check_leniently(raw: bytes, strict: list[ReplyEvent] | None) -> None:
    from nano_edit.wire.gemini.salvage import events_of  # noqa: PLC0415 - likewise

    for anywhere in (False, True):
        whole = _joined(events_of([raw], LIMIT, anywhere=anywhere))
        for size in (1, 1 + sum(raw) % 13):
            pieces = (raw[at : at + size] for at in range(0, len(raw), size))
            found = _joined(events_of(pieces, LIMIT, anywhere=anywhere))
            assert found == whole, "the chunks make a difference"
        if strict is not None and not anywhere:
            assert whole == strict, "the two readers differ"


def _joined(events: Iterable[ReplyEvent]) -> list[ReplyEvent]:
    """Return the events, neighbouring picture data joined."""
    from nano_edit.domain import ImageData  # noqa: PLC0415 - instrumented first

    joined: list[ReplyEvent] = []
    for event in events:
        last = joined[-1] if joined else None
        if isinstance(event, ImageData) and isinstance(last, ImageData):
            joined[-1] = ImageData(last.data + event.data)
        else:
            joined.append(event)
    return joined


def _check_against_json(raw: bytes, events: list[ReplyEvent]) -> None:
    from nano_edit.domain import ImageData, ReplyEnded  # noqa: PLC0415 - likewise

    assert isinstance(events[-1], ReplyEnded)
    text = raw.decode(errors="surrogateescape").lstrip(" \t\r\n")
    document, _ = json.JSONDecoder(object_pairs_hook=_Members).raw_decode(text)
    if b"data:" not in raw:  # a picture inside a text is not in this reckoning
        got = [event.data for event in events if isinstance(event, ImageData)]
        assert got == [data for data in _pictures(document) if data]


class _Members:
    """An object's members by their names as the wire folds them."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        self.by_name = {
            name.replace("_", "").lower(): value for name, value in reversed(pairs)
        }


def _member(value: Any, name: str) -> Any:
    return value.by_name.get(name) if isinstance(value, _Members) else None


def _pictures(document: Any) -> list[bytes]:
    parts = [
        part
        for candidate in _member(document, "candidates") or []
        for part in _member(_member(candidate, "content"), "parts") or []
    ]
    data = [_member(_member(part, "inlinedata"), "data") or "" for part in parts]
    return [base64.urlsafe_b64decode(_standard(one)) for one in data]


def _standard(text: str) -> str:
    bare = text.rstrip("=").replace("+", "-").replace("/", "_")
    return bare + "=" * (-len(bare) % 4)


if __name__ == "__main__":
    atheris = importlib.import_module("atheris")  # not needed to replay the corpus
    with atheris.instrument_imports(include=["nano_edit.wire"]):
        importlib.import_module("nano_edit.wire.gemini.salvage")
    atheris.Setup([*sys.argv, f"-dict={WORDS}"], check)
    atheris.Fuzz()
