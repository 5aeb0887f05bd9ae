"""Owns the answer to "what is this file?", from its first bytes.

A name is a claim and a signature is a fact: only the latter counts.  What is not
a picture is named too, because "an HTML page" tells a person what went wrong with
a download and "unknown format" does not.
"""

from __future__ import annotations

import re
from enum import Enum

HEAD_SIZE = 512  # bytes from the start of a file that `sniff` wants to see


class PictureFormat(Enum):
    """A picture format that can be read; the value is Pillow's name of it."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"
    AVIF = "AVIF"
    GIF = "GIF"
    BMP = "BMP"
    TIFF = "TIFF"
    PPM = "PPM"
    ICO = "ICO"
    HEIF = "HEIF"


# Compiled one by one when they are tried: most inputs are told by the first.
_SIGNATURES = (
    (rb"\xff\xd8\xff", PictureFormat.JPEG),
    (rb"\x89PNG\r\n\x1a\n", PictureFormat.PNG),
    (rb"RIFF....WEBP", PictureFormat.WEBP),
    (rb"GIF8[79]a", PictureFormat.GIF),
    # The size of a BMP's second header; what stands before it is not to be relied on.
    (rb"BM.{12}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0\0\0", PictureFormat.BMP),
    # But not Canon's raw pictures, which say so where a TIFF's first data stand.
    (rb"(II[*+]\x00|MM\x00[*+])(?!....CR\x02)", PictureFormat.TIFF),
    (rb"P[1-6fF][\s#]", PictureFormat.PPM),
    (rb"\x00\x00\x01\x00", PictureFormat.ICO),
)
_HEIF_BRANDS = frozenset(
    b"heic heix heim heis hevc hevx hevm hevs mif1 msf1".split(b" ")
)
_AVIF_BRANDS = frozenset((b"avif", b"avis"))

_OTHERS = (
    (rb"%PDF-", "a PDF document"),
    (rb"%!PS", "a PostScript document"),
    (rb"8BPS", "a Photoshop document"),
    (rb"\xff\x0a|\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (rb"\x00\x00\x00\x0cjP  |\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (rb"II\*\x00....CR|....ftypcrx |II(RO|RS|U\x00)|MMOR", "a camera's raw picture"),
    (rb"....ftyp|\x1a\x45\xdf\xa3|RIFF....AVI ", "a video"),
    (rb"FUJIFILMCCD-RAW", "a camera's raw picture"),
    (rb"PK\x03\x04", "a ZIP archive"),
    (rb"\x1f\x8b", "a gzip archive"),
    (rb"(\xef\xbb\xbf)?\s*(<!doctype html|<html)", "an HTML page"),
    (rb"(\xef\xbb\xbf)?\s*(<[?!].*)?<svg[\s>]", "an SVG drawing"),
    (rb"(\xef\xbb\xbf)?\s*<\?xml", "an XML document"),
    (rb"(\xef\xbb\xbf)?\s*[{\[]\s*[\"{\[]", "a JSON document"),
)
_CONTROLS = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f]")


def sniff(head: bytes) -> PictureFormat | None:
    """Tell the picture format from the first `HEAD_SIZE` bytes, if they show one."""
    for signature, found in _SIGNATURES:
        if re.match(signature, head, re.DOTALL):
            return found
    return _iso_media_format(head)


def describe(head: bytes) -> str:
    """Say what a file that is not a picture seems to be: "a PDF document", "text"."""
    for signature, words in _OTHERS:
        if re.match(signature, head, re.DOTALL | re.IGNORECASE):
            return words
    return "text" if _is_text(head) else "in an unknown format"


def _iso_media_format(head: bytes) -> PictureFormat | None:
    """AVIF or HEIF: the brands in an ``ftyp`` box tell, major or compatible.

    An AVIF file may carry ``mif1`` as its major brand, so AVIF is asked first.
    """
    if head[4:8] != b"ftyp":
        return None
    end = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[8:12]} | {head[at : at + 4] for at in range(16, end, 4)}
    if brands & _AVIF_BRANDS:
        return PictureFormat.AVIF
    return PictureFormat.HEIF if brands & _HEIF_BRANDS else None


def _is_text(head: bytes) -> bool:
    """UTF-8 without control characters; the cut may lie inside a character."""
    if _CONTROLS.search(head):
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return len(head) == HEAD_SIZE and error.start >= HEAD_SIZE - 3
    return True
