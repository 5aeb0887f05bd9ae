"""An edit whose picture is in place is never undone by a failure to note it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from nano_edit.domain import (
    Destination,
    Edit,
    EditRequest,
    EditResult,
    Prepared,
    ReplyEnded,
    WrittenImage,
)
from nano_edit.engine.history.note import HistoryNote
from nano_edit.engine.history.store import History

if TYPE_CHECKING:
    from pathlib import Path


def result(folder: Path) -> EditResult:
    image = WrittenImage(
        folder / "out.png", "image/png", 1, 1, 1, "00", source_mime_type="image/png"
    )
    return EditResult(image, "m", ReplyEnded(), "", 1, 1.0)


def note(folder: Path, history: History | None, **options: Any) -> HistoryNote:
    edit = Edit("sepia", (str(folder / "in.png"),), **options)
    request = EditRequest("sepia", (), "m")
    return HistoryNote(
        Prepared(edit, request, Destination(folder, "out.png", None)), history
    )


def add(noted: HistoryNote, folder: Path) -> None:
    request = EditRequest("sepia", (), "m")
    noted.add(result(folder), request, service="s", provider="p", cost=0.5)


def test_an_edit_is_noted(tmp_path: Path) -> None:
    history = History(tmp_path / "history")
    (tmp_path / "in.png").write_bytes(b"as it was")
    noted = note(tmp_path, history, size="2K")
    noted.look_at_inputs()
    (tmp_path / "in.png").write_bytes(b"replaced")
    add(noted, tmp_path)
    (entry,) = history.entries()
    assert (entry.id, entry.instruction, entry.cost) == (noted.id, "sepia", 0.5)
    assert entry.options == {"size": "2K"}
    assert entry.images[0].sha256 == hashlib.sha256(b"as it was").hexdigest()
    assert entry.output == str(tmp_path / "out.png")


@pytest.mark.parametrize("odd", [object(), {1, 2}, "\ud800"])
def test_what_cannot_be_noted_is_left_out(tmp_path: Path, odd: Any) -> None:
    history = History(tmp_path / "history")
    add(note(tmp_path, history, size=odd), tmp_path)
    assert len(history.entries()) in {0, 1}


def test_without_a_history_nothing_is_done(tmp_path: Path) -> None:
    noted = note(tmp_path, None)
    assert (noted.is_wanted, noted.id) == (False, "")
    noted.look_at_inputs()
    add(noted, tmp_path)
    assert not noted.take(tmp_path)
    assert not noted.link(tmp_path)
