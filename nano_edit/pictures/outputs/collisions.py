"""Two outputs that would be one file: recognised, or given names that differ.

Rules:
- Two names are one file when they end in the same folder (by device and inode, so
  ``o/a.png``, ``o/../o/a.png`` and a linked folder agree), under the same name as
  that folder's file system compares names.
- Whether a file system folds case is asked of what lies there already; a file is
  made for it only in an empty folder that is the root of its file system.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from nano_edit.atomic_file import AtomicFile, target_of
from nano_edit.pictures.outputs.destination import default_stem, is_device

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

_MOST_ASKED = 100  # names of a folder, until one tells


class OutputKeys:
    """Tells which outputs are the same file; remembers the folders it has seen."""

    def __init__(self) -> None:
        self._folders: dict[str, tuple[Hashable, bool]] = {}

    def key_of(self, file: Path) -> Hashable:
        """Return what all names of one output have in common.

        None for a device or a FIFO: any number of edits may write into it.  Neither
        the file nor its folder need exist.
        """
        with suppress(OSError):  # a name that is too long is told by others
            file = target_of(file, force=True)
        if is_device(file):
            return None
        folder, folds_case = self._folder(str(file.parent))
        return folder, _as_compared(file.name, folds_case=folds_case)

    def _folder(self, named: str) -> tuple[Hashable, bool]:
        if named not in self._folders:
            path = os.path.realpath(named)
            try:
                facts = os.stat(path)  # noqa: PTH116 - realpath gives text
            except OSError:
                self._folders[named] = path, _folds_by_default()
            else:
                place = facts.st_dev, facts.st_ino
                self._folders[named] = place, folds_case(Path(path))
        return self._folders[named]


def distinct_stems(sources: Sequence[str]) -> list[str]:
    """Return the stem of each source's default name, such that they differ.

    ``a.jpg`` beside ``a.png`` gives ``a-jpg-edited`` and ``a-png-edited``; a source
    that shares its stem with no other keeps `default_stem`'s.  Case is not told
    apart, so that the names are the same on every system.  Sources of one name in
    several folders still get one stem.
    """
    stems = [default_stem(source) for source in sources]
    count = Counter(stem.casefold() for stem in stems)
    return [
        default_stem(source, with_suffix=True) if count[stem.casefold()] > 1 else stem
        for source, stem in zip(sources, stems, strict=True)
    ]


def folds_case(folder: Path) -> bool:
    """Whether the folder's file system takes ``a.png`` and ``A.PNG`` for one name."""
    with suppress(OSError):
        with os.scandir(folder) as entries:
            for entry, _ in zip(entries, range(_MOST_ASKED), strict=False):
                told = _is_one_file(folder, entry.name)
                if told is not None:
                    return told
        if folder.stat().st_dev == folder.parent.stat().st_dev:
            told = _is_one_file(folder.parent, folder.name)
            return _folds_by_default() if told is None else told
        file = AtomicFile(folder)
        try:
            return bool(_is_one_file(folder, file.path.name))
        finally:
            file.discard()
    return _folds_by_default()


def _is_one_file(folder: Path, name: str) -> bool | None:
    """Whether ``name``, which exists, is found in the other case; None: no letters."""
    other = name.swapcase()
    if other == name:
        return None
    try:
        return os.path.samestat((folder / name).lstat(), (folder / other).lstat())
    except FileNotFoundError:
        return False


def _folds_by_default() -> bool:
    return sys.platform in {"win32", "darwin"}


def _as_compared(name: str, *, folds_case: bool) -> str:
    """Return what is the same for all spellings of a name."""
    if not folds_case:
        return name
    name = unicodedata.normalize("NFC", name).casefold()
    if sys.platform == "win32":  # pragma: no cover - Windows drops them
        name = name.rstrip(". ")
    return unicodedata.normalize("NFC", name)
