"""What the tests share: a real run of the program, and pictures made on the spot.

Rules:
- The program is started as a process, as a user would, with this tree's package.
- A picture is the same bytes on every run, and detailed enough that an edit shows.
- Nothing here stands in for code of ours.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from PIL import Image, ImageDraw, ImageOps

from support.result_schema import check_output

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parent.parent.parent

LATITUDE = (47.0, 33.0, 21.5)  # degrees, minutes, seconds: what no request may hold
LONGITUDE = (9.0, 41.0, 7.25)
CAMERA = "Canary Optics 4711"
GPS_IFD = 0x8825
TAG_MAKE = 0x010F
TAG_ORIENTATION = 0x0112


@dataclass(frozen=True, slots=True)
class Finished:
    """A process that has ended: its exit status and all that it wrote."""

    status: int
    out: bytes
    err: bytes

    @property
    def stdout(self) -> str:
        """Standard output as text, with ``\\n`` alone as the line's end."""
        return _text(self.out)

    @property
    def stderr(self) -> str:
        """Standard error as text, with ``\\n`` alone as the line's end."""
        return _text(self.err)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace").replace("\r\n", "\n")


class Run(Protocol):
    """The `run` fixture: start the program, wait, and tell how it ended."""

    def __call__(
        self,
        *args: str | Path,
        stdin: bytes = b"",
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 60,
        module: str = "nano_edit",
    ) -> Finished: ...


def command(*args: str | Path, module: str = "nano_edit") -> list[str]:
    """The argument list that starts the program in this interpreter."""
    return [sys.executable, "-m", module, *map(str, args)]


def environment(
    extra: Mapping[str, str] | None = None, *, measured: bool = True
) -> dict[str, str]:
    """A child's environment: ours (cleaned by `conftest`), this tree, and `extra`.

    ``measured`` is False for a child that a signal is to end: an exception that is
    raised while coverage holds its lock makes it wait for ever.
    """
    ours = {
        name: value
        for name, value in os.environ.items()
        if measured or not name.startswith("COVERAGE_")
    }
    return {
        **ours,
        "PYTHONPATH": str(ROOT),  # a child in another folder finds the same package
        "PYTHONIOENCODING": "utf-8",
        **(extra or {}),
    }


def run_program(
    *args: str | Path,
    stdin: bytes = b"",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 60,
    module: str = "nano_edit",
) -> Finished:
    """Run ``python -m module args`` to its end.

    ``timeout`` is in seconds; past it the process is killed and
    `subprocess.TimeoutExpired` raised, with what was written until then.  With
    ``--json`` every line that it printed is held to the schema.
    """
    done = subprocess.run(
        command(*args, module=module),
        input=stdin,
        capture_output=True,
        cwd=cwd,
        env=environment(env),
        timeout=timeout,
        check=False,
    )
    check_output(map(str, args), done.stdout)
    return Finished(done.returncode, done.stdout, done.stderr)


def noise(width: int, height: int, *, mode: str = "RGB", seed: int = 1) -> Image.Image:
    """A picture of nothing but detail: it hardly compresses, and blur shows at once."""
    size = width * height * len(Image.new(mode, (1, 1)).getbands())
    raw = random.Random(seed).randbytes(size)  # noqa: S311 - must repeat, not surprise
    return Image.frombytes(mode, (width, height), raw)


def scene(width: int, height: int, *, seed: int = 1) -> Image.Image:
    """A picture with soft colour, fine texture, and four corners that differ.

    The corners are red, green, blue and yellow, clockwise from the upper left,
    so that a test sees at once how a picture was turned.
    """
    ground = noise(4, 4, seed=seed).resize((width, height), Image.Resampling.BICUBIC)
    grain = noise(width, height, seed=seed + 1)
    picture = Image.blend(ground, grain, 0.15)
    draw = ImageDraw.Draw(picture)
    w, h = max(1, width // 4), max(1, height // 4)
    draw.rectangle((0, 0, w - 1, h - 1), fill="red")
    draw.rectangle((width - w, 0, width - 1, h - 1), fill="lime")
    draw.rectangle((width - w, height - h, width - 1, height - 1), fill="blue")
    draw.rectangle((0, height - h, w - 1, height - 1), fill="yellow")
    return picture


def photo(path: Path, width: int = 96, height: int = 64, **save: Any) -> Path:
    """Write `scene` to ``path`` in the format of its suffix and return ``path``.

    ``save`` goes to Pillow as it is: ``quality=95``, ``exif=...``, ``format=...``.
    """
    scene(width, height).save(path, **save)
    return path


def cutout(path: Path, width: int = 96, height: int = 64) -> Path:
    """Write a picture whose alpha runs from clear to opaque, as PNG or WebP."""
    picture = scene(width, height)
    alpha = Image.linear_gradient("L").rotate(90).resize((width, height))
    picture.putalpha(ImageOps.autocontrast(alpha))
    picture.save(path)
    return path


def gps_photo(
    path: Path, width: int = 96, height: int = 64, *, orientation: int = 1
) -> Path:
    """Write a photo that says where, with what and which way up it was taken."""
    exif = Image.Exif()
    exif[TAG_MAKE] = CAMERA
    exif[TAG_ORIENTATION] = orientation
    exif[GPS_IFD] = {1: "N", 2: LATITUDE, 3: "E", 4: LONGITUDE}
    return photo(path, width, height, exif=exif)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """Mount an empty file system of ``size`` ("64k") there, or skip the test."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, check=False)
    except OSError:
        pytest.skip("there is no mount command")
    if done.returncode:
        pytest.skip("only root may mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)
