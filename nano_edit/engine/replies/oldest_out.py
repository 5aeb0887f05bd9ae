"""A folder of files held below a size cap: the oldest go first."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def files_by_age(
    folder: Path, is_ours: Callable[[str], object]
) -> list[tuple[int, int, Path]]:
    """Return the files whose names are ours, oldest first: time in ns, bytes, path."""
    found = []
    with suppress(OSError), os.scandir(folder) as files:
        for file in files:
            if is_ours(file.name):
                with suppress(OSError):  # another process let it go
                    facts = file.stat(follow_symlinks=False)
                    path = folder / file.name
                    found.append((facts.st_mtime_ns, facts.st_size, path))
    return sorted(found)


def evict(files: list[tuple[int, int, Path]], most: int) -> None:
    """Remove the first of ``files`` until the others take at most ``most`` bytes."""
    total = sum(size for _, size, _ in files)
    for _, size, path in files:
        if total <= most:
            return
        with suppress(OSError):
            path.unlink()
        total -= size
