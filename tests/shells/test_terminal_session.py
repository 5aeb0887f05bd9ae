"""A person at a terminal: tmux types, and what is on the screen is looked at."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from support import photo
from support.terminals import Session

from nano_edit.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    shutil.which("tmux") is None, reason="tmux is not installed"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    photo(tmp_path / "in.jpg")
    return tmp_path


@pytest.fixture
def session(folder: Path) -> Iterator[Session]:
    with Session(folder) as running:
        yield running


def edit(emulator: Emulator, *more: str) -> tuple[str, ...]:
    return ("blur", "in.jpg", "-o", "out.jpg", "--base-url", emulator.url, *more)


def test_a_wait_is_shown_and_leaves_a_summary_alone(session: Session) -> None:
    with Emulator(latency=1.5, signature_bytes=1000) as emulator:
        session.run(*edit(emulator))
        screen = session.until("Waiting for the model 1 s  (usually 20-30 s at 1K)")
        assert not session.cursor_is_shown
        assert screen.count("Waiting for the model") == 1
        screen = session.until("status 0")
    lines = [line for line in screen.splitlines() if line]
    assert lines[0] == "out.jpg"
    assert lines[1].startswith("1248x832  ")  # the path stands above already
    assert lines[1].endswith(" tokens  about $0.09")
    assert lines[2:] == ["status 0", ">"]
    assert session.cursor_is_shown


def test_a_slow_reply_shows_bytes_and_speed(session: Session) -> None:
    with Emulator(faults="drip=100000", signature_bytes=100_000) as emulator:
        session.run(*edit(emulator))
        session.until(lambda screen: "Receiving " in screen and "kB/s" in screen)
        screen = session.until("status 0")
    assert "Receiving" not in screen


def test_a_retry_counts_down_below_its_reason(session: Session) -> None:
    with Emulator(faults="503=2.4", signature_bytes=1000) as emulator:
        session.run(*edit(emulator))
        session.until("Waiting for the next attempt 2 s left  attempt 2")
        session.until("Waiting for the next attempt 1 s left  attempt 2")
        screen = session.until("status 0")
    assert "Attempt 1 failed: " in screen
    assert "Attempt 2 begins in 2.4 s." in screen
    assert "Waiting" not in screen
    assert "2 attempts" in screen


def test_ctrl_c_tells_of_the_bill_and_leaves_nothing(
    session: Session, folder: Path
) -> None:
    with Emulator(latency=600) as emulator:
        session.run(*edit(emulator))
        session.until("Waiting for the model")
        session.press("C-c")
        screen = session.until("status 130")
    assert "Waiting for the model" not in screen
    assert "the call may be billed" in screen
    assert "Traceback" not in screen
    assert session.cursor_is_shown
    assert [path.name for path in folder.iterdir()] == ["in.jpg"]


def test_ctrl_c_in_a_pause_ends_it_at_once(session: Session, folder: Path) -> None:
    with Emulator(faults="503=60") as emulator:
        session.run(*edit(emulator))
        session.until("Waiting for the next attempt")
        session.press("C-c")
        screen = session.until("status 130")
    assert "Waiting" not in screen
    assert session.cursor_is_shown
    assert [path.name for path in folder.iterdir()] == ["in.jpg"]


def test_ctrl_z_gives_the_terminal_back_and_fg_takes_it_again(
    session: Session,
) -> None:
    with Emulator(latency=4, signature_bytes=1000) as emulator:
        session.run(*edit(emulator))
        session.until("Waiting for the model")
        session.press("C-z")
        screen = session.until("status 148")  # 128 + SIGTSTP, as the shell says it
        assert "Waiting for the model" not in screen
        assert session.cursor_is_shown
        session.type("fg; echo ended $?")
        session.until("Waiting for the model")
        assert not session.cursor_is_shown
        screen = session.until("ended 0")
    assert "Waiting for the model" not in screen
    assert "out.jpg\n1248x832  " in screen
    assert session.cursor_is_shown


def test_a_failure_stands_where_the_line_was(session: Session) -> None:
    with Emulator(latency=1, faults="IMAGE_SAFETY") as emulator:
        session.run(*edit(emulator))
        session.until("Waiting for the model")
        screen = session.until("status 9")
    assert "Waiting" not in screen
    assert "nano-edit: " in screen
    assert session.cursor_is_shown


def test_the_line_fits_a_narrow_terminal(folder: Path) -> None:
    with (
        Session(folder, width=40) as narrow,
        Emulator(latency=1.5, signature_bytes=1000) as emulator,
    ):
        narrow.run(*edit(emulator))
        screen = narrow.until("Waiting for the model 1 s")
        assert len([line for line in screen.splitlines() if line.strip()]) == 1
        assert "Waiting" not in narrow.until("status 0")


def test_verbose_lines_stand_above_the_line(session: Session) -> None:
    with Emulator(latency=1.5, signature_bytes=1000) as emulator:
        session.run(*edit(emulator, "-v"))
        screen = session.until("Waiting for the model 1 s")
        assert screen.index("> POST http://127.0.0.1") < screen.index("* send")
        assert screen.index("* send") < screen.index("Waiting for the model")
        screen = session.until("status 0")
    assert "Waiting" not in screen
    assert screen.index("* connect") < screen.index("* write")
    assert "canary" not in screen


def test_show_draws_in_half_blocks_and_colour(session: Session) -> None:
    pytest.importorskip("textual_image", reason="nano-edit[preview] is not installed")
    with Emulator(signature_bytes=1000) as emulator:
        session.run(*edit(emulator, "--show=both"))
        screen = session.until("status 0")
    drawn = [line for line in screen.splitlines() if set(line) == {"▀"}]
    assert len(drawn) > 10
    assert len({len(line) for line in drawn}) == 1
    assert len(drawn[0]) <= 100
    assert "\x1b[38;2;" in session.screen(colours=True)


# --- many edits ------------------------------------------------------------------


def test_a_person_sees_the_board_then_results_and_sums_alone(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(9):
        photo(tmp_path / "in" / f"{number}.jpg", 32, 24)
    with (
        Emulator(latency=2, signature_bytes=1000, faults="IMAGE_SAFETY") as emulator,
        Session(tmp_path, width=100, height=24) as session,
    ):
        where = ("--base-url", emulator.url)
        session.run("sepia", "in", "--each", "-o", "out", "-j", "5", *where)
        screen = session.until(
            lambda screen: screen.count("waiting for the model") == 5
        )
        assert "0 of 9" in screen
        screen = session.until("status 12")
        assert session.cursor_is_shown
    lines = [line for line in screen.splitlines() if line]
    assert sorted(line[:4] for line in lines if line.endswith("-edited.jpg")) == (
        ["out/"] * 8
    )
    assert "refused: No picture came" in screen
    assert "waiting for" not in screen
    assert "failed  1 (1 refused and billed)" in screen


def test_ctrl_z_removes_the_board_and_fg_draws_it_below(folder: Path) -> None:
    (folder / "in").mkdir()
    for number in range(4):
        photo(folder / "in" / f"{number}.jpg", 32, 24)
    with (
        Emulator(latency=4, signature_bytes=1000) as emulator,
        Session(folder, width=100, height=24) as session,
    ):
        where = ("--base-url", emulator.url)
        session.run("sepia", "in", "--each", "-o", "out", "-j", "4", *where)
        session.until("in/3.jpg  waiting for the model")
        session.press("C-z")
        screen = session.until("status 148")
        assert "waiting for the model" not in screen
        assert session.cursor_is_shown
        session.type("fg; echo ended $?")
        screen = session.until("in/3.jpg  waiting for the model")
        assert "status 148" in screen  # what the shell wrote is still there
        screen = session.until("ended 0")
        assert "waiting for the model" not in screen
        assert session.cursor_is_shown


def test_several_edits_that_may_cost_much_are_asked_about_once(folder: Path) -> None:
    with (
        Emulator(signature_bytes=1000) as emulator,
        Session(folder, width=100, height=24) as session,
    ):
        where = ("--base-url", emulator.url)
        asked = ("sepia", "--each", "in.jpg", "-o", "out", "-n", "12")
        question = (
            "12 edits, gemini-3-pro-image-preview: about $1.08, about 2 min. Go on? "
            "[Y/n]"
        )
        session.run(*asked, *where)
        session.until(question)
        session.type("n")
        screen = session.until("status 0")
        assert "Nothing was sent." in screen
        assert not emulator.requests
        assert not (folder / "out" / "results.jsonl").exists()
        session.run(*asked, *where)
        session.until(question)
        session.press("Enter")
        screen = session.until("status 0")
        assert "done    12" in screen
        assert "cost    about $1.08" in screen
        session.run(*asked, *where)  # nothing is left to be paid
        assert "Go on?" not in session.until("status 0")
        session.run(*asked, "--confirm-above", "off", "--format", "png", *where)
        assert "Go on?" not in session.until("status 0")


def test_a_limit_of_nothing_asks_always_and_ctrl_c_at_the_question_ends(
    folder: Path,
) -> None:
    with (
        Emulator(signature_bytes=1000) as emulator,
        Session(folder, width=100, height=24) as session,
    ):
        asked = ("sepia", "in.jpg", "-n", "2", "--base-url", emulator.url)
        session.run(*asked, "--confirm-above", "0")
        session.until("about $0.18, about 1 min. Go on? [Y/n]")
        session.press("C-c")
        session.until("status 130")
        assert not emulator.requests
        session.run(*asked, "--confirm-above", "0", "-y")
        assert "Go on?" not in session.until("status 0")
