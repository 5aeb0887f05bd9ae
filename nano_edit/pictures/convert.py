"""Owns pictures that must be decoded before they can be sent (to come)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nano_edit.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from nano_edit.pictures.originals import Original
    from nano_edit.pictures.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Goal:
    """What a picture must become."""

    max_side: int | None  # px
    max_bytes: int
    limit: str  # why, for messages
    downscale: bool
    keep_metadata: bool


@dataclass(frozen=True, slots=True)
class Converted:
    """A picture in a file of the workspace."""

    file: Path
    mime_type: str
    width: int  # px
    height: int  # px
    size: int  # bytes
    animated: bool  # only its first frame was taken
    before: str = ""  # "5000x4000, 31.2 MB", where a limit made it smaller
    after: str = ""


def convert(original: Original, goal: Goal, workspace: Workspace) -> Converted:
    """Decode, turn, convert and encode.  Raises InputError."""
    raise InputError(f"{original.name} cannot be converted yet.")
