"""``python -m benchmarks.region``: what `docs/region.md` promises, on photographs.

    python -m benchmarks.region JPEG_OR_FOLDER...          prints two tables
    python -m benchmarks.region JPEG_OR_FOLDER... --write  into docs/benchmarks.md too

The real command asks the emulator, which shifts, zooms and recolours as real models do,
by amounts drawn for each run, and answers in JPEG of quality 90.

Needs the test group: scikit-image for CIEDE2000, jpeglib for a JPEG's coefficients.
Memory is read from ``/proc``: Linux alone tells it.
"""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.fidelity import (
    identical,
    identical_blocks,
    pixels,
    psnr_of_untouched,
    seam,
    span,
)
from benchmarks.region_tables import Row, photo_table, promise_table
from benchmarks.tables import write_block
from nano_edit.emulator import Emulator

ROOT = Path(__file__).parent.parent
REGION, EDGES = "40%,40%,20%,20%", (0.4, 0.6)
PLACE = (0.33, 0.67)  # where the emulator's "middle" begins and ends, on both axes
SOFT = 0.01  # of a side: how far the place's edge reaches on either side
EDIT, NOTHING = "make the middle red", "do nothing"
CORNER = 640  # px: half the longer side of a 1K picture
SPREAD = (0.08, 10)  # of ten edits: the sides of each, and how many
SMALL = 5  # megapixels: ten edits in a row take time


@dataclass(frozen=True)
class Run:
    """One run of the command."""

    status: int
    record: dict[str, Any]
    said: str  # standard error
    seconds: float  # of processor time, of the command and the process it starts
    megabytes: float  # of the command and the process it starts, together


@dataclass(frozen=True)
class Drift:
    """What the emulator does to everything, within the limits of the promise."""

    text: str
    shift: tuple[float, float]
    zoom: float

    @classmethod
    def drawn(cls, chance: random.Random) -> Drift:
        """Draw one."""
        shift = (chance.uniform(-3, 3), chance.uniform(-3, 3))
        zoom = chance.uniform(0.99, 1.01)
        colours = ":".join(f"{chance.uniform(0.96, 1.04):.3f}" for _ in range(3))
        place = f"shift={shift[0]:.2f}:{shift[1]:.2f},zoom={zoom:.4f}"
        return cls(f"{place},recolour={colours}", shift, zoom)

    def error(self, change: dict[str, Any]) -> float:
        """Return how far the alignment is off at a picture's corner, in pixels."""
        pairs = zip(change["shift"], self.shift, strict=True)
        shift = max(abs(found - true) for found, true in pairs)
        return shift + abs(change["zoom"] - self.zoom) * CORNER


