"""A reply is on the disk as it comes, and stays until its picture is in place."""

from __future__ import annotations

import errno
import gzip
import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from support import ROOT

from nano_edit.engine.replies.kept import list_kept
from nano_edit.engine.replies.spool import About, Spool, state_folder
from nano_edit.errors import InputError

POSIX_ONLY = pytest.mark.skipif(os.name != "posix", reason="POSIX files only")
ABOUT = About("/photos/out.png", "sepia, café", "google", "pro", "00ff00ff00ff00ff")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A state folder that does not exist yet."""
    return tmp_path / "state" / "replies"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_reply_is_kept_byte_for_byte(folder: Path) -> None:
    with Spool.create(folder, ABOUT) as spool:
        for piece in (b'{"a"', b": ", b"1}"):
            spool.write(piece)
        spool.mark_whole()
        path = spool.keep()
    assert path is not None
    assert spool.keep() == path
    assert path.read_bytes() == b'{"a": 1}'
    assert re.fullmatch(r"reply-\d{8}T\d{6}Z-[0-9a-f]{8}-out\.png\.json", path.name)


def test_compressed_reply_is_kept_as_it_came(folder: Path) -> None:
    raw = gzip.compress(b"{}")
    with Spool.create(folder, ABOUT) as spool:
        spool.write(raw)
        spool.mark_whole()
    assert spool.path.name.endswith("-out.png.json.gz")
    assert spool.path.read_bytes() == raw


def test_reply_is_on_the_disk_as_it_comes(folder: Path) -> None:
    with Spool.create(folder, ABOUT) as spool:
        spool.write(b"{")
        assert spool.path.read_bytes() == b"{"
        assert spool.path.suffix == ".part"


def test_what_is_known_of_a_reply_is_beside_it_from_the_start(folder: Path) -> None:
    with Spool.create(folder, ABOUT) as spool:
        (facts,) = folder.glob("*.jsonl")
        assert facts.name.removesuffix(".jsonl") == spool.path.name.removesuffix(
            ".part"
        )
        spool.describe(content_encoding="gzip", http_status=200)
        spool.write(b"{")
        spool.keep("The disk is full.")
    lines = [json.loads(line) for line in facts.read_text("utf-8").splitlines()]
    assert lines[0]["instruction"] == "sepia, café"
    assert lines[1:] == [
        {"content_encoding": "gzip", "http_status": 200},
        {"reason": "The disk is full."},
    ]


def test_discarded_reply_is_gone(folder: Path) -> None:
    with Spool.create(folder, ABOUT) as spool:
        spool.write(b"{}")
        spool.mark_whole()
        spool.discard()
        spool.describe(late=True)
    assert names(folder) == []


def test_call_that_fails_before_a_reply_leaves_nothing(folder: Path) -> None:
    with Spool.create(folder, ABOUT) as spool:
        assert len(names(folder)) == 2
        spool.mark_whole()
        assert spool.keep("Nothing came.") is None
    spool.discard()
    assert names(folder) == []


def _fail(spool: Spool) -> None:
    with spool:
        spool.write(b"{}")
        raise KeyboardInterrupt


def test_leaving_in_a_hurry_keeps_the_reply(folder: Path) -> None:
    spool = Spool.create(folder, ABOUT)
    with pytest.raises(KeyboardInterrupt):
        _fail(spool)
    (kept,) = list_kept(folder)
    assert kept.path == spool.path
    assert (kept.size, kept.label, kept.in_use) == (2, "out.png", False)
    assert not kept.whole
    assert kept.age < 600


def test_a_signal_right_behind_the_first_bytes_keeps_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write

    def then_interrupt(descriptor: int, data: bytes) -> int:
        write(descriptor, data)
        raise KeyboardInterrupt

    with Spool.create(folder, ABOUT) as spool:
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", then_interrupt)
            with pytest.raises(KeyboardInterrupt):
                spool.write(b"{")
        path = spool.keep()
    assert path is not None
    assert path.read_bytes() == b"{"


def test_reply_stays_locked_until_its_context_is_left(folder: Path) -> None:
    with Spool.create(folder, ABOUT) as spool:
        spool.write(b"{}")
        spool.mark_whole()
        assert [(kept.whole, kept.in_use) for kept in list_kept(folder)] == [
            (True, True)
        ]
    assert [kept.in_use for kept in list_kept(folder)] == [False]


def test_name_that_is_taken_away_does_not_matter(folder: Path) -> None:
    with Spool.create(folder, ABOUT) as spool:
        spool.write(b"{}")
        spool.path.unlink()
        spool.mark_whole()
        assert spool.path.suffix == ".part"


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ("", ""),
        ("../../etc/pass wd", "pass-wd"),
        ("n" * 300, "n" * 48),
        ("ä\n\x1b[31m", "31m"),
        (os.fsdecode(b"caf\xe9.png"), "caf-.png"),
    ],
)
def test_output_is_made_fit_for_a_file_name(
    output: str, told: str, folder: Path
) -> None:
    with Spool.create(folder, About(output)) as spool:
        spool.write(b"{}")
    (kept,) = list_kept(folder)
    assert (kept.label, kept.about.output) == (told, output)


@POSIX_ONLY
def test_reply_is_private(folder: Path) -> None:
    before = os.umask(0)
    try:
        with Spool.create(folder, ABOUT) as spool:
            spool.write(b"{}")
    finally:
        os.umask(before)
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


# --- no place to keep it -----------------------------------------------------


def test_folder_that_cannot_be_made_is_refused_before_sending(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="could not be kept safe") as caught:
        Spool.create(tmp_path / "file" / "replies", ABOUT)
    assert caught.value.message.endswith(". Nothing was sent.")
    assert "NANO_EDIT_STATE_DIR" in caught.value.hint


def test_interruption_while_it_is_made_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr("nano_edit.engine.replies.spool.hold", interrupt)
    with pytest.raises(KeyboardInterrupt):
        Spool.create(folder, ABOUT)
    assert names(folder) == []


OUT_OF_FILES = """
import os, resource, sys
from pathlib import Path
from nano_edit.engine.replies.spool import About, Spool
from nano_edit.errors import InputError
resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
try:
    while True:
        os.open(os.devnull, os.O_RDONLY)
