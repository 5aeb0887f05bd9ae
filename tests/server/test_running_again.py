"""Running again: a whole reply that an earlier run paid for and kept is used."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from support import photo

from nano_edit import Edit, Editor
from nano_edit.domain import Note
from nano_edit.engine.edit import FROM_KEPT
from nano_edit.engine.replies.kept import list_kept
from nano_edit.engine.replies.spool import state_folder
from nano_edit.errors import OutputError, UnknownOutcomeError

if TYPE_CHECKING:
    from pathlib import Path

    from nano_edit.domain import EditEvent, WrittenImage
    from nano_edit.emulator import Emulator

KEY = "sk-canary-0123456789"


class Killed(BaseException):
    """What ends a run where a kill would, once the reply is whole."""


def kill(_: WrittenImage) -> None:
    raise Killed


@pytest.fixture
def edit(tmp_path: Path) -> Edit:
    (tmp_path / "out").mkdir()
    source = str(photo(tmp_path / "in.jpg"))
    return Edit("sepia", (source,), str(tmp_path / "out" / "out.jpg"))


@pytest.fixture
def paid(emulator: Emulator, edit: Edit) -> Editor:
    """An editor after a run that was ended before its picture was in place."""
    editor = Editor(base_url=emulator.url, api_key=KEY)
    with pytest.raises(Killed):
        editor.edit(edit, placing=kill)
    assert len(emulator.requests) == 1
    return editor


def test_the_same_edit_again_is_not_paid_for(
    emulator: Emulator, edit: Edit, paid: Editor
) -> None:
    heard: list[EditEvent] = []
    with paid as editor:
        result = editor.edit(edit, heard.append)
        assert result.recovered
        assert result.image.path
        assert result.image.path.exists()
        assert Note(FROM_KEPT) in heard
        assert len(emulator.requests) == 1
        assert not list_kept(state_folder())
        result.image.path.unlink()
        assert not editor.edit(edit).recovered
    assert len(emulator.requests) == 2


def test_another_edit_is_asked_for(
    emulator: Emulator, edit: Edit, paid: Editor
) -> None:
    with paid as editor:
        other = Edit("make it night", edit.images, edit.output)
        assert not editor.edit(other).recovered
    assert len(emulator.requests) == 2
    assert len(list_kept(state_folder())) == 1


def test_a_picture_that_cannot_be_placed_leaves_the_reply(
    emulator: Emulator, edit: Edit, paid: Editor, tmp_path: Path
) -> None:
    def remove_folder(_: WrittenImage) -> None:
        shutil.rmtree(tmp_path / "out")

    with paid as editor, pytest.raises(OutputError) as told:
        editor.edit(edit, placing=remove_folder)
    assert told.value.recovery
    assert len(list_kept(state_folder())) == 1
    assert len(emulator.requests) == 1


def test_memory_that_runs_out_says_what_is_kept(emulator: Emulator, edit: Edit) -> None:
    def run_out(_: WrittenImage) -> None:
        raise MemoryError

    with (
        Editor(base_url=emulator.url, api_key=KEY) as editor,
        pytest.raises(OutputError, match="memory") as told,
    ):
        editor.edit(edit, placing=run_out)
    assert told.value.billed == "yes"
    assert told.value.recovery
    assert "--jobs" in told.value.hint
    assert not issubclass(told.type, UnknownOutcomeError)
