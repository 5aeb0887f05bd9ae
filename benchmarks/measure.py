"""Runs contenders in turn and gathers what each run took.

Strategy: A B A B ..., so that a slow moment of a shared machine falls on all of
them; every figure is compared within its round.  hyperfine measures the wall time
of every round.  What it cannot measure comes from `launch` and the server's log,
in the first `SAMPLED` rounds: CPU, peak memory, request start, tail, wire bytes.

Rules:
- A whole process each time, with an environment of its own: an empty home, no
  proxies, no colours.
- A contender that fails ends the measurement.
- A first round is thrown away; it fills the system's caches.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.tools import SCRIPTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.cases import Case
    from benchmarks.tools import Tools

PATIENCE = 5.0  # seconds for the server to log a request that has ended
SAMPLED = 3  # rounds in which more than the wall time is measured
_LAUNCH = Path(__file__).with_name("launch.py")


@dataclass(frozen=True, slots=True)
class Sample:
    """What one run took beside its wall time; None where it has no meaning."""

    cpu: float  # seconds, of all its processes
    memory: float  # bytes, peak of its largest process
    start: float | None = None  # seconds to the first request byte
    tail: float | None = None  # seconds from the last reply byte to the exit
    wire: float | None = None  # bytes of the reply on the wire
    sync: float | None = None  # seconds that an fsync of as many bytes took
    python: bool = False  # whether it started a Python that it found in PATH


@dataclass(frozen=True, slots=True)
class Taken:
    """What the rounds of one contender took."""

    walls: list[float] = field(default_factory=list)  # seconds
    samples: list[Sample] = field(default_factory=list)


@dataclass(slots=True)
class Bench:
    """A server that runs, and a place to work in."""

    tools: Tools
    work: Path  # outputs, logs, the home
    pictures: Path
    url: str
    log: Path
    _read: int = 0  # bytes of the log

    def walls(self, case: Case, contenders: list[str]) -> list[float]:
        """Return the seconds that each of the contenders takes, by hyperfine."""
        told = self.work / "hyperfine.json"
        subprocess.run(
            (
                *("hyperfine", "--shell=none", "--style=none", "--runs=1"),
                *("--prepare", f"rm -f {shlex.quote(str(self.work / case.output))}"),
                *("--export-json", str(told)),
                *(shlex.join(self._command(case, each)) for each in contenders),
            ),
            cwd=self.work,
            env=self.environment(),
            check=True,
        )
        self.requests(sum(self._asks(case, each) for each in contenders))
        found = json.loads(told.read_text())["results"]
        return [float(each["times"][0]) for each in found]

    def sample(self, case: Case, contender: str) -> Sample:
        """Run a contender once and return what else it took."""
        out = self.work / case.output
        out.unlink(missing_ok=True)
        sync = None
        if case.weighs_sync:
            sync = sync_seconds(self.work, self.pictures / f"reply-{case.name}.png")
        self._marker.unlink(missing_ok=True)
        ran = self.launch(self._command(case, contender))
        seen = self.requests(1)[0] if self._asks(case, contender) else {}
        return Sample(
            cpu=ran["cpu"],
            memory=ran["memory"],
            start=seen["first"] - ran["began"] if seen else None,
            tail=ran["ended"] - seen["last"] if seen else None,
            wire=seen.get("wire"),
            sync=sync,
            python=self._marker.exists(),
        )

    @property
    def _marker(self) -> Path:
        return self.work / "python.started"

    def _command(self, case: Case, contender: str) -> list[str]:
        words = self.tools.words() | {
            "base": f"{self.url}/{case.reply}",
            "out": str(self.work / case.output),
        }
        several = {
            "nano": list(self.tools.nano),
            "images": [str(self.pictures / name) for name in case.images],
        }
        return case.command(contender, words, several)

    def _asks(self, case: Case, contender: str) -> bool:
        command = case.contenders[contender]
        return bool(case.reply) and any("{base}" in word for word in command)

    def launch(self, command: list[str]) -> dict[str, Any]:
        """Run a command in the working place; returns what `launch` tells."""
        streams = {name: str(self.work / name) for name in ("stdout", "stderr")}
        order = {
            "argv": command,
            "cwd": str(self.work),
            "env": self.environment(),
            "stdin": os.devnull,
            **streams,
        }
        told = subprocess.run(
            (sys.executable, "-I", "-S", str(_LAUNCH)),
            input=json.dumps(order).encode(),
            stdout=subprocess.PIPE,
            check=True,
        )
        ran: dict[str, Any] = json.loads(told.stdout)
        if ran["status"]:
            said = Path(streams["stderr"]).read_text(errors="replace")
            raise RuntimeError(f"{command} ended with {ran['status']}:\n{said}")
        return ran

    def environment(self) -> dict[str, str]:
        """Return the little that a contender knows of this machine."""
        home = self.work / "home"
        home.mkdir(exist_ok=True)
        return {
            "LANG": "C.UTF-8",
            "PYTHONPATH": self.tools.path,
            "PATH": f"{self._watched()}:{os.environ['PATH']}",
            "MARKER": str(self._marker),
            "HOME": str(home),
            "APIYI_API_KEY": "benchmark",
            "GEMINI_API_KEY": "benchmark",
            "PYTHON": self.tools.python,
            "SCRIPTS": str(SCRIPTS),
        }

    def _watched(self) -> Path:
        """Return a folder of programs that note that they were started."""
        folder = self.work / "watched"
        if not folder.exists():
            folder.mkdir()
            for name in ("python", "python3", "nano-edit"):
                program = folder / name
                program.write_text('#!/bin/sh\n: >"$MARKER"\nexec "$PYTHON" "$@"\n')
                program.chmod(0o755)
        return folder

    def requests(self, count: int, patience: float = PATIENCE) -> list[dict[str, Any]]:
        """Return what the server logged since the last time: ``count`` or more."""
        until = time.monotonic() + patience
        while True:
            with self.log.open("rb") as file:
                file.seek(self._read)
                lines = file.read()
            whole = lines[: lines.rfind(b"\n") + 1]
            if whole.count(b"\n") >= count:
                self._read += len(whole)
                return [json.loads(line) for line in whole.splitlines()]
            if time.monotonic() > until:
                raise RuntimeError(f"The server was asked less than {count} times.")
            time.sleep(0.001)


def run_case(
    bench: Bench, case: Case, rounds: int, tell: Callable[[str], None]
) -> dict[str, Taken]:
    """Measure a case: every contender that is there, once a round, in turn."""
    taken = {
        name: Taken()
        for name, command in case.contenders.items()
        if bench.tools.can_run(command)
    }
    for number in range(-1, rounds):
        names = [name for name in taken if case.takes_part(name, number)]
        for name, wall in zip(names, bench.walls(case, names), strict=True):
            if number >= 0:
                taken[name].walls.append(wall)
        if 0 <= number < SAMPLED:
            for name in names:
                taken[name].samples.append(bench.sample(case, name))
        tell(f"{case.name}: round {number + 1} of {rounds}")
    return taken


def sync_seconds(folder: Path, like: Path) -> float:
    """Return how long it takes to bring a file as large as ``like`` to the disk."""
    size, block = like.stat().st_size, os.urandom(256 * 1024)
    path = folder / "sync.probe"
    with path.open("wb", buffering=0) as file:
        for _ in range(size // len(block)):
            file.write(block)
        began = time.monotonic()
        os.fsync(file.fileno())
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    took = time.monotonic() - began
    os.close(descriptor)
    path.unlink()
    return took


@contextmanager
def running_server(folder: Path) -> Iterator[str]:
    """Run the server for the replies in ``folder``; gives its URL."""
    command = (sys.executable, str(Path(__file__).with_name("server.py")), str(folder))
    server = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert server.stdout is not None  # noqa: S101 - it is a pipe, by the line above
    try:
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()
