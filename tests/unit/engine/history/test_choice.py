"""One variant is kept; the others are removed only if the history holds them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from nano_edit.engine.history.choice import Variant, keep_one
from nano_edit.engine.history.entry import Entry, sha256_of
from nano_edit.engine.history.store import History

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "history")


def variant(folder: Path, number: int, history: History) -> Variant:
    path = folder / f"out-{number}.jpg"
    path.write_bytes(b"picture %d" % number)
    made = Variant(number, path, sha256_of(path), f"id{number}")
    reply = folder / f"reply-{number}.json"
    reply.write_bytes(b"{}")
    history.take_reply(made.id, reply)
    history.add(Entry(made.id, output=str(path), sha256=made.sha256))
    return made


def test_the_chosen_one_gets_the_name_and_is_the_newest(
    tmp_path: Path, history: History
) -> None:
    one, two = (variant(tmp_path, number, history) for number in (1, 2))
    final = tmp_path / "out.jpg"
    kept = keep_one(history, one, [two], final, force=False)
    assert (kept.chosen, kept.staying) == (final, ())
    assert kept.replies == ((two, history.reply_of("id2")),)
    assert final.read_bytes() == b"picture 1"
    assert not one.path.exists()
    assert not two.path.exists()
    outputs = [(entry.id, entry.output) for entry in history.entries()]
    assert outputs == [("id2", str(two.path)), ("id1", str(final))]


@pytest.mark.parametrize("why", ["no reply", "no id", "no hash", "changed", "link"])
def test_what_the_history_does_not_hold_stays(
    tmp_path: Path, history: History, why: str
) -> None:
    one, two = (variant(tmp_path, number, history) for number in (1, 2))
    if why == "no reply" and (reply := history.reply_of("id2")):
        reply.unlink()
    elif why == "no id":
        two = Variant(2, two.path, two.sha256, "")
    elif why == "no hash":
        two = Variant(2, two.path, "", "id2")
    elif why == "changed":
        two.path.write_bytes(b"retouched")
    elif why == "link":
        two.path.rename(tmp_path / "elsewhere.jpg")
        two.path.symlink_to(tmp_path / "elsewhere.jpg")
    kept = keep_one(history, one, [two], tmp_path / "out.jpg", force=False)
    assert (kept.replies, kept.staying) == ((), (two,))
    assert two.path.exists()


def test_without_a_history_nothing_is_removed(tmp_path: Path, history: History) -> None:
    one, two = (variant(tmp_path, number, history) for number in (1, 2))
    kept = keep_one(None, one, [two], tmp_path / "out.jpg", force=False)
    assert kept.staying == (two,)
    assert two.path.exists()


def test_a_name_that_was_taken_meanwhile_is_left_to_its_file(
    tmp_path: Path, history: History
) -> None:
    one = variant(tmp_path, 1, history)
    final = tmp_path / "out.jpg"
    final.write_bytes(b"another")
    kept = keep_one(history, one, [], final, force=False)
    assert (kept.chosen, final.read_bytes()) == (one.path, b"another")
    assert one.path.exists()


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_with_force_it_is_replaced_and_its_mode_stays(
    tmp_path: Path, history: History
) -> None:
    one = variant(tmp_path, 1, history)
    target, final = tmp_path / "target.jpg", tmp_path / "out.jpg"
    target.write_bytes(b"another")
    target.chmod(0o600)
    final.symlink_to(target)
    kept = keep_one(history, one, [], final, force=True)
    assert (kept.chosen, final.is_symlink()) == (final, True)
    assert target.read_bytes() == b"picture 1"
    assert target.stat().st_mode & 0o777 == 0o600
