"""What a killed process leaves is swept by the next one, and nothing else is."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from support import ROOT

from nano_edit import leftovers
from nano_edit.atomic_file import AtomicFile
from nano_edit.leftovers import ABANDONED, TemporaryFolder, is_held, sweep

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX locks")

WORKER = """
import sys, tempfile
from pathlib import Path
from nano_edit.atomic_file import AtomicFile
from nano_edit.leftovers import TemporaryFolder
tempfile.tempdir = sys.argv[1]
file = AtomicFile(Path(sys.argv[1]))
file.write(b"half")
folder = TemporaryFolder()
(folder.path / "1.png").write_bytes(b"private")
print("ready", flush=True)
sys.stdin.readline()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's folder for temporary files, ours alone."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    sweep.cache_clear()
    return tmp_path


def swept(folder: Path) -> list[str]:
    """What is left in the folder once a new process has swept it."""
    sweep.cache_clear()
    sweep(folder)
    return sorted(path.name for path in folder.iterdir())


def worker(folder: Path) -> subprocess.Popen[bytes]:
    kept = {name: value for name, value in os.environ.items() if name[:3] != "COV"}
    child = subprocess.Popen(
        [sys.executable, "-c", WORKER, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=kept | {"PYTHONPATH": str(ROOT)},
    )
    assert child.stdout is not None
    assert child.stdout.readline().strip() == b"ready"
    return child


def old(path: Path) -> Path:
    then = time.time() - ABANDONED - 60
    os.utime(path, (then, then), follow_symlinks=False)
    return path


def test_what_a_killed_process_left_is_swept_at_once(tmp_path: Path) -> None:
    child = worker(tmp_path)
    assert len(swept(tmp_path)) == 2  # it lives
    child.kill()
    child.communicate()
    assert len(list(tmp_path.iterdir())) == 2
    assert swept(tmp_path) == []


def test_what_this_process_uses_is_left_alone(tmp_path: Path) -> None:
    file, folder = AtomicFile(tmp_path), TemporaryFolder()
    assert is_held(file.path)
    assert len(swept(old(file.path).parent)) == 2
    file.discard()
    folder.remove()
    folder.remove()
    assert swept(tmp_path) == []


def test_each_folder_is_looked_through_once(tmp_path: Path) -> None:
    sweep(tmp_path)
    child = worker(tmp_path)
    child.kill()
    child.communicate()
    sweep(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_lock_of_another_machine_is_not_believed(tmp_path: Path) -> None:
    other = "0" * 8
    assert leftovers.machine() != other
    names = [f".nano-edit-{other}-0123456789abcdef.part", f"nano-edit-{other}-abc_1"]
    (tmp_path / names[0]).write_bytes(b"half")
    (tmp_path / names[1]).mkdir()
    assert swept(tmp_path) == sorted(names)
    for name in names:
        old(tmp_path / name)
    assert swept(tmp_path) == []


def test_disk_without_locks_is_swept_by_age(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", no_locks)
    file = AtomicFile(tmp_path)
    file.close()
    assert not is_held(file.path)
    assert swept(tmp_path) == [file.path.name]
    old(file.path)
    assert swept(tmp_path) == []


def test_nothing_of_others_is_touched(tmp_path: Path) -> None:
    machine = leftovers.machine()
    kept = [
        tmp_path / name
        for name in (
            *(".nano-edit-.part", "nano-edit-photos", f"x.nano-edit-{machine}-a.part"),
            f".nano-edit-{machine}-a.part.png",
        )
    ]
    for path in kept:
        old_file = path
        old_file.write_bytes(b"mine")
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "photo.png").write_bytes(b"mine")
    link = tmp_path / f"nano-edit-{machine}-link"
    link.symlink_to("private")
    pipe = tmp_path / f".nano-edit-{machine}-pipe.part"
    os.mkfifo(pipe)
    for path in (*kept, link, pipe):
        old(path)
    before = sorted(path.name for path in tmp_path.iterdir())
    assert swept(tmp_path) == before
    assert (tmp_path / "private" / "photo.png").exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="root only")
def test_another_users_files_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / f".nano-edit-{leftovers.machine()}-a.part"
    path.write_bytes(b"theirs")
    os.chown(path, 4711, 4711)
    assert swept(tmp_path) == [path.name]


def test_folder_that_cannot_be_read_is_no_error(tmp_path: Path) -> None:
    sweep(tmp_path / "nowhere")


def test_file_swept_while_it_was_made_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sweeper may come between the making of a file and its lock."""
    from nano_edit import atomic_file  # noqa: PLC0415

    hold, made = leftovers.hold, list[Path]()

    def late(descriptor: int, path: Path) -> bool:
        if not made:
            sweep.cache_clear()
            sweep(tmp_path)
        made.append(path)
        return hold(descriptor, path)

    monkeypatch.setattr(atomic_file, "hold", late)
    monkeypatch.setattr(leftovers, "hold", late)
    file = AtomicFile(tmp_path)
    assert [path.exists() for path in made] == [False, True]
    file.discard()
    made.clear()
    folder = TemporaryFolder()
    assert [path.exists() for path in made] == [False, True]
    folder.remove()


def test_folder_that_is_swept_before_it_is_opened_is_made_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make = tempfile.mkdtemp
    made: list[Path] = []

    def make_and_sweep(**named: str) -> str:
        made.append(Path(make(**named)))
        if len(made) == 1:
            made[0].rmdir()
        return str(made[-1])

    monkeypatch.setattr(tempfile, "mkdtemp", make_and_sweep)
    folder = TemporaryFolder()
    assert [path.exists() for path in made] == [False, True]
    folder.remove()


def test_file_that_a_sweeper_holds_is_made_again(tmp_path: Path) -> None:
    import fcntl  # noqa: PLC0415 - POSIX

    path = tmp_path / "x"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    with path.open("rb") as sweeper:
        fcntl.flock(sweeper, fcntl.LOCK_SH)
        assert not leftovers.hold(descriptor, path)
    assert leftovers.hold(descriptor, path)
    os.close(descriptor)