@dataclass
class Bench:
    """A folder for one photograph, and what was found there."""

    photo: Path
    folder: Path
    chance: random.Random
    row: Row
    before: Any = field(init=False)

    def __post_init__(self) -> None:
        self.before = pixels(self.photo)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.before.shape[1], self.before.shape[0]

    def run(self, drift: str, words: str, source: Path, *arguments: str) -> Run:
        """Run the command against a service that does ``drift``, and measure it."""
        with Emulator(signature_bytes=1000, drift=drift, mark=False) as emulator:
            line = (sys.executable, "-m", "nano_edit", words, str(source), *arguments)
            environ = os.environ | {
                "NANO_EDIT_BASE_URL": emulator.url,
                "NANO_EDIT_API_KEY": "any",
                "XDG_STATE_HOME": str(self.folder / "state"),
            }
            before = _processor_time()
            with subprocess.Popen(
                (*line, "--json"), cwd=self.folder, env=environ,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            ) as process:  # fmt: skip
                peak = _watched(process)
                out, said = process.communicate()
            seconds = _processor_time() - before
        record = json.loads(out or "{}")
        return Run(process.returncode, record, said.decode(), seconds, peak)

    def sound(self, words: str, source: Path, *arguments: str, more: str = "") -> Run:
        """Run it against a service that keeps the scene; count a refusal."""
        drift = Drift.drawn(self.chance)
        run = self.run(drift.text + more, words, source, *arguments)
        self.row.sound += 1
        self.row.wrongly_refused += run.status == 9
        if run.status == 0 and not more:
            self.row.worse(alignment=drift.error(run.record["change"]))
        return run

    def picture(self, name: str) -> Any:
        """Return a result as RGB, and remove it; the original if it was refused."""
        path = self.folder / name
        if not path.exists():
            return self.before
        found = pixels(path)
        path.unlink()
        return found

    def measure(self) -> None:
        """Run the command in all the ways of the promise."""
        self.row.megapixels = self.size[0] * self.size[1] / 1e6
        self._costs()
        self._region()
        self._mask()
        self._rest()
        if self.row.megapixels < SMALL:
            self._several()
        for more in ("", ",soften=0.9,scatter=8"):
            for keep in (("--region", REGION), ("--keep-rest",)):
                self.sound(EDIT, self.photo, "-o", "s.jpg", "-f", *keep, more=more)
        self._repainted()

    def _costs(self) -> None:
        """Take the least time of three, beyond a plain edit's of a small picture."""
        small = self.folder / "small.png"
        Image.new("RGB", (64, 64)).save(small)
        plain = [self.run("", EDIT, small, "-o", "c.jpg", "-f") for _ in range(3)]
        keep = ("-f", "--region", REGION)
        runs = [self.run("", EDIT, self.photo, "-o", "c.jpg", *keep) for _ in range(3)]
        least = min(run.seconds for run in plain)
        self.row.seconds = min(run.seconds for run in runs) - least
        self.row.megabytes = max(run.megabytes for run in runs)

    def _region(self) -> None:
        inside = span(self.size, EDGES)
        outside = np.ones(self.size[::-1], bool)
        outside[inside] = False
        keep = ("--region", REGION)
        self.sound(EDIT, self.photo, *keep, "-o", "a.png")
        after = self.picture("a.png")
        self.row.worse(
            pixels=identical(self.before, after, outside),
            seam=seam(after, inside) - seam(self.before, inside),
        )
        self.sound(EDIT, self.photo, *keep, "-o", "a.jpg")
        found = identical_blocks(self.photo, self.folder / "a.jpg", [inside])
        self.row.worse(blocks=found)

    def _mask(self) -> None:
        """Draw an ellipse as a mask, of half the size, and change what is in it."""
        size = (self.size[0] // 2, self.size[1] // 2)
        mask = Image.new("L", size)
        box = [round(side * share) for share in (0.3, 0.55) for side in size]
        ImageDraw.Draw(mask).ellipse(box, fill=255)
        mask.save(self.folder / "mask.png")
        self.sound(EDIT, self.photo, "--mask", "mask.png", "-o", "m.png")
        white = mask.resize(self.size, Image.Resampling.BILINEAR)
        outside = np.asarray(white) == 0
        self.row.worse(pixels=identical(self.before, self.picture("m.png"), outside))

    def _rest(self) -> None:
        self.sound(EDIT, self.photo, "-o", "r.png", "--keep-rest")
        same = (self.before == self.picture("r.png")).all(axis=2)
        far = np.ones_like(same)
        far[span(self.size, (PLACE[0] - SOFT, PLACE[1] + SOFT))] = False
        within = span(self.size, (PLACE[0] + SOFT, PLACE[1] - SOFT))
        drift = self.sound(NOTHING, self.photo, "-o", "n.png", "--keep-rest")
        still = (self.before == self.picture("n.png")).all(axis=2)
        self.row.worse(
            rest=100 * float(same[far].mean()),
            taken=100 * float((~same[within]).mean()),
            still=100 * float(still.mean()),
            said=100.0 * ("changed nothing" in drift.said),
        )

    def _several(self) -> None:
        """Edit ten places, one after the other, JPEG to JPEG."""
        side, count = SPREAD
        current, touched = self.photo, []
        for number in range(count):
            x, y = 0.02 + 0.095 * number, 0.02 + (0.37 * number) % 0.85
            region = f"{100 * x}%,{100 * y}%,{100 * side}%,{100 * side}%"
            name = f"e{number}.jpg"
            done = self.sound(EDIT, current, "--region", region, "-o", name)
            if done.status == 0:
                current = self.folder / name
                touched.append(span(self.size, (x, x + side), (y, y + side)))
        self.row.worse(
            blocks=identical_blocks(self.photo, current, touched),
            psnr=psnr_of_untouched(self.before, pixels(current), touched),
        )

    def _repainted(self) -> None:
        for percent in (4, 8):
            for number, keep in enumerate((("--region", REGION), ("--keep-rest",))):
                drift = f"{Drift.drawn(self.chance).text},repaint={percent}"
                name = f"x{percent}-{number}.jpg"
                run = self.run(drift, EDIT, self.photo, "-o", name, *keep)
                self.row.repainted += 1
                self.row.refused += run.status == 9


def _watched(process: subprocess.Popen[bytes]) -> float:
    """Wait until it ends; return the peak memory, in MB, of it and its children."""
    peak = 0
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while process.poll() is None:
        with suppress(OSError):
            each = (process.pid, *map(int, children.read_text().split()))
            peak = max(peak, sum(map(_resident, each)))
        time.sleep(0.005)
    return peak / 1e6


def _processor_time() -> float:
    """Return the seconds that all ended children have taken, and theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _resident(process: int) -> int:
    pages = Path(f"/proc/{process}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def files(names: list[str]) -> list[Path]:
    """Return the JPEGs that are named, and those of folders."""
    paths = [Path(name).absolute() for name in names]
    return [
        file
        for path in paths
        for file in (sorted(path.glob("*.jpg")) if path.is_dir() else [path])
    ]


def main(arguments: list[str]) -> None:
    """Print what was found."""
    names = [each for each in arguments if each != "--write"]
    chance = random.Random(7)  # noqa: S311 - the same photographs, the same drift
    rows: list[Row] = []
    for photo in files(names):
        with TemporaryDirectory() as folder:
            row = Row(photo.stem)
            Bench(photo, Path(folder), chance, row).measure()
        rows.append(row)
        print(row, file=sys.stderr, flush=True)
    text = "\n".join((*promise_table(rows), "", *photo_table(rows)))
    print(text)
    if "--write" in arguments:
        write_block(ROOT / "docs" / "benchmarks.md", text, "region")


if __name__ == "__main__":
    main(sys.argv[1:])
