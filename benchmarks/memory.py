"""The peak memory of edits whose pictures have to be decoded.

A JPEG or PNG that can be sent unchanged is never decoded; these are turned, or of
another format, and as large as the limits let them be.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from benchmarks.pictures import LARGE, PHOTO

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.measure import Bench

FOUR = f"four of {PHOTO}, -j 4"


def measure_memory(bench: Bench, tell: Callable[[str], None]) -> dict[str, float]:
    """Return peaks in MB, by the picture's name; `FOUR` is four photos at once."""
    found = {}
    for name in (PHOTO, *LARGE):
        found[name] = _peak(bench, [str(bench.pictures / name)])
        tell(f"memory: {name}")
    photos = []
    for number in range(4):
        photo = bench.work / f"photo-{number}.jpg"
        shutil.copy(bench.pictures / PHOTO, photo)
        photos.append(str(photo))
    found[FOUR] = _peak(bench, ["--each", *photos, "-j", "4"])
    tell("memory: four photos")
    return found


def _peak(bench: Bench, pictures: list[str]) -> float:
    outputs = bench.work / "memory"
    outputs.mkdir()
    command = [*bench.tools.nano, "blur the background", *pictures]
    ran = bench.launch(
        [*command, "-o", f"{outputs}/", "--base-url", f"{bench.url}/small"]
    )
    bench.requests(len(list(outputs.glob("*.jpg"))))
    shutil.rmtree(outputs)
    (bench.work / "results.jsonl").unlink(missing_ok=True)
    return float(ran["memory"]) / 1e6
