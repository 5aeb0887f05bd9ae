"""The pictures of ``--each``: files, URLs and what folders hold, and where they go.

Rules:
- A folder's pictures come sorted, so that every run and every machine counts alike.
- What lies below a folder goes to the same place below the output.
- Results are never taken for pictures: a run must not edit what it made.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nano_edit.errors import InputError, OutputError, UsageError
from nano_edit.pictures.formats import READ_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nano_edit.cli.options import Options


@dataclass(frozen=True, slots=True)
class Found:
    """A picture to edit, and the folder for its result if it is one of its own."""

    name: str
    output: str | None = None


def pictures_of(options: Options) -> Iterator[Found]:
    """Yield the pictures that ``--each`` is to edit, and make the folders for them.

    Raises UsageError, InputError or OutputError.
    """
    for name in options.images or ():
        if not name.startswith("https://") and Path(name).is_dir():
            yield from _in_folder(Path(name), options)
        else:
            yield Found(name)


def _in_folder(folder: Path, options: Options) -> Iterator[Found]:
    pictures = sorted(_pictures_in(folder, options))
    if not pictures:
        raise InputError(
            f"{folder} holds no picture.",
            hint="--recursive looks into the folders in it too.",
        )
    for picture in pictures:
        below = picture.parent.relative_to(folder)
        if options.output and below.parts:
            place = Path(options.output) / below
            make_folder(str(place))
            yield Found(str(picture), str(place))
        else:
            yield Found(str(picture))


def _pictures_in(folder: Path, options: Options) -> Iterator[Path]:
    """Yield the pictures of a folder, without those that earlier runs put there."""
    place, results = folder.resolve(), Path(options.output or "").resolve()
    if place == results:
        raise UsageError(
            f"The results would lie among the pictures of {folder}, and the next run "
            "would edit them again.",
            hint="Name another folder for them, for example -o edited/",
        )
    inside = results.is_relative_to(place)
    for path in folder.rglob("*") if options.recursive else folder.iterdir():
        if path.suffix.lower() not in READ_SUFFIXES or path.name.startswith("."):
            continue  # ._a.jpg is no picture but what a Mac noted about one
        if path.is_file() and not (inside and path.resolve().is_relative_to(results)):
            yield path


def make_folder(name: str) -> None:
    """Make the folder for many results; raises OutputError."""
    folder = Path(name)
    if folder.suffix.lower() in READ_SUFFIXES and not folder.is_dir():
        raise _not_a_folder(name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise _not_a_folder(name) from None
    except OSError as fault:
        raise OutputError(
            f"The folder {name} cannot be made: {fault.strerror}."
        ) from None


def _not_a_folder(name: str) -> OutputError:
    return OutputError(
        f"{name} names a file; many pictures need a folder.",
        hint="For example: -o edited/",
    )
