"""What `docs/region.md` promises, measured on photographs with the real command.

    python benchmarks/region.py FOLDER_OF_JPEGS...
    python benchmarks/region.py --libraries FOLDER_OF_JPEGS...

The first starts the emulator, which shifts, zooms and recolours as real models do, and
prints a line a photograph and the worst figures.  The second compares ways to find a
picture on another; it wants opencv-python-headless and pystackreg.
"""

from __future__ import annotations

import io
import json
import math
import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jpeglib
import numpy as np
from PIL import Image, ImageDraw
from skimage.color import deltaE_ciede2000, rgb2lab

from nano_edit.emulator import Emulator
from nano_edit.pictures.region.align import align

Image.MAX_IMAGE_PIXELS = None
LEFT, TOP, WIDTH, HEIGHT = 0.4, 0.4, 0.2, 0.2
REGION = "40%,40%,20%,20%"
PLACE = (0.33, 0.67)  # where the emulator's "middle" is, on both sides
WORDS = "make the middle red"


@dataclass
class Run:
    """One run of the command."""

    status: int
    record: dict[str, Any]
    seconds: float
    megabytes: float
    processes: float  # megabytes of the largest process that it started


@dataclass
class Row:
    """The figures of one photograph."""

    name: str
    figures: dict[str, float] = field(default_factory=dict)


