"""The pictures of a folder, one edit each, and the folders for the results.

Rules:
- A folder's pictures come in natural order (``2.jpg`` before ``10.jpg``), the same
  on every run and every machine.
- What lies below a folder goes to the same place below the output.
- Results are never taken for pictures: a run must not edit what it made.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nano_edit.engine.prepare import no_picture
from nano_edit.errors import InputError, UsageError
from nano_edit.pictures.formats import READ_SUFFIXES
from nano_edit.pictures.outputs.collisions import distinct_stems
from nano_edit.pictures.outputs.destination import default_stem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nano_edit.domain import Edit


def each_picture(base: Edit, *, recursive: bool = False) -> list[Edit]:
    """Return an edit for each picture of ``base.images``: files, URLs, folders.

    base: what each edit is to be; its ``output`` names a folder, which is made when
        the edits begin.
    recursive: take the folders within folders too.

    Raises UsageError or InputError.
    """
    if not base.images:
        raise no_picture()
    output = None if base.output is None else _as_folder(base.output)
    found = []
    for name in base.images:
        if not name.startswith("https://") and Path(name).is_dir():
            for picture, below in _in_folder(Path(name), output, recursive=recursive):
                found.append(replace(base, images=(picture,), output=below))
        else:
            found.append(replace(base, images=(name,), output=output))
    return _with_distinct_names(found)


def _with_distinct_names(edits: list[Edit]) -> list[Edit]:
    """Let pictures that differ in their suffix alone give outputs that differ."""
    places: dict[str | None, list[Edit]] = {}
    for edit in edits:
        places.setdefault(edit.output, []).append(edit)
    stems: dict[tuple[str | None, str], str] = {}
    for place, there in places.items():
        names = [edit.images[0] for edit in there]
        for name, stem in zip(names, distinct_stems(names), strict=True):
            stems[place, name] = stem if stem != default_stem(name) else ""
    return [
        replace(edit, where=edit.images[0], stem=stems[edit.output, edit.images[0]])
        for edit in edits
    ]


def make_folders(edits: Iterable[Edit]) -> None:
    """Make the folders that outputs name by a slash at their end.

    Raises InputError; nothing was sent.
    """
    for name in {edit.output for edit in edits if edit.output}:
        if name.endswith(("/", os.sep)):
            _make_folder(name)


def _as_folder(output: str) -> str:
    folder = Path(output)
    if folder.suffix.lower() in READ_SUFFIXES and not folder.is_dir():
        raise _not_a_folder(output)
    return output if output.endswith(("/", os.sep)) else output + os.sep


def _in_folder(
    folder: Path, output: str | None, *, recursive: bool
) -> Iterator[tuple[str, str | None]]:
    """Yield each picture and the folder of its result."""
    pictures = sorted(
        _pictures_in(folder, output, recursive=recursive), key=_natural_order
    )
    if not pictures:
        raise InputError(
            f"{folder} holds no picture.",
            hint="--recursive looks into the folders in it too.",
        )
    for picture in pictures:
        below = picture.parent.relative_to(folder)
        if output and below.parts:
            yield str(picture), str(Path(output) / below) + os.sep
        else:
            yield str(picture), output


def _pictures_in(
    folder: Path, output: str | None, *, recursive: bool
) -> Iterator[Path]:
    """Yield the pictures of a folder, without those that earlier runs put there."""
    place, results = folder.resolve(), Path(output or "").resolve()
    if place == results:
        raise UsageError(
            f"The results would lie among the pictures of {folder}, and the next run "
            "would edit them again.",
            hint="Name another folder for them, for example -o edited/",
        )
    inside = results.is_relative_to(place)
    for path in folder.rglob("*") if recursive else folder.iterdir():
        if path.suffix.lower() not in READ_SUFFIXES or path.name.startswith("."):
            continue  # ._a.jpg holds what a Mac noted about a picture
        if path.is_file() and not (inside and path.resolve().is_relative_to(results)):
            yield path


def _natural_order(path: Path) -> list[tuple[int, int, str]]:
    pieces = re.split(r"([0-9]+)", str(path))
    return [(0, int(p), p) if p.isdigit() else (1, 0, p) for p in pieces if p]


def _make_folder(name: str) -> None:
    try:
        Path(name).mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise _not_a_folder(name) from None
    except OSError as fault:
        raise InputError(
            f"The folder {name} cannot be made: {fault.strerror}. Nothing was sent."
        ) from None


def _not_a_folder(name: str) -> UsageError:
    return UsageError(
        f"{name} names a file; many pictures need a folder.",
        hint="For example: -o edited/",
    )
