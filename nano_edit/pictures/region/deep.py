"""Sixteen bits a sample, which Pillow reads as eight: read, and written as PNG or TIFF.

Strategy: Pillow's unpackers of 16-bit RGB and RGBA take the upper byte of each sample.
Those for the other byte order take the lower one.  So a file is decoded twice.

Facts: PNG 3rd edition 7 and 9; TIFF 6.0.
"""

from __future__ import annotations

import struct
import sys
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nano_edit.pictures.inputs.decode import opened
from nano_edit.pictures.inputs.raster import TURNS
from nano_edit.pictures.inputs.sniff import PictureFormat
from nano_edit.pictures.memory import DECODED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from numpy.typing import NDArray

    from nano_edit.pictures.inputs.examine import Original
    from nano_edit.pictures.inputs.raster import Raster

    Deep = NDArray[np.uint16]

_OTHER: Final = {"16B": "16L", "16L": "16B"}
_NATIVE: Final = "16L" if sys.byteorder == "little" else "16B"
_MEMORY: Final = 24  # bytes a pixel: RGBA decoded, its two halves, and them joined
_ROWS: Final = 64  # that are compressed at a time


@contextmanager
def held(original: Original, raster: Raster) -> Iterator[Deep | None]:
    """Hold the samples, upright, [height, width, channels]; None: there are none."""
    if not _is_deep(original):
        yield None
        return
    width, height = raster.size
    with DECODED.reserved(_MEMORY * width * height):
        yield _read(original, raster)


def _is_deep(original: Original) -> bool:
    """Whether the file has 16 bits a sample, in one of the modes that are read here."""
    if original.format not in (PictureFormat.PNG, PictureFormat.TIFF):
        return False
    with opened(original) as file:
        if file.mode.startswith("I;16"):
            return "transparency" not in file.info
        is_colour = file.mode in ("RGB", "RGBA")
        return is_colour and all(_tile(tile, lower=False) for tile in file.tile)


def _read(original: Original, raster: Raster) -> Deep:
    upper = _samples(original, raster.orientation, lower=False)
    if upper.dtype == np.uint16:
        return upper  # grey: both bytes at once
    lower = _samples(original, raster.orientation, lower=True)
    samples: Deep = (upper.astype(np.uint16) << 8) | lower
    return samples


def _samples(original: Original, orientation: int, *, lower: bool) -> NDArray[Any]:
    """Return one byte of each sample, or both of 16-bit grey."""
    with opened(original) as file:
        if not file.mode.startswith("I;16"):
            file.tile = [_tile(tile, lower=lower) for tile in file.tile]
        file.load()
        turn = TURNS.get(orientation)
        image = file if turn is None else file.transpose(turn)
        pixels = np.asarray(image)
        if pixels.ndim == 2:
            pixels = pixels.astype(np.uint16)[..., None]
        return pixels.copy()


def _tile(tile: Any, *, lower: bool) -> Any:
    """Return a tile that unpacks the wanted byte of RGB or RGBA of 16 bits."""
    args = tile.args
    raw = args if isinstance(args, str) else args[0]
    mode, _, order = str(raw).partition(";")
    order = _NATIVE if order == "16N" else order
    if mode not in ("RGB", "RGBA") or order not in _OTHER:
        return None
    raw = f"{mode};{_OTHER[order] if lower else order}"
    return tile._replace(args=raw if isinstance(args, str) else (raw, *args[1:]))


def write_png(file: BinaryIO, samples: Deep, profile: bytes | None) -> None:
    """Write a PNG; each row is told by its difference to the one above."""
    height, width, channels = samples.shape
    colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    file.write(b"\x89PNG\r\n\x1a\n")
    _chunk(file, b"IHDR", header)
    if profile:
        _chunk(file, b"iCCP", b"ICC\0\0" + zlib.compress(profile))
    packer = zlib.compressobj(1, zlib.DEFLATED, 15, 9, zlib.Z_FILTERED)
    above = np.zeros((1, width * channels * 2), np.uint8)
    for top in range(0, height, _ROWS):
        rows = samples[top : top + _ROWS].astype(">u2").reshape(-1, width * channels)
        values = rows.view(np.uint8)
        before = np.concatenate([above, values[:-1]])
        above = values[-1:]
        filtered = np.full((values.shape[0], values.shape[1] + 1), 2, np.uint8)
        np.subtract(values, before, out=filtered[:, 1:])
        data = packer.compress(filtered.tobytes())
        if data:
            _chunk(file, b"IDAT", data)
    _chunk(file, b"IDAT", packer.flush())
    _chunk(file, b"IEND", b"")


def _chunk(file: BinaryIO, name: bytes, data: bytes) -> None:
    check = zlib.crc32(data, zlib.crc32(name))
    file.write(struct.pack(">I", len(data)) + name + data + struct.pack(">I", check))


def write_tiff(file: BinaryIO, samples: Deep, profile: bytes | None) -> None:
    """Write a TIFF of deflated strips, little-endian."""
    height, width, channels = samples.shape
    file.write(struct.pack("<2sHI", b"II", 42, 0))
    starts, lengths = [], []
    for top in range(0, height, _ROWS):
        data = zlib.compress(samples[top : top + _ROWS].astype("<u2").tobytes(), 1)
        starts.append(file.tell())
        lengths.append(len(data))
        file.write(data + bytes(len(data) % 2))
    colours = 1 if channels < 3 else 3
    entries: list[tuple[int, int, list[int] | bytes]] = [
        (256, 4, [width]),
        (257, 4, [height]),
        (258, 3, [16] * channels),  # bits per sample
        (259, 3, [8]),  # compression: Adobe's deflate
        (262, 3, [1 if colours == 1 else 2]),  # grey from black, or RGB
        (273, 4, starts),
        (277, 3, [channels]),
        (278, 4, [_ROWS]),
        (279, 4, lengths),
        (284, 3, [1]),  # channels side by side
    ]
    if channels > colours:
        entries.append((338, 3, [2]))  # alpha, not multiplied in
    if profile:
        entries.append((34675, 7, profile))
    _directory(file, entries)


def _directory(
    file: BinaryIO, entries: list[tuple[int, int, list[int] | bytes]]
) -> None:
    """Write the values that are long, then the directory, then where it is."""
    packed = []
    for tag, kind, values in entries:
        form = {3: "H", 4: "I", 7: "B"}[kind]
        data = struct.pack(f"<{len(values)}{form}", *values)
        if len(data) > 4:
            at = file.tell()
            file.write(data + bytes(len(data) % 2))
            data = struct.pack("<I", at)
        packed.append(
            struct.pack("<HHI", tag, kind, len(values)) + data.ljust(4, b"\0")
        )
    start = file.tell()
    file.write(struct.pack("<H", len(packed)) + b"".join(packed) + bytes(4))
    file.seek(4)
    file.write(struct.pack("<I", start))


WRITERS: Final[dict[str, Callable[[BinaryIO, Deep, bytes | None], None]]] = {
    "png": write_png,
    "tiff": write_tiff,
}
