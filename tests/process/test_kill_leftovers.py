"""What ``kill -9`` leaves of a run is swept by the next one, and the reply is kept."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from support import command, environment, photo

from nano_edit.emulator import Emulator
from nano_edit.engine.replies.kept import KILLED, list_kept

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support import Run

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX signals and locks")

PATIENCE = 30.0  # seconds


def wait_for(seen: Callable[[], object], child: subprocess.Popen[bytes]) -> None:
    """Look until it is so, while the child lives."""
    for _ in range(int(PATIENCE / 0.01)):
        if seen():
            return
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(0.01)
    raise AssertionError


def test_next_run_sweeps_what_a_kill_left(run: Run, tmp_path: Path, home: Path) -> None:
    out, temporary = tmp_path / "out", tmp_path / "temporary"
    replies = home / ".local/state/nano-edit/replies"
    for folder in (out, temporary):
        folder.mkdir()
    photo(tmp_path / "in.bmp", 320, 240)  # has to be converted: into a temporary file
    env = {"NANO_EDIT_API_KEY": "any", "TMPDIR": str(temporary)}
    # A reply that stalls within the picture, then one that does not.
    with Emulator(faults="stall=60,ok", signature_bytes=1000) as service:
        asked = ("sepia", "in.bmp", "--base-url", service.url, "-o")
        child = subprocess.Popen(
            command(*asked, "out/killed"), cwd=tmp_path, env=environment(env)
        )
        wait_for(lambda: [kept for kept in list_kept(replies) if kept.size], child)
        child.kill()
        child.wait()
        left = [path.name for path in (*out.iterdir(), *temporary.iterdir())]
        assert len(left) == 2
        assert all("nano-edit-" in name for name in left)
        done = run(*asked, "out/whole", env=env)
    assert done.status == 0, done.stderr
    assert [path.name for path in out.iterdir()] == ["whole.jpg"]
    assert list(temporary.iterdir()) == []
    (kept,) = list_kept(replies)
    assert (kept.in_use, kept.whole, kept.reason) == (False, False, KILLED)
    assert kept.about.instruction == "sepia"
    assert kept.about.output == str(out / "killed")


def test_run_beside_another_leaves_its_files_alone(run: Run, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    photo(tmp_path / "in.bmp", 320, 240)
    env = {"NANO_EDIT_API_KEY": "any", "TMPDIR": str(temporary)}
    with Emulator(faults="slow=3,ok", signature_bytes=1000) as service:
        asked = ("sepia", "in.bmp", "--base-url", service.url, "-o")
        child = subprocess.Popen(
            command(*asked, "first"), cwd=tmp_path, env=environment(env)
        )
        wait_for(lambda: service.requests, child)
        assert run(*asked, "second", env=env).status == 0
        assert child.wait(PATIENCE) == 0
    assert (tmp_path / "first.jpg").exists()
    assert (tmp_path / "second.jpg").exists()
    assert not list(tmp_path.glob(".nano-edit-*"))
    assert list(temporary.iterdir()) == []
