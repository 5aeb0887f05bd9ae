"""Whatever can be known to fail is refused before anything is sent."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support import ROOT

from nano_edit.domain import Billed, Destination
from nano_edit.errors import InputError, NanoEditError, UsageError
from nano_edit.pictures.outputs.destination import (
    default_stem,
    plan_destination,
    possible_files,
    temporary_folder,
)

POSIX_ONLY = pytest.mark.skipif(os.name != "posix", reason="no FIFOs or devices")


def plan(output: str | None = None, **changes: Any) -> Destination:
    facts: dict[str, Any] = {
        "first_source": "photos/in.jpg",
        "format_name": None,
        "force": False,
        "inputs": (),
        "stdout": None,
        "stdout_is_tty": False,
    }
    return plan_destination(output, **(facts | changes))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, new and empty."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(kind: type[NanoEditError], *args: Any, **changes: Any) -> NanoEditError:
    with pytest.raises(kind) as caught:
        plan(*args, **changes)
    assert caught.value.billed is Billed.NO
    if kind is InputError:
        assert caught.value.message.endswith(" Nothing was sent.")
    return caught.value


# --- the name ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "stem"),
    [
        ("in.jpg", "in-edited"),
        ("photos/my.holiday.jpg", "my.holiday-edited"),
        ("-", "picture-edited"),
        ("/dev/fd/63", "picture-edited"),
        ("/proc/self/fd/0", "picture-edited"),
        ("https://example.org/a/cat%20one.png?size=2#top", "cat one-edited"),
        ("https://example.org/a%2F..%2Fcat.png", "cat-edited"),
        ("https://example.org/a%5Cb%3F.png", "a_b_-edited"),
        ("https://example.org/", "picture-edited"),
        ("https://example.org/a/..", "picture-edited"),
    ],
)
def test_first_input_lends_the_default_name(source: str, stem: str) -> None:
    assert default_stem(source) == stem


@pytest.mark.parametrize(
    ("output", "format_name", "name", "file_format"),
    [
        (None, None, "in-edited", None),
        (None, "tif", "in-edited.tiff", "tiff"),
        ("out", None, "out", None),
        ("out", "jpg", "out.jpg", "jpeg"),
        ("out.png", None, "out.png", "png"),
        ("out.JPG", None, "out.JPG", "jpeg"),
        ("out.jpeg", None, "out.jpeg", "jpeg"),
        ("out.webp", None, "out.webp", "webp"),
        ("out.avif", None, "out.avif", "avif"),
        ("out.tif", None, "out.tif", "tiff"),
        ("out.png", "JPEG", "out.png", "jpeg"),
        ("out.xyz", "png", "out.xyz", "png"),
        (".png", None, ".png", None),
    ],
)
def test_name_and_format_settle_each_other(
    output: str | None, format_name: str | None, name: str, file_format: str | None
) -> None:
    planned = plan(output, format_name=format_name)
    assert planned == Destination(Path(), name, file_format)


@pytest.mark.parametrize("output", ["shelf", "shelf/", "./shelf/"])
def test_folder_gets_the_default_name_inside(output: str, folder: Path) -> None:
    (folder / "shelf").mkdir()
    planned = plan(output, first_source="my.holiday.jpg")
    assert planned == Destination(Path("shelf"), "my.holiday-edited", None)


def test_names_of_several_pictures_are_numbered() -> None:
    names = [plan("out.png", suffix_index=number).name for number in (1, 2)]
    assert names == ["out-1.png", "out-2.png"]
    assert plan(first_source="my.cat.jpg", suffix_index=3).name == "my.cat-edited-3"


def test_relative_names_are_taken_from_the_folder_given(folder: Path) -> None:
    (folder / "a").mkdir()
    planned = plan("out.png", cwd=folder / "a")
    assert planned.folder == folder / "a"


def test_standard_output_keeps_a_name_for_drafts() -> None:
    stdout = io.BytesIO()
    planned = plan("-", stdout=stdout, format_name="png")
    assert planned == Destination(Path(), "in-edited.png", "png", stream=stdout)
    assert temporary_folder(planned) != Path()


@pytest.mark.parametrize(
    ("output", "format_name", "index", "files"),
    [
        ("out.png", None, None, ["out.png"]),
        ("out", "jpg", 2, ["out-2.jpg"]),
        (None, None, 1, ["in-edited-1.jpg", "in-edited-1.png", "in-edited-1.webp"]),
    ],
)
def test_every_file_that_may_come_of_it_is_known(
    output: str | None, format_name: str | None, index: int | None, files: list[str]
) -> None:
    possible = possible_files(
        output, first_source="in.jpg", format_name=format_name, suffix_index=index
    )
    assert sorted(map(str, possible)) == files


@pytest.mark.parametrize("name", ["out.webp", "out.avif"])
def test_format_that_pillow_may_lack_is_asked_for(name: str) -> None:
    assert plan(name).name == name


# --- what cannot be meant ----------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"output": "-", "stdout_is_tty": True}, "never written to a terminal"),
        ({"output": "-", "stdout": None}, "no standard output"),
        ({"output": "-", "suffix_index": 1}, "takes one picture"),
        ({"output": "out.xyz"}, "ends in no format"),
        ({"output": "out.png", "format_name": "bmp"}, "no format bmp"),
        ({"output": ""}, "empty"),
        ({"output": "a\0b"}, "NUL"),
    ],
)
def test_command_that_cannot_be_meant_is_a_usage_error(
    changes: dict[str, Any], words: str
) -> None:
    facts = {"stdout": io.BytesIO()} | changes
    error = refused(UsageError, facts.pop("output"), **facts)
    assert words in error.message


# --- what cannot be done -----------------------------------------------------


@pytest.mark.parametrize(
    ("output", "step"),
    [("new/", "mkdir -p new"), ("new/out.png", "mkdir -p new"), ("a/b/out", "a/b")],
)
def test_missing_folder_is_refused_with_the_next_step(output: str, step: str) -> None:
    error = refused(InputError, output)
    assert "does not exist" in error.message
    assert error.hint.endswith(step)


def test_missing_folder_may_be_made_later(folder: Path) -> None:
    assert plan("new/", prove=False) == Destination(Path("new"), "in-edited", None)
    assert not (folder / "new").exists()


def test_file_in_place_of_the_folder_is_refused(folder: Path) -> None:
    (folder / "file").touch()
    assert "file" in refused(InputError, "file/out.png").message


def test_name_that_is_taken_is_refused_without_force(folder: Path) -> None:
    (folder / "out.png").touch()
    error = refused(InputError, "out.png")
    assert "out.png exists already" in error.message
    assert "--force" in error.hint
    assert plan("out.png", force=True).force


@pytest.mark.parametrize("taken", ["out.jpg", "out.png", "out.webp"])
def test_every_name_that_may_come_of_it_must_be_free(taken: str, folder: Path) -> None:
    (folder / taken).touch()
    assert taken in refused(InputError, "out").message
    plan("out", force=True)


def test_input_as_output_is_refused_whatever_it_is_called(folder: Path) -> None:
    (folder / "in.jpg").touch()
    (folder / "same.jpg").hardlink_to(folder / "in.jpg")
    inputs = [Path("gone.jpg"), Path("in.jpg")]
    assert "also an input" in refused(InputError, "same.jpg", inputs=inputs).message
    plan("in.jpg", inputs=inputs, force=True)


@pytest.mark.parametrize("force", [False, True])
def test_folder_under_the_final_name_is_always_refused(
    folder: Path, *, force: bool
) -> None:
    (folder / "in-edited.jpg").mkdir()
    assert "is a folder" in refused(InputError, force=force).message


def test_name_that_is_too_long_is_refused() -> None:
    assert "too long" in refused(InputError, "n" * 300 + ".png").message.lower()


@POSIX_ONLY
def test_link_is_refused_without_force_and_written_through_with_it(
    folder: Path,
) -> None:
    (folder / "real").mkdir()
    (folder / "out.png").symlink_to("real/target.png")  # which does not exist
    error = refused(InputError, "out.png")
    assert "symbolic link" in error.message
    assert "points to" in error.hint
    planned = plan("out.png", force=True)
    assert temporary_folder(planned) == Path(os.path.realpath("real"))


@POSIX_ONLY
def test_link_into_a_missing_folder_is_refused_even_with_force(folder: Path) -> None:
    (folder / "out.png").symlink_to("gone/target.png")
    assert "does not exist" in refused(InputError, "out.png", force=True).message


@POSIX_ONLY
def test_fifo_and_device_are_refused_without_force(folder: Path) -> None:
    os.mkfifo(folder / "out.png")
    assert "device or a FIFO" in refused(InputError, "out.png").message
    assert "/dev/null" in refused(InputError, "/dev/null", format_name="png").message
    assert temporary_folder(plan("out.png", force=True)) != Path()


@POSIX_ONLY
@pytest.mark.parametrize(
    ("name", "format_name", "file_format"),
    [("pipe", None, None), ("pipe", "png", "png"), ("pipe.jpg", None, "jpeg")],
)
def test_device_keeps_its_name_whatever_comes(
    folder: Path, name: str, format_name: str | None, file_format: str | None
) -> None:
    os.mkfifo(folder / name)
    planned = plan(name, format_name=format_name, force=True)
    assert planned == Destination(Path(), name, file_format, force=True)


@POSIX_ONLY
def test_link_behind_a_name_without_extension_is_refused(folder: Path) -> None:
    (folder / "out.webp").symlink_to("elsewhere")
    error = refused(InputError, "out", force=True)
    assert "out.webp is a link" in error.message
    assert "in full" in error.hint


def test_planning_touches_nothing(folder: Path) -> None:
    os.utime(folder, (1, 1))
    plan("out.png")
    assert list(folder.iterdir()) == []
    assert folder.stat().st_mtime == 1


AS_NOBODY = """
import os
from nano_edit.errors import InputError
from nano_edit.pictures.outputs.destination import plan_destination
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    plan_destination("shelf/out.png", first_source="-", format_name=None, force=False,
                     inputs=(), stdout=None, stdout_is_tty=False)
except InputError as error:
    print(error.message)
"""


@POSIX_ONLY
def test_folder_that_may_not_be_written_is_refused(folder: Path) -> None:
    folder.chmod(0o755)
    (folder / "shelf").mkdir(mode=0o555)
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert "Nothing can be written in the folder shelf" in done.stdout


def test_folder_without_the_right_to_write_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "Permission denied" in refused(InputError, "out.png").message


def test_planning_loads_no_imaging_library() -> None:
    module = "nano_edit.pictures.outputs.image_writer"
    code = f"import sys, {module}; print('PIL' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert done.stdout.strip() == "False"
