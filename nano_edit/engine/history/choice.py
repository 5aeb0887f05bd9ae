"""One of several variants kept under the plain name; the others go to the history.

Rules:
- A picture is removed only if the history holds its reply, and the file is still what
  that edit made.  Otherwise it stays where it is.
- Nothing is lost by a kill: the chosen picture has its new name before it loses the
  old one, and the others go after that.
- A name that has been taken meanwhile is not taken from its file without ``force``.
- A failure here is never an error: what was paid for is in place.
"""

from __future__ import annotations

import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from nano_edit.atomic_file import claim, target_of
from nano_edit.engine.history.entry import sha256_of
from nano_edit.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from nano_edit.engine.history.store import History


class Variant(Frozen):
    """One result of an edit that was made several times."""

    number: int
    path: Path
    sha256: str  # "": unknown
    id: str  # in the history; "": it is not noted


class Kept(Frozen):
    """What became of the variants."""

    chosen: Path  # where the chosen picture is now
    replies: tuple[tuple[Variant, Path], ...]  # whose pictures are removed
    staying: tuple[Variant, ...]


def keep_one(
    history: History | None,
    chosen: Variant,
    others: Iterable[Variant],
    final: Path,
    *,
    force: bool,
) -> Kept:
    """Give ``chosen`` the name ``final``, and let the ``others`` go to the history."""
    place = _moved(chosen.path, final, force=force)
    if history is not None:
        history.rename(chosen.id, place)
    gone, staying = [], []
    for each in others:
        reply = _removed(each, history)
        if reply is None:
            staying.append(each)
        else:
            gone.append((each, reply))
    return Kept(place, tuple(gone), tuple(staying))


def _moved(path: Path, final: Path, *, force: bool) -> Path:
    """Move the picture; return where it is now."""
    try:
        if not force:
            claim(path, final)
            return final
        target = target_of(final, force=True)
        with suppress(FileNotFoundError):
            path.chmod(stat.S_IMODE(target.stat().st_mode) & 0o777)
        path.replace(target)
    except OSError:  # the name has been taken; the picture stays under its own
        return path
    return final


def _removed(variant: Variant, history: History | None) -> Path | None:
    """Remove the picture; return the reply that holds it, None if it stays."""
    if history is None or not variant.id or not variant.sha256:
        return None
    reply = history.reply_of(variant.id)
    with suppress(OSError):
        facts = variant.path.lstat()
        if (
            reply
            and stat.S_ISREG(facts.st_mode)
            and sha256_of(variant.path) == variant.sha256
        ):
            variant.path.unlink()
            return reply
    return None
