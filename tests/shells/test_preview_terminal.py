"""--show: drawn as the terminal can, or a line that says why not; never a failure."""

from __future__ import annotations

import importlib.util
import io
import os
import re
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from support import ROOT, Finished, command, environment, photo

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from support import Run

needs_library = pytest.mark.skipif(
    importlib.util.find_spec("textual_image") is None,
    reason="the extra nano-edit[preview] is not installed",
)
needs_pty = pytest.mark.skipif(
    sys.platform == "win32", reason="this system has no pseudo-terminals"
)

SIXEL_QUERY = b"\x1b[c"
KITTY_QUERY = re.compile(rb"\x1b_Gi=(\d+),[^\x1b]*a=q[^\x1b]*\x1b\\")
CELL_QUERY = b"\x1b[16t"


class FakeTerminal:
    """The far end of a pseudo-terminal: keeps what is drawn, and answers questions.

    ``answers`` gives for what is asked, a pattern, the bytes that are typed back.
    """

    def __init__(
        self, answers: Sequence[tuple[bytes, bytes]], size: tuple[int, int]
    ) -> None:
        import termios  # noqa: PLC0415 - not on Windows

        self._ours, self.theirs = os.openpty()
        termios.tcsetwinsize(self.theirs, size)
        self._answers = list(answers)
        self.seen = bytearray()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        unasked = 0
        while data := self._next():
            self.seen += data
            for question, answer in self._answers:
                for match in re.finditer(question, self.seen[unasked:]):
                    os.write(self._ours, match.expand(answer))
                    unasked = len(self.seen)

    def _next(self) -> bytes:
        try:
            return os.read(self._ours, 65536)
        except OSError:  # Linux: nobody holds the near end any more
            return b""

    def close(self) -> bytes:
        os.close(self.theirs)
        self._reader.join(20)
        os.close(self._ours)
        return bytes(self.seen)


def run_on(
    answers: Sequence[tuple[bytes, bytes]],
    *arguments: str,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    typing: bool = True,
    size: tuple[int, int] = (24, 60),
) -> Finished:
    """Run an emulated edit on a pseudo-terminal; ``err`` is what it drew there."""
    screen = FakeTerminal(answers, size)
    settings = {"TERM": "xterm-256color", "COLUMNS": "60", "LINES": "24"}
    try:
        done = subprocess.run(
            command("blur", "in.jpg", "--emulate", *arguments),
            cwd=cwd,
            env=environment({**settings, **(env or {})}),
            stdin=screen.theirs if typing else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=screen.theirs,
            timeout=60,
            check=False,
        )
    finally:
        seen = screen.close()
    return Finished(done.returncode, done.stdout, seen)


HALF_BLOCK = "▀"
SIXEL = (re.escape(SIXEL_QUERY), b"\x1b[?62;4c")
NO_SIXEL = (re.escape(SIXEL_QUERY), b"\x1b[?62c")
KITTY = (KITTY_QUERY.pattern, rb"\x1b_Gi=\1;OK\x1b\\".replace(rb"\x1b", b"\x1b"))
CELL = (re.escape(CELL_QUERY), b"\x1b[6;20;10t")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    photo(tmp_path / "in.jpg", 96, 64)
    return tmp_path


@needs_library
@needs_pty
def test_a_terminal_that_knows_sixel_gets_sixel(folder: Path) -> None:
    done = run_on([SIXEL, CELL], "--show", cwd=folder)
    assert done.status == 0
    assert b"\x1bP" in done.err
    assert HALF_BLOCK not in done.stderr


@needs_library
@needs_pty
def test_a_terminal_that_knows_kitty_gets_kitty(folder: Path) -> None:
    done = run_on([NO_SIXEL, KITTY, CELL], "--show", cwd=folder)
    assert done.status == 0
    assert re.search(rb"\x1b_Gi=\d+,m=[01],f=100,q=2;iVBOR", done.err)
    assert re.search(rb"\x1b\[38;2;\d+;\d+;\d+m", done.err)  # the number, whole


