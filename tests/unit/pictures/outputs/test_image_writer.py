"""The output is there whole or not at all, and what was paid for is not lost."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import pytest
from support import ROOT, noise

from nano_edit.domain import Billed, Destination
from nano_edit.errors import InputError, OutputError, ServerError
from nano_edit.pictures.outputs.image_writer import ImageWriter
from nano_edit.pictures.outputs.probe import ImageFacts

POSIX_ONLY = pytest.mark.skipif(os.name != "posix", reason="POSIX files only")


def picture(
    kind: str = "JPEG", seed: int = 1, size: tuple[int, int] = (24, 16)
) -> bytes:
    file = io.BytesIO()
    noise(*size, seed=seed).save(file, kind)
    return file.getvalue()


FIRST, SECOND, THIRD = (picture(seed=seed) for seed in (1, 2, 3))
DRAFT = "The service marks this picture as a draft."


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, new and empty."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def to(
    name: str = "out.jpg", file_format: str | None = "jpeg", *, force: bool = False
) -> Destination:
    return Destination(Path(), name, file_format, force)


def send(writer: ImageWriter, data: bytes, *, thought: bool = False) -> None:
    writer.image_started()
    for start in range(0, len(data), 100):
        writer.image_data(data[start : start + 100])
    writer.image_ended(thought=thought)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- which picture is the result ---------------------------------------------


def test_picture_comes_through_byte_for_byte(folder: Path) -> None:
    with ImageWriter(to(), digest=True) as writer:
        send(writer, FIRST)
        assert writer.facts == ImageFacts("image/jpeg", 24, 16)
        written = writer.commit()
    assert Path("out.jpg").read_bytes() == FIRST
    assert (written.path, written.mime_type) == (Path("out.jpg"), "image/jpeg")
    assert (written.width, written.height, written.size) == (24, 16, len(FIRST))
    assert written.sha256 == hashlib.sha256(FIRST).hexdigest()
    assert (written.source_mime_type, written.notes) == ("image/jpeg", ())
    assert names(folder) == ["out.jpg"]


def test_last_picture_that_is_no_thought_is_the_result(folder: Path) -> None:
    with ImageWriter(to()) as writer:
        send(writer, FIRST)
        send(writer, SECOND)
        send(writer, THIRD, thought=True)
        assert len(names(folder)) == 1  # superseded ones go at once
        assert writer.commit().sha256 is None
    assert Path("out.jpg").read_bytes() == SECOND
    assert names(folder) == ["out.jpg"]


def test_true_extension_is_added_to_a_bare_name(folder: Path) -> None:
    with ImageWriter(to("my.cat-edited", None)) as writer:
        send(writer, picture("PNG"))
        assert writer.commit().path == Path("my.cat-edited.png")
    assert names(folder) == ["my.cat-edited.png"]


def test_drafts_are_saved_beside_the_output_when_wanted(folder: Path) -> None:
    Path("out.draft-1.jpg").write_bytes(b"mine")
    with ImageWriter(to(), save_drafts=True) as writer:
        send(writer, FIRST, thought=True)
        send(writer, FIRST[:-9], thought=True)  # a broken one is worth nothing
        send(writer, picture("PNG"))
        send(writer, THIRD)
        written = writer.commit()
    assert written.drafts == (Path("out.draft-2.jpg"), Path("out.draft-1.png"))
    assert Path("out.draft-1.jpg").read_bytes() == b"mine"
    assert Path("out.draft-2.jpg").read_bytes() == FIRST
    assert len(names(folder)) == 4


def test_reply_without_anything_leaves_nothing(folder: Path) -> None:
    with ImageWriter(to()):
        assert len(names(folder)) == 1
    assert names(folder) == []


def test_reply_without_a_picture_has_no_result(folder: Path) -> None:
    with ImageWriter(to()) as writer:
        writer.image_data(b"no picture was begun")
        writer.image_ended(thought=False)
        send(writer, FIRST[:-1], thought=True)
        assert not writer.has_result
        assert not writer.has_whole_final
        assert writer.facts is None
        with pytest.raises(ServerError, match="holds no picture"):
            writer.commit()
    assert names(folder) == []


@pytest.mark.parametrize(
    "broken", [FIRST[:-1], b"", b"<html>", FIRST[:30] + b"\xff" * 9]
)
def test_broken_result_is_an_error_and_leaves_no_output(
    broken: bytes, folder: Path
) -> None:
    with ImageWriter(to()) as writer:
        send(writer, FIRST)
        send(writer, broken)
        assert writer.has_result
        assert writer.facts is None
        with pytest.raises(ServerError, match="is not whole") as caught:
            writer.commit()
    assert caught.value.billed is Billed.YES
    assert names(folder) == []


def test_broken_draft_does_not_matter() -> None:
    with ImageWriter(to()) as writer:
        send(writer, b"junk", thought=True)
        writer.image_started()
        writer.image_data(FIRST[:50])  # never ends
        send(writer, SECOND)
        writer.commit()
    assert Path("out.jpg").read_bytes() == SECOND


@pytest.mark.parametrize("begun", [False, True])
def test_leaving_without_commit_removes_every_part_file(
    folder: Path, *, begun: bool
) -> None:
    with suppress(KeyboardInterrupt), ImageWriter(to(), save_drafts=True) as writer:
        send(writer, FIRST, thought=True)
        send(writer, SECOND)
        if begun:
            writer.image_started()
            writer.image_data(THIRD)
        assert len(names(folder)) == 2 + begun
        assert all(name.endswith(".part") for name in names(folder))
        raise KeyboardInterrupt
    assert names(folder) == []


# --- a reply that was cut off ------------------------------------------------


def test_salvage_takes_the_last_whole_picture(folder: Path) -> None:
    with ImageWriter(to(), salvage=True) as writer:
        send(writer, FIRST)
        send(writer, SECOND, thought=True)
        send(writer, THIRD[:-5])
        writer.image_started()
        writer.image_data(THIRD[:-5])
        assert writer.commit().notes == ()
    assert Path("out.jpg").read_bytes() == FIRST
    assert names(folder) == ["out.jpg"]


def test_salvage_takes_a_draft_when_there_is_nothing_better() -> None:
    told: list[str] = []
    with ImageWriter(to(), salvage=True, note=told.append) as writer:
        assert not writer.has_result
        send(writer, FIRST, thought=True)
        writer.image_started()
        assert writer.has_result
        written = writer.commit()
    assert Path("out.jpg").read_bytes() == FIRST
    assert list(written.notes) == told == [DRAFT]


@pytest.mark.parametrize("salvage", [False, True])
def test_a_whole_thought_is_the_result_when_there_is_no_other(salvage: bool) -> None:
    with ImageWriter(to(), salvage=salvage) as writer:
        send(writer, SECOND, thought=True)
        send(writer, FIRST, thought=True)
        send(writer, SECOND[:-1], thought=True)
        assert not writer.has_whole_final
        assert list(writer.commit().notes) == [DRAFT]
    assert Path("out.jpg").read_bytes() == FIRST


def test_a_thought_never_stands_in_for_a_broken_picture(folder: Path) -> None:
    with ImageWriter(to()) as writer:
        send(writer, FIRST, thought=True)
        send(writer, SECOND[:-1])
        assert not writer.has_whole_final
        with pytest.raises(ServerError, match="not whole"):
            writer.commit()
    assert names(folder) == []


def test_the_final_picture_is_the_last_that_is_no_thought() -> None:
    with ImageWriter(to(), salvage=True) as writer:
        send(writer, FIRST)
        assert writer.has_whole_final
        send(writer, SECOND[:-1], thought=True)
        assert writer.has_whole_final
        send(writer, SECOND[:-1])
        assert not writer.has_whole_final


def test_salvage_takes_the_picture_whose_bytes_are_all_there() -> None:
    with ImageWriter(to(), salvage=True) as writer:
        send(writer, FIRST)
        writer.image_started()
        writer.image_data(SECOND)
        writer.commit()
    assert Path("out.jpg").read_bytes() == SECOND


# --- its place on the disk ---------------------------------------------------


@POSIX_ONLY
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
@pytest.mark.parametrize("file_format", ["jpeg", "png"])
def test_permissions_are_what_the_umask_asks_for(
    umask: int, mode: int, file_format: str
) -> None:
    before = os.umask(umask)
    try:
        with ImageWriter(to("out", file_format), save_drafts=True) as writer:
            send(writer, FIRST)
            send(writer, SECOND)
            (draft,) = writer.commit().drafts
    finally:
        os.umask(before)
    assert stat.S_IMODE(Path("out").stat().st_mode) == mode
    assert stat.S_IMODE(draft.stat().st_mode) == mode


def test_name_taken_meanwhile_keeps_both_pictures(folder: Path) -> None:
    with ImageWriter(to()) as writer:
        send(writer, FIRST)
        Path("out.jpg").write_bytes(b"theirs")
        Path("out.kept-1.jpg").write_bytes(b"older")
        with pytest.raises(OutputError, match="taken by another run") as caught:
            writer.commit()
    assert caught.value.recovery == Path("out.kept-2.jpg")
    assert caught.value.billed is Billed.YES
    assert "out.kept-2.jpg" in caught.value.message
    assert Path("out.kept-2.jpg").read_bytes() == FIRST
    assert Path("out.jpg").read_bytes() == b"theirs"
    assert len(names(folder)) == 3


def test_force_replaces_what_is_there(folder: Path) -> None:
    Path("out.jpg").write_bytes(b"older")
    with ImageWriter(to(force=True)) as writer:
        send(writer, FIRST)
        writer.commit()
    assert Path("out.jpg").read_bytes() == FIRST
    assert names(folder) == ["out.jpg"]


@POSIX_ONLY
def test_force_writes_through_a_link(folder: Path) -> None:
    (folder / "real").mkdir()
    Path("real/target.jpg").write_bytes(b"older")
    Path("out.jpg").symlink_to("real/target.jpg")
    with ImageWriter(to(force=True)) as writer:
        send(writer, FIRST)
        assert writer.commit().path == Path("out.jpg")
    assert Path("out.jpg").is_symlink()
    assert Path("real/target.jpg").read_bytes() == FIRST
    assert names(folder / "real") == ["target.jpg"]


@POSIX_ONLY
def test_link_made_meanwhile_is_not_followed(folder: Path) -> None:
    with ImageWriter(to()) as writer:
        send(writer, FIRST)
        Path("out.jpg").symlink_to("victim")
        with pytest.raises(OutputError):
            writer.commit()
    assert names(folder) == ["out.jpg", "out.kept-1.jpg"]


def test_folder_that_goes_away_is_an_output_error(folder: Path) -> None:
    (folder / "gone").mkdir()
    with ImageWriter(Destination(Path("gone"), "out.jpg", "jpeg")) as writer:
        send(writer, FIRST)
        send(writer, SECOND)
        for path in Path("gone").iterdir():
            path.unlink()
        Path("gone").rmdir()
        with pytest.raises(OutputError, match="cannot be written to") as caught:
            writer.commit()
    assert caught.value.billed is Billed.YES
    assert caught.value.recovery is None


def test_folder_that_goes_away_before_the_conversion_is_an_output_error(
    folder: Path,
) -> None:
    (folder / "gone").mkdir()
    with ImageWriter(Destination(Path("gone"), "out.png", "png")) as writer:
        send(writer, FIRST)
        for path in Path("gone").iterdir():
            path.unlink()
        Path("gone").rmdir()
        with pytest.raises(OutputError, match="cannot be written to") as caught:
            writer.commit()
    assert caught.value.recovery is None


def test_long_name_that_is_taken_meanwhile_still_keeps_the_picture() -> None:
    name = "n" * 250 + ".jpg"
    with ImageWriter(to(name)) as writer:
        send(writer, FIRST)
        Path(name).write_bytes(b"theirs")
        with pytest.raises(OutputError) as caught:
            writer.commit()
    assert caught.value.recovery == Path("n" * 50 + ".kept-1.jpg")


def test_part_file_that_cannot_be_moved_is_an_output_error(folder: Path) -> None:
    Path("out.jpg").mkdir()  # even --force replaces no folder
    with ImageWriter(to(force=True)) as writer:
        send(writer, FIRST)
        with pytest.raises(OutputError, match="is kept as") as caught:
            writer.commit()
    assert caught.value.recovery == Path("out.kept-1.jpg")
    assert names(folder) == ["out.jpg", "out.kept-1.jpg"]


@POSIX_ONLY
def test_draft_that_cannot_be_saved_is_only_a_note(folder: Path) -> None:
    with ImageWriter(to(), save_drafts=True) as writer:
        send(writer, FIRST)
        (draft,) = folder.iterdir()
        send(writer, SECOND)
        draft.unlink()
        written = writer.commit()
    assert written.drafts == ()
    assert "A draft could not be saved" in written.notes[0]
    assert Path("out.jpg").read_bytes() == SECOND


def _no_links(part: object, final: object) -> None:
    raise OSError(errno.ENOTSUP, "Operation not supported", str(part), None, str(final))


@POSIX_ONLY
def test_disk_without_hard_links_still_refuses_a_name_that_is_taken(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", _no_links)
    for data in (FIRST, SECOND):
        with ImageWriter(to()) as writer:
            send(writer, data)
            if data is FIRST:
                writer.commit()
                continue
            with pytest.raises(OutputError, match="another run"):
                writer.commit()
    assert Path("out.jpg").read_bytes() == FIRST
    assert Path("out.kept-1.jpg").read_bytes() == SECOND
    assert names(folder) == ["out.jpg", "out.kept-1.jpg"]


RACER = """
import sys
from contextlib import suppress
from pathlib import Path
from nano_edit.domain import Destination
from nano_edit.errors import OutputError
from nano_edit.pictures.outputs.image_writer import ImageWriter
data = Path(sys.argv[1]).read_bytes()
with ImageWriter(Destination(Path(), "out.jpg", "jpeg")) as writer:
    writer.image_started()
    writer.image_data(data)
    writer.image_ended(thought=False)
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        writer.commit()
    except OutputError as error:
        print(error.recovery)
        sys.exit(int(error.exit_status))
