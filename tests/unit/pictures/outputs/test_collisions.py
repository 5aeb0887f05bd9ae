"""Outputs that are one file are recognised, however they are spelled."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from nano_edit.pictures.outputs import collisions
from nano_edit.pictures.outputs.collisions import (
    OutputKeys,
    distinct_stems,
    folds_case,
)

POSIX_ONLY = pytest.mark.skipif(os.name != "posix", reason="links")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a folder ``o`` in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "o").mkdir()
    return tmp_path


def same(one: str | Path, other: str | Path) -> bool:
    keys = OutputKeys()
    return keys.key_of(Path(one)) == keys.key_of(Path(other))


@POSIX_ONLY
def test_spellings_of_one_file_agree(folder: Path) -> None:
    Path("linked").symlink_to("o")
    Path("o/link.png").symlink_to("a.png")
    for other in (
        *("o/../o/a.png", "./o//a.png", "linked/a.png", "linked/../o/a.png"),
        *(folder / "o" / "a.png", "o/link.png"),
    ):
        assert same("o/a.png", other)
    assert same("new/a.png", "o/../new/a.png")
    assert same("new/a.png", "new/er/../a.png")


def test_different_files_differ(folder: Path) -> None:
    (folder / "p").mkdir()
    for other in ("o/b.png", "p/a.png", "a.png", "new/a.png", "o/a.png/a.png"):
        assert not same("o/a.png", other)


@POSIX_ONLY
def test_name_that_is_not_utf_8_is_a_name() -> None:
    name = Path(os.fsdecode(b"o/caf\xe9.png"))
    name.touch()
    assert same(name, Path("o/../o") / name.name)
    assert not same(name, "o/caf\ufffd.png")


def test_name_that_is_too_long_has_a_key() -> None:
    assert same("o/" + "n" * 5000, "./o/" + "n" * 5000)


@POSIX_ONLY
def test_device_and_fifo_take_any_number_of_pictures() -> None:
    os.mkfifo("pipe.png")
    keys = OutputKeys()
    assert keys.key_of(Path("/dev/null")) is None
    assert keys.key_of(Path("pipe.png")) is None


# --- case --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a.png", "A.PNG"),
        ("stra\u00dfe.png", "STRASSE.png"),
        ("caf\u00e9.png", "cafe\u0301.png"),
    ],
)
def test_names_that_differ_in_case_are_one_where_case_is_folded(
    one: str, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collisions, "folds_case", lambda _: True)
    assert same(Path("o") / one, Path("o") / other)
    monkeypatch.setattr(collisions, "folds_case", lambda _: False)
    assert not same(Path("o") / one, Path("o") / other)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems fold case")
def test_case_matters_on_this_disk(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collisions, "_folds_by_default", lambda: True)
    assert not folds_case(folder)  # holds o
    assert not folds_case(folder / "o")  # empty: its own name tells
    (folder / "7").mkdir()
    assert folds_case(folder / "7")  # no letter tells
    (folder / "7" / "8").touch()
    (folder / "7" / "a").touch()
    (folder / "7" / "A").touch()
    assert not folds_case(folder / "7")
    assert folds_case(folder / "nowhere")
    assert list((folder / "o").iterdir()) == []


def test_case_on_an_empty_disk_is_tried(tiny_disk: Path) -> None:
    assert not folds_case(tiny_disk)
    assert list(tiny_disk.iterdir()) == []


@POSIX_ONLY
def test_name_found_in_the_other_case_tells_that_case_is_folded(folder: Path) -> None:
    (folder / "o" / "b").touch()
    os.link("o/b", "o/B")  # as a disk that folds case shows one file
    assert folds_case(folder / "o")
    assert same("o/a.png", "o/A.PNG")


# --- names that differ -------------------------------------------------------


def test_sources_with_one_stem_are_told_apart_by_their_suffix() -> None:
    sources = [
        *("in/a.jpg", "in/a.png", "in/b.jpg", "in/A.webp", "my.cat.jpg", "x/my.cat"),
        *("https://example.org/pic.png?x=1", "pic.jpg", "-", os.fsdecode(b"c\xe9.jpg")),
    ]
    assert distinct_stems(sources) == [
        *("a-jpg-edited", "a-png-edited", "b-edited", "A-webp-edited"),
        *("my.cat-edited", "my-edited", "pic-png-edited", "pic-jpg-edited"),
        *("picture-edited", os.fsdecode(b"c\xe9-edited")),
    ]
