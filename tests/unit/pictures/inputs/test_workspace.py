"""The temporary folder: late, private, always gone."""

from __future__ import annotations

import os
import stat
import tempfile
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from nano_edit.errors import InputError
from nano_edit.pictures.inputs.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of temporary folders that nobody else uses."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_unused_workspace_makes_nothing(temporary: Path) -> None:
    with Workspace():
        assert not list(temporary.iterdir())
    assert not list(temporary.iterdir())


def test_files_have_fresh_names_with_the_suffix(temporary: Path) -> None:
    with Workspace() as workspace:
        first, second = workspace.new_file(".png"), workspace.new_file(".png")
        assert first != second
        assert first.suffix == second.suffix == ".png"
        assert not first.exists()
        assert first.parent.parent == temporary


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
@pytest.mark.usefixtures("temporary")
def test_folder_is_the_users_alone() -> None:
    with Workspace() as workspace:
        mode = workspace.new_file("").parent.stat().st_mode
        assert stat.S_IMODE(mode) == 0o700


def test_folder_is_removed_at_the_end(temporary: Path) -> None:
    with Workspace() as workspace:
        workspace.new_file(".jpg").write_bytes(b"private")
    assert not list(temporary.iterdir())


def test_folder_is_removed_after_an_error(temporary: Path) -> None:
    def fail() -> None:
        with Workspace() as workspace:
            workspace.new_file(".jpg").write_bytes(b"private")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert not list(temporary.iterdir())


def test_threads_share_one_folder(temporary: Path) -> None:
    with Workspace() as workspace, ThreadPoolExecutor(8) as pool:
        files = list(pool.map(workspace.new_file, [".png"] * 64))
        assert len(set(files)) == 64
        assert len(list(temporary.iterdir())) == 1


def test_no_room_for_a_temporary_folder_is_an_input_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(InputError, match="temporary folder"):
        Workspace().new_file(".png")