"""


def start(code: str, *args: str) -> subprocess.Popen[bytes]:
    """A child of ours; one that is killed must not leave half a coverage file."""
    kept = {name: value for name, value in os.environ.items() if name[:3] != "COV"}
    return subprocess.Popen(
        [sys.executable, "-c", code, *args],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=kept | {"PYTHONPATH": str(ROOT)},
    )


def ready(child: subprocess.Popen[bytes]) -> None:
    assert child.stdout is not None
    assert child.stdout.readline().strip() == b"ready"


def test_of_two_runs_that_race_for_one_name_exactly_one_wins(folder: Path) -> None:
    Path("first").write_bytes(FIRST)
    Path("second").write_bytes(SECOND)
    children = [start(RACER, name) for name in ("first", "second")]
    for child in children:
        ready(child)
    for child in children:
        assert child.stdin is not None
        child.stdin.write(b"go\n")
        child.stdin.flush()
    answers = [child.communicate()[0].decode().strip() for child in children]
    assert sorted(child.returncode for child in children) == [0, 11]
    winner = 0 if children[0].returncode == 0 else 1
    assert Path("out.jpg").read_bytes() == (FIRST, SECOND)[winner]
    assert Path(answers[1 - winner]).read_bytes() == (SECOND, FIRST)[winner]
    assert names(folder) == ["first", "out.jpg", "out.kept-1.jpg", "second"]


def test_kill_leaves_only_a_file_that_is_plainly_a_part(folder: Path) -> None:
    Path("first").write_bytes(FIRST)
    child = start(RACER, "first")
    ready(child)
    child.kill()
    child.communicate()
    (part, other) = names(folder)
    assert other == "first"
    assert part.startswith(".nano-edit-")
    assert part.endswith(".part")


# --- a full disk -------------------------------------------------------------


def test_full_disk_is_told_at_the_end_and_leaves_nothing(tiny_disk: Path) -> None:
    with ImageWriter(Destination(tiny_disk, "out.jpg", "jpeg")) as writer:
        send(writer, picture(size=(600, 600)))
        assert names(tiny_disk) == []  # its space is given back at once
        with pytest.raises(OutputError, match="No space left") as caught:
            writer.commit()
    assert caught.value.billed is Billed.YES
    assert caught.value.hint == "Free space, or fix the permissions."


def test_pictures_are_given_up_for_a_reply_on_the_same_disk(folder: Path) -> None:
    device = folder.stat().st_dev
    with ImageWriter(to(), save_drafts=True) as writer:
        assert not writer.release(device)  # there is none yet
        send(writer, FIRST)
        writer.image_started()
        writer.image_data(SECOND[:50])
        assert not writer.release(device + 1)
        assert len(names(folder)) == 2
        assert writer.release(device)
        assert names(folder) == []
        assert not writer.release(device)
        writer.image_data(SECOND[50:])
        writer.image_ended(thought=False)
        with pytest.raises(OutputError, match="No space left") as caught:
            writer.commit()
    assert caught.value.billed is Billed.YES
    assert names(folder) == []


def test_salvaged_picture_that_was_given_up_is_an_output_error(folder: Path) -> None:
    with ImageWriter(to(), salvage=True) as writer:
        send(writer, FIRST)
        assert writer.release(folder.stat().st_dev)
        assert not writer.has_result
        with pytest.raises(OutputError, match="No space left"):
            writer.commit()


def test_salvaged_picture_without_space_is_an_output_error(tiny_disk: Path) -> None:
    with ImageWriter(Destination(tiny_disk, "o.jpg", "jpeg"), salvage=True) as writer:
        send(writer, picture(size=(600, 600)))
        with pytest.raises(OutputError, match="No space left"):
            writer.commit()


def test_full_disk_during_a_draft_does_not_cost_the_result(tiny_disk: Path) -> None:
    with ImageWriter(Destination(tiny_disk, "out.jpg", "jpeg")) as writer:
        send(writer, picture(size=(600, 600)))
        send(writer, FIRST)
        writer.commit()
    assert names(tiny_disk) == ["out.jpg"]


def test_disk_too_full_to_convert_keeps_what_came(tiny_disk: Path) -> None:
    data = picture(size=(120, 120))  # 15 kB, and 45 kB more as PNG
    with ImageWriter(Destination(tiny_disk, "out.png", "png")) as writer:
        Path(tiny_disk, "ballast").write_bytes(bytes(24 << 10))
        send(writer, data)
        with pytest.raises(OutputError, match="cannot be made PNG: No space") as caught:
            writer.commit()
    assert caught.value.recovery == tiny_disk / "out.kept-1.jpg"
    assert names(tiny_disk) == ["ballast", "out.kept-1.jpg"]
    assert caught.value.recovery.read_bytes() == data


def test_second_picture_that_cannot_be_begun_is_an_output_error(folder: Path) -> None:
    (folder / "gone").mkdir()
    with ImageWriter(Destination(Path("gone"), "out.jpg", "jpeg")) as writer:
        send(writer, FIRST)
        (part,) = Path("gone").iterdir()
        part.unlink()
        Path("gone").rmdir()
        send(writer, SECOND)
        with pytest.raises(OutputError, match="cannot be written to gone"):
            writer.commit()


LIMITED = """
import resource, signal, sys
from pathlib import Path
from nano_edit.domain import Destination
from nano_edit.errors import OutputError
from nano_edit.pictures.outputs.image_writer import ImageWriter
data = Path(sys.argv[1]).read_bytes()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
with ImageWriter(Destination(Path(), "out.jpg", "jpeg")) as writer:
    writer.image_started()
    writer.image_data(data)
    writer.image_ended(thought=False)
    try:
        writer.commit()
    except OutputError as error:
        print(error.message)
