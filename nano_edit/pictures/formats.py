"""The picture formats, read and written: suffixes, MIME types, option values.

A format has one word here ("png", "jpeg", "webp", "avif", "tiff"); file names,
MIME types and the command line have others.  Pure tables: no Pillow, no disk.
"""

from __future__ import annotations

from typing import Final

FORMATS: Final = {
    ".png": "png",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".webp": "webp",
    ".avif": "avif",
    ".tif": "tiff",
    ".tiff": "tiff",
}
"""File name suffix, in lower case, to format."""

READ_SUFFIXES: Final = (
    ".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".webp", ".avif",
    ".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".hif",
    ".ppm", ".pgm", ".pbm", ".pnm", ".ico",
)  # fmt: skip
"""Suffixes of pictures in folders; what a file really is, its bytes tell."""

SUFFIXES: Final = {
    "png": ".png",
    "jpeg": ".jpg",
    "webp": ".webp",
    "avif": ".avif",
    "tiff": ".tiff",
}
"""Format to the suffix that is added to a name without one."""

MIME_TYPES: Final = {name: f"image/{name}" for name in SUFFIXES}
"""Format to MIME type."""

AS_IT_COMES: Final = ("png", "jpeg", "webp")
"""The formats in which the service may answer."""

CHOICES: Final = "png, jpg, webp, avif, tif"
"""The formats as a message lists them."""


def format_named(word: str) -> str | None:
    """Return the format that ``word`` ("jpg", "TIF", "webp") names, if any."""
    return FORMATS.get(f".{word.lower().removeprefix('.')}")


def format_of(mime_type: str) -> str:
    """Return the format of a MIME type told from bytes, such as image/jpeg."""
    return mime_type.removeprefix("image/")
