"""Kept replies are listed, found by a short word, read, and removed with care."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from support import ROOT

from nano_edit.engine.replies import kept as kept_module
from nano_edit.engine.replies.kept import (
    BLOCK,
    KILLED,
    content_encoding_of,
    find_kept,
    find_reply,
    list_kept,
    read_document,
    read_raw,
    remove_reply,
)
from nano_edit.engine.replies.spool import About, Spool
from nano_edit.errors import InputError
from nano_edit.leftovers import ABANDONED

if TYPE_CHECKING:
    from pathlib import Path

POSIX_ONLY = pytest.mark.skipif(os.name != "posix", reason="POSIX files only")
ONE = "reply-20260131T120000Z-1f2e3d4c-out.png"
TWO = "reply-20270101T000000Z-1f000000-cat.png"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "replies"
    folder.mkdir()
    sweep()
    return folder


def sweep() -> None:
    """As in a new process."""
    kept_module._sweep.cache_clear()  # noqa: SLF001


def kept(folder: Path, about: About, why: str = "", *, whole: bool = True) -> Path:
    with Spool.create(folder, about) as spool:
        spool.write(b"{}")
        if whole:
            spool.mark_whole()
        spool.keep(why)
    return spool.path


# --- the list ----------------------------------------------------------------


def test_list_says_what_was_asked_and_why_it_was_kept(folder: Path) -> None:
    about = About("/photos/out.png", "sepia", "google", "pro", "00ff")
    path = kept(folder, about, "The disk is full.")
    (reply,) = list_kept(folder)
    assert (reply.path, reply.about, reply.size) == (path, about, 2)
    assert (reply.whole, reply.reason) == (True, "The disk is full.")
    assert reply.id in path.name


def test_list_is_by_time_and_skips_other_files(folder: Path) -> None:
    for name in (f"{TWO}.part", "notes.txt", ".x.part", "reply-x.json"):
        (folder / name).write_bytes(b"{}")
    (folder / f"{ONE}.json").write_bytes(b"{}")
    found = list_kept(folder)
    assert [(each.label, each.whole) for each in found] == [
        ("out.png", True),
        ("cat.png", False),
    ]
    assert {each.about for each in found} == {About()}
    assert {each.reason for each in found} == {""}


def test_list_without_a_folder_is_empty(tmp_path: Path) -> None:
    assert list_kept(tmp_path / "nowhere") == []


def test_torn_or_foreign_facts_are_passed_over(folder: Path) -> None:
    path = kept(folder, About("out.png", "sepia"))
    facts = path.with_name(path.name.removesuffix(".json") + ".jsonl")
    with facts.open("ab") as file:
        file.write(b'[1]\n{"model": 7}\n' + b"[" * 100_000 + b'\n\xff\n{"reason": "t')
    (reply,) = list_kept(folder)
    assert reply.about == About("out.png", "sepia")
    assert reply.reason == KILLED


WRITER = """
import sys
from pathlib import Path
from nano_edit.engine.replies.spool import About, Spool
with Spool.create(Path(sys.argv[1]), About("out.png", "sepia")) as spool:
    if sys.argv[2] == "begun":
        spool.write(b"{")
    print("ready", flush=True)
    sys.stdin.readline()