"""


@POSIX_ONLY
def test_limit_on_file_size_is_an_output_error(folder: Path) -> None:
    Path("first").write_bytes(FIRST)
    said, _ = start(LIMITED, "first").communicate()
    assert b"File too large" in said
    assert names(folder) == ["first"]


# --- streams and devices -----------------------------------------------------


def stream(target: BinaryIO, file_format: str | None = None) -> Destination:
    return Destination(Path(), "in-edited", file_format, stream=target)


@pytest.fixture
def temporary(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's folder for temporary files, ours alone."""
    path = folder / "temporary"
    path.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(path))
    return path


def test_standard_output_gets_the_bytes_and_the_disk_nothing(
    folder: Path, temporary: Path
) -> None:
    target = io.BytesIO()
    with ImageWriter(stream(target), save_drafts=True) as writer:
        send(writer, FIRST)
        send(writer, SECOND)
        assert len(names(temporary)) == 2
        written = writer.commit()
    assert written.path is None
    assert target.getvalue() == SECOND
    assert written.drafts == (Path("in-edited.draft-1.jpg"),)
    assert names(folder) == ["in-edited.draft-1.jpg", "temporary"]
    assert names(temporary) == []


def test_reader_that_went_away_is_left_to_the_caller(temporary: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    with (
        os.fdopen(write, "wb", buffering=0) as target,
        ImageWriter(stream(target)) as writer,
    ):
        send(writer, FIRST)
        with pytest.raises(BrokenPipeError):
            writer.commit()
    assert names(temporary) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_standard_output_that_is_full_is_an_output_error() -> None:
    with (
        Path("/dev/full").open("wb", buffering=0) as target,
        ImageWriter(stream(target)) as writer,
    ):
        send(writer, FIRST)
        with pytest.raises(OutputError, match="to standard output: No space left"):
            writer.commit()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_device_that_is_full_is_an_output_error(temporary: Path) -> None:
    device = Destination(Path("/dev"), "full", None, force=True)
    with ImageWriter(device) as writer:
        send(writer, FIRST)
        with pytest.raises(OutputError, match="to /dev/full: No space left"):
            writer.commit()
    assert names(temporary) == []
    assert Path("/dev/full").is_char_device()


@POSIX_ONLY
def test_forced_fifo_is_written_into_and_stays(folder: Path, temporary: Path) -> None:
    os.mkfifo("out.jpg")
    reader = subprocess.Popen(["cat", "out.jpg"], stdout=subprocess.PIPE)
    with ImageWriter(to(force=True)) as writer:
        send(writer, FIRST)
        assert writer.commit().path == Path("out.jpg")
    said, _ = reader.communicate()
    assert said == FIRST
    assert names(folder) == ["out.jpg", "temporary"]
    assert names(temporary) == []


@POSIX_ONLY
def test_temporary_part_files_are_private(temporary: Path) -> None:
    with ImageWriter(stream(io.BytesIO())) as writer:
        send(writer, FIRST)
        (part,) = temporary.iterdir()
        assert stat.S_IMODE(part.stat().st_mode) == 0o600


def test_file_that_vanished_is_an_output_error(folder: Path) -> None:
    with ImageWriter(to()) as writer:
        send(writer, FIRST)
        for part in folder.iterdir():
            part.unlink()
        with pytest.raises(OutputError, match=r"cannot be written to out\.jpg"):
            writer.commit()


@pytest.mark.parametrize("folder_name", ["nowhere", "/proc"])
def test_folder_that_takes_no_file_is_refused_at_once(folder_name: str) -> None:
    destination = Destination(Path(folder_name), "out.jpg", "jpeg")
    with (
        pytest.raises(InputError, match="Nothing was sent") as caught,
        ImageWriter(destination),
    ):
        raise AssertionError
    assert f"in the folder {folder_name}: " in caught.value.message
    assert caught.value.billed is Billed.NO
