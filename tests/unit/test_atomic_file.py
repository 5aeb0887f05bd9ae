"""A file is there whole or not at all, with the permissions of what it replaces."""

from __future__ import annotations

import errno
import os
import stat
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from support import ROOT

from nano_edit.atomic_file import AHEAD, AtomicFile, reason, replace_file, target_of
from nano_edit.leftovers import sweep

POSIX_ONLY = pytest.mark.skipif(os.name != "posix", reason="POSIX files only")
ROOT_ONLY = pytest.mark.skipif(
    os.name != "posix" or os.geteuid() != 0, reason="only root gives files away"
)


def refuse(*_: object) -> None:
    raise OSError(errno.ENOTSUP, "Operation not supported")


def placed(final: Path, data: bytes = b"new", *, force: bool = True) -> None:
    file = AtomicFile(final.parent)
    file.write(data)
    file.place(final, force=force)
    file.discard()  # does nothing any more


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("advice", ["taken", "refused", "unknown"])
def test_large_file_is_whole_whatever_the_disk_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, advice: str
) -> None:
    if advice == "refused":
        monkeypatch.setattr(os, "posix_fadvise", refuse, raising=False)
    elif advice == "unknown":
        monkeypatch.delattr(os, "posix_fadvise", raising=False)
    block = os.urandom(1 << 20)
    count = 2 * AHEAD // len(block) + 1
    file = AtomicFile(tmp_path)
    for _ in range(count):
        file.write(block)
    file.place(tmp_path / "whole", force=False)
    assert (tmp_path / "whole").read_bytes() == block * count
    assert names(tmp_path) == ["whole"]


def test_discarded_file_is_gone(tmp_path: Path) -> None:
    file = AtomicFile(tmp_path)
    file.write(b"half")
    file.discard()
    file.discard()
    assert names(tmp_path) == []


def test_interruption_while_the_file_is_made_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr("nano_edit.atomic_file.hold", interrupt)
    with pytest.raises(KeyboardInterrupt):
        AtomicFile(tmp_path)
    assert names(tmp_path) == []


@pytest.mark.parametrize("without_links", [False, True])
def test_name_that_is_taken_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, without_links: bool
) -> None:
    if without_links:
        monkeypatch.setattr(os, "link", refuse)
    final = tmp_path / "out"
    placed(final, b"first", force=False)
    second = AtomicFile(tmp_path)
    second.write(b"second")
    with pytest.raises(FileExistsError):
        second.place(final, force=False)
    assert second.place_beside(final, "kept") == tmp_path / "out.kept-1"
    assert final.read_bytes() == b"first"
    assert names(tmp_path) == ["out", "out.kept-1"]


@POSIX_ONLY
def test_reservation_goes_when_the_move_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", refuse)
    file = AtomicFile(tmp_path)
    file.path.unlink()
    with pytest.raises(FileNotFoundError):
        file.place(tmp_path / "out", force=False)
    file.discard()
    assert names(tmp_path) == []


