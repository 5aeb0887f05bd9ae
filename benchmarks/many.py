"""Many edits in one run: how near to ideal, how flat in memory, how safe from a kill.

- 300 edits of 1 s, 30 at once, should take 10 s: what is more is ours.
- 3,000 edits should need the memory of 30.
- A run that is killed and begun again asks for nothing that is finished.

Every edit has an instruction of its own, by which the server's log knows it.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.measure import Bench

_IDEAL = 10.0  # seconds for 300 edits of 1 s, 30 at once
_KILLED = 100  # edits in the run that is killed


@dataclass(frozen=True, slots=True)
class _Batch:
    """A list of edits on the disk, and where their outputs go."""

    bench: Bench
    folder: Path
    count: int

    @classmethod
    def of(cls, bench: Bench, count: int, picture: str) -> _Batch:
        folder = bench.work / "many"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        source = str(bench.pictures / picture)
        lines = [
            {"instruction": f"edit {at}", "images": [source], "output": f"{at}.jpg"}
            for at in range(count)
        ]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / "edits.jsonl").write_text(text, "ascii")
        return cls(bench, folder, count)

    def command(self, reply: str, *more: str) -> list[str]:
        return [
            *self.bench.tools.nano,
            *("batch", str(self.folder / "edits.jsonl"), "-q", *more),
            *("--base-url", f"{self.bench.url}/{reply}"),
        ]

    def finished(self) -> set[str]:
        """Return the instructions whose outputs are in place."""
        return {f"edit {path.stem}" for path in self._outputs()}

    def _outputs(self) -> list[Path]:
        places = {*self.folder.glob("*.jpg"), *self.bench.work.glob("[0-9]*.jpg")}
        return [path for path in places if path.stem.isdigit()]

    def clear(self) -> None:
        for path in self._outputs():
            path.unlink()
        (self.bench.work / "results.jsonl").unlink(missing_ok=True)
        shutil.rmtree(self.folder)


def measure_many(bench: Bench, tell: Callable[[str], None]) -> dict[str, float]:
    """Return the figures that `benchmarks.targets` knows."""
    found = _ideal(bench)
    tell("many: 300 edits")
    found |= _growth(bench)
    tell("many: 3,000 edits")
    found |= _kill(bench)
    tell("many: a kill")
    return found


def _ideal(bench: Bench) -> dict[str, float]:
    batch = _Batch.of(bench, 300, "1mb.jpg")
    ran = bench.launch(batch.command("1mb.latency-1000", "-j", "30"))
    assert len(batch.finished()) == 300  # noqa: S101 - or the time means nothing
    batch.clear()
    bench.requests(300)
    wall = ran["ended"] - ran["began"]
    return {
        "wall": wall,
        "ideal": wall / _IDEAL,
        "cpu": ran["cpu"] / 300 * 1000,
        "memory": ran["memory"] / 1e6,
    }


def _growth(bench: Bench) -> dict[str, float]:
    peaks = []
    for count in (30, 3000):
        batch = _Batch.of(bench, count, "small.jpg")
        ran = bench.launch(
            batch.command("small.latency-20")
        )  # as many at once as usual
        assert len(batch.finished()) == count  # noqa: S101 - see above
        batch.clear()
        bench.requests(count)
        peaks.append(ran["memory"] / 1e6)
    return {"memory of 30": peaks[0], "growth": peaks[1] - peaks[0]}


def _kill(bench: Bench) -> dict[str, float]:
    batch = _Batch.of(bench, _KILLED, "small.jpg")
    command = batch.command("small.latency-200", "-j", "10", "--skip-existing")
    run = subprocess.Popen(
        command,
        cwd=bench.work,
        env=bench.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    asked = Counter(each["text"] for each in bench.requests(_KILLED // 2, 60))
    run.send_signal(signal.SIGKILL)
    run.wait()
    finished = batch.finished()
    time.sleep(0.5)  # what was under way at the server is logged by then
    asked.update(each["text"] for each in bench.requests(0))
    bench.launch(command)
    asked.update(each["text"] for each in bench.requests(_KILLED - len(finished)))
    missing = _KILLED - len(batch.finished())
    batch.clear()
    again = sum(asked[name] > 1 for name in finished)
    return {"killed at": len(finished), "missing": missing, "again": again}
