"""The pictures and replies that are sent and served, made once and kept.

Strategy: noise, because its size follows from its strength: a few small samples
tell the strength at which a picture of any size has the bytes that are wanted.
Run as a program of its own, so that Pillow's memory is not the harness's.

Rules: every file is a real picture that any viewer opens; the same pictures come
out each time, as far as their sizes matter.
"""

from __future__ import annotations

import base64
import json
import random
import sys
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image

SIGNATURE = 2_900_000  # characters of base64 beside a picture; 1.1 to 2.9 MB are seen
_SAMPLE = (640, 480)  # px
_QUALITY = {"reply-1k.jpg": 98}  # of a JPEG that has to be large for its pixels
_SIZE_1K, _SIZE_4K = (1376, 768), (5504, 3072)  # px, of Pro at 16:9

# name, pixels, bytes that are wanted
PICTURES = {
    "small.jpg": ((1024, 768), 200_000),
    "1mb.jpg": ((2048, 1536), 1_000_000),
    "3mb.jpg": ((4000, 3000), 3_000_000),
    "7mb.jpg": ((5472, 3648), 7_000_000),
    "50mpx.jpg": ((8660, 5774), 14_000_000),
    "reply-1k.jpg": (_SIZE_1K, 1_500_000),
    "reply-4k.png": (_SIZE_4K, 25_000_000),
    "reply-4k.jpg": (_SIZE_4K, 10_000_000),
    "reply-100mb.png": ((5700, 4275), 73_000_000),
}
PHOTO = "48mpx.jpg"  # as a phone that is held upright stores it
_PHOTO_PIXELS = (8064, 6048)
# Pixels and Pillow's options of pictures as large as the usual limits allow; what
# they show does not matter to the memory that they take.
LARGE: dict[str, tuple[tuple[int, int], dict[str, Any]]] = {
    "200mpx.jpg": ((16_320, 12_240), {"subsampling": 2}),
    "168mpx-progressive.jpg": ((14_600, 11_500), {"progressive": True}),
    "119mpx.png": ((12_600, 9500), {"compress_level": 1}),
    "68mpx-lzw.tif": ((9500, 7200), {"compression": "tiff_lzw"}),
    "43mpx.avif": ((8100, 5400), {"speed": 10}),
    "33mpx.webp": ((7680, 4320), {"method": 0}),
}


# name of a reply, its picture, characters of its signature
REPLIES = {
    "small": ("small.jpg", 100_000),
    "1mb": ("1mb.jpg", 1_100_000),
    "1k": ("reply-1k.jpg", SIGNATURE),
    "4k": ("reply-4k.png", SIGNATURE),
    "4k-jpeg": ("reply-4k.jpg", SIGNATURE),
    "100mb": ("reply-100mb.png", SIGNATURE),
}


def make(folder: Path, names: Sequence[str]) -> None:
    """Make what is missing of the named pictures and replies in ``folder``."""
    for name in names:
        if name in REPLIES:
            picture, signature = REPLIES[name]
            _picture(folder / picture)
            _reply(folder / picture, folder / f"{name}.json", signature)
        else:
            _picture(folder / name)


def _picture(path: Path) -> None:
    if path.exists():
        return
    if path.name in LARGE:
        pixels, options = LARGE[path.name]
        _turned(_plain(pixels), path, options)
    elif path.name == PHOTO:
        _turned(_noise(_PHOTO_PIXELS, 20), path, {"quality": 80, "subsampling": 2})
    else:
        pixels, size = PICTURES[path.name]
        quality = _QUALITY.get(path.name, 90)
        picture = _noise(pixels, _strength(path.suffix, quality, pixels, size))
        path.write_bytes(_encoded(picture, path.suffix, quality))


def _reply(picture: Path, path: Path, signature: int) -> None:
    if not path.exists():
        document = reply_of(picture.read_bytes(), picture.suffix, signature)
        path.write_text(json.dumps(document, indent=2), "ascii")


def reply_of(picture: bytes, suffix: str, signature: int) -> dict[str, Any]:
    """Return a reply in Google's own order of keys."""
    noise = random.Random(1).randbytes(signature // 4 * 3)  # noqa: S311 - no secret
    data = {
        "mimeType": "image/png" if suffix == ".png" else "image/jpeg",
        "data": base64.b64encode(picture).decode("ascii"),
    }
    part = {
        "inlineData": data,
        "thoughtSignature": base64.b64encode(noise).decode("ascii"),
    }
    content = {"parts": [part], "role": "model"}
    return {
        "candidates": [{"content": content, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {
            "promptTokenCount": 271,
            "candidatesTokenCount": 1120,
            "totalTokenCount": 1391,
        },
        "modelVersion": "gemini-3-pro-image-preview",
        "responseId": "benchmark-0001",
    }


def _strength(suffix: str, quality: int, pixels: tuple[int, int], size: int) -> float:
    """Find the noise whose sample has its share of the bytes."""
    share = size * (_SAMPLE[0] * _SAMPLE[1]) / (pixels[0] * pixels[1])
    low, high = 0.1, 128.0
    for _ in range(10):
        middle = (low * high) ** 0.5
        is_less = len(_encoded(_noise(_SAMPLE, middle), suffix, quality)) < share
        low, high = (middle, high) if is_less else (low, middle)
    return low


def _turned(picture: Image, path: Path, options: dict[str, Any]) -> None:
    """Write a picture that has to be turned by a quarter to stand upright."""
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(path, exif=exif, **options)


def _plain(pixels: tuple[int, int]) -> Image:
    from PIL import Image  # noqa: PLC0415 - in the program of its own alone

    return Image.new("RGB", pixels, "teal")


def _noise(pixels: tuple[int, int], strength: float) -> Image:
    from PIL import Image  # noqa: PLC0415 - in the program of its own alone

    bands = [Image.effect_noise(pixels, strength) for _ in range(3)]
    return Image.merge("RGB", bands)


def _encoded(picture: Image, suffix: str, quality: int) -> bytes:
    target = BytesIO()
    if suffix == ".png":
        picture.save(target, "PNG", compress_level=1)
    else:
        picture.save(target, "JPEG", quality=quality)
    return target.getvalue()


if __name__ == "__main__":
    make(Path(sys.argv[1]), sys.argv[2:])