"""


def writer(folder: Path, how_far: str) -> subprocess.Popen[bytes]:
    clean = {name: value for name, value in os.environ.items() if name[:3] != "COV"}
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), how_far],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=clean | {"PYTHONPATH": str(ROOT)},
    )
    assert child.stdout is not None
    assert child.stdout.readline().strip() == b"ready"
    return child


def test_reply_of_a_living_process_is_told_from_an_orphan(folder: Path) -> None:
    child = writer(folder, "begun")
    assert [(each.in_use, each.reason) for each in list_kept(folder)] == [(True, "")]
    child.kill()
    child.communicate()
    (reply,) = list_kept(folder)
    assert (reply.in_use, reply.whole, reply.reason) == (False, False, KILLED)
    assert reply.about.instruction == "sepia"
    assert reply.path.read_bytes() == b"{"


@POSIX_ONLY
def test_kill_before_the_first_byte_is_swept_by_the_next_process(folder: Path) -> None:
    child = writer(folder, "empty")
    assert list_kept(folder) == []
    child.kill()
    child.communicate()
    assert len(list(folder.iterdir())) == 2  # this process has swept already
    sweep()
    assert list_kept(folder) == []
    assert list(folder.iterdir()) == []


def test_empty_reply_of_another_machine_is_left_for_a_day(folder: Path) -> None:
    path = folder / f"{ONE}.part"
    path.touch()
    (folder / f"{ONE}.jsonl").write_bytes(b'{"machine": "elsewhere"}\n')
    (folder / f"{TWO}.jsonl").write_bytes(b"{}\n")  # of no reply
    assert list_kept(folder) == []
    assert {each.name for each in folder.iterdir()} == {path.name, f"{ONE}.jsonl"}
    then = time.time() - ABANDONED - 60
    os.utime(path, (then, then))
    sweep()
    list_kept(folder)
    assert list(folder.iterdir()) == []


@POSIX_ONLY
def test_disk_without_locks_calls_nothing_in_use(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", no_locks)
    with Spool.create(folder, About()) as spool:
        spool.write(b"{}")
        assert [each.in_use for each in list_kept(folder)] == [False]


# --- finding -----------------------------------------------------------------


def test_whole_reply_to_an_edit_is_found_by_its_job(folder: Path) -> None:
    kept(folder, About(job="other"))
    path = kept(folder, About(job="same"))
    kept(folder, About(job="same"), whole=False)
    found = find_kept(folder, "same")
    assert found is not None
    assert found.path == path
    assert find_kept(folder, "none") is None


def test_job_is_asked_for_only_when_there_are_whole_replies(folder: Path) -> None:
    def unasked() -> str:
        raise AssertionError

    kept(folder, About(job="same"), whole=False)
    assert find_kept(folder, unasked) is None
    path = kept(folder, About(job="same"))
    found = find_kept(folder, lambda: "same")
    assert found is not None
    assert found.path == path


def test_facts_that_come_later_are_seen(folder: Path) -> None:
    with Spool.create(folder, About()) as spool:
        spool.write(b"{}")
        spool.mark_whole()
        assert find_kept(folder, "late") is None
        spool.describe(job="late")
    assert find_kept(folder, "late") is not None


def test_a_thousand_kept_replies_are_searched_quickly(folder: Path) -> None:
    for number in range(1000):
        name = f"reply-20260131T120000Z-{number:08x}-out.png"
        (folder / f"{name}.json").write_bytes(b"{}")
        (folder / f"{name}.jsonl").write_bytes(b'{"job": "%d"}\n' % number)
    assert find_kept(folder, "none") is None
    began = time.process_time()
    for _ in range(10):
        assert find_kept(folder, "none") is None
    assert time.process_time() - began < 1.0  # 100 ms for each of many edits


def test_reply_that_is_in_use_is_not_offered(folder: Path) -> None:
    with Spool.create(folder, About(job="same")) as spool:
        spool.write(b"{}")
        spool.mark_whole()
        assert find_kept(folder, "same") is None
    assert find_kept(folder, "same") is not None


@pytest.mark.parametrize(
    "word", ["1f2", "1f2e3d4c", "20260131", ONE, "reply-2026", "out", f"{ONE}.json"]
)
def test_short_words_stand_for_a_reply(folder: Path, word: str) -> None:
    for name in (ONE, TWO):
        (folder / f"{name}.json").write_bytes(b"{}")
    assert find_reply(folder, word).path == folder / f"{ONE}.json"


def test_path_stands_for_a_reply_wherever_it_lies(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "moved.json").write_bytes(b"{}")
    reply = find_reply(folder, "moved.json")
    assert (reply.label, reply.id, reply.size) == ("moved.json", "moved.json", 2)


def test_word_for_several_replies_names_them(folder: Path) -> None:
    for name in (ONE, TWO):
        (folder / f"{name}.json").write_bytes(b"{}")
    with pytest.raises(InputError, match="any of 2 kept replies: 1f2e3d4c, 1f000000"):
        find_reply(folder, "1f")
    for number in range(5):
        (folder / f"{ONE}{number}.json").write_bytes(b"{}")
    with pytest.raises(InputError, match=r"any of 7 .*, \.\.\.$"):
        find_reply(folder, "reply")


@pytest.mark.parametrize("word", ["zzz", "", "a\0b", "n" * 5000])
def test_word_for_no_reply_says_how_to_list_them(folder: Path, word: str) -> None:
    (folder / f"{ONE}.json").write_bytes(b"{}")
    with pytest.raises(InputError, match="no kept reply") as caught:
        find_reply(folder, word)
    assert "replies list" in caught.value.hint


# --- reading and removing ----------------------------------------------------


def test_reply_is_read_a_block_at_a_time(folder: Path) -> None:
    with Spool.create(folder, About()) as spool:
        spool.describe(content_encoding="gzip, gzip")
        spool.write(bytes(2 * BLOCK + 1))
    assert [len(block) for block in read_raw(spool.path)] == [BLOCK, BLOCK, 1]
    assert content_encoding_of(spool.path) == "gzip, gzip"
    assert content_encoding_of(folder / "elsewhere") == ""


def test_compressed_reply_is_read_as_what_it_says(folder: Path) -> None:
    document = b'{"a": [%s]}' % (b"1," * BLOCK + b"1")
    with Spool.create(folder, About()) as spool:
        spool.write(gzip.compress(document))
    assert b"".join(read_document(spool.path)) == document


def test_cut_reply_is_read_as_far_as_it_goes(folder: Path) -> None:
    with Spool.create(folder, About()) as spool:
        spool.write(gzip.compress(os.urandom(5000))[:3000])
    assert 2000 < len(b"".join(read_document(spool.path))) < 3000
    with Spool.create(folder, About()) as spool:
        spool.write(b"\x1f")
    assert b"".join(read_document(spool.path)) == b"\x1f"


def test_kept_reply_is_removed_with_what_is_known_of_it(folder: Path) -> None:
    path = kept(folder, About("out.png"))
    assert remove_reply(path, folder)
    assert list(folder.iterdir()) == []


@POSIX_ONLY
def test_nothing_but_a_kept_reply_is_removed(folder: Path, tmp_path: Path) -> None:
    outside, photo = tmp_path / f"{ONE}.json", folder / "photo.png"
    link = folder / f"{TWO}.json"
    for path in (outside, photo):
        path.write_bytes(b"mine")
    link.symlink_to(outside)
    for path in (outside, photo, link):
        assert not remove_reply(path, folder)
        assert path.read_bytes() == b"mine"
    assert not remove_reply(outside, tmp_path / "nowhere")
