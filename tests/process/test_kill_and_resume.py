"""A run that is killed at any moment goes on: all pictures once, none paid twice.

``KILLS=300`` in the environment makes as many kills as that.
"""

from __future__ import annotations

import os
import random
import subprocess
import threading
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from support import command, environment, photo
from support.accounts import assert_agree

from nano_edit.emulator import Emulator
from nano_edit.emulator.log import hash_key
from nano_edit.engine.money.ledger import read_calls
from nano_edit.engine.replies.kept import list_kept

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a kill is POSIX's")

KILLS = int(os.environ.get("KILLS", "5"))
COUNT = 8  # pictures; each has a width of its own, by which requests are told apart
FIRST, AGAIN = "canary-0123456789", "canary-9876543210"  # the two runs' keys
SOON = 60.0  # seconds after which a test gives up


def start(folder: Path, emulator: Emulator, key: str) -> subprocess.Popen[bytes]:
    """Start the run: a folder of pictures, with a cache and a report."""
    return subprocess.Popen(
        command(
            *("sepia", "in", "--each", "-o", "out", "-j", "3", "--cache"),
            *("--report", "report.html", "--base-url", emulator.url),
        ),
        cwd=folder,
        env=environment(
            {
                "NANO_EDIT_API_KEY": key,
                "NANO_EDIT_STATE_DIR": str(folder / "state"),
                "NANO_EDIT_CACHE_DIR": str(folder / "cache"),
            }
        ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def asked(emulator: Emulator, key: str) -> Counter[int]:
    """How often each picture was sent with a key, by its number."""
    mine = hash_key(key)
    requests = (entry for entry in emulator.requests if entry.key_sha256 == mine)
    sent = (entry.images for entry in requests if entry.images)
    return Counter(images[0].width - 32 for images in sent)


def paid(folder: Path) -> set[int]:
    """The edits whose picture is in place, or whose whole reply is kept."""
    kept = list_kept(folder / "state" / "replies")
    names = [
        *(path.name for path in (folder / "out").glob("[0-9]*.jpg")),
        *(r.about.output.rpartition("/")[2] for r in kept if r.whole and r.about.job),
    ]
    return {int(name[:3]) for name in names}


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_run_that_was_killed_goes_on(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a moment, not a secret
    (tmp_path / "in").mkdir()
    for number in range(COUNT):
        photo(tmp_path / "in" / f"{number:03}.jpg", 32 + number, 24)
    with Emulator(latency=0.05, signature_bytes=20_000) as emulator:
        with start(tmp_path, emulator, FIRST) as running:
            begun = threading.Event()
            begun.wait(chance.uniform(0.3, 1.6))  # the kill's moment is the test
            running.kill()
        ledger = tmp_path / "state" / "ledger.jsonl"
        assert_agree(read_calls(ledger), emulator.billed)
        settled = paid(tmp_path)
        with start(tmp_path, emulator, AGAIN) as running:
            _, told = running.communicate(timeout=SOON)
        assert running.returncode == 0, told.decode()
        # By key: what the killed run had sent may have come in since.
        again = asked(emulator, AGAIN)
        calls = read_calls(ledger)
        assert_agree(calls, emulator.billed)
        assert len(calls) >= len(emulator.requests)
    assert not settled & {*again}, told.decode()
    assert max(again.values(), default=1) == 1
    made = sorted((tmp_path / "out").glob("[0-9]*"))
    assert [path.name for path in made] == [
        f"{number:03}-edited.jpg" for number in range(COUNT)
    ]
    for path in made:
        with Image.open(path) as image:
            image.load()