def test_file_that_could_not_be_synced_is_never_placed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second sync of lost bytes succeeds, so the first answer counts."""
    file = AtomicFile(tmp_path)
    file.write(b"lost")
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", refuse)
        with pytest.raises(OSError, match="not supported"):
            file.place(tmp_path / "out", force=False)
    with pytest.raises(OSError, match="not supported"):
        file.place_beside(tmp_path / "out", "kept")
    file.discard()
    assert names(tmp_path) == []


def test_reason_is_in_the_systems_words() -> None:
    assert reason(OSError(errno.ENOSPC, "No space left on device")) == (
        "No space left on device"
    )
    assert reason(ValueError("odd")) == "odd"
    assert reason(ValueError()) == "ValueError"


@POSIX_ONLY
def test_only_force_writes_through_a_link(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("target")
    assert target_of(link, force=True) == Path(os.path.realpath(tmp_path / "target"))
    assert target_of(link, force=False) == link


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX names are bytes")
def test_name_that_is_not_utf_8_is_taken(tmp_path: Path) -> None:
    final = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png"))
    placed(final, force=False)
    file = AtomicFile(tmp_path)
    file.place_beside(final, "kept")
    found = {os.fsencode(path.name) for path in tmp_path.iterdir()}
    assert found == {b"caf\xe9.png", b"caf\xe9.kept-1.png"}


# --- permissions -------------------------------------------------------------


@POSIX_ONLY
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444, 0o755])
def test_file_that_replaces_another_has_its_permissions(
    tmp_path: Path, mode: int
) -> None:
    final = tmp_path / "out"
    final.write_bytes(b"old")
    final.chmod(mode)
    placed(final)
    assert final.read_bytes() == b"new"
    assert stat.S_IMODE(final.stat().st_mode) == mode


@POSIX_ONLY
def test_new_file_has_the_permissions_that_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        placed(tmp_path / "out")
        replace_file(tmp_path / "key", b"secret")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


@POSIX_ONLY
def test_private_file_replaces_an_exposed_one(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"old")
    key.chmod(0o644)
    replace_file(key, b"new")
    assert key.read_bytes() == b"new"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


@ROOT_ONLY
def test_file_that_replaces_another_has_its_owner(tmp_path: Path) -> None:
    final = tmp_path / "out"
    final.write_bytes(b"old")
    os.chown(final, 4711, 4712)
    placed(final)
    facts = final.stat()
    assert (facts.st_uid, facts.st_gid) == (4711, 4712)


AS_ANOTHER = """
import os, sys
from pathlib import Path
from nano_edit.atomic_file import AtomicFile
os.setgroups([int(word) for word in sys.argv[1:]])
os.setgid(65534)
os.setuid(65534)
file = AtomicFile(Path())
file.write(b"new")
file.place(Path("out"), force=True)
"""


@ROOT_ONLY
@pytest.mark.parametrize(
    ("groups", "group", "mode"), [((4712,), 4712, 0o660), ((), 65534, 0o600)]
)
def test_group_that_cannot_be_kept_gets_no_more_than_all_others(
    tmp_path: Path, groups: tuple[int, ...], group: int, mode: int
) -> None:
    tmp_path.chmod(0o777)
    final = tmp_path / "out"
    final.write_bytes(b"old")
    final.chmod(0o660)
    os.chown(final, 4711, 4712)
    subprocess.run(
        [sys.executable, "-c", AS_ANOTHER, *map(str, groups)],
        check=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    facts = final.stat()
    assert final.read_bytes() == b"new"
    assert (facts.st_uid, facts.st_gid) == (65534, group)
    assert stat.S_IMODE(facts.st_mode) == mode


@POSIX_ONLY
@pytest.mark.parametrize(("refusals", "mode"), [(1, 0o660), (2, 0o600)])
def test_owner_that_cannot_be_kept_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusals: int, mode: int
) -> None:
    final = tmp_path / "out"
    final.write_bytes(b"old")
    final.chmod(0o660)
    facts = final.stat()
    asked = []

    def chown(_: int, owner: int, group: int) -> None:
        asked.append((owner, group))
        if len(asked) <= refusals:
            raise PermissionError

    file = AtomicFile(tmp_path)
    monkeypatch.setattr(os, "fchown", chown)
    another = os.stat_result([0, 0, 0, 0, 4711, 4712, 0, 0, 0, 0])
    monkeypatch.setattr(os, "fstat", lambda _: another)
    file.place(final, force=True)
    monkeypatch.undo()
    assert asked == [(facts.st_uid, facts.st_gid), (-1, facts.st_gid)]
    assert stat.S_IMODE(final.stat().st_mode) == mode


def test_closed_file_is_placed_too_and_without_access_lists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "getxattr", raising=False)
    (tmp_path / "out").write_bytes(b"old")
    placed(tmp_path / "out")
    file = AtomicFile(tmp_path)
    file.close()
    file.close()
    file.place(tmp_path / "out", force=True)
    assert names(tmp_path) == ["out"]


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="no access lists here")
def test_file_that_replaces_another_has_its_access_list(tmp_path: Path) -> None:
    name, final = "system.posix_acl_access", tmp_path / "out"
    final.write_bytes(b"old")
    entries = [(1, 6, -1), (2, 4, 4711), (4, 4, -1), (16, 4, -1), (32, 0, -1)]
    access = struct.pack("<I", 2) + b"".join(
        struct.pack("<HHi", *entry) for entry in entries
    )
    try:
        os.setxattr(final, name, access)
    except OSError:
        pytest.skip("this disk knows no access lists")
    placed(final)
    assert os.getxattr(final, name) == access


# --- a kill at any point -------------------------------------------------------

KILLED_AT = """
import os, sys
from pathlib import Path
from nano_edit.atomic_file import AtomicFile

def life(folder, last):
    calls = 0
    def counted(call):
        def until(*arguments, **more):
            nonlocal calls
            calls += 1
            if calls > last:
                os._exit(9)
            return call(*arguments, **more)
        return until
    names = "open write close fsync unlink rename replace link chmod fchown".split()
    for name in names:
        setattr(os, name, counted(getattr(os, name)))
    if "no links" in sys.argv:
        def link(*_):
            raise OSError
        os.link = link
    file = AtomicFile(folder)
    file.write(b"new")
    file.place(folder / "out", force="force" in sys.argv)
    os._exit(0)

last, status = -1, 9
while status == 9:
    last += 1
    folder = Path(sys.argv[1]) / f"{last:02}"
    folder.mkdir()
    if "force" in sys.argv:
        (folder / "out").write_bytes(b"old")
        (folder / "out").chmod(0o640)
    child = os.fork()
    if not child:
        life(folder, last)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(status)
"""


@POSIX_ONLY
@pytest.mark.parametrize("how", ["", "force", "no links"])
def test_kill_at_any_point_leaves_the_old_file_or_the_new(
    how: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED_AT, tmp_path, how],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.stdout == "0\n"
    seen = set()
    for folder in tmp_path.iterdir():
        sweep(folder)
        assert names(folder) in ([], ["out"])
        if names(folder):
            seen.add((folder / "out").read_bytes())
            if how == "force":
                assert stat.S_IMODE((folder / "out").stat().st_mode) == 0o640
    # Only a disk without hard links has a moment at which the name is reserved.
    allowed = {"": {b"new"}, "force": {b"old", b"new"}, "no links": {b"", b"new"}}
    assert seen == allowed[how]
