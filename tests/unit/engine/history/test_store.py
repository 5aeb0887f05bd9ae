"""Finished edits are noted whole, for the owner alone, and the oldest replies go."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nano_edit.domain import Edit
from nano_edit.engine.history.entry import (
    Entry,
    Source,
    is_as_it_was,
    options_of,
    read_entry,
    source_of,
)
from nano_edit.engine.history.store import (
    History,
    history_folder,
    is_wanted,
    new_id,
    now,
)
from nano_edit.engine.history.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
IDS = st.text("0123456789abcdef", min_size=8, max_size=8)
SOURCES = st.builds(Source, TEXT, TEXT, TEXT)
ENTRIES = st.builds(
    Entry,
    IDS,
    TEXT,
    TEXT,
    st.lists(SOURCES, max_size=3).map(tuple),
    SOURCES.filter(lambda source: bool(source.name)) | st.none(),
    TEXT,
    TEXT,
    TEXT,
    TEXT,
    TEXT,
    st.dictionaries(
        st.sampled_from(["size", "aspect_ratio"]), TEXT.filter(bool), max_size=2
    ),
    st.none() | st.floats(0.01, 1),
    TEXT,
    st.booleans(),
    TEXT,
)


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "state" / "history", max_bytes=1000)


@given(ENTRIES)
def test_an_entry_is_read_as_it_was_written(entry: Entry) -> None:
    assert read_entry(entry.line()) == entry


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"1",
        b"[]",
        b"{}",
        b'{"id": "a", "images": [1]}',
        b"\xff",
        b"[" * 9999,
    ],
)
def test_a_torn_or_foreign_line_is_passed_over(line: bytes) -> None:
    assert read_entry(line) is None


def test_what_another_version_noted_can_be_read() -> None:
    line = b'{"id": "a", "colour": 1, "options": {"size": "2K", "shape": "round"}}'
    assert read_entry(line) == Entry("a", options={"size": "2K"})


def test_names_that_are_not_utf8_are_noted() -> None:
    entry = Entry("a", images=(Source("caf\udce9.jpg"),), output="/x/\udcff.png")
    assert read_entry(entry.line()) == entry


def test_an_edit_is_noted_by_what_is_not_as_usual(tmp_path: Path) -> None:
    edit = Edit(
        "sepia", ("in.jpg",), "out.jpg", size="2K", region=("1,2,3,4",), force=True
    )
    options = options_of(edit)
    assert options == {"size": "2K", "region": ["1,2,3,4"]}
    source = Source("in.jpg", str(tmp_path / "in.jpg"))
    made = Entry("a", instruction="sepia", images=(source,), options=options).edit()
    assert made.region == ("1,2,3,4",)
    assert made.images == (source.path,)


def test_an_input_is_noted_by_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "in.jpg"
    path.write_bytes(b"picture")
    source = source_of(str(path))
    assert source.path == str(path)
    assert is_as_it_was(source)
    path.write_bytes(b"another")
    assert not is_as_it_was(source)
    path.unlink()
    assert not is_as_it_was(source)
    assert source_of("-") == Source("-")
    assert source_of("https://me:secret@host/a.jpg?token=1") == Source(
        "https://host/a.jpg"
    )
    assert not is_as_it_was(Source("-"))


def test_files_are_for_the_owner_alone(history: History, tmp_path: Path) -> None:
    body = tmp_path / "reply.json"
    body.touch(mode=0o600)
    body.write_bytes(b"{}")
    assert history.take_reply("a", body)
    history.add(Entry("a"))
    assert not body.exists()
    if os.name == "posix":
        for path in (history.folder, *history.folder.rglob("*")):
            mode = stat.S_IMODE(path.stat().st_mode)
            assert mode == (0o700 if path.is_dir() else 0o600), path


def test_a_line_that_a_kill_has_torn_spoils_no_other(history: History) -> None:
    history.add(Entry("a"))
    log = history.folder / "log.jsonl"
    with log.open("ab") as file:
        file.write(b'{"id": "torn", "instr')
    history.add(Entry("b"))
    assert [entry.id for entry in history.entries()] == ["a", "b"]


def test_many_writers_tear_no_line(history: History) -> None:
    entries = [Entry(new_id(), now(), "x" * 5000) for _ in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(history.add, entries))
    assert sorted(each.id for each in history.entries()) == sorted(
        each.id for each in entries
    )


def test_the_oldest_replies_go_and_the_lines_stay(
    history: History, tmp_path: Path
) -> None:
    for number in range(5):
        body = tmp_path / "reply.json.gz"
        body.write_bytes(bytes(400))
        os.utime(body, (number, number))
        history.take_reply(str(number), body)
        history.add(Entry(str(number)))
    kept = [number for number in range(5) if history.reply_of(str(number))]
    assert kept == [3, 4]
    assert len(history.entries()) == 5
    info = history.info()
    assert (info.edits, info.replies, info.size) == (5, 2, 800)


def test_a_linked_reply_takes_no_second_place(history: History, tmp_path: Path) -> None:
    body = tmp_path / "entry.json.gz"
    body.write_bytes(b"{}")
    assert history.link_reply("a", body)
    found = history.reply_of("a")
    assert found is not None
    assert found.samefile(body)
    assert not history.link_reply("b", tmp_path / "missing")
    assert history.reply_of("b") is None


def test_clearing_leaves_nothing(history: History, tmp_path: Path) -> None:
    body = tmp_path / "reply.json"
    body.write_bytes(b"{}")
    history.take_reply("a", body)
    history.add(Entry("a"))
    removed = history.clear()
    assert (removed.edits, removed.replies) == (1, 1)
    assert history.entries() == []
    assert history.reply_of("a") is None


def test_a_folder_that_cannot_be_made_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    history = History(tmp_path / "file" / "history")
    history.add(Entry("a"))
    assert not history.take_reply("a", tmp_path / "file")
    assert history.entries() == []
    assert history.info().size == 0


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, True),
        ({"CI": "true"}, False),
        ({"CI": "1"}, False),
        ({"CI": "false"}, True),
        ({"NANO_EDIT_HISTORY": "0"}, False),
        ({"NANO_EDIT_HISTORY": "off"}, False),
        ({"NANO_EDIT_HISTORY": "1", "CI": "true"}, True),
    ],
)
def test_ci_notes_nothing_unless_it_is_asked_for(
    environ: dict[str, str], wanted: bool
) -> None:
    assert is_wanted(environ) is wanted


def test_the_folder_lies_beside_the_kept_replies(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert history_folder().is_relative_to(home)
    monkeypatch.setenv("NANO_EDIT_STATE_DIR", "/elsewhere")
    assert history_folder().parts[1:] == ("elsewhere", "history")


# --- what came from what ------------------------------------------------------


def entry(id_: str, output: str, *inputs: str, parent: str = "") -> Entry:
    sources = tuple(Source(name, name, name) for name in inputs)
    return Entry(id_, images=sources, sha256=output, parent=parent)


TREE = Tree(
    [
        entry("a", "A", "in"),
        entry("b", "B", "A"),
        entry("c", "C", "other"),
        entry("d", "D", "elsewhere", parent="a"),
        entry("e", "E", "B", "in"),
        entry("f", "A", "A"),
    ]
)


def test_edits_hang_below_what_they_came_from() -> None:
    rows = [(depth, each.id) for depth, each in TREE.rows()]
    assert rows == [(0, "a"), (1, "f"), (1, "b"), (2, "e"), (1, "d"), (0, "c")]
    last = TREE.by_id["e"]
    assert [each.id for each in TREE.ancestors(last)] == ["e", "b", "a"]


def test_a_picture_is_found_by_its_bytes() -> None:
    found = TREE.of_picture("A")
    assert found is not None
    assert found.id == "f"
    assert TREE.of_picture("in") is None
    assert TREE.related("B") == {"a", "b", "e"}
    assert TREE.related("in") == {"a", "b", "d", "e", "f"}
    assert TREE.related("unknown") == set()


def test_a_parent_that_is_no_longer_noted_is_none() -> None:
    lone = entry("x", "X", "in", parent="gone")
    assert Tree([lone]).parent_of(lone) is None
