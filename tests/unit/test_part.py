from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from nano_edit.pictures.part import AHEAD, PartFile

if TYPE_CHECKING:
    from pathlib import Path


def refuse(*_: object) -> None:
    raise OSError


@pytest.mark.parametrize("advice", ["taken", "refused", "unknown"])
def test_a_large_file_is_whole_whatever_the_disk_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, advice: str
) -> None:
    if advice == "refused":
        monkeypatch.setattr(os, "posix_fadvise", refuse, raising=False)
    elif advice == "unknown":
        monkeypatch.delattr(os, "posix_fadvise", raising=False)
    block = os.urandom(1 << 20)
    count = 2 * AHEAD // len(block) + 1
    part = PartFile(tmp_path)
    for _ in range(count):
        part.write(block)
    part.settle()
    assert part.path.read_bytes() == block * count
