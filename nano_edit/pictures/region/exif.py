"""EXIF blocks, changed in place: orientation, size, no thumbnail.

Nothing is moved, for maker notes hold offsets from the block's start.  A block that
cannot be read is returned as it is.

Facts: TIFF 6.0 section 2; Exif 2.32 4.6.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_WIDTH, _HEIGHT, _ORIENTATION = 0x0100, 0x0101, 0x0112
_EXIF_FOLDER, _GPS_FOLDER = 0x8769, 0x8825
_EXIF_WIDTH, _EXIF_HEIGHT = 0xA002, 0xA003
_THUMBNAIL, _THUMBNAIL_LENGTH = 0x0201, 0x0202
_FORMATS: Final = {3: "H", 4: "I"}  # SHORT and LONG


@dataclass(frozen=True, slots=True)
class _Entry:
    tag: int
    kind: int  # TIFF's field type
    at: int  # byte of the value

    def value(self, block: bytes | bytearray, order: str) -> int | None:
        form = _FORMATS.get(self.kind)
        return struct.unpack_from(order + form, block, self.at)[0] if form else None

    def put(self, block: bytearray, order: str, value: int) -> None:
        form = _FORMATS.get(self.kind)
        if form and value < 1 << (16 if form == "H" else 32):
            struct.pack_into(order + form, block, self.at, value)


def minimal(orientation: int) -> bytes:
    """Return a block that says nothing but the orientation."""
    entry = struct.pack(">HHIHH", _ORIENTATION, 3, 1, orientation, 0)
    return b"MM\0*" + struct.pack(">IH", 8, 1) + entry + bytes(4)


def has_position(block: bytes) -> bool:
    """Whether the block says where the picture was taken."""
    order = _order(block)
    try:
        return order is not None and any(
            entry.tag == _GPS_FOLDER for entry in _entries(block, order, _first(block))
        )
    except struct.error:
        return False


def upright(block: bytes, size: tuple[int, int]) -> bytes:
    """Return the block for a picture of ``size``, upright, without a thumbnail."""
    order = _order(block)
    if order is None:
        return block
    changed = bytearray(without_thumbnail(block))
    values = {
        _WIDTH: size[0], _HEIGHT: size[1], _ORIENTATION: 1,
        _EXIF_WIDTH: size[0], _EXIF_HEIGHT: size[1],
    }  # fmt: skip
    try:
        for entry in list(_entries(changed, order, _first(block))):
            if entry.tag in values:
                entry.put(changed, order, values[entry.tag])
            if entry.tag == _EXIF_FOLDER:
                inner = entry.value(changed, order) or 0
                for each in list(_entries(changed, order, inner)):
                    if each.tag in values:
                        each.put(changed, order, values[each.tag])
    except struct.error:
        return block
    return bytes(changed)


def without_thumbnail(block: bytes) -> bytes:
    """Return the block with no second directory, its thumbnail's bytes zeroed.

    They are cut off where they are the block's last.
    """
    order = _order(block)
    if order is None:
        return block
    changed = bytearray(block)
    try:
        first = _first(block)
        (count,) = struct.unpack_from(order + "H", block, first)
        link = first + 2 + 12 * count
        (second,) = struct.unpack_from(order + "I", block, link)
        struct.pack_into(order + "I", changed, link, 0)
        if not second:
            return block
        found = {
            entry.tag: entry.value(block, order) or 0
            for entry in _entries(block, order, second)
        }
    except struct.error:
        return block
    start = found.get(_THUMBNAIL, 0)
    end = start + found.get(_THUMBNAIL_LENGTH, 0)
    if not 0 < start < end <= len(block):
        return bytes(changed)
    changed[start:end] = bytes(end - start)
    return bytes(changed[:start] if end == len(block) else changed)


def _order(block: bytes) -> str | None:
    return {b"II*\0": "<", b"MM\0*": ">"}.get(block[:4])


def _first(block: bytes) -> int:
    order = _order(block) or ">"
    return int(struct.unpack_from(order + "I", block, 4)[0])


def _entries(block: bytes | bytearray, order: str, start: int) -> Iterator[_Entry]:
    """Give the directory at ``start``; raises struct.error where it does not fit."""
    (count,) = struct.unpack_from(order + "H", block, start)
    for at in range(start + 2, start + 2 + 12 * count, 12):
        tag, kind = struct.unpack_from(order + "HH", block, at)
        yield _Entry(tag, kind, at + 8)
