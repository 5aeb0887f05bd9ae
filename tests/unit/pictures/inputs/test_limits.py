"""How large a picture may be; what is refused is refused before it is decoded."""

from __future__ import annotations

import struct
import subprocess
import sys
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
import support
from PIL import Image
from support.input_pictures import (
    Table,
    exif,
    jpeg_bytes,
    pattern,
    raw_png,
    segment,
)

from nano_edit.errors import InputError
from nano_edit.pictures.inputs.decode import Reduction
from nano_edit.pictures.inputs.workspace import Workspace
from nano_edit.pictures.jpeg_walk import FRAMES, SOS, Segment, walk_jpeg
from nano_edit.pictures.slices import Slices, walk_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TURNED = segment(0xE1, b"Exif\0\0" + exif(t0x0112=6).tobytes()[6:])


@pytest.fixture
def table() -> Iterator[Table]:
    with Workspace() as workspace:
        yield Table(workspace)


def bmp(width: int, height: int) -> bytes:
    """The head of a BMP; its pixels are missing."""
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + head


def jpeg(
    width: int, height: int, *, turned: bool = True, scans: int = 1, **options: object
) -> bytes:
    """A small JPEG that claims to be large, its last scan repeated."""
    data = jpeg_bytes(pattern(), progressive=scans > 1, subsampling=2, **options)
    seen: list[Segment] = []
    slices = Slices()
    walk_file(walk_jpeg(slices, seen.append), slices, BytesIO(data))
    at = next(each.offset for each in seen if each.marker in FRAMES) + 5
    head = data[2:at] + struct.pack(">HH", height, width) + data[at + 4 : seen[-1].end]
    last = data[seen[-1].offset : seen[-1].next]
    more = scans - sum(each.marker == SOS for each in seen)
    exif_segment = TURNED if turned else b""
    return b"\xff\xd8" + exif_segment + head + last * more + b"\xff\xd9"


TOO_LARGE: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "bmp": (
        lambda: bmp(30_000, 30_000),
        r"has 900 megapixels \(30000x30000\); at most 250 are read",
        "--max-pixels 900",
    ),
    "ppm": (lambda: b"P6 30000 30000 255\n", "900 megapixels", "--max-pixels 900"),
    "png": (lambda: raw_png(8, 2, [b""], 2**31 - 1), "2148 mega", "--max-pixels 2148"),
    "jpeg as it is": (
        lambda: jpeg(50_000, 5001, turned=False),
        "251 megapixels",
        "--max-pixels 251",
    ),
    "memory of a bmp": (
        lambda: bmp(15_000, 10_000),
        "150 megapixels, and decoding it would take 644.7 MB of memory",
        "--max-pixels 150",
    ),
    "memory of coefficients": (
        lambda: jpeg(20_000, 10_000, scans=10),
        "200 megapixels, and decoding it would take 650.0 MB of memory",
        "--max-pixels 200",
    ),
    "scans": (
        lambda: jpeg(10_000, 10_000, scans=101),
        "is a JPEG of 101 scans",
        "Save it again",
    ),
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_what_is_too_large_is_refused(table: Table, tmp_path: Path, name: str) -> None:
    make, words, hint = TOO_LARGE[name]
    path = tmp_path / "large"
    path.write_bytes(make())
    with pytest.raises(InputError, match=words) as caught:
        table.one(path)
    assert hint in caught.value.hint


def test_users_limit_takes_the_place_of_both(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "large.bmp"
    path.write_bytes(bmp(15_000, 10_000))
    with pytest.raises(InputError, match="at most 149 are read"):
        table.one(path, max_pixels=149_000_000)
    with pytest.raises(InputError, match=r"large\.bmp is cut off"):
        table.one(path, max_pixels=150_000_000)  # it was decoded


def test_photo_of_200_megapixels_is_read(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "in.jpg"
    path.write_bytes(jpeg(16_320, 12_240, turned=False))
    assert table.one(path).width == 16_320
    path.write_bytes(jpeg(16_320, 12_240))
    assert table.one(path, max_side=400).height == 400


@pytest.mark.parametrize(
    ("side", "exact", "longer", "part"),
    [
        (None, True, 60_000, 1),
        (4096, False, 4096, 1),
        (4096, False, 6143, 1),
        (4096, False, 6144, 2),
        (4096, False, 8064, 2),
        (4096, False, 12_000, 2),
        (4096, False, 16_320, 4),
        (4096, False, 60_000, 8),
        (4096, True, 8064, 1),
        (4096, True, 8192, 2),
        (100, True, 8064, 8),
    ],
)
def test_part_of_a_jpeg_that_is_decoded(
    side: int | None, *, exact: bool, longer: int, part: int
) -> None:
    assert Reduction(side, exact=exact).part(longer) == part


@pytest.mark.skipif(sys.platform != "linux", reason="limits address space")
@pytest.mark.parametrize("spare", [100_000_000, 205_000_000])  # to decode, to encode
def test_too_little_memory_is_an_input_error(tmp_path: Path, spare: int) -> None:
    """In a process of its own, whose address space ends beyond what it has."""
    path = tmp_path / "in.bmp"
    Image.new("RGB", (8000, 6000)).save(path)
    script = (
        "import io, resource, sys\n"
        "from nano_edit.errors import InputError\n"
        "from nano_edit.pictures.inputs import convert, prepare_images as inputs\n"
        "from nano_edit.pictures.inputs.workspace import Workspace\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * 4096\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + int(sys.argv[2]),) * 2)\n"
        "try:\n"
        "    with Workspace() as workspace:\n"
        "        inputs.prepare_inputs([sys.argv[1]], inputs.Preparation(),\n"
        "            workspace=workspace, stdin=io.BytesIO(), fetch=print,\n"
        "            note=print)\n"
        "except InputError as error:\n"
        "    sys.exit('not enough memory' not in error.message)\n"
        "sys.exit('it was decoded')\n"
    )
    command = [sys.executable, "-c", script, str(path), str(spare)]
    assert subprocess.run(command, cwd=support.ROOT, check=False).returncode == 0
