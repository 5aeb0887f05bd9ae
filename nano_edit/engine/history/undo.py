"""Undo and redo: the picture that an edit was made from, put back under its name.

Rules:
- No picture is ever lost, whenever the process is killed: the present one gets a
  second name, ``out.undone-1.jpg``, before another one takes its name, and what
  takes it is complete by then.  A name is never taken from another file.
- `redo` gives the newest undone picture its name back.  What it replaces stays too,
  unless a file with the same bytes lies where the history has it.
- A picture is known by its bytes.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from nano_edit.atomic_file import AtomicFile, reason, target_of
from nano_edit.engine.history.entry import digest_of, sha256_of
from nano_edit.errors import InputError
from nano_edit.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from nano_edit.engine.history.entry import Entry
    from nano_edit.engine.history.tree import Tree

    Remake = Callable[[Entry], Path | None]

WORD = "undone"


class Swapped(Frozen):
    """A picture that took another one's name."""

    picture: Path
    entry: Entry  # the edit that was undone or redone
    kept: Path | None  # where the picture is now that was there


def undo(tree: Tree, picture: Path, remake: Remake = lambda _: None) -> Swapped:
    """Put back what ``picture`` was made from.  Raises InputError.

    Where that lies nowhere any more, as after an edit in its place, ``remake`` may
    make the result of an edit anew, from its reply; it counts if its bytes are right.
    """
    path = target_of(picture, force=True)
    digest = digest_of(picture)
    entry = tree.of_picture(digest)
    if entry is None:
        raise InputError(
            f"{picture} is not the result of an edit that is noted: there is nothing"
            " to undo.",
            hint="nano-edit history lists the edits that are noted.",
        )
    wanted, before = _made_from(tree, entry)
    if not wanted or not before:
        raise InputError(f"What {picture} was made from is not known.")
    source = next(_with_bytes(wanted, [*before, *_undone(path)]), None)
    parent = tree.parent_of(entry)
    if source is None and parent is not None and (made := remake(parent)):
        source = next(_with_bytes(wanted, [made]), None)
    if source is None:
        raise InputError(
            f"What {picture} was made from, {before[0]}, is not there as it was."
            " Nothing was changed."
        )
    if source.suffix.lower() != path.suffix.lower():
        raise InputError(
            f"{picture} was made from {source}, which is of another format. Nothing was"
            " changed.",
            hint=f"Use {source}: it is as it was.",
        )
    with _changing(picture):
        return Swapped(picture, entry, _put(source, wanted, path))


def redo(tree: Tree, picture: Path) -> Swapped:
    """Take back the last `undo` of ``picture``.  Raises InputError."""
    path = target_of(picture, force=True)
    digest = digest_of(picture)
    for undone in _undone(path):
        entry = tree.of_picture(digest_of(undone))
        if entry is not None and _made_from(tree, entry)[0] == digest:
            with _changing(picture):
                kept = None
                if not _lies_elsewhere(tree, digest, path):
                    kept = _second_name(path)
                undone.replace(path)
            return Swapped(picture, entry, kept)
    raise InputError(f"There is nothing to redo for {picture}.")


def _made_from(tree: Tree, entry: Entry) -> tuple[str, list[str]]:
    """Return the SHA-256 of what an edit went on from, and where it may lie."""
    parent = tree.parent_of(entry)
    if parent is not None:
        wanted, places = parent.sha256, [parent.output]
    elif entry.images:
        wanted, places = entry.images[0].sha256, [entry.images[0].path]
    else:
        return "", []
    return wanted, [*filter(None, places), *_places(tree, wanted)]


def _places(tree: Tree, digest: str) -> Iterator[str]:
    """Yield where a picture with these bytes was, as far as it is noted."""
    for entry in tree.entries:
        if entry.sha256 == digest:
            yield entry.output
        yield from (image.path for image in entry.images if image.sha256 == digest)


def _with_bytes(digest: str, names: Iterable[str | Path]) -> Iterator[Path]:
    for name in dict.fromkeys(map(str, names)):
        with suppress(OSError):
            if sha256_of(Path(name)) == digest:
                yield Path(name)


def _lies_elsewhere(tree: Tree, digest: str, path: Path) -> bool:
    for place in _with_bytes(digest, _places(tree, digest)):
        with suppress(OSError):
            if not place.samefile(path):
                return True
    return False


def _undone(path: Path) -> list[Path]:
    """Return the pictures that were undone under this name, newest first."""
    name = re.compile(
        rf"{re.escape(path.stem)}\.{WORD}-([1-9]\d*){re.escape(path.suffix)}"
    )
    with os.scandir(path.parent) as files:
        numbers = [int(match[1]) for f in files if (match := name.fullmatch(f.name))]
    return [_undone_name(path, number) for number in sorted(numbers, reverse=True)]


def _undone_name(path: Path, number: int) -> Path:
    return path.with_name(f"{path.stem}.{WORD}-{number}{path.suffix}")


# --- files -------------------------------------------------------------------


def _put(source: Path, digest: str, path: Path) -> Path:
    """Copy ``source`` to ``path``; return the name that what was there has now."""
    file = AtomicFile(path.parent)
    try:
        file.copy_from(source)
        if sha256_of(file.path) != digest:
            raise OSError("the picture is being changed")
        kept = _second_name(path)
        file.place(path, force=True)
    finally:
        file.discard()
    return kept


def _second_name(path: Path) -> Path:
    """Give the file one more name, the next one that is undone; return that."""
    number = 1 + max((int(_number(each)) for each in _undone(path)), default=0)
    while True:
        kept = _undone_name(path, number)
        try:
            os.link(path, kept)
        except FileExistsError:
            number += 1
            continue
        except OSError:  # no hard links here
            return _copy_beside(path, kept)
        return kept


def _number(undone: Path) -> str:
    return undone.stem.rpartition("-")[2]


def _copy_beside(path: Path, kept: Path) -> Path:
    file = AtomicFile(path.parent)
    try:
        file.copy_from(path)
        file.place(kept, force=False)
    finally:
        file.discard()
    return kept


@contextmanager
def _changing(picture: Path) -> Iterator[None]:
    """Tell what the disk does not allow as InputError."""
    try:
        yield
    except OSError as fault:
        raise InputError(f"{picture} cannot be changed: {reason(fault)}.") from None