except OSError:
    pass
if sys.argv[2] == "one":
    os.close(15)
try:
    Spool.create(Path(sys.argv[1]), About())
except InputError as error:
    print(error.message)
"""


@POSIX_ONLY
@pytest.mark.parametrize("left", ["none", "one"])
def test_too_many_open_files_are_refused_before_sending(
    folder: Path, left: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OUT_OF_FILES, folder, left],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert "Too many open files. Nothing was sent." in done.stdout
    assert names(folder) == []


# --- a disk that fills up ----------------------------------------------------


def test_disk_that_fills_up_is_remembered_and_what_came_stays(tiny_disk: Path) -> None:
    with Spool.create(tiny_disk, ABOUT) as spool:
        for _ in range(3):
            spool.write(bytes(50_000))
        assert spool.fault == "No space left on device"
        spool.mark_whole()
        path = spool.keep()
    assert path == spool.path
    assert path is not None
    assert 50_000 < path.stat().st_size < 65_000
    (kept,) = list_kept(tiny_disk)
    assert not kept.whole


def test_picture_is_given_up_for_the_reply(tiny_disk: Path) -> None:
    ballast = tiny_disk / "picture"
    ballast.write_bytes(bytes(30_000))
    asked = []

    def make_room(device: int) -> bool:
        asked.append(device)
        ballast.unlink()
        return True

    with Spool.create(tiny_disk, ABOUT) as spool:
        spool.make_room = make_room
        spool.write(bytes(45_000))
        spool.mark_whole()
    assert spool.fault is None
    assert asked == [tiny_disk.stat().st_dev]
    assert [(kept.size, kept.whole) for kept in list_kept(tiny_disk)] == [
        (45_000, True)
    ]


def test_other_faults_do_not_cost_the_picture(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    def never(_: int) -> bool:
        raise AssertionError

    with Spool.create(folder, ABOUT) as spool:
        spool.make_room = never
        with monkeypatch.context() as patched:
            patched.setattr(os, "write", broken)
            spool.write(b"{}")
        assert spool.fault == "Input/output error"


def test_reply_that_cannot_be_synced_is_not_called_whole(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with Spool.create(folder, ABOUT) as spool:
        spool.write(b"{}")
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", broken)
            spool.keep()
    assert spool.fault == "Input/output error"


LIMITED = """
import resource, signal, sys
from pathlib import Path
from nano_edit.engine.replies.spool import About, Spool
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
with Spool.create(Path(sys.argv[1]), About("out.png")) as spool:
    spool.make_room = lambda _: sys.exit("asked")
    spool.write(bytes(2000))
    spool.write(bytes(2000))
    print(spool.fault, spool.size)
"""


@POSIX_ONLY
def test_limit_on_file_size_is_remembered(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, folder],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.stdout == "File too large 3000\n"
    (kept,) = list_kept(folder)
    assert (kept.size, kept.whole) == (3000, False)


# --- where it is -------------------------------------------------------------


def test_state_folder_is_the_systems_own(home: Path) -> None:
    folder = state_folder()
    assert folder.name == "replies"
    assert "nano-edit" in folder.parts
    assert folder.is_relative_to(home)


def test_state_folder_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NANO_EDIT_STATE_DIR", "elsewhere")
    assert state_folder() == Path("elsewhere/replies")


# --- a kill at any point -------------------------------------------------------

KILLED_AT = """
import os, sys
from pathlib import Path
from nano_edit.engine.replies.spool import About, Spool

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
    for name in ("open", "write", "close", "fsync", "unlink", "rename"):
        setattr(os, name, counted(getattr(os, name)))
    with Spool.create(folder, About("out.png", "sepia", job="same")) as spool:
        spool.describe(http_status=200)
        for _ in range(3):
            spool.write(b"0123456789")
        spool.mark_whole()
        if sys.argv[2] == "discarded":
            spool.discard()
    os._exit(0)

last = -1
status = 9
while status == 9:
    last += 1
    child = os.fork()
    if not child:
        life(Path(sys.argv[1]) / f"{last:02}", last)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(status, last)
"""


@POSIX_ONLY
@pytest.mark.parametrize("end", ["kept", "discarded"])
def test_kill_at_any_point_leaves_a_reply_or_nothing(end: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED_AT, tmp_path, end],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.stdout.startswith("0 ")
    moments = sorted(tmp_path.iterdir())
    assert len(moments) > 10
    sizes = []
    for folder in moments:
        kept = list_kept(folder)
        assert len(kept) <= 1
        for reply in kept:
            assert not reply.in_use
            assert reply.path.read_bytes() == b"0123456789" * (reply.size // 10)
            assert not reply.whole or reply.size == 30
            assert reply.about.job in {"same", ""}
            sizes.append(reply.size)
        if not kept:  # what is swept now, or in a day
            assert not any(path.stat().st_size for path in folder.iterdir())
    assert {10, 20, 30} <= set(sizes)
