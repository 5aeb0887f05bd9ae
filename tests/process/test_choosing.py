"""Variants side by side: their contact sheet, and the one that is kept."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import pytest
import support
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

    from nano_edit.emulator import Emulator


@pytest.fixture(autouse=True)
def service(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Emulator:
    monkeypatch.setenv("NANO_EDIT_BASE_URL", emulator.url)
    monkeypatch.setenv("NANO_EDIT_API_KEY", "sk-canary-4711")
    monkeypatch.setenv("NANO_EDIT_STATE_DIR", str(tmp_path / "state"))
    support.photo(tmp_path / "in.jpg")
    return emulator


VARIANTS = ("sepia", "in.jpg", "-n", "3", "-o", "out.jpg")


def test_the_sheet_shows_the_variants(run: support.Run, tmp_path: Path) -> None:
    done = run(*VARIANTS, "--sheet", "sheet.jpg")
    assert done.status == 0, done.stderr
    assert "Contact sheet: sheet.jpg" in done.stderr
    with Image.open(tmp_path / "sheet.jpg") as sheet:
        assert sheet.size > (1000, 500)
    again = run(*VARIANTS, "--sheet", "sheet.jpg", "-f", "-q")
    assert (again.status, again.stderr) == (0, "")


def test_the_sheet_of_a_list_leaves_out_what_failed(
    run: support.Run, tmp_path: Path
) -> None:
    edits = [
        {"instruction": "x", "images": ["in.jpg"], "output": f"{n}.jpg"}
        for n in ("a", "b")
    ]
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "in.jpg").read_bytes()[:500])
    edits[1]["images"] = ["cut.jpg"]
    lines = "".join(json.dumps(edit) + "\n" for edit in edits)
    done = run("batch", "-", "--sheet", "s.jpg", stdin=lines.encode())
    assert (done.status, done.stdout) == (12, "a.jpg\n"), done.stderr
    assert (tmp_path / "s.jpg").exists()


def test_the_sheet_of_a_list_holds_edits_of_edits(
    run: support.Run, tmp_path: Path
) -> None:
    edits = [
        {"instruction": "sepia", "images": ["in.jpg"], "output": "a.jpg"},
        {"instruction": "mirror it", "after": 1, "output": "b.jpg"},
    ]
    lines = "".join(json.dumps(edit) + "\n" for edit in edits)
    done = run("batch", "-", "--sheet", "s.jpg", stdin=lines.encode())
    assert done.status == 0, done.stderr
    assert (tmp_path / "s.jpg").exists()


@pytest.mark.parametrize("name", ["in.jpg", "out-2.jpg", "other.jpg"])
@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_a_sheet_in_the_place_of_a_picture_is_refused(
    service: Emulator,
    run: support.Run,
    tmp_path: Path,
    name: str,
    more: tuple[str, ...],
) -> None:
    support.photo(tmp_path / "other.jpg")
    force = () if name == "other.jpg" else ("-f",)
    done = run(*VARIANTS, "--sheet", name, *more, *force)
    assert done.status == 2, done.stderr
    assert not service.requests


def pictures(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("o*.*"))


def test_one_variant_is_kept_and_the_history_holds_the_others(
    service: Emulator, run: support.Run, tmp_path: Path
) -> None:
    done = run(*VARIANTS, "--pick", "2")
    assert (done.status, done.stdout) == (0, "out.jpg\n"), done.stderr
    assert pictures(tmp_path) == ["out.jpg"]
    commands = [
        line.partition(": ")[2]
        for line in done.stderr.splitlines()
        if "recover" in line
    ]
    for command in commands:
        made = run(*shlex.split(command)[1:])
        assert made.status == 0, made.stderr
        assert "removed" not in made.stderr
    assert pictures(tmp_path) == ["out-1.jpg", "out-3.jpg", "out.jpg"]
    asked = len(service.requests)
    on = run("again", "mirror it")  # from the one that was kept
    assert on.status == 0, on.stderr
    assert on.stdout == "out-2.jpg\n"
    assert (len(service.requests), service.requests[-1].turns) == (asked + 1, 3)
    outputs = [
        json.loads(line)["output"] for line in run("history", "--json").out.splitlines()
    ]
    assert sorted(outputs).count(str(tmp_path / "out.jpg")) == 1


@pytest.mark.parametrize("how", ["--no-history", "NANO_EDIT_HISTORY", "CI", "size"])
def test_without_the_history_the_others_stay(
    run: support.Run, tmp_path: Path, how: str
) -> None:
    more = {"--no-history": ("--no-history",), "size": ("--history-size", "0")}
    env = {"NANO_EDIT_HISTORY": {"NANO_EDIT_HISTORY": "0"}, "CI": {"CI": "true"}}
    done = run(*VARIANTS, "--pick", "1", *more.get(how, ()), env=env.get(how, {}))
    assert done.status == 0, done.stderr
    assert done.stdout.splitlines() == ["out.jpg", "out-2.jpg", "out-3.jpg"]
    assert pictures(tmp_path) == ["out-2.jpg", "out-3.jpg", "out.jpg"]
    assert "so they stay: out-2.jpg, out-3.jpg" in done.stderr


def test_what_a_reply_alone_does_not_make_again_stays(
    run: support.Run, tmp_path: Path
) -> None:
    done = run(*VARIANTS, "--pick", "1", "--copy-metadata")
    assert done.status == 0, done.stderr
    assert pictures(tmp_path) == ["out-2.jpg", "out-3.jpg", "out.jpg"]


def test_the_object_tells_the_name_that_is_there(
    run: support.Run, tmp_path: Path
) -> None:
    edit = ("sepia", "in.jpg", "-n", "2", "--format", "png", "--pick", "1")
    done = run(*edit, "--json", "--history")
    (record,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.status, record["output"]) == (0, "in-edited.png"), done.stderr
    assert (tmp_path / "in-edited.png").exists()


def test_a_name_that_is_taken_is_refused_before_anything_is_sent(
    service: Emulator, run: support.Run, tmp_path: Path
) -> None:
    support.photo(tmp_path / "out.jpg", 32, 24)
    before = (tmp_path / "out.jpg").read_bytes()
    done = run(*VARIANTS, "--pick", "1")
    assert (done.status, service.requests) == (3, ()), done.stderr
    assert (tmp_path / "out.jpg").read_bytes() == before
    done = run(*VARIANTS, "--pick", "1", "--force")
    assert (done.status, done.stdout) == (0, "out.jpg\n")
    assert (tmp_path / "out.jpg").read_bytes() != before


def test_where_the_picked_one_failed_all_others_stay(
    service: Emulator, run: support.Run, tmp_path: Path
) -> None:
    service.set_faults("IMAGE_SAFETY,ok:*")
    done = run(*VARIANTS, "--pick", "1", "-j", "1")
    assert done.status == 12, done.stderr
    assert pictures(tmp_path) == ["out-2.jpg", "out-3.jpg"]
    assert done.stdout.splitlines() == ["out-2.jpg", "out-3.jpg"]
    assert "Variant 1 was not made: the others stay." in done.stderr
