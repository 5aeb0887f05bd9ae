"""Variants side by side: their contact sheet."""

from __future__ import annotations

import json
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
