"""Kept replies are mentioned once a day."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from support.terminals import stream_of, terminal

from nano_edit.cli.display.reminder import DAY, STAMP, remind_of_kept
from nano_edit.engine.replies.spool import state_folder

if TYPE_CHECKING:
    from pathlib import Path


def kept(count: int) -> Path:
    folder = state_folder()
    folder.mkdir(parents=True)
    for number in range(count):
        name = f"reply-2026010{number + 1}T120000Z-1f2e3d4c-out.json"
        (folder / name).write_text("{}")
    return folder


def told() -> str:
    where = terminal()
    remind_of_kept(where)
    return stream_of(where).getvalue()


def test_one_kept_reply_is_mentioned_once_a_day() -> None:
    folder = kept(1)
    first = told()
    assert first.startswith("1 reply of an earlier run is still kept: nano-edit ")
    assert told() == ""
    yesterday = time.time() - DAY - 1
    os.utime(folder / STAMP, (yesterday, yesterday))
    assert told() == first
    assert told() == ""


def test_several_are_counted() -> None:
    kept(3)
    assert told().startswith("3 replies of earlier runs are still kept: ")


def test_nothing_kept_is_not_mentioned_and_leaves_nothing() -> None:
    assert told() == ""
    assert not state_folder().exists()
    folder = kept(0)
    assert told() == ""
    assert list(folder.iterdir()) == []


def test_a_clock_that_was_set_back_silences_nothing_for_long() -> None:
    folder = kept(1)
    told()
    ahead = time.time() + 30 * DAY
    os.utime(folder / STAMP, (ahead, ahead))
    assert told() != ""