@needs_library
@needs_pty
@pytest.mark.parametrize("env", [{}, {"NO_COLOR": "1"}])
def test_any_other_terminal_gets_half_blocks(folder: Path, env: dict[str, str]) -> None:
    done = run_on([NO_SIXEL, CELL], "--show", cwd=folder, env=env)
    assert done.status == 0
    assert HALF_BLOCK * 20 in re.sub(r"\x1b\[[\d;]*m", "", done.stderr)
    assert "\x1b[48;5;" in done.stderr or "\x1b[38;5;" in done.stderr


@needs_library
@needs_pty
def test_a_terminal_that_cannot_answer_is_not_asked(folder: Path) -> None:
    done = run_on([], "--show", cwd=folder, typing=False)
    assert done.status == 0
    assert HALF_BLOCK in done.stderr
    assert SIXEL_QUERY not in done.err


@needs_library
@needs_pty
def test_tmux_gets_half_blocks_whatever_it_says_it_knows(folder: Path) -> None:
    done = run_on([SIXEL, KITTY, CELL], "--show", cwd=folder, env={"TMUX": "a,1,0"})
    assert HALF_BLOCK in done.stderr
    assert "\x1b[38;2;" in done.stderr


@needs_library
@needs_pty
def test_standard_output_holds_the_path_alone(folder: Path) -> None:
    done = run_on([NO_SIXEL, CELL], "--show", "-o", "out.jpg", cwd=folder)
    assert done.stdout.strip().endswith("out.jpg")
    assert len(done.stdout.splitlines()) == 1


@needs_library
@needs_pty
def test_both_are_drawn_side_by_side(folder: Path) -> None:
    rows = {}
    for flag in ("--show", "--show=both"):
        done = run_on([NO_SIXEL, CELL], flag, "-f", "-o", "out.jpg", cwd=folder)
        plain = re.sub(r"\x1b\[[\d;]*m", "", done.stderr)
        rows[flag] = sum(HALF_BLOCK in line for line in plain.splitlines())
    assert 0 < rows["--show=both"] < rows["--show"]  # as wide, so half as high


@needs_pty
def test_without_the_extra_it_says_how_to_get_it(folder: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    missing.mkdir()
    (missing / "textual_image.py").write_text("raise ImportError\n")
    path = os.pathsep.join([str(missing), str(ROOT)])
    done = run_on([], "--show", cwd=folder, env={"PYTHONPATH": path})
    assert done.status == 0
    told = " ".join(done.stderr.split())  # it is wrapped to the terminal's width
    assert "--show: drawing needs an extra: pip install 'nano-edit[preview]'" in told


@needs_library
@needs_pty
def test_a_terminal_that_cannot_write_blocks_is_told_so(folder: Path) -> None:
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    done = run_on([NO_SIXEL, CELL], "--show", cwd=folder, env=ascii_only)
    assert done.status == 0
    assert "--show: in ascii there is nothing to draw with." in done.stderr


@needs_library
@needs_pty
def test_a_terminal_without_a_size_costs_no_more_than_the_drawing(folder: Path) -> None:
    done = run_on([SIXEL, CELL], "--show", cwd=folder, size=(0, 0))
    assert done.status == 0
    told = " ".join(done.stderr.split())
    assert "--show: the picture cannot be drawn here (" in told


def test_no_terminal_no_drawing(run: Run, folder: Path) -> None:
    done = run("blur", "in.jpg", "--emulate", "--show", cwd=folder)
    assert done.status == 0
    assert done.stderr.endswith(
        "--show: standard error is no terminal; the picture is not drawn.\n"
    )


def test_quiet_keeps_the_reason_to_itself(run: Run, folder: Path) -> None:
    done = run("blur", "in.jpg", "--emulate", "--show", "-q", cwd=folder)
    assert (done.status, done.stderr) == (0, "")


def test_a_picture_that_went_to_a_pipe_is_not_drawn(run: Run, folder: Path) -> None:
    done = run("blur", "in.jpg", "--emulate", "--show", "-o", "-", cwd=folder)
    assert done.status == 0
    assert Image.open(io.BytesIO(done.out)).size > (0, 0)
    assert "there is no file to draw" in done.stderr
