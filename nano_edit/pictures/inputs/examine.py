"""Owns the first look at an input: which picture it is, and that it is whole.

Strategy: the first bytes tell the format; a JPEG or PNG is then walked to its
end, which costs milliseconds and no decoding.  The other formats are always
decoded, and that proves them.  Every way of not being a usable picture is
an `InputError` here, worded for the person who named the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nano_edit.errors import InputError
from nano_edit.frozen import Frozen
from nano_edit.pictures.inputs.jpeg import survey_jpeg
from nano_edit.pictures.inputs.png import survey_png
from nano_edit.pictures.inputs.sniff import HEAD_SIZE, PictureFormat, describe, sniff
from nano_edit.pictures.inputs.sources import Source, unreadable
from nano_edit.pictures.slices import BrokenImage
from nano_edit.units import size_text

if TYPE_CHECKING:
    from pathlib import Path

    from nano_edit.pictures.inputs.survey import Survey

_WALKS = {PictureFormat.JPEG: survey_jpeg, PictureFormat.PNG: survey_png}


class Original(Frozen):
    """An input that is known to be a picture."""

    name: str  # for messages
    file: Path  # a regular file with its bytes
    format: PictureFormat
    survey: Survey | None  # of a JPEG or PNG
    size: int  # bytes of the file


def examine(source: Source) -> Original:
    """Tell what a file is and that it is whole.  Raises InputError."""
    try:
        with source.file.open("rb") as file:
            head = file.read(HEAD_SIZE)
        size = source.file.stat().st_size
        found = sniff(head)
        if found is None:
            raise _not_a_picture(source.name, head)
        walk = _WALKS.get(found)
        survey = walk(source.file) if walk else None
    except BrokenImage as fault:
        raise broken(source.name, f"is not a whole picture: {fault}") from fault
    except OSError as error:
        raise unreadable(source.name, error) from error
    return Original(source.name, source.file, found, survey, size)


def broken(name: str, clause: str) -> InputError:
    """Word the error for a picture whose bytes do not hold together."""
    return InputError(
        f"{name} {clause}.",
        hint="Copy or export the picture again from where it came.",
    )


def too_large(name: str, shape: tuple[int, int], size: int, limit: str) -> InputError:
    """Word the error where a picture should be made smaller and must not be."""
    width, height = shape
    return InputError(
        f"{name} is too large: {width}x{height}, {size_text(size)}, and {limit}.",
        hint="Leave --no-downscale out, or make the picture smaller.",
    )


def too_large_together(size: int, most: int) -> InputError:
    """Word the error where the pictures together are too much and must not shrink."""
    return InputError(
        f"The pictures are too large together: {size_text(size)}, and the service "
        f"takes at most {size_text(most)} a request.",
        hint="Leave --no-downscale out, or give fewer or smaller pictures.",
    )


def _not_a_picture(name: str, head: bytes) -> InputError:
    if not head:
        return InputError(
            f"{name} is empty.", hint="Check the program or the download that wrote it."
        )
    return InputError(
        f"{name} is not a picture that can be read: it is {describe(head)}.",
        hint="Give a JPEG, PNG, WebP, AVIF, GIF, BMP, TIFF, PPM, ICO or HEIC picture.",
    )
