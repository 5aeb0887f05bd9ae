"""The edited picture as a file's bytes, the way the service encodes it."""

from __future__ import annotations

import struct
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import Image

_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 90, "dpi": (300, 300)},
    "PNG": {"compress_level": 1},
    "WEBP": {"quality": 90, "method": 2},
}
# The service's JPEG carries content credentials in APP11; ours says it has none.
_CREDENTIALS = b"JP\0\1\0\0\0\1nano-edit-emulator: no content credentials\0"


def encode(picture: Image.Image, image_format: str) -> bytes:
    """Return ``picture`` encoded as JPEG, PNG or WEBP."""
    stream = BytesIO()
    picture.save(stream, image_format, **_OPTIONS[image_format])
    data = stream.getvalue()
    if image_format != "JPEG":
        return data
    segment = struct.pack(">BBH", 0xFF, 0xEB, len(_CREDENTIALS) + 2) + _CREDENTIALS
    after_jfif = 4 + struct.unpack_from(">H", data, 4)[0]
    return b"".join((data[:after_jfif], segment, data[after_jfif:]))
