"""Colour profiles: every picture as sRGB to compare, and back into the original's.

A missing profile is sRGB.  One that cannot be used is taken for none: the pixels are
compared as they are, and the profile stays with the original.
"""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageCms

if TYPE_CHECKING:
    from collections.abc import Callable

    Convert = Callable[[Image.Image], Image.Image]

_RELATIVE = ImageCms.Intent.RELATIVE_COLORIMETRIC


def to_srgb(profile: bytes | None) -> Convert:
    """Return what turns L, RGB or RGBA pixels of ``profile`` into sRGB as RGB."""

    def convert(image: Image.Image) -> Image.Image:
        if image.mode == "RGBA":
            image = image.convert("RGB")
        transform = _transform(profile, image.mode, inverse=False)
        if transform is None:
            return image.convert("RGB")
        return ImageCms.applyTransform(image, transform) or image

    return convert


def from_srgb(profile: bytes | None, mode: str) -> Convert:
    """Return what turns sRGB pixels (RGB) into ``mode``, L or RGB, of ``profile``."""

    def convert(image: Image.Image) -> Image.Image:
        transform = _transform(profile, mode, inverse=True)
        if transform is None:
            return image.convert(mode)
        return ImageCms.applyTransform(image, transform) or image

    return convert


@lru_cache(8)
def _transform(profile: bytes | None, mode: str, *, inverse: bool) -> Any:
    if profile is None:
        return None
    try:
        own = ImageCms.ImageCmsProfile(BytesIO(profile))
        srgb = ImageCms.createProfile("sRGB")
        if inverse:
            return ImageCms.buildTransform(srgb, own, "RGB", mode, _RELATIVE)
        return ImageCms.buildTransform(own, srgb, mode, "RGB", _RELATIVE)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
