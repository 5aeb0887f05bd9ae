"""Space is reserved for all edits together; without it they wait or are refused."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from nano_edit.engine.disk_space import MEGABYTE, NEEDED, DiskSpace, space_for
from nano_edit.errors import InputError, InterruptedEdit


def free(path: Path) -> int:
    return shutil.disk_usage(path).free


def test_what_fits_is_given(tmp_path: Path) -> None:
    with DiskSpace().reserve((tmp_path, 1000), (tmp_path / "new" / "er", 1000)):
        pass


def test_what_can_never_fit_is_refused(tmp_path: Path) -> None:
    space = DiskSpace()
    with (
        pytest.raises(InputError, match=r"MB left; one edit may need .*Nothing was"),
        space.reserve((tmp_path, 1 << 62)),
    ):
        raise AssertionError
    with space.reserve((tmp_path, 1)):  # nothing of it stays
        pass


def test_folders_of_one_disk_are_added_up(tiny_disk: Path) -> None:
    (tiny_disk / "one").mkdir()
    with (
        pytest.raises(InputError, match=str(tiny_disk)),
        DiskSpace().reserve((tiny_disk / "one", 40_000), (tiny_disk, 40_000)),
    ):
        raise AssertionError


def test_edit_waits_for_the_space_of_another(tmp_path: Path) -> None:
    space, order = DiskSpace(), list[str]()
    half = free(tmp_path) * 2 // 3

    def second() -> None:
        with space.reserve((tmp_path, half)):
            order.append("second")

    waiting = threading.Thread(target=second)
    with space.reserve((tmp_path, half)):
        waiting.start()
        waiting.join(0.2)
        order.append("first")
    waiting.join(10)
    assert order == ["first", "second"]


def test_stop_ends_the_waiting(tmp_path: Path) -> None:
    space, ended = DiskSpace(), list[Exception]()
    half = free(tmp_path) * 2 // 3

    def second() -> None:
        try:
            with space.reserve((tmp_path, half)):
                raise AssertionError
        except InterruptedEdit as error:
            ended.append(error)

    waiting = threading.Thread(target=second)
    with space.reserve((tmp_path, half)):
        waiting.start()
        waiting.join(0.1)
        space.stop()
        waiting.join(10)
    assert len(ended) == 1
    with pytest.raises(InterruptedEdit), space.reserve((tmp_path, 1)):
        raise AssertionError
    space.allow()
    with space.reserve((tmp_path, 1)):
        pass


def test_disk_that_does_not_tell_is_not_called_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = SimpleNamespace(total=0, free=0)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: unknown)
    with DiskSpace().reserve((tmp_path, 1 << 62)):
        pass

    def fail(_: object) -> None:
        raise OSError

    monkeypatch.setattr(shutil, "disk_usage", fail)
    with DiskSpace().reserve((tmp_path, 1 << 62)):
        pass


def test_folder_that_nobody_may_look_at_is_left_to_the_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "stat", fail)
    with DiskSpace().reserve((tmp_path, 1 << 62)):
        pass


def test_larger_pictures_need_more_and_unknown_ones_the_most() -> None:
    sizes = [space_for(size) for size in ("512", "1K", "2K", "4K", "8K")]
    assert sizes == sorted(sizes)
    assert sizes[-1] == max(NEEDED.values()) * MEGABYTE
    assert space_for(None) == space_for("1K")
