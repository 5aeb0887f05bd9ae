"""Signals at any moment of a run: it ends, says why, and never with a traceback.

The moments are random, the seed is not.  ``SIGNALS=2000`` sends more.
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support import command, environment, photo

from nano_edit.cli import signals
from nano_edit.emulator import Emulator
from nano_edit.errors import Terminated

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")

COUNT = int(os.environ.get("SIGNALS", "60"))
ALL = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
BOOT = 0.01  # seconds until there is a process that takes a signal
ENDINGS = {0, 130, 143, -signal.SIGINT, -signal.SIGTERM, -signal.SIGHUP}


@pytest.fixture(scope="module")
def service() -> Iterator[Emulator]:
    with Emulator(signature_bytes=1000, latency=0.05) as emulator:
        yield emulator


def begun(folder: Path, url: str, *more: str) -> subprocess.Popen[str]:
    arguments = ("sepia", "in.jpg", "-o", "out.png", "--base-url", url, *more)
    return subprocess.Popen(
        command(*arguments),
        cwd=folder,
        env=environment({"NANO_EDIT_API_KEY": "any"}, measured=False),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def duration(folder: Path, url: str, *more: str) -> float:
    """Return how long an undisturbed run takes on this machine."""
    start = time.monotonic()
    with begun(folder, url, *more) as process:
        process.communicate(timeout=60)
    return time.monotonic() - start


def is_of_the_interpreter(said: str) -> bool:
    """Whether Python was interrupted before the program's first line could run."""
    files = re.findall(r'File "([^"]+)"', said)
    own = {Path(each).name for each in files if "nano_edit" in each}
    is_early = own <= {"__init__.py", "version.py"}  # what comes before `__main__`
    return is_early and said.rstrip().endswith("KeyboardInterrupt")


@pytest.mark.parametrize("more", [(), ("-n", "3")], ids=["one", "many"])
def test_a_signal_at_any_moment_ends_the_run_in_order(
    tmp_path: Path, service: Emulator, more: tuple[str, ...]
) -> None:
    photo(tmp_path / "in.jpg")
    whole = duration(tmp_path, service.url, *more)
    chance = random.Random(4711)  # noqa: S311 - must repeat, not surprise
    for _ in range(COUNT // 2):
        for path in tmp_path.glob("out*.png"):
            path.unlink()
        with begun(tmp_path, service.url, *more) as process:
            time.sleep(chance.uniform(BOOT, whole))
            process.send_signal(chance.choice(ALL))
            if chance.random() < 0.2:
                process.send_signal(chance.choice(ALL))
            said = process.communicate(timeout=60)[1]
        if not is_of_the_interpreter(said):
            assert process.returncode in ENDINGS, said
            assert "Traceback" not in said
            assert "Exception ignored" not in said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_hangup_ends_an_edit_as_sigterm_does(tmp_path: Path, number: int) -> None:
    photo(tmp_path / "in.jpg")
    with (
        Emulator(signature_bytes=1000, latency=30) as slow,
        begun(tmp_path, slow.url) as process,
    ):
        while not slow.requests:
            time.sleep(0.01)
        process.send_signal(number)
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 143
    assert "Terminated" in said


def test_nohup_is_respected(tmp_path: Path, service: Emulator) -> None:
    photo(tmp_path / "in.jpg")
    with subprocess.Popen(
        [
            "nohup",
            *command("sepia", "in.jpg", "-o", "out.jpg"),
            "--base-url",
            service.url,
        ],
        cwd=tmp_path,
        env=environment({"NANO_EDIT_API_KEY": "any"}, measured=False),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        time.sleep(0.2)
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=60)
    assert process.returncode in {0, -signal.SIGHUP}  # before nohup itself had begun
    assert process.returncode or (tmp_path / "out.jpg").exists()


def test_a_process_that_imported_the_program_keeps_its_signals() -> None:
    before = [signal.getsignal(each) for each in ALL]
    signals.leave_to_system()
    signals.raise_in_main_thread(Terminated)
    signals.ignore_interrupt()
    assert [signal.getsignal(each) for each in ALL] == before


# A module whose import takes long, as far as a signal can tell.
SLOW_IMPORT = """
import sys, time
from nano_edit.cli import signals
from nano_edit.errors import Terminated
signals.take_over()
signals.raise_in_main_thread(Terminated)
try:
    import slow
    print("loaded", flush=True)
    time.sleep(30)
except KeyboardInterrupt as stop:
    print(type(stop).__name__, "slow" in sys.modules, flush=True)
"""


@pytest.mark.parametrize(
    ("number", "raised"),
    [(signal.SIGINT, "KeyboardInterrupt"), (signal.SIGTERM, "Terminated")],
)
def test_a_signal_during_an_import_waits_for_its_end(
    tmp_path: Path, number: int, raised: str
) -> None:
    (tmp_path / "slow.py").write_text(
        "import time\nprint('begun', flush=True)\ntime.sleep(0.5)\n"
    )
    (tmp_path / "main.py").write_text(SLOW_IMPORT)
    with subprocess.Popen(
        [sys.executable, "main.py"],
        cwd=tmp_path,
        env=environment(measured=False),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "begun\n"
        process.send_signal(number)
        told = process.communicate(timeout=60)[0].splitlines()
    assert told in ([f"{raised} True"], ["loaded", f"{raised} True"])
