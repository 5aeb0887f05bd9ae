"""``nano-edit history``: what was edited, as a tree, with the command of each edit."""

from __future__ import annotations

import json
import os
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from nano_edit.engine.history.store import History, history_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import support

    from nano_edit.emulator import Emulator


@pytest.fixture
def service(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Emulator:
    monkeypatch.setenv("NANO_EDIT_BASE_URL", emulator.url)
    monkeypatch.setenv("NANO_EDIT_API_KEY", "sk-canary-4711")
    monkeypatch.setenv("NANO_EDIT_STATE_DIR", str(tmp_path / "state"))
    return emulator


def listed(run: support.Run, *more: str) -> list[dict[str, Any]]:
    done = run("history", *more, "--json")
    assert done.status == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_edits_are_listed_as_a_tree(
    service: Emulator, run: support.Run, photo: Callable[..., Path]
) -> None:
    photo()
    assert run("sepia", "in.jpg", "-o", "a.jpg").status == 0
    assert run("mirror it", "a.jpg", "-o", "b.png", "-s", "2K").status == 0
    shown = run("history").stdout.splitlines()
    assert len(shown) == 2
    assert shown[0].endswith('in.jpg > a.jpg  "sepia"')
    assert shown[1].endswith('└─ b.png  "mirror it"')
    first, second = listed(run)
    assert (first["parent"], second["parent"]) == (None, first["id"])
    assert first["reply_kept"] is second["reply_kept"] is True
    assert first["model"] == "gemini-3-pro-image-preview"
    assert first["cost"] == pytest.approx(0.09)
    assert first["service"] == service.url
    assert "canary" not in json.dumps([first, second])
    assert [each["id"] for each in listed(run, "b.png")] == [first["id"], second["id"]]


@pytest.mark.skipif(os.name != "posix", reason="such names are POSIX's")
def test_an_edit_is_one_line_whatever_its_files_are_called(
    service: Emulator, run: support.Run, photo: Callable[..., Path], tmp_path: Path
) -> None:
    photo("in.jpg").rename(tmp_path / "caf\udce9\n.jpg")
    assert run("sepia\nnow", "caf\udce9\n.jpg", "-o", "o\udcff.jpg").status == 0
    (shown,) = run("history").out.splitlines()
    assert shown.endswith(b'caf\xe9?.jpg > o\xff.jpg  "sepia now"')
    done = run("again", "mirror it", "o\udcff.jpg")
    assert (done.status, done.out) == (0, b"o\xff-2.jpg\n")
    assert service.requests[-1].turns == 3


def test_the_command_of_an_edit_makes_it_again(
    service: Emulator, run: support.Run, photo: Callable[..., Path], tmp_path: Path
) -> None:
    photo("i n.jpg")
    run("sepia 'now'", "i n.jpg", "-o", "a.jpg", "-s", "2K", "--no-downscale")
    (made,) = listed(run)
    done = run("history", "show", made["id"][:5])
    program, *words = shlex.split(done.stdout)
    assert program == "nano-edit"
    (tmp_path / "a.jpg").unlink()
    assert run(*words).status == 0
    assert (tmp_path / "a.jpg").exists()
    assert [each["options"] for each in listed(run)] == [made["options"]] * 2
    assert len(service.requests) == 2


def test_an_input_that_the_result_replaces_is_noted_as_it_was(
    service: Emulator, run: support.Run, photo: Callable[..., Path]
) -> None:
    photo()
    assert run("sepia", "in.jpg", "-o", "in.jpg", "--force").status == 0
    (made,) = listed(run)
    assert made["images"][0]["sha256"] != made["sha256"]
    assert made["images"][0]["path"] == made["output"]
    assert service.requests[0].status == 200


@pytest.mark.parametrize(
    ("environ", "options"),
    [
        ({"CI": "true"}, ()),
        ({"NANO_EDIT_HISTORY": "0"}, ()),
        ({}, ("--no-history",)),
        ({"NANO_EDIT_HISTORY": "1"}, ("--no-history",)),
    ],
)
def test_nothing_is_noted_where_it_is_not_wanted(
    service: Emulator,
    run: support.Run,
    photo: Callable[..., Path],
    environ: dict[str, str],
    options: tuple[str, ...],
) -> None:
    photo()
    done = run("sepia", "in.jpg", "-o", "a.jpg", *options, env=environ)
    assert done.status == 0
    assert not history_folder().exists()
    assert "No edit is noted in" in run("history").stderr
    assert len(service.requests) == 1


def test_a_cached_reply_is_linked_not_copied(
    service: Emulator, run: support.Run, photo: Callable[..., Path], tmp_path: Path
) -> None:
    photo()
    cache = ("--cache", "--cache-dir", "cache")
    run("sepia", "in.jpg", "-o", "a.jpg", *cache)
    run("sepia", "in.jpg", "-o", "b.jpg", *cache)
    (kept,) = (tmp_path / "cache").glob("*.gz")
    history = History(history_folder())
    replies = [history.reply_of(entry.id) for entry in history.entries()]
    assert [reply is not None and reply.samefile(kept) for reply in replies] == [
        True,
        True,
    ]
    assert len(service.requests) == 1


def test_no_reply_is_kept_twice(
    service: Emulator, run: support.Run, photo: Callable[..., Path], tmp_path: Path
) -> None:
    photo()
    run("sepia", "in.jpg", "-o", "a.jpg")
    run("sepia", "in.jpg", "-n", "2", "-o", "v.jpg")
    assert [*(tmp_path / "state" / "replies").iterdir()] == []
    assert History(history_folder()).info().replies == 3
    assert len(service.requests) == 3


def test_size_zero_keeps_lines_alone(
    service: Emulator, run: support.Run, photo: Callable[..., Path]
) -> None:
    photo()
    run("sepia", "in.jpg", "-o", "a.jpg", "--history-size", "0")
    (made,) = listed(run)
    assert made["reply_kept"] is False
    assert len(service.requests) == 1


def test_clear_asks_and_pictures_stay(
    service: Emulator, run: support.Run, photo: Callable[..., Path], tmp_path: Path
) -> None:
    photo()
    run("sepia", "in.jpg", "-o", "a.jpg")
    assert run("history", "clear").status == 2
    done = run("history", "clear", "--yes")
    assert "Removed: 1 edit and" in done.stderr
    assert listed(run) == []
    assert (tmp_path / "a.jpg").exists()
    assert "No edit is noted" in run("history", "clear").stderr
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("show",), 2, "There is no ID."),
        (("show", "zz"), 3, "There is no edit zz."),
        (("show", ""), 2, "There is no ID."),
        (("missing.jpg",), 3, "missing.jpg cannot be read: No such file"),
    ],
)
def test_what_cannot_be_found_is_said(
    run: support.Run, words: tuple[str, ...], status: int, said: str
) -> None:
    done = run("history", *words)
    assert done.status == status
    assert said in done.stderr
