"""Owns the reading of pixels: any picture becomes a `Raster`, in bounded memory.

Strategy: the format is known, so exactly one of Pillow's readers is loaded and
asked; no other sees the bytes.  What decoding will take is known before it begins:
it is refused when it is too much, and else waits until the process has room.  A
JPEG that will be made smaller is reduced while it is decoded (DCT scaling), which
skips most of the work.  All else happens when pieces are asked of the `Raster`.

Rules:
- Whatever a decoder raises on foreign bytes is an `InputError`.
- What leaves here carries no metadata.
"""

from __future__ import annotations

import warnings
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from nano_edit.errors import InputError
from nano_edit.pictures.inputs.examine import broken
from nano_edit.pictures.inputs.limits import check_decoding, decoding_memory
from nano_edit.pictures.inputs.modes import ModeChange
from nano_edit.pictures.inputs.raster import JpegCoding, Raster, size_within
from nano_edit.pictures.inputs.sniff import PictureFormat
from nano_edit.pictures.inputs.spans import opened_spans
from nano_edit.pictures.inputs.survey import orientation_of
from nano_edit.pictures.memory import DECODED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from PIL.ImageFile import ImageFile

    from nano_edit.pictures.inputs.examine import Original

_READERS = {
    PictureFormat.JPEG: ("JpegImagePlugin", "JpegImageFile"),
    PictureFormat.PNG: ("PngImagePlugin", "PngImageFile"),
    PictureFormat.WEBP: ("WebPImagePlugin", "WebPImageFile"),
    PictureFormat.AVIF: ("AvifImagePlugin", "AvifImageFile"),
    PictureFormat.GIF: ("GifImagePlugin", "GifImageFile"),
    PictureFormat.BMP: ("BmpImagePlugin", "BmpImageFile"),
    PictureFormat.TIFF: ("TiffImagePlugin", "TiffImageFile"),
    PictureFormat.PPM: ("PpmImagePlugin", "PpmImageFile"),
    PictureFormat.ICO: ("IcoImagePlugin", "IcoImageFile"),
}
# What decoders raise with words for people; the rest tells of their insides.
_SPEAKING = (OSError, SyntaxError, ValueError, EOFError)
_ABOUT_CODE = ("decoder error", "invalid literal for")


@dataclass(frozen=True, slots=True)
class Reduction:
    """How far a picture is made smaller while it is read."""

    max_side: int | None = None  # px, of the longer side
    exact: bool = True  # False: a JPEG may come out up to a quarter smaller

    def part(self, longer: int) -> int:
        """Return what divides the sides of a JPEG while it is decoded: 1, 2, 4 or 8."""
        if self.max_side is None or longer <= self.max_side:
            return 1
        enough = self.max_side if self.exact else self.max_side * 3 / 4
        return next((part for part in (8, 4, 2) if longer / part >= enough), 1)


@contextmanager
def decoded(
    original: Original,
    reduction: Reduction,
    *,
    max_pixels: int | None = None,
    go_on: Callable[[], None] = lambda: None,
) -> Iterator[Raster]:
    """Decode a picture and hold its pixels within the block.  Raises InputError.

    ``max_pixels`` takes the place of the usual limits; see `limits`.  ``go_on`` is
    called while it waits for memory, and before each strip of the picture is made;
    what it raises ends the work.
    """
    with ExitStack() as stack:
        with _decoding(original.name):
            file = stack.enter_context(opened(original))
            _refuse_raw(original, file)
            is_jpeg = original.format is PictureFormat.JPEG
            part = reduction.part(max(file.size)) if is_jpeg else 1
            result = size_within(file.size, reduction.max_side)
            memory = decoding_memory(original, file, part=part, result=result)
            check_decoding(original, file.size, memory, max_pixels)
        go_on()
        stack.enter_context(DECODED.reserved(memory, go_on))
        with _decoding(original.name):
            raster = _loaded(original, file, part, go_on)
        stack.callback(raster.close)
        try:
            yield raster
        except MemoryError as error:
            raise _too_little_memory(original.name) from error


