"""What `docs/region.md` promises, measured on photographs with the real command.

    python benchmarks/region.py JPEG_OR_FOLDER...

The emulator shifts, zooms and recolours as real models do, by amounts drawn for each
photograph.  Prints a line a photograph, and the worst figures.

Needs the test group: scikit-image for CIEDE2000, jpeglib for a JPEG's coefficients.
Memory is read from ``/proc``, so Linux alone tells it.
"""

from __future__ import annotations

import json
import math
import os
import random
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jpeglib
import numpy as np
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab

from nano_edit.emulator import Emulator

Image.MAX_IMAGE_PIXELS = None
REGION, EDGES = "40%,40%,20%,20%", (0.4, 0.6)
PLACE = (0.33, 0.67)  # where the emulator's "middle" begins and ends, on both axes
SOFT = 0.01  # of a side: how far the place's edge reaches on either side
EDIT, NOTHING = "make the middle red", "do nothing"
CORNER = 640  # px: half the longer side of a 1K picture
WORST = {
    "pixels same %": min, "off px": max, "seam": max, "blocks same %": min,
    "rest same %": min, "taken %": min, "drift same %": min, "refused of 4": min,
}  # fmt: skip


@dataclass(frozen=True)
class Run:
    """One run of the command."""

    status: int
    record: dict[str, Any]
    seconds: float
    megabytes: float  # of the larger of the command and the process it starts


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


@dataclass(frozen=True)
class Bench:
    """A folder, and the emulator that runs beside it."""

    folder: Path
    url: str

    def run(self, words: str, *arguments: str) -> Run:
        """Run the command and measure it."""
        line = [sys.executable, "-m", "nano_edit", words, *arguments, "--json", "-q"]
        environ = os.environ | {
            "NANO_EDIT_BASE_URL": self.url,
            "NANO_EDIT_API_KEY": "any",
            "XDG_STATE_HOME": str(self.folder / "state"),
        }
        began = time.monotonic()
        with subprocess.Popen(
            line, cwd=self.folder, env=environ, stdout=subprocess.PIPE
        ) as process:
            peak = _watched(process)
            out, _ = process.communicate()
        seconds = time.monotonic() - began
        return Run(process.returncode, json.loads(out or "{}"), seconds, peak)

    def pixels(self, name: str) -> Any:
        """Return a result as RGB, and remove it."""
        found = pixels(self.folder / name)
        (self.folder / name).unlink()
        return found


def _watched(process: subprocess.Popen[bytes]) -> float:
    """Wait until it ends; return the peak memory of it or of a child, in MB."""
    peak = 0.0
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while process.poll() is None:
        with suppress(OSError):
            for each in (process.pid, *map(int, children.read_text().split())):
                peak = max(peak, _peak(each))
        time.sleep(0.005)
    return peak


def _peak(process: int) -> float:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    found = [line.split()[1] for line in lines if line.startswith("VmHWM")]
    return int(found[0]) / 1024 if found else 0.0


def pixels(path: Path) -> Any:
    """Return the picture as RGB."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def span(size: tuple[int, int], ends: tuple[float, float]) -> tuple[slice, slice]:
    """Return rows and columns from one share of the sides to another."""
    rows, columns = (
        slice(math.floor(side * ends[0]), math.ceil(side * ends[1]))
        for side in (size[1], size[0])
    )
    return rows, columns


def identical_blocks(before: Path, after: Path, inside: tuple[slice, slice]) -> float:
    """Return the percent of blocks outside the region that are the same."""
    one, other = jpeglib.read_dct(str(before)), jpeglib.read_dct(str(after))
    same = total = 0
    for name, factor in zip(("Y", "Cb", "Cr"), one.samp_factor, strict=False):
        units = (8 * one.samp_factor.max(axis=0) // factor).tolist()
        equal = (getattr(one, name) == getattr(other, name)).all(axis=(2, 3))
        outside = np.ones_like(equal)
        rows, columns = (
            slice(part.start // unit, -(-part.stop // unit))
            for part, unit in zip(inside, units, strict=True)
        )
        outside[rows, columns] = False
        same += int(np.count_nonzero(equal & outside))
        total += int(np.count_nonzero(outside))
    return 100 * same / total


def seam(image: Any, inside: tuple[slice, slice]) -> float:
    """Return the mean CIEDE2000 between the two sides of the region's edge."""
    rows, columns = inside
    part = image[rows.start - 1 : rows.stop + 1, columns.start - 1 : columns.stop + 1]
    found = []
    for turned in (part, part.transpose(1, 0, 2)):
        for outer, inner in ((0, 1), (-1, -2)):
            pair = (rgb2lab(turned[each, 1:-1][None] / 255) for each in (outer, inner))
            found.append(deltaE_ciede2000(*pair).ravel())
    return float(np.concatenate(found).mean())


