"""Owns the reading of pixels: any picture becomes upright L, RGB or RGBA.

Strategy: the format is known, so exactly one of Pillow's readers is loaded and
asked; no other sees the bytes.  A JPEG that will be made smaller is reduced
while it is decoded (DCT scaling), which skips most of the work.  Then its mode
is settled (`modes`), its size, and its orientation.

Rules:
- Colours and transparency hold: a profile is applied before it would be lost,
  16-bit values are scaled and not clipped, a transparent colour becomes alpha.
- Whatever a decoder raises on foreign bytes is an `InputError`.
- What leaves here carries no metadata but what was asked for.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from PIL import Image

from nano_edit.errors import InputError
from nano_edit.pictures.inputs.examine import broken, refuse_bomb
from nano_edit.pictures.inputs.modes import settle
from nano_edit.pictures.inputs.sniff import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from PIL.ImageFile import ImageFile

    from nano_edit.pictures.inputs.examine import Original

_READERS = {
    Kind.JPEG: ("JpegImagePlugin", "JpegImageFile"),
    Kind.PNG: ("PngImagePlugin", "PngImageFile"),
    Kind.WEBP: ("WebPImagePlugin", "WebPImageFile"),
    Kind.AVIF: ("AvifImagePlugin", "AvifImageFile"),
    Kind.GIF: ("GifImagePlugin", "GifImageFile"),
    Kind.BMP: ("BmpImagePlugin", "BmpImageFile"),
    Kind.TIFF: ("TiffImagePlugin", "TiffImageFile"),
    Kind.PPM: ("PpmImagePlugin", "PpmImageFile"),
    Kind.ICO: ("IcoImagePlugin", "IcoImageFile"),
}
_ORIENTATION = 0x0112  # EXIF and TIFF tag
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True)
class JpegCoding:
    """How a JPEG was compressed, to compress its pixels the same way again."""

    tables: tuple[tuple[int, ...], ...]  # of luminance, then of chrominance
    subsampling: int  # Pillow's: 0 is 4:4:4, 1 is 4:2:2, 2 is 4:2:0


@dataclass(frozen=True, slots=True)
class Picture:
    """Pixels in memory, upright, and what belongs to them."""

    image: Image.Image  # mode L, RGB or RGBA
    full_size: tuple[int, int]  # px, upright, before any reduction
    profile: bytes | None  # ICC, of the image's mode
    exif: bytes  # to be sent along; empty unless asked for
    coding: JpegCoding | None  # of a JPEG whose mode was kept
    animated: bool  # there are more frames or pages than this one


def decode(original: Original, *, max_side: int | None, keep_exif: bool) -> Picture:
    """Read a picture, no longer side above ``max_side`` px.  Raises InputError."""
    with _decoding(original.name), _opened(original) as file:
        refuse_bomb(original.name, *file.size)
        _refuse_raw(original, file)
        full_size = file.size
        animated = bool(getattr(file, "is_animated", False))
        target = size_within(full_size, max_side)
        if original.kind is Kind.JPEG and target != full_size:
            file.draft(None, target)
        file.load()
        exif = _upright_exif(file) if keep_exif and original.survey else b""
        orientation = _orientation(original, file)
        depth = original.survey.bit_depth if original.survey else 8
        image, profile = settle(file, depth)
        coding = _jpeg_coding(file, image) if original.kind is Kind.JPEG else None
        image = resized(image, target)
    if orientation in _TURNS:
        image = image.transpose(_TURNS[orientation])
    upright_size = full_size[::-1] if orientation >= 5 else full_size
    return Picture(image, upright_size, profile, exif, coding, animated)


def size_within(size: tuple[int, int], max_side: int | None) -> tuple[int, int]:
    """Fit ``size`` (width, height in px) under ``max_side``; never enlarge it."""
    longer = max(size)
    if max_side is None or longer <= max_side:
        return size
    width, height = (max(1, round(side * max_side / longer)) for side in size)
    return width, height


def resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Scale with Lanczos, alpha weighed in; the same object if it fits already."""
    if image.size == size:
        return image
    return image.resize(size, Image.Resampling.LANCZOS)


@contextmanager
def _decoding(name: str) -> Iterator[None]:
    """Turn whatever decoding raises into an InputError that names the file."""
    # A filter for good, not `catch_warnings`: that is no thing for threads.  What
    # a reader finds odd and can read all the same is not worth a user's line.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        clause = f"cannot be decoded: {error}"
        raise broken(name, "is cut off" if "trunc" in clause else clause) from error


@contextmanager
def _opened(original: Original) -> Iterator[ImageFile]:
    """Open the picture with the one reader of this format.

    The reader is called directly: `Image.open` would load five of them first,
    and warns through the process-wide warning filters where an error is wanted.
    It gets an open file, not a name: by name Pillow maps an uncompressed TIFF
    into memory, and takes the width of one that is stored turned for its height.
    """
    with original.file.open("rb") as stream, _reader(original)(stream) as file:
        yield file


def _reader(original: Original) -> Callable[[BinaryIO], ImageFile]:
    if original.kind is Kind.HEIF:
        return _heif_reader(original)
    module, name = _READERS[original.kind]
    reader: Callable[[BinaryIO], ImageFile] = getattr(
        import_module(f"PIL.{module}"), name
    )
    return reader


def _heif_reader(original: Original) -> Callable[[BinaryIO], ImageFile]:
    try:
        from pillow_heif import HeifImageFile  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise InputError(
            f"{original.name} is a HEIC picture; one more package reads those.",
            hint="pip install 'nano-edit[heif]'",
        ) from error
    reader: Callable[[BinaryIO], ImageFile] = HeifImageFile  # pragma: no cover - extra
    return reader  # pragma: no cover - needs the extra


def _refuse_raw(original: Original, file: ImageFile) -> None:
    """Refuse a camera's raw file: its first picture as a TIFF is a thumbnail."""
    if original.kind is not Kind.TIFF:
        return
    tags: Any = getattr(file, "tag_v2", {})
    if tags.get(0xFE, 0) & 1 or 0xC612 in tags:  # NewSubfileType, DNGVersion
        raise InputError(
            f"{original.name} is a camera's raw picture.",
            hint="Export it as a JPEG from the program that develops it.",
        )


def _orientation(original: Original, file: ImageFile) -> int:
    """Tell EXIF's 1 to 8, once the file is loaded: some readers turn by themselves."""
    if original.survey:
        return original.survey.orientation
    try:
        value = file.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - malformed EXIF is only "not turned"
        return 1
    return value if value in _TURNS else 1


def _upright_exif(file: ImageFile) -> bytes:
    """Take the EXIF along with its orientation set to 1; empty when malformed."""
    try:
        exif = file.getexif()
        if _ORIENTATION in exif:
            exif[_ORIENTATION] = 1
        return exif.tobytes() if exif else b""
    except Exception:  # noqa: BLE001 - malformed EXIF must not cost the picture
        return b""


def _jpeg_coding(file: Any, image: Image.Image) -> JpegCoding | None:
    """Read the tables that the components use; None when they cannot serve again."""
    if image.mode != file.mode:
        return None
    from PIL.JpegImagePlugin import get_sampling  # noqa: PLC0415 - loaded by now

    used = dict.fromkeys(component[3] for component in file.layer[:2])
    tables = tuple(tuple(file.quantization[number]) for number in used)
    # -1 is a scheme that Pillow cannot write; full chrominance loses nothing.
    return JpegCoding(tables, max(get_sampling(file), 0))
