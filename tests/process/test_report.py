"""--report in a real run of many edits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import support
from support.pages import Outline

if TYPE_CHECKING:
    from pathlib import Path

    from nano_edit.emulator import Emulator


def test_a_run_of_many_edits_writes_the_report(
    run: support.Run, emulator: Emulator, tmp_path: Path
) -> None:
    photo = support.photo(tmp_path / "in.jpg")
    (tmp_path / "cut.jpg").write_bytes(photo.read_bytes()[:500])
    edits = [
        {"instruction": "one", "images": ["in.jpg"], "output": "one.png"},
        {"instruction": "two", "images": ["cut.jpg"], "output": "two.png"},
        {"instruction": "three", "images": ["in.jpg"], "output": "three.png"},
    ]
    lines = "".join(json.dumps(edit) + "\n" for edit in edits)
    options = ("batch", "-", "--report", "r.html", "--base-url", emulator.url)
    done = run(*options, stdin=lines.encode(), env={"NANO_EDIT_API_KEY": "canary"})
    assert done.status == 12, done.stderr
    page = Outline((tmp_path / "r.html").read_text(encoding="utf-8"))
    outcomes = sorted(str(each["data-outcome"]) for each in page.all("article"))
    assert outcomes == ["done", "done", "failed"]
    assert {"one.png", "three.png", "in.jpg"} <= {a["href"] for a in page.all("a")}
    assert "cut off" in page.text
    assert "canary" not in page.text


def test_a_refused_report_leaves_no_manifest_and_a_refused_batch_no_report(
    run: support.Run, emulator: Emulator, tmp_path: Path
) -> None:
    support.photo(tmp_path / "in.jpg")
    (tmp_path / "r.html").write_text("somebody's page", encoding="utf-8")
    before = set(tmp_path.iterdir())
    edit = ("sepia", "in.jpg", "--each", "--base-url", emulator.url)
    done = run(*edit, "--report", "r.html", env={"NANO_EDIT_API_KEY": "canary"})
    assert (done.status, "not a report" in done.stderr) == (2, True)
    assert set(tmp_path.iterdir()) == before
    (tmp_path / "results.jsonl").mkdir()  # no manifest can be opened there
    done = run(*edit, "--report", "s.html", env={"NANO_EDIT_API_KEY": "canary"})
    assert done.status == 3, done.stderr
    assert set(tmp_path.iterdir()) == before | {tmp_path / "results.jsonl"}


def test_what_came_through_standard_input_is_shown_and_not_linked(
    run: support.Run, emulator: Emulator, tmp_path: Path
) -> None:
    photo = support.photo(tmp_path / "in.jpg")
    options = ("-n", "2", "-o", "out.png", "--report", "r.html", "--base-url")
    done = run(
        *("sepia", "-", *options, emulator.url),
        stdin=photo.read_bytes(),
        env={"NANO_EDIT_API_KEY": "canary"},
    )
    assert done.status == 0, done.stderr
    page = Outline((tmp_path / "r.html").read_text(encoding="utf-8"))
    assert len(page.all("img")) == 4
    links = [str(a["href"]) for a in page.all("a")]
    files = sorted(link for link in links if not link.startswith("#"))
    assert files == ["out-1.png", "out-2.png"]


def test_importing_the_report_loads_no_pillow(run: support.Run) -> None:
    code = "import sys, nano_edit.report.writer; sys.exit('PIL' in sys.modules)"
    done = run(code, module="nano_edit.report.writer")
    assert done.status == 0