def measured(photo: Path, chance: random.Random, folder: Path) -> dict[str, float]:
    """Run the command on one photograph in all the ways of the promise."""
    before = pixels(photo)
    size = (before.shape[1], before.shape[0])
    figures = {"MP": size[0] * size[1] / 1e6}
    drift = Drift.drawn(chance)
    with Emulator(signature_bytes=1000, drift=drift.text, mark=False) as emulator:
        bench = Bench(folder, emulator.url)
        figures |= _region(bench, photo, before, drift, span(size, EDGES))
        figures |= _rest(bench, photo, before, size)
    figures["refused of 4"] = _refused(photo, folder)
    return figures


def _region(
    bench: Bench, photo: Path, before: Any, drift: Drift, inside: tuple[slice, slice]
) -> dict[str, float]:
    outside = np.ones(before.shape[:2], bool)
    outside[inside] = False
    region = (str(photo), "--region", REGION)
    png = bench.run(EDIT, *region, "-o", "a.png")
    after = bench.pixels("a.png")
    jpeg = bench.run(EDIT, *region, "-o", "a.jpg")
    same = identical_blocks(photo, bench.folder / "a.jpg", inside)
    (bench.folder / "a.jpg").unlink()
    return {
        "pixels same %": 100 * float((before == after).all(axis=2)[outside].mean()),
        "off px": drift.error(png.record["change"]),
        "seam": seam(after, inside) - seam(before, inside),
        "blocks same %": same,
        "JPEG s": jpeg.seconds,
        "PNG s": png.seconds,
        "JPEG MB": jpeg.megabytes,
    }


def _rest(
    bench: Bench, photo: Path, before: Any, size: tuple[int, int]
) -> dict[str, float]:
    found = []
    for words in (EDIT, NOTHING):
        bench.run(words, str(photo), "-o", "r.png", "--keep-rest")
        found.append((before == bench.pixels("r.png")).all(axis=2))
    same, nothing = found
    far = np.ones_like(same)
    far[span(size, (PLACE[0] - SOFT, PLACE[1] + SOFT))] = False
    within = span(size, (PLACE[0] + SOFT, PLACE[1] - SOFT))
    return {
        "rest same %": 100 * float(same[far].mean()),
        "taken %": 100 * float((~same[within]).mean()),
        "drift same %": 100 * float(nothing.mean()),
    }


def _refused(photo: Path, folder: Path) -> int:
    """Return how many of four runs refuse a scene that was painted anew."""
    refused = 0
    for percent in (4, 8):
        drift = f"repaint={percent}"
        with Emulator(signature_bytes=1000, drift=drift, mark=False) as emulator:
            bench = Bench(folder, emulator.url)
            for number, keep in enumerate((("--region", REGION), ("--keep-rest",))):
                name = f"x{percent}-{number}.jpg"
                refused += bench.run(EDIT, str(photo), "-o", name, *keep).status == 9
    return refused


def main(names: list[str]) -> None:
    """Print the figures of every photograph, and the worst of each."""
    chance = random.Random(7)  # noqa: S311 - the same photographs, the same drift
    rows: list[dict[str, float]] = []
    for photo in files(names):
        with TemporaryDirectory() as folder:
            row = measured(photo, chance, Path(folder))
        if not rows:
            print("| photo |", " | ".join(row), "|\n|---" * 2, "|---" * (len(row) - 1))
        rows.append(row)
        print(f"| {photo.stem[:24]} |", _cells(row), "|", flush=True)
    worst = {name: pick(row[name] for row in rows) for name, pick in WORST.items()}
    print("\nWorst:", ", ".join(f"{name} {value:.4g}" for name, value in worst.items()))


def _cells(row: dict[str, float]) -> str:
    return " | ".join(f"{value:.4g}" for value in row.values())


def files(names: list[str]) -> list[Path]:
    """Return the JPEGs that are named, and those of folders."""
    paths = [Path(name).absolute() for name in names]
    return [
        file
        for path in paths
        for file in (sorted(path.glob("*.jpg")) if path.is_dir() else [path])
    ]


if __name__ == "__main__":
    main(sys.argv[1:])
