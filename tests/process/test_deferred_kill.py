"""Deferred edits whose runs are killed at any step: each is made once, none is lost.

``DEFERRED_KILLS=100`` in the environment makes as many kills as that, and
``DEFERRED_EDITS=300`` measures the memory of so many edits of 1 MB.
"""

from __future__ import annotations

import os
import random
import subprocess
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from support import command, environment, noise

from nano_edit.emulator import Emulator
from nano_edit.engine.batch.submissions import Submissions
from nano_edit.engine.replies.kept import list_kept

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a kill is POSIX's")

KILLS = int(os.environ.get("DEFERRED_KILLS", "4"))
EDITS = int(os.environ.get("DEFERRED_EDITS", "12"))
MOST = 60 if EDITS >= 100 else 75  # MB; a short run has no time to level off
COUNT = 6  # pictures; each has a width of its own, by which edits are told apart
STEPS = 24  # calls of a run that is not killed, about
SOON = 60.0  # seconds after which a test gives up


def start(folder: Path, emulator: Emulator, *more: str) -> subprocess.Popen[bytes]:
    """Start the run: a folder of pictures, waited for."""
    return subprocess.Popen(
        command(
            *("sepia", "--each", "in", "-o", "out", "--provider", "google"),
            *("--defer", "--wait", "--poll", "0.05", "--max-wait", "0.1", *more),
        ),
        cwd=folder,
        env=environment(
            {
                "NANO_EDIT_BASE_URL": emulator.url,
                "NANO_EDIT_API_KEY": "canary-0123456789",
                "NANO_EDIT_STATE_DIR": str(folder / "state"),
            }
        ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def kill_at(running: subprocess.Popen[bytes], emulator: Emulator, call: int) -> None:
    """Kill the run once it has made so many calls, or let it end before."""
    end, pause = time.monotonic() + SOON, threading.Event()
    while len(emulator.calls) - len(emulator.lines) < call and running.poll() is None:
        assert time.monotonic() < end
        pause.wait(0.001)
    running.kill()


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_run_that_was_killed_goes_on(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a moment, not a secret
    (tmp_path / "in").mkdir()
    for number in range(COUNT):
        noise(200 + number, 160).save(tmp_path / "in" / f"{number}.png")
    with Emulator(signature_bytes=20_000, batch_delay=0.2) as emulator:
        with start(tmp_path, emulator) as running:
            kill_at(running, emulator, 1 + seed % STEPS)
            threading.Event().wait(chance.uniform(0, 0.02))  # the moment is the test
        with start(tmp_path, emulator) as running:
            _, told = running.communicate(timeout=SOON)
        assert running.returncode == 0, told.decode()
        made = Counter(entry.images[0].width - 200 for entry in emulator.lines)
        assert made == Counter(range(COUNT)), told.decode()
        assert len(emulator.billed) == COUNT
        assert emulator.requests == ()
        assert (emulator.batches, emulator.files) == ((), ())
    outputs = sorted((tmp_path / "out").glob("[0-9]*"))
    assert [path.name for path in outputs] == [f"{n}-edited.jpg" for n in range(COUNT)]
    for path in outputs:
        with Image.open(path) as image:
            image.load()
    assert Submissions(tmp_path / "out" / "results.jsonl").pending == []
    assert list_kept(tmp_path / "state" / "replies") == []


def test_memory_does_not_grow_with_the_edits(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    picture = noise(640, 520)  # 1 MB as PNG
    for number in range(EDITS):
        picture.putpixel((0, 0), (number % 256, number // 256, 0))
        picture.save(tmp_path / "in" / f"{number:03}.png", compress_level=0)
    with Emulator(batch_delay=1) as emulator:
        with start(tmp_path, emulator, "--timeout", "900") as running:
            assert running.stderr is not None
            peak = 0
            while running.poll() is None:
                peak = max(peak, peak_of(running.pid))
                time.sleep(0.05)  # a look now and then, not a wait
            told = running.stderr.read()
        assert running.returncode == 0, told.decode()
        assert len(emulator.lines) == EDITS
    assert len(list((tmp_path / "out").glob("[0-9]*.jpg"))) == EDITS
    assert 20 < peak < MOST


def peak_of(pid: int) -> int:
    """The most memory that a process had so far, in MB; 0 where nobody knows."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as file:  # noqa: PTH123 - gone soon
            lines = [line for line in file if line.startswith("VmHWM")]
    except OSError:
        return 0
    return int(lines[0].split()[1]) * 1024 // 1_000_000 if lines else 0
