"""Where a disk cannot hold both, the reply is kept, and the error says what is kept.

Each disk is a real one of a few megabytes, filled while the reply comes.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support import environment, photo, small_disk

from nano_edit import Batch, Edit, Editor
from nano_edit.domain import Billed, Destination, ReplyStarted
from nano_edit.emulator import Emulator
from nano_edit.engine import disk_space
from nano_edit.engine.recover import recover
from nano_edit.engine.replies.kept import list_kept
from nano_edit.errors import ExitStatus, InputError, NanoEditError, OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nano_edit.domain import EditEvent

MEGABYTE = 1_000_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 34 MB: enough for one edit at 1K, by what is reserved for it."""
    with small_disk(tmp_path / "disk", "34m") as folder:
        yield folder


@pytest.fixture
def service() -> Iterator[Emulator]:
    with Emulator(signature_bytes=400_000, gzip=False) as running:
        yield running


class Filler:
    """Fills the disk but for ``left`` bytes as soon as the reply has begun."""

    def __init__(self, disk: Path, left: int) -> None:
        self._ballast = disk / "ballast"
        self._left = left

    def __call__(self, event: EditEvent) -> None:
        if isinstance(event, ReplyStarted):
            with (
                contextlib.suppress(OSError),  # it is full
                self._ballast.open("wb", buffering=0) as file,
            ):
                while True:
                    file.write(bytes(1 << 16))
            os.truncate(self._ballast, self._ballast.stat().st_size - self._left)

    def empty(self) -> None:
        self._ballast.unlink()


def sepia(picture: Path, output: Path) -> Edit:
    return Edit("sepia", (str(picture),), str(output))


def failure(editor: Editor, edit: Edit) -> NanoEditError:
    with pytest.raises(NanoEditError) as caught:
        editor.edit(edit)
    return caught.value


def size_of_reply(service: Emulator, picture: Path, folder: Path) -> tuple[int, int]:
    """Bytes of the picture that comes, and of the reply that holds it."""
    cache = folder / "cache"
    with Editor(base_url=service.url, api_key="any", cache=cache) as editor:
        result = editor.edit(sepia(picture, folder / "probe"))
    (entry,) = cache.iterdir()
    return result.image.size, len(gzip.decompress(entry.read_bytes()))


