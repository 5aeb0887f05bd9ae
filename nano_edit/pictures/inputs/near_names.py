"""The picture that was probably meant by a name that does not exist."""

from __future__ import annotations

import os
from contextlib import suppress
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from nano_edit.pictures.formats import READ_SUFFIXES

MOST = 2000  # names of a folder that are looked at
ALIKE = 0.75


def near_name(name: str) -> str | None:
    """Return the path of a picture in the same folder whose name is nearly this one."""
    path = Path(name)
    there: dict[str, str] = {}
    with suppress(OSError, ValueError), os.scandir(path.parent) as entries:
        for entry in islice(entries, MOST):
            if entry.name.lower().endswith(READ_SUFFIXES):
                there[entry.name.casefold()] = entry.name
    wanted = path.name.casefold()
    same_stem = [each for each in sorted(there) if _stem(each) == _stem(wanted)]
    near = same_stem or get_close_matches(wanted, there, 1, ALIKE)
    return str(path.with_name(there[near[0]])) if near else None


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name
