"""The question which variant to keep, on a terminal that can draw, and nowhere else."""

from __future__ import annotations

import importlib.util
import shutil
from typing import TYPE_CHECKING

import pytest
from support import photo
from support.terminals import Session

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("textual_image") is None,
        reason="the extra nano-edit[preview] is not installed",
    ),
    pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux here"),
]

VARIANTS = ("sepia", "in.jpg", "--emulate", "--history", "-o", "out.jpg", "-n", "3")
QUESTION = "Keep which? [1-3, a(ll), Enter = all]"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    photo(tmp_path / "in.jpg")
    return tmp_path


@pytest.fixture
def session(folder: Path) -> Iterator[Session]:
    with Session(folder, width=100, height=40) as running:
        yield running


def pictures(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("out*.jpg"))


def test_the_one_that_is_named_is_kept(session: Session, folder: Path) -> None:
    session.run(*VARIANTS)
    screen = session.until(QUESTION)
    assert "▀" in screen
    session.type("7")  # there is none
    session.until(lambda screen: screen.count(QUESTION) == 2)
    session.type("2")
    screen = session.until("status 0")
    assert "Kept: out.jpg (variant 2)." in screen
    assert pictures(folder) == ["out.jpg"]


def test_a_name_that_is_taken_keeps_its_file(session: Session, folder: Path) -> None:
    taken = photo(folder / "out.jpg", 32, 24).read_bytes()
    session.run(*VARIANTS)
    session.until(QUESTION)
    session.type("3")
    screen = session.until("status 0")
    assert "out.jpg is there already; the picture keeps its number." in screen
    assert pictures(folder) == ["out-3.jpg", "out.jpg"]
    assert (folder / "out.jpg").read_bytes() == taken


@pytest.mark.parametrize("key", ["Enter", "C-c", "C-d"])
def test_without_an_answer_all_stay(session: Session, folder: Path, key: str) -> None:
    session.run(*VARIANTS)
    session.until(QUESTION)
    session.press(key)
    screen = session.until("status 0")
    assert "Kept" not in screen
    assert pictures(folder) == ["out-1.jpg", "out-2.jpg", "out-3.jpg"]
    for name in pictures(folder):
        assert f"\n{name}\n" in screen


@pytest.mark.parametrize("more", [("-y",), ("--json",), ("-q",), ("--pick", "1")])
def test_who_wants_no_question_gets_none(
    session: Session, more: tuple[str, ...]
) -> None:
    session.run(*VARIANTS, *more)
    assert "Keep which?" not in session.until("status 0")
