"""Replies that break the contract: what was paid for comes out, or is kept whole."""

from __future__ import annotations

import base64
import errno
import gzip
import io
import json
import os
import socket
import time
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from support import noise
from support.peers import Line, Peer, always, answer
from support.replies import body, image_part, reply

from nano_edit import Edit, Editor, EditResult, NanoEditError
from nano_edit.domain import BytesReceived, Destination
from nano_edit.engine.receive import ResponseReceiver
from nano_edit.engine.recover import recover
from nano_edit.engine.replies.kept import list_kept
from nano_edit.engine.replies.spool import state_folder
from nano_edit.errors import InterruptedEdit
from nano_edit.wire.codec.content_coding import ContentDecoder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.peers import Talk

KEY = "sk-canary-0123456789"


def png(seed: int, size: tuple[int, int] = (48, 32)) -> bytes:
    file = io.BytesIO()
    noise(*size, seed=seed).save(file, "PNG")
    return file.getvalue()


FIRST, FINAL = png(1), png(2)
MARK = base64.b64encode(FINAL)


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., EditResult]:
    """Return a function that asks a peer for an edit, once."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.png").write_bytes(FIRST)

    def send(talk: Talk, **more: Any) -> EditResult:
        with (
            Peer(talk) as peer,
            Editor(base_url=peer.url, api_key=KEY, **more) as editor,
        ):
            try:
                return editor.edit(Edit("blur", ("in.png",), output="out.png"))
            finally:
                assert peer.connections == 1

    return send


def kept() -> list[bytes]:
    return [each.path.read_bytes() for each in list_kept(state_folder())]


def sound(*before: Any, **more: Any) -> bytes:
    return body(reply(*before, image_part(FINAL), **more), indent=None)


TEXT = {"text": "a picture"}
BROKEN: dict[str, tuple[bytes, str]] = {
    "half a pair": (sound(TEXT).replace(b"a pic", b"\\ud83d "), "surrogate pair"),
    "not UTF-8": (sound(TEXT).replace(b"a pic", b"\xff"), "not UTF-8"),
    "a control character": (sound(TEXT).replace(b"a pic", b"\0"), "raw control"),
    "NaN": (sound(n=0).replace(b": 0}", b": NaN}"), "a value was expected"),
    "a byte order mark": (b"\xef\xbb\xbf" + sound(), "not a JSON object"),
    "an array": (b"[" + sound() + b"]", "not a JSON object"),
    "an event stream": (b"data: " + sound() + b"\r\n\r\n", "not a JSON object"),
    "too deep": (b'{"a":' + b"[" * 99 + b"]" * 99 + b"," + sound()[1:], "deeper"),
    "a long number": (sound(n=0).replace(b": 0}", b"1" * 2000 + b"}"), "."),
    "a bad draft": (
        sound(image_part(FIRST)).replace(base64.b64encode(FIRST)[80:90], b"*" * 10, 1),
        ".",
    ),
    "no end": (sound()[:-1], "ends before its JSON does"),
    "cut behind the picture": (
        sound()[: sound().index(MARK) + len(MARK)],
        "ends before its JSON does",
    ),
    "wrapped": (b'{"response":[' + sound() + b"}", "a comma was expected"),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", BROKEN)
def test_a_whole_final_picture_is_the_result_with_a_warning(
    name: str, packed: bool, ask: Callable[..., EditResult], tmp_path: Path
) -> None:
    said, why = BROKEN[name]
    headers = []
    if packed:
        said, headers = gzip.compress(said), ["Content-Encoding: gzip"]
    result = ask(always(200, said, *headers))
    assert (tmp_path / "out.png").read_bytes() == FINAL
    (warning,) = result.warnings
    assert why in warning
    assert warning.endswith(" The picture in it is whole.")
    assert kept() == []
    assert {path.name for path in tmp_path.iterdir()} == {"in.png", "out.png"}


@pytest.mark.parametrize("name", BROKEN)
def test_a_kept_reply_is_read_the_same_way(
    name: str, tmp_path: Path, ask: Callable[..., EditResult]
) -> None:
    del ask
    said, _ = BROKEN[name]
    (tmp_path / "reply.json").write_bytes(said)
    result = recover(
        tmp_path / "reply.json",
        Destination(tmp_path, "again.png", "png"),
        lambda _: None,
    )
    assert (tmp_path / "again.png").read_bytes() == FINAL
    assert len(result.warnings) == 1


@pytest.mark.parametrize("at", [6, len(FINAL) // 2, -60])
def test_all_of_a_reply_is_kept_whatever_the_parser_thinks(
    at: int, ask: Callable[..., EditResult]
) -> None:
    # The picture is broken, a megabyte follows: all of it is for a later look.
    place = sound().index(MARK) + len(base64.b64encode(FINAL[:at]))
    said = sound(thoughtSignature="x" * 1_000_000)
    said = said[:place] + b"*" + said[place:]
    for sent, *headers in (
        (said,),
        (gzip.compress(said), "Content-Encoding: gzip"),
        (b"\x8b" + said, "Content-Encoding: br"),
    ):
        with pytest.raises(NanoEditError) as caught:
            ask(always(200, sent, *headers))
        assert caught.value.billed == "yes"
        (only,) = list_kept(state_folder())
        assert only.path.read_bytes() == sent
        assert only.path == caught.value.recovery
        assert only.whole
        only.path.unlink()


def test_all_of_a_reply_is_kept_though_its_compression_breaks(
    ask: Callable[..., EditResult],
) -> None:
    head, packed = 10, gzip.compress(sound())  # RFC 1952, 2.3: the header's bytes
    sent = packed[:head] + b"\xff" + packed[head + 1 :] + b"x" * 1_000_000
    with pytest.raises(NanoEditError, match="compression is broken"):
        ask(always(200, sent, "Content-Encoding: gzip"))
    assert kept() == [sent]


def test_all_of_a_reply_is_taken_though_it_cannot_be_read_again(tmp_path: Path) -> None:
    def never() -> Iterator[bytes]:
        yield b""
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    rest = iter([b"<html>", b"and", b"more"])
    with ResponseReceiver(
        Destination(tmp_path, "out", None),
        save_drafts=False,
        digest=False,
        observe=lambda _: None,
    ) as receiver:
        receiver.receive(rest, ContentDecoder("", 1000), never, 1000)
        assert list(rest) == []
        assert receiver.is_whole
        with pytest.raises(NanoEditError, match="not a JSON object"):
            receiver.check()


def test_a_reply_that_breaks_the_contract_ends_although_its_end_is_withheld(
    ask: Callable[..., EditResult], tmp_path: Path
) -> None:
    for said in (BROKEN["NaN"][0], BROKEN["an array"][0]):
        late: list[float] = []

        def talk(line: Line, said: bytes = said, late: list[float] = late) -> None:
            line.request()
            line.send(answer(200, b"", "Transfer-Encoding: chunked", length=False))
            line.send(b"%x\r\n%b\r\n" % (len(said), said))
            late.append(time.monotonic())
            line.hold()

        ask(talk, timeout=30)
        assert time.monotonic() - late[0] < 5
        assert (tmp_path / "out.png").read_bytes() == FINAL
        (tmp_path / "out.png").unlink()


def test_a_connection_that_breaks_behind_the_picture_costs_nothing(
    ask: Callable[..., EditResult], tmp_path: Path
) -> None:
    said = sound()
    end = said.index(MARK) + len(MARK)

    def talk(line: Line) -> None:
        line.request()
        head = answer(200, b"", f"Content-Length: {len(said)}", length=False)
        line.send(head, said[:end])

    result = ask(talk)
    assert (tmp_path / "out.png").read_bytes() == FINAL
    (warning,) = result.warnings
    assert f"after {end:,} bytes of the reply" in warning
    assert kept() == []


def test_a_draft_is_not_the_result_when_the_final_picture_was_cut(
    ask: Callable[..., EditResult], tmp_path: Path
) -> None:
    said = sound(image_part(FIRST))
    cut = said[: said.index(MARK) + 40]

    def talk(line: Line) -> None:
        line.request()
        line.send(answer(200, b"", "Content-Length: 99999999", length=False), cut)

    with pytest.raises(NanoEditError, match="The connection broke") as caught:
        ask(talk)
    assert kept() == [cut]
    assert caught.value.recovery is not None
    assert caught.value.recovery.suffix == ".part"
    to = Destination(tmp_path, "again.png", "png")
    result = recover(caught.value.recovery, to, lambda _: None)
    assert (tmp_path / "again.png").read_bytes() == FIRST
    assert "Its last picture is not whole" in result.warnings[0]


def test_a_connection_that_breaks_in_a_broken_reply_keeps_what_came(
    ask: Callable[..., EditResult],
) -> None:
    begin = b"<html>"

    def talk(line: Line) -> None:
        line.request()
        line.send(answer(200, b"", "Content-Length: 99", length=False), begin)
        line.socket.shutdown(socket.SHUT_WR)
        line.hold()

    with pytest.raises(NanoEditError, match="not a JSON object"):  # what was first
        ask(talk)
    assert kept() == [begin]
    assert not list_kept(state_folder())[0].whole


@pytest.mark.parametrize("sound_so_far", [True, False])
def test_stopping_while_a_reply_comes_keeps_what_came(
    sound_so_far: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.png").write_bytes(FIRST)
    begin = b'{"candidates": ' if sound_so_far else b"no JSON"

    def talk(line: Line) -> None:
        line.request()
        line.send(answer(200, b"", "Content-Length: 9999", length=False), begin)
        line.drip(b" " * 900, 0.02)

    def stop_soon(event: object) -> None:
        if isinstance(event, BytesReceived) and event.received > len(begin) + 3:
            editor.stop()

    with Peer(talk) as peer:
        editor = Editor(base_url=peer.url, api_key=KEY, observe=stop_soon)
        with editor, pytest.raises(InterruptedEdit) as caught:
            editor.edit(Edit("blur", ("in.png",), output="out.png"))
    assert caught.value.billed == "yes"
    (only,) = kept()
    assert only.startswith(begin)


# --- codings ------------------------------------------------------------------


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("none", bytes),
        ("utf-8", bytes),
        ("br", bytes),
        ("gzip", bytes),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("gzip, gzip", lambda said: gzip.compress(gzip.compress(said))),
        ("gzip", lambda said: gzip.compress(said[:99]) + gzip.compress(said[99:])),
        ("identity", gzip.compress),
    ],
)
def test_what_can_be_decoded_is(
    coding: str,
    pack: Callable[[bytes], bytes],
    ask: Callable[..., EditResult],
    tmp_path: Path,
) -> None:
    result = ask(always(200, pack(sound()), f"Content-Encoding: {coding}"))
    assert (tmp_path / "out.png").read_bytes() == FINAL
    assert result.warnings == ()


def test_a_wrong_checksum_after_the_document_is_a_warning(
    ask: Callable[..., EditResult], tmp_path: Path
) -> None:
    packed = bytearray(gzip.compress(sound()[:-1]))
    packed[-8] ^= 1
    result = ask(always(200, bytes(packed), "Content-Encoding: gzip"))
    assert (tmp_path / "out.png").read_bytes() == FINAL
    assert "The reply's compression is broken" in result.warnings[0]


# --- beside the picture -------------------------------------------------------


@pytest.mark.parametrize("error", [{}, {"message": "a warning"}])
def test_an_error_beside_a_whole_picture_is_ignored(
    error: Any, ask: Callable[..., EditResult], tmp_path: Path
) -> None:
    result = ask(always(200, sound(error=error)))
    assert (tmp_path / "out.png").read_bytes() == FINAL
    assert result.reply.has_error


def test_a_picture_that_is_marked_as_thought_alone_is_the_result(
    ask: Callable[..., EditResult], tmp_path: Path
) -> None:
    parts = image_part(FIRST, thought=True), image_part(FINAL, thought=True)
    result = ask(always(200, body(reply(*parts))))
    assert (tmp_path / "out.png").read_bytes() == FINAL
    assert result.image.notes == ("The service marks this picture as a draft.",)


def test_a_broken_reply_is_cached_and_read_again(
    ask: Callable[..., EditResult], tmp_path: Path
) -> None:
    said, why = BROKEN["half a pair"]
    ask(always(200, said), cache=tmp_path / "cache")
    (tmp_path / "out.png").unlink()
    with Editor(
        base_url="http://127.0.0.1:9", api_key=KEY, cache=tmp_path / "cache"
    ) as editor:
        result = editor.edit(Edit("blur", ("in.png",), output="out.png"))
    assert result.cached
    assert why in result.warnings[0]
    assert (tmp_path / "out.png").read_bytes() == FINAL


# --- the key ------------------------------------------------------------------


def test_the_key_is_masked_in_all_that_a_reply_says(
    ask: Callable[..., EditResult],
) -> None:
    parts = {"text": "key sk-canary-"}, {"text": "0123456789."}
    more = {"responseId": f"id {KEY}", "modelVersion": KEY}
    result = ask(always(200, body(reply(*parts, image_part(FINAL), **more))))
    assert result.text == "key ****."
    assert (result.reply.response_id, result.reply.model_version) == ("id ****", "****")
    assert KEY not in repr(result)


@pytest.mark.parametrize(
    "said",
    [
        body(reply({"text": "w" * 380 + f" {KEY} "})),
        body(reply(finish_reason=f"X_{KEY}")),
        body({"promptFeedback": {"blockReason": KEY, "blockReasonMessage": KEY}}),
        body({"error": {"message": "w" * 380 + f" {KEY}"}}),
        json.dumps({"error": {"message": "m"}, "responseId": KEY}).encode(),
        b'{"candidates": [' + KEY.encode(),
    ],
)
def test_the_key_is_masked_in_every_error(
    said: bytes, ask: Callable[..., EditResult]
) -> None:
    with pytest.raises(NanoEditError) as caught:
        ask(always(200, said))
    assert "sk-" not in caught.value.message + caught.value.hint
    for each in state_folder().glob("*.jsonl"):
        assert KEY not in each.read_text(encoding="utf-8")
