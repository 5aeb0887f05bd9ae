"""The benchmarks work: one tiny round of each kind, judged by what it prints."""

from __future__ import annotations

import json
import os
import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="measures by os.wait4"),
    pytest.mark.skipif(not shutil.which("hyperfine"), reason="there is no hyperfine"),
]


def run(folder: Path, *cases: str) -> dict[str, Any]:
    from benchmarks.__main__ import main  # noqa: PLC0415 - not on Windows

    out = folder / "out.json"
    wanted = [word for case in cases for word in ("--case", case)]
    main(
        ["--here", "--rounds", "1", "--work", str(folder), "--json", str(out), *wanted]
    )
    found: dict[str, Any] = json.loads(out.read_text())
    return found


def test_a_reply_is_measured_from_process_start_to_exit(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [name for name in os.environ if name.startswith("COVERAGE_")]:
        monkeypatch.delenv(name)  # what is measured is the program alone
    found = run(tmp_path, "1k")
    taken = found["cases"]["1k"]["nano-edit"]
    (wall,), (sample,) = taken["walls"], taken["samples"]
    assert 0 < wall < 60
    assert 0 < sample["start"] < 60
    assert 0 < sample["tail"] < 60
    assert sample["cpu"] > 0
    assert sample["memory"] > 10e6
    assert sample["wire"] > 2_900_000
    printed = capsys.readouterr().out
    assert "| nano-edit |" in printed
    assert "Request start" in printed


def test_a_photo_that_is_turned_takes_little_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from benchmarks import __main__, memory  # noqa: PLC0415 - not on Windows
    from benchmarks.pictures import PHOTO  # noqa: PLC0415 - likewise

    for module in (__main__, memory):  # the largest pictures take a minute
        monkeypatch.setattr(module, "LARGE", {})
    found = run(tmp_path, "memory")["memory"]
    assert 30 < found[PHOTO] <= 130
    assert 30 < found[memory.FOUR] <= 260


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_a_tab_starts_no_python_and_a_typer_apps_own_does(tmp_path: Path) -> None:
    tab = run(tmp_path, "tab")["cases"]["tab"]
    assert [each["python"] for each in tab["nano-edit"]["samples"]] == [False]
    assert [each["python"] for each in tab["bare Typer app"]["samples"]] == [True]


def test_the_tables_find_their_place_in_a_document(tmp_path: Path) -> None:
    from benchmarks.tables import write_block  # noqa: PLC0415 - not on Windows

    document = tmp_path / "a.md"
    document.write_text("a\n<!-- benchmarks -->\nold\n<!-- /benchmarks -->\nb\n")
    for _ in range(2):
        write_block(document, "new")
        assert document.read_text() == (
            "a\n<!-- benchmarks -->\nnew\n<!-- /benchmarks -->\nb\n"
        )
