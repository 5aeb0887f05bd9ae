"""One picture as it was received: what its bytes say it is, and what they carry.

The structure is walked here, segment by segment, without Pillow, so that a
test can tell which metadata reached the service.  base64 is `binascii`'s, which
shares no code with the client's.
"""

from __future__ import annotations

import binascii
import hashlib
import struct
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from nano_edit.emulator.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nano_edit.emulator.errors import Refusal

MAX_IMAGE = 7 * 1024 * 1024  # bytes, before base64
FORMATS = ("JPEG", "PNG", "WEBP")  # what Pillow is let try
_MIME_TYPES = ("image/jpeg", "image/png", "image/webp", "image/heic", "image/heif")
URL_SAFE = str.maketrans("-_", "+/")
_BARE_MARKERS = range(0xD0, 0xD8)  # RST0-7: no length follows
_SOS = 0xDA


@dataclass(frozen=True, slots=True)
class ReceivedImage:
    """A decoded part's facts; ``width`` and ``height`` are pixels as stored."""

    mime_type: str  # as claimed
    format: str  # as Pillow tells it: JPEG, PNG, WEBP
    mode: str
    width: int
    height: int
    bytes: int
    sha256: str  # hex, of the decoded bytes
    segments: tuple[str, ...]  # JPEG markers, PNG chunks, RIFF chunks, in order

    @property
    def has_exif(self) -> bool:
        """Whether EXIF came along, GPS and serial numbers maybe within."""
        return any("exif" in name.lower() for name in self.segments)

    @property
    def has_icc(self) -> bool:
        """Whether a colour profile came along."""
        known = ("ICC_PROFILE", "iCCP", "ICCP")
        return any(name.endswith(known) for name in self.segments)

    @property
    def metadata(self) -> tuple[str, ...]:
        """The segments that say something about the picture or its maker."""
        return tuple(name for name in self.segments if _tells(name))


def _tells(name: str) -> bool:
    kind = name.partition(" ")[0]
    if kind.startswith("APP"):
        return kind not in {"APP0", "APP14"} and "ICC_PROFILE" not in name
    return kind in {"COM", "tEXt", "zTXt", "iTXt", "eXIf", "tIME", "EXIF", "XMP"}


def decode(text: Any, *, where: str) -> bytes:
    """Return strict base64's bytes; both alphabets, padding required.

    ``where`` is the part's path in the request, for the `Refusal`.
    """
    if not isinstance(text, str) or not text:
        raise invalid(f"Invalid value at '{where}.data' (TYPE_BYTES).", field=where)
    if "-" in text or "_" in text:
        text = text.translate(URL_SAFE)
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError as error:
        raise _no_base64(where, str(error)) from None
    # `binascii` is strict, but for padding behind what needs none.
    if len(text) % 4 or text.endswith("==="):
        raise _no_base64(where, "Excess padding")
    return data


def _no_base64(where: str, why: str) -> Refusal:
    return invalid(
        f"Invalid value at '{where}.data' (TYPE_BYTES), Base64 decoding failed: {why}",
        field=f"{where}.data",
    )


def examine(
    mime_type: Any, data: bytes, *, where: str, own: bool = False
) -> ReceivedImage:
    """Return the facts of one picture.

    `Refusal` for a type that is not taken, bytes that are no picture, and, unless the
    picture is the model's ``own``, for too many bytes or another type than claimed.
    """
    if mime_type not in _MIME_TYPES:
        raise invalid(f"Unsupported MIME type: {mime_type}", field=where)
    if len(data) > MAX_IMAGE and not own:
        raise invalid(
            f"The inline image is {len(data)} bytes; the limit is {MAX_IMAGE} bytes.",
            field=where,
        )
    image = _facts(mime_type, data, where)
    if mime_type != f"image/{image.format.lower()}" and not own:
        raise invalid(f"The image is {image.format}, not {mime_type}.", field=where)
    return image


def _facts(mime_type: str, data: bytes, where: str) -> ReceivedImage:
    from PIL import Image  # noqa: PLC0415 - Pillow is loaded at the first picture

    try:
        image = Image.open(BytesIO(data), formats=FORMATS)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise invalid("Unable to process input image.", field=where) from error
    with image:
        return ReceivedImage(
            mime_type=mime_type,
            format=str(image.format),
            mode=image.mode,
            width=image.width,
            height=image.height,
            bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            segments=tuple(_segments(data)),
        )


def _segments(data: bytes) -> Iterator[str]:
    if data.startswith(b"\xff\xd8"):
        return _jpeg_segments(data)
    if data.startswith(b"\x89PNG"):
        return _png_chunks(data)
    return _riff_chunks(data)


def _jpeg_segments(data: bytes) -> Iterator[str]:
    """Name the markers up to the scan; application segments say whose they are."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF or marker in _BARE_MARKERS:
            at += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        yield _marker_name(marker, data[at + 4 : at + 2 + length])
        if marker == _SOS:
            return
        at += 2 + length


def _marker_name(marker: int, content: bytes) -> str:
    if 0xE0 <= marker <= 0xEF:
        owner = content[:32].split(b"\0")[0].decode("ascii", "replace")
        return f"APP{marker - 0xE0} {owner}".strip()
    return {0xFE: "COM", 0xDB: "DQT", 0xC4: "DHT", _SOS: "SOS"}.get(
        marker, f"{marker:02X}"
    )


def _png_chunks(data: bytes) -> Iterator[str]:
    """Name the chunks, a run of IDAT once; text chunks say their keyword."""
    at, last = 8, ""
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        name = kind.decode("latin-1")
        if name in {"tEXt", "zTXt", "iTXt"}:
            keyword = data[at + 8 : at + 88].split(b"\0")[0]
            name += " " + keyword.decode("latin-1")
        if name != last or name != "IDAT":
            yield name
        at, last = at + 12 + length, name


def _riff_chunks(data: bytes) -> Iterator[str]:
    at = 12
    while at + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        yield kind.decode("latin-1").strip()
        at += 8 + length + length % 2
