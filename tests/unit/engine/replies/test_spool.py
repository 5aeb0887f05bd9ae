"""A reply is kept until its picture is in place, and told apart while in use."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from support import ROOT

from nano_edit.engine.replies import spool as spools
from nano_edit.engine.replies.spool import Spool, list_spools, state_folder
from nano_edit.errors import InputError

POSIX_ONLY = pytest.mark.skipif(os.name != "posix", reason="POSIX files only")
FOR = {"output": "out.png"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A state folder that does not exist yet."""
    return tmp_path / "state" / "replies"


def test_reply_is_kept_byte_for_byte(folder: Path) -> None:
    with Spool.create(folder, label=FOR) as spool:
        for piece in (b'{"a"', b": ", b"1}"):
            spool.write(piece)
        path = spool.keep()
    assert path is not None
    assert path.read_bytes() == b'{"a": 1}'
    assert re.fullmatch(r"reply-\d{8}T\d{6}Z-[0-9a-f]{8}-out\.png\.json", path.name)


def test_reply_is_on_the_disk_as_it_comes(folder: Path) -> None:
    with Spool.create(folder, label=FOR) as spool:
        spool.write(b"{")
        assert spool.path is not None
        assert spool.path.read_bytes() == b"{"


def test_discarded_reply_is_gone(folder: Path) -> None:
    with Spool.create(folder, label=FOR) as spool:
        spool.write(b"{}")
        spool.discard()
        assert spool.path is None
    assert list(folder.iterdir()) == []


def test_call_that_fails_before_a_reply_leaves_nothing(folder: Path) -> None:
    with Spool.create(folder, label=FOR) as spool:
        assert list(folder.iterdir()) == []
        assert spool.keep() is None
    spool.discard()
    assert list(folder.iterdir()) == []


def _fail(spool: Spool) -> None:
    with spool:
        spool.write(b"{}")
        raise KeyboardInterrupt


def test_leaving_in_a_hurry_keeps_the_reply(folder: Path) -> None:
    spool = Spool.create(folder, label=FOR)
    with pytest.raises(KeyboardInterrupt):
        _fail(spool)
    (info,) = list_spools(folder)
    assert info.path == spool.path
    assert (info.size, info.label, info.in_use) == (2, "out.png", False)
    assert info.age < 600


@pytest.mark.parametrize(
    ("label", "told"),
    [
        ({}, ""),
        ({"output": "../../etc/pass wd"}, "etc-pass-wd"),
        ({"output": "out.png", "model": "pro"}, "out.png-pro"),
        ({"output": "n" * 300}, "n" * 48),
        ({"output": "ä\n\x1b[31m"}, "31m"),
    ],
)
def test_label_is_made_fit_for_a_file_name(
    label: dict[str, str], told: str, folder: Path
) -> None:
    with Spool.create(folder, label=label) as spool:
        spool.write(b"{}")
    assert [info.label for info in list_spools(folder)] == [told]


def test_listing_is_by_time_and_skips_other_files(folder: Path) -> None:
    folder.mkdir(parents=True)
    for name in ("reply-20270101T000000Z-00000001-b.json", "notes.txt", ".x.part"):
        (folder / name).write_bytes(b"{}")
    (folder / "reply-20260101T000000Z-ffffffff-a.json").write_bytes(b"{}")
    assert [info.label for info in list_spools(folder)] == ["a", "b"]


def test_without_a_folder_nothing_is_kept(folder: Path) -> None:
    assert list_spools(folder) == []


@POSIX_ONLY
def test_spool_is_private(folder: Path) -> None:
    with Spool.create(folder, label=FOR) as spool:
        spool.write(b"{}")
    assert spool.path is not None
    assert stat.S_IMODE(spool.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


WRITER = """
import sys
from pathlib import Path
from nano_edit.engine.replies.spool import Spool
with Spool.create(Path(sys.argv[1]), label={}) as spool:
    spool.write(b"{")
    print("ready", flush=True)
    sys.stdin.readline()
"""


def test_spool_of_a_living_process_is_told_from_an_orphan(folder: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if name[:3] != "COV"}
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=kept | {"PYTHONPATH": str(ROOT)},
    )
    assert child.stdout is not None
    assert child.stdout.readline().strip() == b"ready"
    assert [info.in_use for info in list_spools(folder)] == [True]
    child.kill()
    child.communicate()
    (info,) = list_spools(folder)
    assert not info.in_use
    assert info.path.read_bytes() == b"{"


@POSIX_ONLY
def test_disk_without_locks_calls_nothing_in_use(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", no_locks)
    with Spool.create(folder, label=FOR) as spool:
        spool.write(b"{}")
        assert [info.in_use for info in list_spools(folder)] == [False]


# --- no place to keep it -----------------------------------------------------


def test_folder_that_cannot_be_made_is_refused_before_sending(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="could not be kept safe") as caught:
        Spool.create(tmp_path / "file" / "replies", label=FOR)
    assert "NANO_EDIT_STATE_DIR" in caught.value.hint


def test_fallback_serves_where_there_is_no_state_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with Spool.create(
        tmp_path / "file" / "replies", label=FOR, fallback=tmp_path
    ) as spool:
        spool.write(b"{}")
    assert spool.path is not None
    assert spool.path.parent == tmp_path


def test_fallback_that_is_no_better_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError):
        Spool.create(
            tmp_path / "file" / "replies", label=FOR, fallback=tmp_path / "none"
        )


def test_full_disk_is_refused_before_sending(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spools, "SPACE_NEEDED", 1 << 62)
    with pytest.raises(InputError, match="MB left"):
        Spool.create(folder, label=FOR)


def test_disk_that_fills_up_is_remembered_and_given_its_space_back(
    tiny_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spools, "SPACE_NEEDED", 0)
    with Spool.create(tiny_disk, label=FOR) as spool:
        for _ in range(3):
            spool.write(bytes(50_000))
        assert spool.fault == "No space left on device"
        assert spool.keep() is None
    assert list(tiny_disk.iterdir()) == []


def test_folder_that_goes_away_is_remembered(folder: Path) -> None:
    with Spool.create(folder, label=FOR) as spool:
        folder.rmdir()
        spool.write(b"{}")
        assert spool.fault == "No such file or directory"
        assert spool.path is None


# --- where it is -------------------------------------------------------------


def test_state_folder_is_the_systems_own(home: Path) -> None:
    folder = state_folder()
    assert folder.name == "replies"
    assert "nano-edit" in folder.parts
    assert folder.is_relative_to(home)


def test_state_folder_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NANO_EDIT_STATE_DIR", "elsewhere")
    assert state_folder() == Path("elsewhere/replies")
