from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nano_edit.pictures.inputs.near_names import near_name

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("portrait.jgp", "portrait.jpg"),
        ("Portrait.JPEG", "portrait.jpg"),
        ("potrait.jpg", "portrait.jpg"),
        ("mug", "mug.png"),
        ("notes.tx", None),  # not a picture
        ("zebra.jpg", None),
        ("none/portrait.jpg", None),
        ("a\0b.jpg", None),
    ],
)
def test_the_nearest_picture_of_the_folder_is_meant(
    tmp_path: Path, typed: str, meant: str | None
) -> None:
    for name in ("portrait.jpg", "mug.png", "notes.txt"):
        (tmp_path / name).touch()
    assert near_name(str(tmp_path / typed)) == (
        str(tmp_path / meant) if meant else None
    )
