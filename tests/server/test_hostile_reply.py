"""Whatever a service sends: exit 8 with the byte, bounded memory, linear time."""

from __future__ import annotations

import base64
import json
import time
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from support import photo
from support.peers import Peer, always
from support.replies import body, image_part, reply

from nano_edit.engine.replies.kept import list_kept
from nano_edit.errors import ProtocolError
from nano_edit.wire.gemini.response import MAX_TEXT, ResponseParser

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support import Run

TEXT = b'{"candidates":[{"content":{"parts":[{"text":"'
DATA = b'{"candidates":[{"content":{"parts":[{"inlineData":{"data":"'
KEY = "sk-canary-0123456789"
PICTURE = base64.b64encode(b"picture")

HOSTILE = {
    "nesting": (b'{"a":' + b"[" * 100, "nested deeper than 64"),
    "nested objects": (b'{"a":' * 100, "nested deeper than 64"),
    "a long key": (b'{"' + b"k" * 2000 + b'":1}', "a key is too long"),
    "a long number": (b'{"a":' + b"1" * 2000 + b"}", "a number is too long"),
    "a long word": (b'{"responseId":"' + b"x" * 100_000, "a string is too long"),
    "too much text": (TEXT + b"x" * (MAX_TEXT + 1), "too much text"),
    "data twice": (DATA + PICTURE + b'","data":"' + PICTURE, '"data" comes twice'),
    "both spellings": (
        DATA.replace(b"inlineData", b"inline_data") + b'"},"inlineData":{',
        '"inlineData" comes twice',
    ),
    "NaN": (b'{"usageMetadata":{"totalTokenCount":NaN}}', "a value was expected"),
    "Infinity": (b'{"a":Infinity}', "a value was expected"),
    "half a pair": (TEXT + b'\\ud800"}]}}]}', "half of a surrogate pair"),
    "the other half": (TEXT + b'\\udc00"}]}}]}', "half of a surrogate pair"),
    "bad UTF-8": (TEXT + b'\xff"}]}}]}', "text that is not UTF-8"),
    "overlong UTF-8": (TEXT + b'\xc0\xaf"}]}}]}', "text that is not UTF-8"),
    "NUL": (TEXT + b'\x00"}]}}]}', "a raw control character"),
    "NUL outside": (b'\x00{"candidates":[]}', "not a JSON object"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "not a JSON object"),
    "UTF-16": ('{"a":1}'.encode("utf-16"), "not a JSON object"),
    "HTML": (b"<html><body>Welcome</body></html>", "not a JSON object"),
    "an array": (b"[{}]", "not a JSON object"),
    "no base64": (DATA + b"Q*==" + b'"', "."),
    "behind the padding": (DATA + b"QQ==QQ==" + b'"', "."),
    "a picture that is an object": (DATA[:-1] + b"{", "an object where a string"),
    "truncated": (DATA + PICTURE, "ends before its JSON does"),
    "nothing at all": (b"", "ends before its JSON does"),
    "white space alone": (b" " * 1000, "ends before its JSON does"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_reply_ends_with_8_and_the_byte(
    name: str, tmp_path: Path, run: Run
) -> None:
    said, words = HOSTILE[name]
    photo(tmp_path / "in.png")
    with Peer(always(200, said)) as peer:
        ended = run(
            *("blur", "in.png", "-o", "out.png", "--base-url", peer.url),
            *("--retries", "3", "--retry-unknown"),
            env={"NANO_EDIT_API_KEY": KEY, "NANO_EDIT_STATE_DIR": str(tmp_path / "s")},
        )
        assert peer.connections == 1
    assert ended.status == 8, ended.stderr
    assert "The reply cannot be understood: " in ended.stderr
    assert words in ended.stderr
    assert "(at byte " in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "Billed: yes" in ended.stderr
    assert not (tmp_path / "out.png").exists()
    kept = list_kept(tmp_path / "s" / "replies")
    assert [each.path.read_bytes() for each in kept] == ([said] if said else [])


def test_terminal_escapes_of_the_service_are_removed(tmp_path: Path, run: Run) -> None:
    photo(tmp_path / "in.png")
    evil = "\x1b]0;owned\x07 \x1b[2J \u202egpj.exe \x9b31m \ud800"
    error = {"error": {"code": 400, "message": evil, "status": "X"}}
    refusal = reply({"text": evil.encode("utf-8", "replace").decode()})
    for status, said in ((400, json.dumps(error).encode()), (200, body(refusal))):
        with Peer(always(status, said)) as peer:
            for flags in ((), ("--json",), ("-vv",)):
                ended = run(
                    *("blur", "in.png", "-o", "out.png", "--base-url", peer.url),
                    *flags,
                    env={"NANO_EDIT_API_KEY": KEY},
                )
                assert ended.status in {7, 9}, ended.stderr
                assert "owned" in ended.stderr
                for bad in ("\x1b", "\x07", "\u202e", "\x9b"):
                    assert bad not in ended.stderr
                if flags == ("--json",):
                    assert not json.loads(ended.out)["ok"]


# --- bounded memory, linear time ----------------------------------------------

LONG = 100_000
STREAMS: dict[str, Callable[[int], bytes]] = {
    "white space": lambda count: b"{" + b" \n" * (count // 2),
    "base64": lambda count: DATA + b"QUJD" * (count // 4),
    "escaped base64": lambda count: DATA + b"QUJD\\/\\/\\/\\/" * (count // 12),
    "an ignored string": lambda count: b'{"x":"' + b"\\u0041" * (count // 6),
    "backslashes": lambda count: b'{"x":"' + b"\\\\" * (count // 2),
    "escaped quotes": lambda count: b'{"x":"' + b'\\"' * (count // 2),
    "commas": lambda count: b'{"x":[' + b"1," * (count // 2),
    "keys": lambda count: b"{" + b'"k":1,' * (count // 6),
    "objects": lambda count: b'{"x":[' + b"{}," * (count // 3),
    "empty parts": lambda count: (
        b'{"candidates":[{"content":{"parts":[' + b"{}," * (count // 3)
    ),
    "words like a data URL": lambda count: TEXT + b"data:image/" * (count // 11),
    "words that end in d": lambda count: TEXT + b"d" * count,
}


def read(stream: bytes, size: int = 65_536) -> None:
    parser = ResponseParser()
    for at in range(0, len(stream), size):
        parser.feed(stream[at : at + size])


@pytest.mark.parametrize("name", STREAMS)
def test_time_is_linear_in_the_reply(name: str) -> None:
    def seconds(count: int) -> float:
        stream = STREAMS[name](count)
        best = 60.0
        for _ in range(3):
            began = time.process_time()
            read(stream)
            best = min(best, time.process_time() - began)
        return best

    assert seconds(LONG) < 10 * seconds(LONG // 4) + 0.1


@pytest.mark.parametrize("name", STREAMS)
def test_memory_does_not_grow_with_the_reply(name: str) -> None:
    def peak(count: int) -> int:
        stream = STREAMS[name](count)
        tracemalloc.start()
        read(stream, 8192)
        _, high = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return high

    text = STREAMS[name](1).startswith(TEXT[:40])
    bound = 2 * MAX_TEXT if text else 40_000
    assert peak(LONG) - peak(LONG // 10) < bound


@pytest.mark.parametrize("size", [1, 1000])
def test_what_is_wrong_is_named_at_its_byte_whatever_the_chunks(size: int) -> None:
    raw = body(reply(image_part(b"picture")), indent=None)
    at = raw.index(b'"finishReason"')
    with pytest.raises(ProtocolError) as caught:
        read(raw[:at] + b"!" + raw[at:], size)
    assert caught.value.offset == at