def command(url: str, folder: Path, *arguments: str) -> Run:
    """Run the command and measure it."""
    line = [sys.executable, "-m", "nano_edit", WORDS, *arguments, "--json", "-q"]
    environ = os.environ | {"NANO_EDIT_BASE_URL": url, "NANO_EDIT_API_KEY": "any",
        "XDG_STATE_HOME": str(folder / "state")}  # fmt: skip
    began = time.monotonic()
    with subprocess.Popen(
        line, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        peak = [0.0]
        out, _ = _watched(process, peak)
    seconds = time.monotonic() - began
    lines = out.decode().strip().splitlines()
    record = json.loads(lines[-1]) if lines else {}
    return Run(process.returncode, record, seconds, *peak[:1], max(peak))


def _watched(process: subprocess.Popen[bytes], peak: list[float]) -> tuple[bytes, bytes]:
    """Read what it prints, and the peak memory of it and of its children."""
    children: dict[int, float] = {}
    while process.poll() is None:
        try:
            peak[0] = max(peak[0], _peak(process.pid))
            listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
            for child in map(int, listed.split()):
                children[child] = max(children.get(child, 0), _peak(child))
        except (OSError, ValueError):
            pass
        time.sleep(0.005)
    peak.extend(children.values())
    return process.communicate()


def _peak(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    found = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(found[0].split()[1]) / 1024 if found else 0.0


def pixels(path: Path) -> Any:
    """Return RGB."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def box(size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return the region in pixels, as the program rounds it."""
    width, height = size
    return (
        math.floor(width * LEFT), math.floor(height * TOP),
        math.ceil(width * (LEFT + WIDTH)), math.ceil(height * (TOP + HEIGHT)),
    )  # fmt: skip


def drift_of(chance: random.Random) -> tuple[str, tuple[float, float], float]:
    """Return a drift within the limits of the promise, its shift and its zoom."""
    shift = (chance.uniform(-3, 3), chance.uniform(-3, 3))
    zoom = chance.uniform(0.99, 1.01)
    colours = ":".join(f"{chance.uniform(0.96, 1.04):.3f}" for _ in range(3))
    text = f"shift={shift[0]:.2f}:{shift[1]:.2f},zoom={zoom:.4f},recolour={colours}"
    return text, shift, zoom


def identical_blocks(before: Path, after: Path, edges: tuple[int, ...]) -> float:
    """Return the percent of blocks outside the region that are the same."""
    one, other = jpeglib.read_dct(str(before)), jpeglib.read_dct(str(after))
    most = one.samp_factor.max(axis=0)
    same = total = 0
    for name, factor in zip(("Y", "Cb", "Cr"), one.samp_factor, strict=False):
        down, across = (int(each) for each in 8 * most // factor)
        equal = (getattr(one, name) == getattr(other, name)).all(axis=(2, 3))
        outside = np.ones_like(equal)
        outside[edges[1] // down : -(-edges[3] // down),
                edges[0] // across : -(-edges[2] // across)] = False  # fmt: skip
        same += int(np.count_nonzero(equal & outside))
        total += int(np.count_nonzero(outside))
    return 100 * same / total


def seam(image: Any, edges: tuple[int, ...]) -> float:
    """Return the mean CIEDE2000 between the two sides of the region's edge."""
    left, top, right, bottom = edges
    part = image[top - 1 : bottom + 1, left - 1 : right + 1] / 255
    rows = [deltaE_ciede2000(rgb2lab(part[a, 1:-1][None]), rgb2lab(part[b, 1:-1][None]))
        for a, b in ((0, 1), (-1, -2))]  # fmt: skip
    columns = [
        deltaE_ciede2000(rgb2lab(part[1:-1, a][None]), rgb2lab(part[1:-1, b][None]))
        for a, b in ((0, 1), (-1, -2))
    ]
    return float(np.concatenate([each.ravel() for each in rows + columns]).mean())


def error_of(change: dict[str, Any], shift: tuple[float, float], zoom: float) -> float:
    """Return how far the alignment is off at a corner of a 1K picture, in pixels."""
    off = max(abs(a - b) for a, b in zip(change["shift"], shift, strict=True))
    return off + abs(change["zoom"] - zoom) * 640


def measure(photo: Path, chance: random.Random, folder: Path) -> Row:
    """Run the command on one photograph, in all the ways of the promise."""
    row = Row(f"{photo.stem[:22]}")
    put = row.figures
    before = pixels(photo)
    size = (before.shape[1], before.shape[0])
    put["MP"] = size[0] * size[1] / 1e6
    edges = box(size)
    outside = np.ones(before.shape[:2], bool)
    outside[edges[1] : edges[3], edges[0] : edges[2]] = False
    drift, shift, zoom = drift_of(chance)
    with Emulator(signature_bytes=1000, drift=drift, mark=False) as emulator:
        run = command(emulator.url, folder, str(photo), "-o", "a.png", "--region", REGION)
        after = pixels(folder / "a.png")
        put["pixels same %"] = 100 * float((before == after).all(2)[outside].mean())
        put["off px"] = error_of(run.record["change"], shift, zoom)
        put["seam"] = seam(after, edges) - seam(before, edges)
        run = command(emulator.url, folder, str(photo), "-o", "a.jpg", "--region", REGION)
        put["blocks same %"] = identical_blocks(photo, folder / "a.jpg", edges)
        put["jpeg s"], put["MB"] = run.seconds, run.megabytes
        put["child MB"] = run.processes
        run = command(emulator.url, folder, str(photo), "-o", "r.png", "--keep-rest")
        after = pixels(folder / "r.png")
        equal = (before == after).all(2)
        height, width = equal.shape
        near = (slice(int(height * (PLACE[0] - 0.006)), int(height * (PLACE[1] + 0.006))),
            slice(int(width * (PLACE[0] - 0.006)), int(width * (PLACE[1] + 0.006))))  # fmt: skip
        far = np.ones_like(equal)
        far[near] = False
        inner = (slice(int(height * 0.34), int(height * 0.66)),
            slice(int(width * 0.34), int(width * 0.66)))  # fmt: skip
        put["rest same %"] = 100 * float(equal[far].mean())
        put["taken %"] = 100 * float((~equal[inner]).mean())
        environ_words = WORDS
        globals()["WORDS"] = "do nothing"
        command(emulator.url, folder, str(photo), "-o", "n.png", "--keep-rest")
        globals()["WORDS"] = environ_words
        put["drift same %"] = 100 * float((before == pixels(folder / "n.png")).all(2).mean())
    refused = 0
    for repaint in (4, 8):
        with Emulator(signature_bytes=1000, drift=f"repaint={repaint}", mark=False) as emulator:
            for keep in (("--region", REGION), ("--keep-rest",)):
                run = command(emulator.url, folder, str(photo), "-o", f"x{repaint}{keep[0]}.jpg", *keep)
                refused += run.status == 9
    put["refused of 4"] = refused
    for path in folder.glob("*.*"):
        if path.is_file():
            path.unlink()
    return row


WORST = {"pixels same %": min, "blocks same %": min, "off px": max, "seam": max,
    "rest same %": min, "taken %": min, "drift same %": min, "refused of 4": min}  # fmt: skip


def promises(photos: list[Path]) -> None:
    """Print the figures of every photograph, and the worst of each."""
    chance = random.Random(7)
    rows = []
    with TemporaryDirectory() as folder:
        for photo in photos:
            row = measure(photo, chance, Path(folder))
            if not rows:
                print("| photo |", " | ".join(row.figures), "|")
                print("|---|" + "---|" * len(row.figures))
            rows.append(row)
            print(f"| {row.name} |", " | ".join(f"{v:.4g}" for v in row.figures.values()), "|", flush=True)
    print("| **worst** |", " | ".join(
        f"**{WORST[name](row.figures[name] for row in rows):.4g}**" if name in WORST else ""
        for name in rows[0].figures), "|")


# --- libraries ------------------------------------------------------------------


def libraries(photos: list[Path]) -> None:
    """Print the error and time of four ways to find a picture on another."""
    import cv2
    from pystackreg import StackReg

    chance = random.Random(7)
    found: dict[str, list[tuple[float, float, float]]] = {}
    for photo in photos:
        with Image.open(photo) as image:
            image.draft("RGB", (2048, 2048))
            scale = 1024 / math.sqrt(image.width * image.height)
            size = (round(image.width * scale / 16) * 16, round(image.height * scale / 16) * 16)
            sent = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
        shift, zoom = (chance.uniform(-3, 3), chance.uniform(-3, 3)), chance.uniform(0.99, 1.01)
        changed = sent.copy()
        ImageDraw.Draw(changed).ellipse((size[0] * 0.4, size[1] * 0.4, size[0] * 0.6, size[1] * 0.6), fill=(200, 40, 30))
        a = 1 / zoom
        matrix = (a, 0, size[0] / 2 - a * (size[0] / 2 + shift[0]), 0, a, size[1] / 2 - a * (size[1] / 2 + shift[1]))
        buffer = io.BytesIO()
        changed.transform(size, Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=90)
        came = Image.open(buffer).convert("L")
        grey = sent.convert("L")
        one, other = np.asarray(grey), np.asarray(came)
        mask = np.full(one.shape, 255, np.uint8)
        mask[int(size[1] * 0.4) : int(size[1] * 0.6), int(size[0] * 0.4) : int(size[0] * 0.6)] = 0

        def ours() -> Any:
            return align(grey, came).affine(size)

        def ecc() -> Any:
            warp = np.eye(2, 3, dtype=np.float32)
            for level in (4, 2, 1):  # coarse to fine, or it is lost beyond a pixel or two
                warp[:, 2] /= level
                small = [cv2.resize(each, None, fx=1 / level, fy=1 / level, interpolation=cv2.INTER_AREA) for each in (one, other, mask)]
                try:
                    _, warp = cv2.findTransformECC(small[0], small[1], warp, cv2.MOTION_AFFINE, (3, 60, 1e-6), small[2], 5)
                except cv2.error:
                    pass
                warp[:, 2] *= level
            return warp.ravel()

        def stackreg() -> Any:
            return StackReg(StackReg.AFFINE).register(one, other)[:2].ravel()

        def phase() -> Any:
            window = np.outer(np.hanning(one.shape[0]), np.hanning(one.shape[1]))
            product = np.fft.rfft2(other * window) * np.conj(np.fft.rfft2(one * window))
            peak = np.fft.irfft2(product / (np.abs(product) + 1e-9), one.shape)
            y, x = np.unravel_index(peak.argmax(), peak.shape)
            y, x = (int(v) - s if v > s / 2 else int(v) for v, s in zip((y, x), one.shape, strict=True))
            return (1, 0, x, 0, 1, y)

        for name, way in (("numpy, Gauss-Newton (ours)", ours), ("OpenCV, ECC with mask, 3 levels", ecc), ("pystackreg, affine", stackreg), ("numpy, phase correlation", phase)):
            began = time.perf_counter()
            values = way()
            seconds = time.perf_counter() - began
            off = [math.hypot(values[0] * x + values[1] * y + values[2] - (x - matrix[2]) / a,
                values[3] * x + values[4] * y + values[5] - (y - matrix[5]) / a)
                for x in (0, size[0] / 2, size[0]) for y in (0, size[1] / 2, size[1])]  # fmt: skip
            found.setdefault(name, []).append((sum(off) / 9, max(off), seconds))
    print("| way | median error, px | worst corner, px | within 0.5 px | seconds |\n|---|---|---|---|---|")
    for name, values in found.items():
        table = np.array(values)
        error, corner, seconds = np.median(table[:, 0]), table[:, 1].max(), np.median(table[:, 2])
        good = int(np.count_nonzero(table[:, 0] <= 0.5))
        print(f"| {name} | {error:.2f} | {corner:.1f} | {good} of {len(table)} | {seconds:.2f} |")


if __name__ == "__main__":
    named = [Path(each) for each in sys.argv[1:] if not each.startswith("--")]
    files = [file for each in named for file in (sorted(each.glob("*.jpg")) if each.is_dir() else [each])]
    (libraries if "--libraries" in sys.argv else promises)(files)