def _loaded(
    original: Original, file: ImageFile, part: int, go_on: Callable[[], None]
) -> Raster:
    full_size = file.size
    if part > 1:
        file.draft(None, (file.width // part, file.height // part))
    animated = bool(getattr(file, "is_animated", False))
    file.load()
    survey = original.survey
    change = ModeChange(
        file,
        survey.bit_depth if survey else 8,
        profile=survey.profile if survey else b"",
        gamma=survey.gamma if survey else 0.0,
    )
    same_mode = original.format is PictureFormat.JPEG and file.mode == change.mode
    return Raster(
        image=file,
        change=change,
        orientation=_orientation(original, file),
        stored_size=full_size if part > 1 else None,
        coding=_jpeg_coding(file) if same_mode else None,
        animated=animated,
        go_on=go_on,
    )


@contextmanager
def _decoding(name: str) -> Iterator[None]:
    """Turn whatever decoding raises into an InputError that names the file."""
    # A filter that stays: `catch_warnings` is not safe among threads.  What a
    # reader can read all the same is not worth a line to the user.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
    try:
        yield
    except InputError:
        raise
    except MemoryError as error:
        raise _too_little_memory(name) from error
    except Exception as error:
        raise broken(name, _clause(error)) from error


def _too_little_memory(name: str) -> InputError:
    return InputError(
        f"{name} cannot be decoded: there is not enough memory.",
        hint="Close other programs, or make the picture smaller.",
    )


def _clause(error: BaseException) -> str:
    """Word why a picture cannot be decoded, in the decoder's words if it has some."""
    if isinstance(error, SyntaxError):  # in which Pillow wraps any other
        error = error.__cause__ or error
    words = str(error).rstrip(".")
    if "trunc" in words:
        return "is cut off"
    if not isinstance(error, _SPEAKING) or words.startswith(_ABOUT_CODE):
        words = "its data is damaged, or of a kind that is not supported"
    return f"cannot be decoded: {words}"


@contextmanager
def opened(original: Original) -> Iterator[ImageFile]:
    """Open the picture with the one reader of this format; raises what that raises.

    The reader is called directly: `Image.open` would load five of them first,
    and warns through the process-wide warning filters where an error is wanted.
    It gets an open file, not a name: by name Pillow maps an uncompressed TIFF
    into memory, and takes the width of one that is stored turned for its height.
    Of a JPEG or PNG it sees what is sent, and no metadata.
    """
    with ExitStack() as stack:
        if original.survey:
            spans = opened_spans(original.file, original.survey.stripped)
            stream = stack.enter_context(spans)
        else:
            stream = stack.enter_context(original.file.open("rb"))
        yield stack.enter_context(_reader(original)(stream))


def _reader(original: Original) -> Callable[[BinaryIO], ImageFile]:
    if original.format is PictureFormat.HEIF:
        return _heif_reader(original)
    module, name = _READERS[original.format]
    reader: Callable[[BinaryIO], ImageFile] = getattr(
        import_module(f"PIL.{module}"), name
    )
    return reader


def _heif_reader(original: Original) -> Callable[[BinaryIO], ImageFile]:
    try:
        from pillow_heif import HeifImageFile  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise InputError(
            f"{original.name} is a HEIC picture, which needs an optional package.",
            hint="pip install 'nano-edit[heif]'",
        ) from error
    reader: Callable[[BinaryIO], ImageFile] = HeifImageFile  # pragma: no cover - extra
    return reader  # pragma: no cover - needs the extra


def _refuse_raw(original: Original, file: ImageFile) -> None:
    """Refuse a camera's raw file: its first picture as a TIFF is a thumbnail."""
    if original.format is not PictureFormat.TIFF:
        return
    tags: Any = getattr(file, "tag_v2", {})
    if tags.get(0xFE, 0) & 1 or 0xC612 in tags:  # NewSubfileType, DNGVersion
        raise InputError(
            f"{original.name} is a camera's raw picture.",
            hint="Export it as a JPEG from the program that develops it.",
        )


def _orientation(original: Original, file: ImageFile) -> int:
    """Tell EXIF's 1 to 8, once the file is loaded: some readers turn by themselves.

    XMP is not asked: what these formats are shown by does not either.
    """
    if original.survey:
        return original.survey.orientation
    exif = file.info.get("exif")
    if not isinstance(exif, bytes):
        return 1
    return orientation_of(exif.removeprefix(b"Exif\0\0"))


def _jpeg_coding(file: Any) -> JpegCoding | None:
    """Read the tables that the components use; a lossless JPEG has none."""
    reader = import_module(type(file).__module__)  # JPEG's, loaded by now
    used = dict.fromkeys(component[3] for component in file.layer[:2])
    if not used.keys() <= file.quantization.keys():
        return None
    tables = tuple(tuple(file.quantization[number]) for number in used)
    # -1 is a scheme that Pillow cannot write; full chrominance loses nothing.
    return JpegCoding(tables, max(reader.get_sampling(file), 0))
