"""Streams that are closed, full or gone: no crash, and no edit that ends of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import environment, photo

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


def test_a_name_with_control_characters_is_escaped_in_json(folder: Path) -> None:
    photo(folder / "a.jpg").rename(folder / "a\x1b[31m.jpg")
    done = shell(folder, "nano sepia a*.jpg -o 'b\x9b\x1b.jpg' --json")
    assert done.returncode == 0
    assert r"b\u009b\u001b.jpg" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr
