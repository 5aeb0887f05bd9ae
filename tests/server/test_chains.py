"""Lists whose lines go on from each other, as processes against the emulator."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import support
from support import Finished, Run

from nano_edit import Batch, Edit, Editor
from nano_edit.engine.history.store import History, history_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nano_edit.emulator import Emulator
    from nano_edit.emulator.log import LogEntry

    Make = Callable[..., Finished]

CHAIN = (
    {"instruction": "mirror it", "after": 3, "output": "b.jpg"},
    {"instruction": "invert", "images": ["in/1.jpg"], "output": "alone.jpg"},
    {"instruction": "sepia", "images": ["in/0.jpg"], "output": "a.jpg", "size": "1K"},
    {"instruction": "put it there", "after": 1, "images": ["in/2.jpg"]}
    | {"output": "c.jpg"},
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for number in range(3):
        support.photo(tmp_path / "in" / f"{number}.jpg", 32 + number, 24)
    write(tmp_path, *CHAIN)
    return tmp_path


@pytest.fixture
def make(run: Run, folder: Path, emulator: Emulator) -> Make:
    """Make the list."""

    def start(*arguments: str, name: str = "l.jsonl", **env: str) -> Finished:
        where = ("--base-url", emulator.url)
        variables = {"NANO_EDIT_API_KEY": "canary", **env}
        return run("batch", name, *arguments, *where, cwd=folder, env=variables)

    return start


def write(folder: Path, *lines: dict[str, Any]) -> None:
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    (folder / "l.jsonl").write_text(text)


def of(emulator: Emulator, instruction: str) -> LogEntry:
    (found,) = (each for each in emulator.requests if each.instruction == instruction)
    return found


def turns(emulator: Emulator) -> dict[str, int | None]:
    """How many turns each request had, by the order in which they came."""
    return {each.instruction or "": each.turns for each in emulator.requests}


@pytest.mark.parametrize("jobs", [1, 8])
def test_a_line_goes_on_from_another_and_waits_for_it(
    make: Make, emulator: Emulator, jobs: int
) -> None:
    done = make("-j", str(jobs))
    assert done.status == 0, done.stderr
    assert sorted(done.stdout.split()) == ["a.jpg", "alone.jpg", "b.jpg", "c.jpg"]
    told = turns(emulator)
    assert told == {"invert": 1, "sepia": 1, "mirror it": 3, "put it there": 5}
    order = [name for name in told if name != "invert"]
    assert order == ["sepia", "mirror it", "put it there"]
    assert {each.status for each in emulator.requests} == {200}
    assert emulator.requests[-1].image_size == "1K"  # holds until another is said


def test_a_table_says_it_too(make: Make, folder: Path, emulator: Emulator) -> None:
    (folder / "l.csv").write_text(
        "instruction,images,after,output\n"
        "sepia,in/0.jpg,,a.jpg\n"
        "mirror it,,2,b.jpg\n"
        "put it there,in/1.jpg,3,c.jpg\n"
    )
    done = make(name="l.csv")
    assert done.status == 0, done.stderr
    assert turns(emulator) == {"sepia": 1, "mirror it": 3, "put it there": 5}


@pytest.mark.parametrize("jobs", ["1", "8"])
@pytest.mark.parametrize("variables", [{"NANO_EDIT_HISTORY": "0"}, {"CI": "true"}])
def test_without_a_history_the_picture_is_sent_as_a_new_one(
    make: Make, emulator: Emulator, jobs: str, variables: dict[str, str]
) -> None:
    done = make("-j", jobs, **variables)
    assert done.status == 0, done.stderr
    assert "a.jpg has no history here: it is sent as a new picture." in done.stderr
    assert {*turns(emulator).values()} == {1}
    assert len(of(emulator, "put it there").images) == 2


@pytest.mark.parametrize("jobs", ["1", "8"])
def test_what_goes_on_from_a_failure_is_not_sent(
    make: Make, folder: Path, emulator: Emulator, jobs: str
) -> None:
    (folder / "in/0.jpg").write_text("no picture")
    done = make("-j", jobs, "--json")
    assert done.status == 12
    lines = {each["label"]: each for each in map(json.loads, done.stdout.splitlines())}
    assert [*turns(emulator)] == ["invert"]
    for label, before in (("l.jsonl:1", "l.jsonl:3"), ("l.jsonl:4", "l.jsonl:1")):
        error = lines[label]["error"]
        told = f"It was not sent: {before}, which it goes on from, failed."
        assert (error["message"], error["billed"]) == (told, "no")
        assert lines[label]["cost"]["dollars"] == 0
    assert "3 of 4 edits failed" in done.stderr


def test_a_chain_goes_on_in_a_later_run_where_it_broke_off(
    make: Make, emulator: Emulator
) -> None:
    emulator.set_faults("ok,ok,400")
    done = make("-j1")
    assert done.status == 12
    assert "It was not sent: l.jsonl:1, which it goes on from, failed" in done.stderr
    before = len(emulator.requests)
    assert before == 3
    assert make("-j1").status == 0
    later = emulator.requests[before:]
    asked = [(each.instruction, each.turns, each.status) for each in later]
    assert asked == [("mirror it", 3, 200), ("put it there", 5, 200)]
    assert make("-j1").status == 0
    assert len(emulator.requests) == before + 2


def test_what_goes_on_from_a_refusal_fails_again_unsent(
    make: Make, emulator: Emulator
) -> None:
    emulator.set_faults("ok,IMAGE_SAFETY")
    assert make("-j1").status == 12
    assert make("-j8").status == 12
    assert len(emulator.requests) == 2
    assert make("-j8", "--retry-refused").status == 0
    assert len(emulator.requests) == 5


def test_fail_fast_begins_nothing_that_waits(make: Make, emulator: Emulator) -> None:
    emulator.set_faults("ok,400")
    done = make("-j1", "--fail-fast")
    assert done.status == 12
    assert "1 of 4 edits failed. 2 were not begun." in done.stderr


def test_a_removed_picture_is_made_again_from_what_it_came_from(
    make: Make, folder: Path, emulator: Emulator
) -> None:
    make("-j1")
    (folder / "b.jpg").unlink()
    assert make("-j1").status == 0
    assert emulator.requests[-1].instruction == "mirror it"
    assert (len(emulator.requests), emulator.requests[-1].turns) == (5, 3)


def test_a_picture_that_is_another_now_is_sent_as_it_is(
    make: Make, folder: Path, emulator: Emulator
) -> None:
    make("-j1")
    (folder / "b.jpg").unlink()
    support.photo(folder / "a.jpg", 320, 200)
    done = make("-j1")
    assert "a.jpg has no history here" in done.stderr
    assert emulator.requests[-1].turns == 1


def test_shards_keep_chains_whole(make: Make, emulator: Emulator) -> None:
    made = [
        make("--shard", f"{part}/2", "--manifest", f"{part}.jsonl").stdout.split()
        for part in (1, 2)
    ]
    assert [sorted(each) for each in made] == [
        ["a.jpg", "b.jpg", "c.jpg"],
        ["alone.jpg"],
    ]
    assert turns(emulator)["put it there"] == 5


def test_a_sheet_and_a_report_show_the_chain(make: Make, folder: Path) -> None:
    done = make("--sheet", "sheet.jpg", "--report", "report.html")
    assert done.status == 0, done.stderr
    assert (folder / "sheet.jpg").exists()
    assert "put it there" in (folder / "report.html").read_text(encoding="utf-8")


def test_an_edit_of_the_history_is_gone_on_from(
    make: Make, folder: Path, emulator: Emulator
) -> None:
    make()
    (noted,) = (
        each
        for each in History(history_folder()).entries()
        if each.output.endswith("b.jpg")
    )
    write(folder, {"instruction": "again", "after": noted.id[:8], "output": "d.jpg"})
    shown = make("--dry-run")
    assert shown.status == 0, shown.stderr
    before = len(emulator.requests)
    assert make().status == 0
    assert (len(emulator.requests), emulator.requests[-1].turns) == (before + 1, 5)


def test_a_dry_run_shows_what_it_can(make: Make, emulator: Emulator) -> None:
    done = make("--dry-run")
    assert done.status == 0, done.stderr
    assert done.stdout.count("# l.jsonl") == 2
    assert done.stdout.splitlines()[-1].startswith("4 edits: 4 requests, ")
    assert "l.jsonl:4 goes on from l.jsonl:1: its request is not shown" in done.stderr
    assert not emulator.requests


@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_a_chain_cannot_be_deferred(
    make: Make, emulator: Emulator, more: list[str]
) -> None:
    done = make("--defer", "--provider", "google", *more)
    assert done.status == 2
    assert "l.jsonl:1: it goes on from l.jsonl:3, and deferred edits" in done.stderr
    assert not emulator.requests


def test_a_circle_sends_nothing(make: Make, folder: Path, emulator: Emulator) -> None:
    write(folder, *CHAIN[:2], {**CHAIN[0], "after": 1, "output": "d.jpg"})
    done = make()
    assert done.status == 2
    assert "l.jsonl:1: it goes on from l.jsonl:3, which in the end" in done.stderr
    assert not emulator.requests


def test_in_python_an_edit_names_the_place_of_another(
    folder: Path, emulator: Emulator
) -> None:
    edits = [
        Edit("sepia", (f"{folder}/in/0.jpg",), f"{folder}/a.jpg", where="first"),
        Edit("mirror it", (), f"{folder}/b.jpg", where="second", after="first"),
    ]
    with (
        Editor(base_url=emulator.url, api_key="any") as editor,
        Batch(editor, edits, jobs=2) as batch,
    ):
        outcomes = list(batch)
    assert [each.edit.where for each in outcomes] == ["first", "second"]
    assert turns(emulator) == {"sepia": 1, "mirror it": 3}
    assert outcomes[1].record["images"] == [str(folder / "a.jpg")]
