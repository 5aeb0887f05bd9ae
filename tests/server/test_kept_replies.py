"""A reply that an earlier run paid for and kept is used, and not asked for again."""

from __future__ import annotations

import io
import shutil
from typing import TYPE_CHECKING

import pytest
from support import noise, photo
from support.peers import Peer, always
from support.replies import body, image_part, reply

from nano_edit import Edit, Editor
from nano_edit.domain import Billed, Destination, Finishing
from nano_edit.engine.receive import ResponseReceiver
from nano_edit.engine.replies.kept import LARGEST, list_kept
from nano_edit.errors import OutputError, ProtocolError, ServerError
from nano_edit.wire.codec.content_coding import ContentDecoder

if TYPE_CHECKING:
    from pathlib import Path

    from nano_edit.domain import EditEvent


def png() -> bytes:
    file = io.BytesIO()
    noise(24, 16).save(file, "PNG")
    return file.getvalue()


PICTURE = png()
WHOLE = body(reply(image_part(PICTURE)))


@pytest.fixture
def edit(tmp_path: Path) -> Edit:
    (tmp_path / "out").mkdir()
    picture = photo(tmp_path / "in.jpg")
    return Edit("sepia", (str(picture),), str(tmp_path / "out" / "out.png"))


@pytest.fixture(autouse=True)
def replies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NANO_EDIT_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state" / "replies"


def lose_folder(tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "out", ignore_errors=True)


def test_kept_reply_is_used_by_the_next_run(
    edit: Edit, replies: Path, tmp_path: Path
) -> None:
    def lose(event: EditEvent) -> None:
        if isinstance(event, Finishing):
            lose_folder(tmp_path)

    with Peer(always(200, WHOLE)) as peer:
        with (
            Editor(base_url=peer.url, api_key="any", observe=lose) as editor,
            pytest.raises(OutputError) as caught,
        ):
            editor.edit(edit)
        (kept,) = list_kept(replies)
        assert (kept.path, kept.whole) == (caught.value.recovery, True)
        about = kept.about
        assert (about.instruction, about.provider) == ("sepia", "apiyi")
        assert about.model == "gemini-3-pro-image-preview"
        assert about.output == edit.output
        (tmp_path / "out").mkdir()
        with Editor(base_url=peer.url, api_key="any") as editor:
            result = editor.edit(edit)
            assert peer.connections == 1
            assert result.recovered
            assert list_kept(replies) == []
            another = Edit("sepia", edit.images, str(tmp_path / "out" / "another.png"))
            assert not editor.edit(another).recovered  # it is used once
        assert peer.connections == 2
    assert (tmp_path / "out" / "out.png").read_bytes() == PICTURE


def test_kept_reply_without_a_whole_picture_does_not_keep_from_asking_again(
    edit: Edit, replies: Path, tmp_path: Path
) -> None:
    broken = body(reply(image_part(PICTURE[:-20])))
    for said in (broken, WHOLE):
        with (
            Peer(always(200, said)) as peer,
            Editor(base_url=peer.url, api_key="any") as editor,
        ):
            if said is broken:
                with pytest.raises(ServerError, match="is not whole"):
                    editor.edit(edit)
                assert [kept.whole for kept in list_kept(replies)] == [True]
            else:
                assert not editor.edit(edit).recovered
            assert peer.connections == 1
    assert (tmp_path / "out" / "out.png").read_bytes() == PICTURE
    assert len(list_kept(replies)) == 1  # the broken one is for a person to look at


def test_broken_reply_without_a_folder_is_told_as_paid(
    tmp_path: Path,
) -> None:
    """What is paid for is never refused as if nothing had been sent."""
    raw = b'{"x": NaN, ' + WHOLE[1:]
    (tmp_path / "out").mkdir()
    with ResponseReceiver(
        Destination(tmp_path / "out", "out.png", "png"),
        save_drafts=False,
        digest=False,
        observe=lambda _: None,
    ) as receiver:
        lose_folder(tmp_path)
        receiver.receive([raw], ContentDecoder("", LARGEST), lambda: [raw], LARGEST)
        with pytest.raises(ProtocolError) as caught:
            receiver.check()
    assert caught.value.billed is Billed.YES
