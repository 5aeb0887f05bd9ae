"""A run that is ended before its time: by Ctrl-C, SIGTERM, kill -9, a closed pipe."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

import pytest
from PIL import Image
from support import command, environment, photo

from nano_edit.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    os.name != "posix", reason="signals are sent as POSIX does"
)

SOON = 30.0  # seconds after which a test gives up
LOOK = 0.01  # seconds between two looks at what the emulator was asked

Running = subprocess.Popen[str]

SHORT_GRACE = """
import sys
from nano_edit.cli.commands import batch as command
command.GRACE = 0.2
from nano_edit.cli.app import main
main(sys.argv[1:])
"""


def pictures(folder: Path, count: int) -> None:
    (folder / "in").mkdir()
    for number in range(count):
        photo(folder / "in" / f"{number:03}.jpg", 32, 24)


def arguments(emulator: Emulator, *more: str) -> tuple[str, ...]:
    where = ("--base-url", emulator.url)
    return ("sepia", "in", "--each", "-o", "out", *where, *more)


@contextmanager
def started(argv: list[str], folder: Path) -> Iterator[Running]:
    """Start a run whose streams are pipes; it has ended when the block is left."""
    with subprocess.Popen(
        argv,
        cwd=folder,
        env=environment({"NANO_EDIT_API_KEY": "canary"}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def until(seen: Callable[[], bool]) -> None:
    """Look until it is so."""
    end, pause = time.monotonic() + SOON, threading.Event()
    while not seen():
        assert time.monotonic() < end
        pause.wait(LOOK)


def line_with(stream: IO[str] | None, words: str) -> str:
    """Read to the line that holds the words; return all that was read."""
    assert stream is not None
    told = ""
    for line in stream:
        told += line
        if words in line:
            return told
    raise AssertionError(f"{words} not in:\n{told}")


def results(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "out/results.jsonl").read_bytes().splitlines()
    return [record for record in map(json.loads, lines) if "ok" in record]


def whole_outputs(folder: Path) -> list[str]:
    """The names in the output folder, each a picture that decodes to its end."""
    names = sorted(each.name for each in (folder / "out").glob("[0-9]*"))
    for name in names:
        with Image.open(folder / "out" / name) as image:
            image.load()
    return names


def test_ctrl_c_begins_nothing_new_and_keeps_what_is_under_way(tmp_path: Path) -> None:
    pictures(tmp_path, 12)
    with Emulator(latency=0.4, signature_bytes=1000) as emulator:
        argv = command(*arguments(emulator, "-j", "2", "--report", "report.html"))
        with started(argv, tmp_path) as running:
            line_with(running.stdout, "-edited.jpg")
            running.send_signal(signal.SIGINT)
            _, told = running.communicate(timeout=SOON)
        asked = len(emulator.requests)
        assert running.returncode == 130
        assert "Interrupted: no new edits are begun. Those under way" in told
        assert f"done: {asked}, not begun: {12 - asked}" in told
        assert f"Stopped: {asked} of 12 edits are done." in told
        assert "Billed: yes." in told
        assert 2 <= asked <= 6
        assert len(whole_outputs(tmp_path)) == asked
        assert [record["ok"] for record in results(tmp_path)] == [True] * asked
        assert "ended early" in (tmp_path / "report.html").read_text(encoding="utf-8")
        with started(command(*arguments(emulator)), tmp_path) as running:
            running.communicate(timeout=SOON)
        assert running.returncode == 0
        assert len(emulator.requests) == 12
        assert len(whole_outputs(tmp_path)) == 12


def test_a_second_ctrl_c_stops_what_is_under_way(tmp_path: Path) -> None:
    pictures(tmp_path, 6)
    with Emulator(faults="slow=60:*", signature_bytes=1000) as emulator:
        argv = command(*arguments(emulator, "-j", "2", "--json"))
        with started(argv, tmp_path) as running:
            until(lambda: len(emulator.requests) == 2)
            running.send_signal(signal.SIGINT)
            line_with(running.stderr, "Another Ctrl-C ends them.")
            running.send_signal(signal.SIGINT)
            out, told = running.communicate(timeout=SOON)
    assert running.returncode == 130
    assert "Stopped: the edits under way are ended; they may be billed." in told
    assert "failed: 2 (2 interrupted), not begun: 4" in told
    assert "Billed: unknown." in told
    records = [json.loads(line) for line in out.splitlines()]
    assert [record["error"]["billed"] for record in records] == ["unknown"] * 2
    assert [record["ok"] for record in results(tmp_path)] == [False] * 2
    assert whole_outputs(tmp_path) == []


def test_sigterm_keeps_what_is_under_way(tmp_path: Path) -> None:
    pictures(tmp_path, 8)
    with Emulator(latency=0.4, signature_bytes=1000) as emulator:
        argv = command(*arguments(emulator, "-j", "2"))
        with started(argv, tmp_path) as running:
            line_with(running.stdout, "-edited.jpg")
            running.send_signal(signal.SIGTERM)
            _, told = running.communicate(timeout=SOON)
        assert len(whole_outputs(tmp_path)) == len(emulator.requests) < 8
    assert running.returncode == 143
    assert "Terminated: no new edits are begun." in told
    assert "They are ended in 30 s." in told


def test_sigterm_ends_what_is_still_under_way_after_its_grace(tmp_path: Path) -> None:
    pictures(tmp_path, 4)
    with Emulator(faults="slow=60:*", signature_bytes=1000) as emulator:
        argv = [sys.executable, "-c", SHORT_GRACE, *arguments(emulator, "-j", "2")]
        with started(argv, tmp_path) as running:
            until(lambda: len(emulator.requests) == 2)
            running.send_signal(signal.SIGTERM)
            _, told = running.communicate(timeout=SOON)
    assert running.returncode == 143
    assert "failed: 2 (2 terminated" in told or "failed: 2 (2 interrupted" in told
    assert "not begun: 2" in told


def test_edits_that_wait_for_a_rate_limit_are_not_waited_for(tmp_path: Path) -> None:
    pictures(tmp_path, 4)
    with Emulator(faults="429=50:*", signature_bytes=1000) as emulator:
        argv = command(*arguments(emulator, "-j", "2"))
        with started(argv, tmp_path) as running:
            line_with(running.stderr, "Attempt 2 begins in")
            running.send_signal(signal.SIGINT)
            _, told = running.communicate(timeout=SOON)
    assert running.returncode == 130
    assert "not begun: 4" in told
    assert "Billed: no." in told


def test_a_shell_that_ignores_ctrl_c_is_obeyed(tmp_path: Path) -> None:
    pictures(tmp_path, 4)
    with Emulator(latency=0.2, signature_bytes=1000) as emulator:
        argv = command(*arguments(emulator, "-j", "1"))
        ignoring = ["sh", "-c", "trap '' INT; exec \"$@\"", "sh", *argv]
        with started(ignoring, tmp_path) as running:
            line_with(running.stdout, "-edited.jpg")
            running.send_signal(signal.SIGINT)
            running.communicate(timeout=SOON)
    assert running.returncode == 0


def test_a_reader_that_goes_away_loses_no_paid_picture(tmp_path: Path) -> None:
    pictures(tmp_path, 12)
    with Emulator(latency=0.3, signature_bytes=1000) as emulator:
        argv = command(*arguments(emulator, "-j", "3"))
        with started(argv, tmp_path) as running:
            line_with(running.stdout, "-edited.jpg")
            assert running.stdout is not None
            running.stdout.close()
            assert running.wait(SOON) == 141
        asked = len(emulator.requests)
    assert asked < 12
    assert len(whole_outputs(tmp_path)) == asked
    assert len(results(tmp_path)) == asked


def test_after_kill_9_each_output_is_there_once_and_paid_once(tmp_path: Path) -> None:
    pictures(tmp_path, 100)
    with Emulator(latency=0.3, signature_bytes=1000) as emulator:
        argv = command(*arguments(emulator, "-j", "8", "--skip-existing"))
        with started(argv, tmp_path) as running:
            until(lambda: len(list((tmp_path / "out").glob("*.jpg"))) >= 40)
            running.kill()
            running.communicate(timeout=SOON)
        finished = {each.name[:3] for each in (tmp_path / "out").glob("*.jpg")}
        asked_before = len(emulator.requests)
        assert 40 <= len(finished) < 100
        with started(argv, tmp_path) as running:
            _, told = running.communicate(timeout=SOON)
        assert running.returncode == 0, told
        expected = [f"{number:03}-edited.jpg" for number in range(100)]
        assert whole_outputs(tmp_path) == expected
        # What was finished by then was not asked for again; the rest was, at most once.
        assert len(emulator.requests) - asked_before <= 100 - len(finished)
    done = Counter(record["job"] for record in results(tmp_path) if record["ok"])
    assert max(done.values()) == 1
