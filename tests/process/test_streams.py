"""Streams that are closed, full or gone: no crash, and no edit that ends of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support import environment, photo

from nano_edit.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(os.name == "nt", reason="redirections are POSIX's")

needs_full = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="there is no /dev/full"
)


def shell(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of sh in which ``nano-edit`` is this tree's."""
    program = f'nano() {{ "{sys.executable}" -m nano_edit "$@"; }}\n'
    return subprocess.run(
        ["sh", "-c", program + line],
        cwd=folder,
        env=environment({"NANO_EDIT_EMULATE": "1"}),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    photo(tmp_path / "in.jpg")
    return tmp_path


@pytest.mark.parametrize("closing", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("many", ["", "-n 2"])
def test_closed_streams_stop_no_edit(folder: Path, closing: str, many: str) -> None:
    done = shell(folder, f"nano sepia in.jpg -o out.jpg {many} {closing}")
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    for path in folder.glob("out*.jpg"):
        assert path.read_bytes().startswith(b"\xff\xd8\xff")
    assert len(list(folder.glob("out*.jpg"))) == (2 if many else 1)


@needs_full
@pytest.mark.parametrize("many", ["", "-n 2"])
def test_a_full_log_stops_no_edit(folder: Path, many: str) -> None:
    done = shell(folder, f"nano sepia in.jpg -o out.jpg {many} 2>/dev/full")
    assert done.returncode == 0
    made = {path.name for path in folder.glob("out*.jpg")}
    assert set(done.stdout.split()) == made


@needs_full
def test_a_full_standard_output_names_the_picture(folder: Path) -> None:
    done = shell(folder, "nano sepia in.jpg -o out.jpg >/dev/full")
    assert done.returncode == 11
    assert "No space left on device" in done.stderr
    assert "this was to be there: out.jpg" in done.stderr
    assert "Traceback" not in done.stderr
    assert (folder / "out.jpg").exists()


@needs_full
def test_help_onto_a_full_disk_is_an_error(folder: Path) -> None:
    done = shell(folder, "nano --help >/dev/full")
    assert done.returncode == 2
    assert done.stderr.startswith("nano-edit: Standard output cannot be written to")
    assert "Exception ignored" not in done.stderr


def test_a_reader_that_has_seen_enough_ends_the_help(folder: Path) -> None:
    done = shell(folder, "(sleep 0.1; nano --help-all; echo $? >&2) | true")
    assert done.stderr.strip() in {"141", "0"}


def test_a_picture_for_a_closed_standard_output_is_refused(folder: Path) -> None:
    done = shell(folder, "nano sepia in.jpg -o - >&-")
    assert done.returncode == 2
    assert "Standard output is closed" in done.stderr


def is_on(end: int, words: bytes) -> bool:
    """Read from the other end until the words have come."""
    seen = b""
    while words not in seen and (data := os.read(end, 65536)):
        seen += data
    return words in seen


@pytest.mark.parametrize(
    "many",
    [
        (),
        ("-n", "2", "-o", "out.jpg"),
        ("-v", "-o", "out.jpg"),
    ],
)
@pytest.mark.parametrize("ends", [os.openpty, os.pipe])
def test_a_terminal_or_log_that_goes_ends_no_edit(
    folder: Path, ends: Callable[[], tuple[int, int]], many: tuple[str, ...]
) -> None:
    ours, theirs = ends()
    is_tty = os.isatty(theirs)
    with Emulator(latency=3, signature_bytes=1000, faults="503=0,ok") as emulator:
        arguments = ("sepia", "in.jpg", *many, "--base-url", emulator.url)
        with subprocess.Popen(
            [sys.executable, "-m", "nano_edit", *arguments],
            cwd=folder,
            env=environment({"NANO_EDIT_API_KEY": "canary", "TERM": "xterm"}),
            stdout=subprocess.PIPE,
            stderr=theirs,
        ) as running:
            os.close(theirs)
            try:
                assert is_on(ours, b"aiting for the model" if is_tty else b"failed")
            finally:
                os.close(ours)
            out, _ = running.communicate(timeout=60)
    assert running.returncode == 0
    made = {path.name for path in folder.glob("*.jpg")} - {"in.jpg"}
    assert len(made) == (2 if "-n" in many else 1)
    assert set(out.decode().split()) == made


def test_a_name_with_control_characters_is_escaped_in_json(folder: Path) -> None:
    photo(folder / "a.jpg").rename(folder / "a\x1b[31m.jpg")
    done = shell(folder, "nano sepia a*.jpg -o 'b\x9b\x1b.jpg' --json")
    assert done.returncode == 0
    assert r"b\u009b\u001b.jpg" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr
