"""The file of submissions: what is noted is there after any kill."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from nano_edit.engine.batch.submissions import (
    FETCHED,
    PREFIX,
    Submissions,
    SubmittedLine,
    file_of,
)
from nano_edit.errors import InputError, OutputError

if TYPE_CHECKING:
    from pathlib import Path

LINES = {
    "1": SubmittedLine("id-1", "reply-1", "call-1", "2026", "1K", 0.25),
    "2": SubmittedLine("id-2", "reply-2"),
}


def test_facts_add_up_over_runs(tmp_path: Path) -> None:
    manifest = tmp_path / "results.jsonl"
    first = Submissions(manifest)
    submission = first.begin("m", "google", LINES)
    first.note(submission, file="files/f")
    first.close()
    again = Submissions(manifest)
    (found,) = again.pending
    assert found.key == submission.key
    assert found.key.startswith(PREFIX)
    assert (found.model, found.file, found.lines) == ("m", "files/f", LINES)
    assert again.dollars == 0.25
    assert again.under_way() == {"id-1": found, "id-2": found}
    again.note(found, name="batches/b", ended=FETCHED)
    again.close()
    last = Submissions(manifest)
    assert last.pending == []
    assert last.fetched() == {"id-1", "id-2"}


def test_no_file_is_made_without_need(tmp_path: Path) -> None:
    Submissions(tmp_path / "results.jsonl").close()
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    manifest = tmp_path / "results.jsonl"
    Submissions(manifest).begin("m", "google", LINES)
    assert file_of(manifest).stat().st_mode & 0o077 == 0


def test_a_torn_line_is_passed_over_and_written_behind(tmp_path: Path) -> None:
    manifest = tmp_path / "results.jsonl"
    first = Submissions(manifest)
    submission = first.begin("m", "google", LINES)
    first.close()
    with file_of(manifest).open("ab") as file:
        file.write(b'{"submission": "' + submission.key.encode() + b'", "na')
        file.write(b"\n[3]\n{}\n" + b'{"submission": 7}\n' + b'{"submission": "cut')
    again = Submissions(manifest)
    again.note(again.by_key[submission.key], name="batches/b")
    again.close()
    lines = file_of(manifest).read_bytes().splitlines()
    assert json.loads(lines[-1])["name"] == "batches/b"
    assert Submissions(manifest).by_key[submission.key].name == "batches/b"


def test_a_file_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    manifest = tmp_path / "results.jsonl"
    file_of(manifest).mkdir()
    with pytest.raises(InputError, match="cannot be read"):
        Submissions(manifest)
    missing = Submissions(tmp_path / "none" / "results.jsonl")
    with pytest.raises(OutputError, match="cannot be written"):
        missing.begin("m", "google", LINES)