def test_reply_is_kept_where_both_do_not_fit(
    disk: Path, service: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NANO_EDIT_STATE_DIR", str(disk / "state"))
    picture = photo(tmp_path / "in.jpg", 1600, 1200)
    image, reply = size_of_reply(service, picture, tmp_path)
    fill = Filler(disk, reply + image // 2)
    with Editor(base_url=service.url, api_key="any", observe=fill) as editor:
        error = failure(editor, sepia(picture, disk / "out"))
    assert isinstance(error, OutputError)
    assert "No space left on device" in error.message
    assert "could not be kept" not in error.message
    assert error.billed is Billed.YES
    (kept,) = list_kept(disk / "state" / "replies")
    assert kept.path == error.recovery
    assert kept.whole
    assert kept.reason == error.message
    assert not list(disk.glob(".nano-edit-*"))
    fill.empty()
    result = recover(kept.path, Destination(disk, "out", None), lambda _: None)
    assert result.image.size == image


def test_picture_goes_on_where_only_the_replys_disk_is_full(
    disk: Path, service: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NANO_EDIT_STATE_DIR", str(disk / "state"))
    picture = photo(tmp_path / "in.jpg", 1600, 1200)
    fill = Filler(disk, 100_000)
    with Editor(base_url=service.url, api_key="any", observe=fill) as editor:
        result = editor.edit(sepia(picture, tmp_path / "out"))
    assert result.image.path is not None
    assert result.image.path.exists()
    assert list_kept(disk / "state" / "replies") == []


def test_error_promises_no_reply_that_is_not_whole(
    disk: Path, service: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NANO_EDIT_STATE_DIR", str(disk / "state"))
    picture = photo(tmp_path / "in.jpg", 1600, 1200)
    fill = Filler(disk, 100_000)
    with Editor(base_url=service.url, api_key="any", observe=fill) as editor:
        error = failure(editor, sepia(picture, disk / "out"))
    assert isinstance(error, OutputError)
    assert error.message.endswith(
        " The reply could not be kept whole: No space left on device."
    )
    assert error.billed is Billed.YES
    assert [kept.whole for kept in list_kept(disk / "state" / "replies")] == [False]


def test_broken_reply_with_a_gap_is_not_read_again(
    disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NANO_EDIT_STATE_DIR", str(disk / "state"))
    picture = photo(tmp_path / "in.jpg", 1600, 1200)
    fill = Filler(disk, 0)
    with (
        Emulator(faults="html-200") as html,
        Editor(base_url=html.url, api_key="any", observe=fill) as editor,
    ):
        error = failure(editor, sepia(picture, tmp_path / "out"))
    assert "could not be kept whole: No space left on device" in error.message


def test_full_disk_is_refused_before_sending(
    disk: Path, service: Emulator, tmp_path: Path
) -> None:
    picture = photo(tmp_path / "in.jpg")
    (disk / "ballast").write_bytes(bytes(20 * MEGABYTE))
    with Editor(base_url=service.url, api_key="any") as editor:
        error = failure(editor, sepia(picture, disk / "out"))
    assert isinstance(error, InputError)
    assert f"The disk of {disk} has 15 MB left" in error.message
    assert "Nothing was sent." in error.message
    assert not service.requests


def test_many_edits_on_a_small_disk_wait_for_each_other(
    disk: Path, service: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NANO_EDIT_STATE_DIR", str(disk / "state"))
    monkeypatch.setitem(disk_space.NEEDED, "1K", 8)
    edits = [
        sepia(photo(tmp_path / f"{number}.jpg"), disk / f"{number}")
        for number in range(8)
    ]
    with (
        Editor(base_url=service.url, api_key="any") as editor,
        Batch(editor, edits, jobs=8) as batch,
    ):
        outcomes = list(batch)
    assert [outcome.error for outcome in outcomes] == [None] * 8
    assert batch.summary.exit_status is ExitStatus.OK


LIMITED = """
import os, resource, signal, sys
kind, number, url = sys.argv[1], int(sys.argv[2]), sys.argv[3]
from nano_edit import Edit, Editor
from nano_edit.domain import RequestSent
from nano_edit.errors import NanoEditError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
def limit(event):
    if isinstance(event, RequestSent):
        if kind == "files":
            try:
                while True:
                    os.open(os.devnull, os.O_RDONLY)
            except OSError:
                pass
        else:
            resource.setrlimit(resource.RLIMIT_FSIZE, (number, number))
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
with Editor(base_url=url, api_key="any", observe=limit) as editor:
    try:
        print(editor.edit(Edit("sepia", "in.jpg", "out", save_drafts=True)).image.path)
    except NanoEditError as error:
        for descriptor in range(10, 64):
            try:
                os.close(descriptor)
            except OSError:
                pass
        print(error.exit_status.code, error.billed, error.recovery, error.message)
"""


def limited(folder: Path, kind: str, number: int, url: str) -> str:
    photo(folder / "in.jpg", 1600, 1200)
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, kind, str(number), url],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        env=environment({"NANO_EDIT_STATE_DIR": str(folder / "state")}),
    )
    return done.stdout


@pytest.mark.skipif(os.name != "posix", reason="limits are POSIX's")
def test_limit_on_file_size_costs_the_reply_and_not_the_picture(
    service: Emulator, tmp_path: Path
) -> None:
    image, reply = size_of_reply(
        service, photo(tmp_path / "in.jpg", 1600, 1200), tmp_path
    )
    said = limited(tmp_path, "size", (image + reply) // 2, service.url)
    assert said.strip().startswith("out.")
    assert list_kept(tmp_path / "state" / "replies") == []
    (tmp_path / "out.jpg").unlink()
    said = limited(tmp_path, "size", image // 2, service.url)
    assert said.startswith("output yes ")
    assert "File too large" in said
    assert "could not be kept whole: File too large." in said


@pytest.mark.skipif(os.name != "posix", reason="limits are POSIX's")
def test_picture_comes_though_no_file_can_be_opened_any_more(
    service: Emulator, tmp_path: Path
) -> None:
    """The files of reply and picture are open before the request is sent."""
    said = limited(tmp_path, "files", 0, service.url)
    assert said.strip().startswith("out.")


@pytest.mark.skipif(os.name != "posix", reason="limits are POSIX's")
def test_second_picture_without_a_file_is_recovered_from_the_reply(
    tmp_path: Path,
) -> None:
    with Emulator(faults="drafts", signature_bytes=1000) as service:
        said = limited(tmp_path, "files", 0, service.url)
    assert said.startswith("output yes ")
    assert "Too many open files" in said
    (kept,) = list_kept(tmp_path / "state" / "replies")
    assert kept.whole
    recover(kept.path, Destination(tmp_path, "again", None), lambda _: None)


@pytest.mark.skipif(os.name != "posix", reason="limits are POSIX's")
def test_broken_reply_gives_its_picture_or_is_kept_where_files_are_few(
    tmp_path: Path,
) -> None:
    """Reading it again takes a file, which may or may not have become free."""
    with Emulator(faults="nan", signature_bytes=900_000, gzip=False) as service:
        said = limited(tmp_path, "files", 0, service.url)
    kept = list_kept(tmp_path / "state" / "replies")
    if said.startswith("out."):
        assert kept == []
        return
    assert " yes " in said
    assert "Nothing was sent" not in said
    assert [reply.whole for reply in kept] == [True]
    recover(kept[0].path, Destination(tmp_path, "again", None), lambda _: None)
