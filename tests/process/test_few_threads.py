"""A system that allows few threads: the batch runs with fewer, and says so."""

from __future__ import annotations

import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support import command, environment, photo

from nano_edit.emulator import Emulator

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the limits are set as on Linux"
)
COUNT = 12


def edited(folder: Path, limit: str, jobs: int) -> subprocess.CompletedProcess[str]:
    """Edit a folder of pictures in a shell that has set ``limit``."""
    (folder / "in").mkdir()
    for number in range(COUNT):
        photo(folder / "in" / f"{number:02}.jpg", 32 + number, 24)
    with Emulator(latency=0.1, signature_bytes=1000) as emulator:
        edit = command(
            *("sepia", "in", "--each", "-o", "out", "-j", str(jobs)),
            *("--base-url", emulator.url),
        )
        done = subprocess.run(
            ["sh", "-c", f"{limit} && exec {shlex.join(edit)}"],
            cwd=folder,
            env=environment({"NANO_EDIT_API_KEY": "canary-0123456789"}),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert len(emulator.requests) == COUNT
    return done


@pytest.mark.parametrize("kilobytes", [300_000, 500_000])
def test_little_memory_makes_fewer_edits_at_once(
    tmp_path: Path, kilobytes: int
) -> None:
    done = edited(tmp_path, f"ulimit -v {kilobytes}", jobs=200)
    assert done.returncode == 0, done.stderr
    assert "The system allows only " in done.stderr
    assert len(list((tmp_path / "out").glob("*.jpg"))) == COUNT


def test_two_hundred_edits_at_once_work(tmp_path: Path) -> None:
    done = edited(tmp_path, "true", jobs=200)
    assert done.returncode == 0, done.stderr
    assert "allows only" not in done.stderr
