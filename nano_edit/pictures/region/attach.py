"""A picture's bytes with another one's metadata put among them; no pixel is touched.

Facts: T.81 annex B, Exif 2.32 4.7.2 (JPEG); PNG 3rd edition 11.3 (eXIf, iTXt).
"""

from __future__ import annotations

import os
import struct
import zlib
from typing import TYPE_CHECKING, Final

from nano_edit.pictures.region.exif import upright

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Metadata = tuple[bytes, bytes, bytes]  # EXIF, XMP, IPTC; empty where none is

_BLOCK: Final = 1 << 20
_MOST: Final = 65533  # bytes of a JPEG segment
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"


def into_jpeg(
    source: Path, descriptor: int, metadata: Metadata, size: tuple[int, int]
) -> None:
    """Write the JPEG ``source``, of ``size`` px, with EXIF and XMP behind its start."""
    exif, xmp, iptc = metadata
    added = b""
    for marker, head, data in (
        (0xE1, b"Exif\0\0", upright(exif, size) if exif else b""),
        (0xE1, _XMP, xmp),
        (0xED, b"", iptc),
    ):
        if data and len(head) + len(data) <= _MOST:
            length = len(head) + len(data) + 2
            added += bytes((0xFF, marker)) + length.to_bytes(2, "big") + head + data
    _spliced(source, descriptor, 2, added)


def into_png(
    source: Path, descriptor: int, metadata: Metadata, size: tuple[int, int]
) -> None:
    """Write the PNG ``source``, of ``size`` px, with EXIF and XMP behind its header."""
    exif, xmp, _ = metadata
    added = b""
    if exif:
        added += _chunk(b"eXIf", upright(exif, size))
    if xmp:
        added += _chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp)
    _spliced(source, descriptor, 8 + 25, added)


def _chunk(name: bytes, data: bytes) -> bytes:
    check = zlib.crc32(data, zlib.crc32(name))
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)


def _spliced(source: Path, descriptor: int, at: int, added: bytes) -> None:
    with source.open("rb") as file, os.fdopen(descriptor, "wb", closefd=False) as out:
        out.write(file.read(at) + added)
        while block := file.read(_BLOCK):
            out.write(block)


WRITERS: Final[dict[str, Callable[[Path, int, Metadata, tuple[int, int]], None]]] = {
    "jpeg": into_jpeg,
    "png": into_png,
}
