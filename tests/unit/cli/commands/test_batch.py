"""The list of edits: what is found, what is refused before anything is sent."""

from __future__ import annotations

import io
import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from support import photo
from support.settling import settle, write_config

from nano_edit.cli.commands.batch import plan_edits
from nano_edit.cli.terminal import Terminal
from nano_edit.engine.batch.folders import make_folders
from nano_edit.engine.editor import Editor
from nano_edit.errors import InputError, NanoEditError, UsageError
from nano_edit.pictures.inputs.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

    from nano_edit.domain import Edit


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, where the test stands."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plan(*arguments: str, stdin: bytes = b"") -> list[Edit]:
    """Return the edits that the arguments come to, their folders made."""
    terminal = Terminal(io.BytesIO(stdin), io.BytesIO(), io.StringIO())
    with Workspace() as workspace, Editor() as editor:
        edits = plan_edits(settle(*arguments), terminal, workspace, editor)
    make_folders(edits)
    return edits


def refusal(kind: type[NanoEditError], *arguments: str, stdin: bytes = b"") -> str:
    with pytest.raises(kind) as caught:
        plan(*arguments, stdin=stdin)
    return f"{caught.value.message}\n{caught.value.hint}"


def pictures(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        photo(folder / name)


def lines(*objects: dict[str, Any]) -> bytes:
    return "".join(f"{json.dumps(each)}\n" for each in objects).encode()


def labels(edits: list[Edit]) -> list[str]:
    return [edit.label.replace("\\", "/") for edit in edits]


# --- each picture ------------------------------------------------------------


def test_a_folder_gives_its_pictures_sorted(here: Path) -> None:
    pictures(here, "in/c.png", "in/a.JPG", "in/b.webp", "in/below/d.jpg")
    (here / "in/notes.txt").write_text("no picture")
    (here / "in/.hidden.jpg").write_bytes(b"")
    (here / "in/folder.jpg").mkdir()
    found = labels(plan("--each", "sepia", "in", "-o", "out"))
    assert found == ["in/a.JPG", "in/b.webp", "in/c.png"]
    assert (here / "out").is_dir()


def test_recursive_keeps_the_folders_below(here: Path) -> None:
    pictures(here, "in/a.jpg", "in/x/a.jpg", "in/x/y/b.jpg")
    arguments = ("--each", "sepia", "in", "-o", "out", "--recursive")
    edits = plan(*arguments)
    assert labels(edits) == ["in/a.jpg", "in/x/a.jpg", "in/x/y/b.jpg"]
    outputs = [str(edit.output).replace("\\", "/") for edit in edits]
    assert outputs == ["out/", "out/x/", "out/x/y/"]
    assert (here / "out/x/y").is_dir()


def test_files_and_urls_stand_beside_folders(here: Path) -> None:
    pictures(here, "in/a.jpg", "single.jpg")
    url = "https://example.org/u.jpg"
    arguments = ("--each", "sepia", "single.jpg", "in", url, "-o", "out")
    assert labels(plan(*arguments)) == ["single.jpg", "in/a.jpg", url]


def test_results_inside_the_folder_are_no_pictures_to_edit(here: Path) -> None:
    pictures(here, "in/a.jpg", "in/out/a-edited.jpg", "in/out/x/b-edited.jpg")
    arguments = ("--each", "sepia", "in", "-o", "in/out", "--recursive")
    assert labels(plan(*arguments)) == ["in/a.jpg"]


def test_a_folder_beside_the_results_is_edited_whole(here: Path) -> None:
    pictures(here, "in/a.jpg")
    assert labels(plan("--each", "sepia", "in")) == ["in/a.jpg"]
    assert labels(plan("--each", "sepia", "in", "-o", ".")) == ["in/a.jpg"]


@pytest.mark.parametrize("arguments", [(".",), ("in", "-o", "in"), ("in", "-o", "in/")])
def test_results_do_not_go_among_the_pictures(
    here: Path, arguments: tuple[str, ...]
) -> None:
    pictures(here, "in/a.jpg", "b.jpg")
    assert "would edit them again" in refusal(UsageError, "--each", "sepia", *arguments)


def test_a_folder_without_pictures_is_told(here: Path) -> None:
    (here / "in").mkdir()
    words = refusal(InputError, "--each", "sepia", "in", "-o", "out")
    assert "in holds no picture.\n--recursive" in words


@pytest.mark.parametrize("name", ["there", "there/below", "new.png"])
def test_many_pictures_need_a_folder(here: Path, name: str) -> None:
    pictures(here, "a.jpg")
    (here / "there").write_text("a file")
    assert "folder" in refusal(UsageError, "--each", "sepia", "a.jpg", "-o", name)
    assert not (here / "new.png").exists()


def test_pictures_of_one_stem_get_names_that_differ(here: Path) -> None:
    pictures(here, "in/a.jpg", "other/a.png", "in/b.jpg")
    edits = plan("--each", "sepia", "in", "other", "-o", "out")
    assert [edit.stem for edit in edits] == ["a-jpg-edited", "", "a-png-edited"]


def test_two_pictures_of_one_name_are_refused_with_both(here: Path) -> None:
    pictures(here, "in/a.jpg", "other/a.jpg")
    words = refusal(UsageError, "--each", "sepia", "in", "other", "-o", "out")
    assert "other/a.jpg and in/a.jpg would both write" in words.replace("\\", "/")


@pytest.mark.parametrize("other", ["o/../o/a.png", "link/a.png", "./o/a.png"])
def test_two_names_of_one_file_are_refused(here: Path, other: str) -> None:
    pictures(here, "a.jpg")
    (here / "o").mkdir()
    (here / "link").symlink_to(here / "o")
    one = {"instruction": "sepia", "images": ["a.jpg"], "output": "o/a.png"}
    (here / "list.jsonl").write_bytes(lines(one, {**one, "output": other}))
    assert "would both write" in refusal(UsageError, "batch", "list.jsonl")


def test_recursive_without_an_output_refuses_what_collides(here: Path) -> None:
    pictures(here, "in/x/a.jpg", "in/y/a.jpg")
    words = refusal(UsageError, "--each", "sepia", "in", "--recursive")
    assert "would both write a-jpg-edited" in words


@pytest.mark.skipif(os.name == "nt", reason="/proc and /dev are not there")
def test_a_folder_that_cannot_be_made_is_told(here: Path) -> None:
    pictures(here, "a.jpg")
    folder = "/proc/none/out"
    words = refusal(InputError, "--each", "sepia", "a.jpg", "-o", folder)
    assert "cannot be made" in words
    assert "Nothing was sent." in words


@pytest.mark.skipif(os.name == "nt", reason="/proc and /dev are not there")
def test_any_number_of_edits_may_write_into_a_device(here: Path) -> None:
    pictures(here, "a.jpg")
    one = {"instruction": "sepia", "images": ["a.jpg"], "output": "/dev/null"}
    (here / "list.jsonl").write_bytes(lines(one, one))
    assert len(plan("batch", "list.jsonl")) == 2


# --- a list ------------------------------------------------------------------


def test_a_line_is_an_edit_and_blank_lines_are_none(here: Path) -> None:
    pictures(here, "a.jpg")
    first = {"instruction": "sepia", "images": ["a.jpg"], "output": "1.png"}
    second = {**first, "output": "2.png", "aspect_ratio": "16:9", "size": "2K"}
    (here / "list.jsonl").write_bytes(lines(first) + b"\n  \n" + lines(second))
    edits = plan("batch", "list.jsonl")
    assert labels(edits) == ["list.jsonl:1", "list.jsonl:4"]
    (_, edit) = edits
    assert (edit.output, edit.aspect_ratio, edit.size) == ("2.png", "16:9", "2K")


def test_a_list_comes_from_standard_input(here: Path) -> None:
    pictures(here, "a.jpg")
    line = lines({"instruction": "sepia", "images": ["a.jpg"]})
    assert labels(plan("batch", "-", stdin=line)) == ["standard input:1"]


def test_several_faults_are_told_at_once_with_their_lines(here: Path) -> None:
    pictures(here, "a.jpg")
    good = {"instruction": "sepia", "images": ["a.jpg"]}
    (here / "list.jsonl").write_bytes(
        lines(good)
        + b'{"instruction": \n'
        + b'"text"\n'
        + b"\xff\n"
        + lines(
            {"instruction": "sepia"},
            {"images": ["a.jpg"]},
            {**good, "images": ["none.jpg"]},
            {**good, "images": ["-"]},
            {**good, "images": ["."]},
            {**good, "sise": "1K"},
            {**good, "size": "9K"},
            {**good, "instruction": "@none.txt"},
        )
    )
    told = refusal(UsageError, "batch", "list.jsonl").split("\n  ")
    assert [each.split(": ")[0] for each in told[:10]] == [
        f"list.jsonl:{number}" for number in range(2, 12)
    ]
    for words, said in zip(
        (
            "invalid JSON: Expecting value at column ",
            "an object with option names",
            "invalid JSON: 'utf-8' codec",
            "no picture to edit",
            "no instruction",
            "none.jpg cannot be read: there is no such file",
            "cannot come from standard input",
            ". is a folder",
            "'sise'",
            "9K",
        ),
        told,
        strict=False,
    ):
        assert words in said
    assert told[10].startswith("... and 1 more")
    assert "Nothing was sent. A line looks like this: {" in told[10]


def test_two_lines_for_one_file_are_refused(here: Path) -> None:
    pictures(here, "a.jpg", "b.jpg")
    one = {"instruction": "sepia", "images": ["a.jpg"], "output": "same.png"}
    (here / "list.jsonl").write_bytes(lines(one, {**one, "images": ["b.jpg"]}))
    words = refusal(UsageError, "batch", "list.jsonl")
    assert "list.jsonl:2 and list.jsonl:1 would both write same.png" in words


def test_shards_check_the_whole_list(here: Path) -> None:
    pictures(here, "a.jpg")
    one = {"instruction": "sepia", "images": ["a.jpg"], "output": "same.png"}
    (here / "list.jsonl").write_bytes(lines(one, one))
    refusal(UsageError, "batch", "list.jsonl", "--shard", "1/2")


def test_a_list_that_is_not_there_is_told() -> None:
    assert "none.jsonl cannot be read" in refusal(InputError, "batch", "none.jsonl")


def test_an_empty_list_is_no_edit(here: Path) -> None:
    (here / "list.jsonl").touch()
    assert plan("batch", "list.jsonl") == []


def test_an_instruction_from_a_file_is_its_text(here: Path) -> None:
    pictures(here, "a.jpg")
    (here / "how.txt").write_text("@home, in sepia")
    line = lines({"instruction": "@how.txt", "images": ["a.jpg"]})
    edit = plan("batch", "-", stdin=line)[0]
    assert edit.instruction == "@home, in sepia"


def test_a_preset_gives_a_list_its_instruction(here: Path) -> None:
    pictures(here, "a.jpg", "b.jpg")
    config = write_config(here / "c.toml", '[presets.old]\ninstruction = "in sepia"\n')
    line = lines({"images": ["a.jpg"]}, {"images": ["b.jpg"], "instruction": "warm"})
    arguments = ("batch", "-", "--config", str(config), "--preset", "old")
    said = [edit.instruction for edit in plan(*arguments, stdin=line)]
    assert said == ["in sepia", "in sepia\nwarm"]


# --- what does not go together -----------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--each", "sepia", "-"), "--each takes files and folders"),
        (("--each", "sepia", "a.jpg", "-o", "-"), "Standard output takes one"),
        (("--each",), "There is no instruction"),
        (("batch",), "There is no list"),
        (("--each", "sepia"), "no picture"),
        (("-n", "2", "sepia"), "no picture"),
        (("-n", "2", " ", "a.jpg"), "instruction"),
        (("--each", "sepia", "a.jpg", "--shard", "0/2"), "1 ≤ I ≤ N, not 0/2"),
        (("--each", "sepia", "a.jpg", "--shard", "3/2"), "1 ≤ I ≤ N, not 3/2"),
        (("--each", "sepia", "a.jpg", "--shard", "half"), "1 ≤ I ≤ N, not half"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    here: Path, arguments: tuple[str, ...], words: str
) -> None:
    pictures(here, "a.jpg")
    assert words in refusal(UsageError, *arguments)


# --- variants and shards -----------------------------------------------------


def test_variants_are_numbered_from_one(here: Path) -> None:
    pictures(here, "a.jpg")
    edits = plan("-n", "3", "sepia", "a.jpg", "-o", "out.png")
    assert labels(edits) == ["a.jpg #1", "a.jpg #2", "a.jpg #3"]
    assert [edit.variant for edit in edits] == [1, 2, 3]


def test_every_line_of_a_list_has_its_variants(here: Path) -> None:
    pictures(here, "a.jpg")
    line = lines({"instruction": "sepia", "images": ["a.jpg"]})
    edits = plan("batch", "-", "-n", "2", stdin=line)
    assert labels(edits) == ["standard input:1 #1", "standard input:1 #2"]


@pytest.mark.parametrize("parts", [1, 2, 3, 7, 12])
def test_shards_are_disjoint_and_together_the_whole(here: Path, parts: int) -> None:
    pictures(here, *(f"in/{number:02}.jpg" for number in range(10)))
    whole = labels(plan("--each", "sepia", "in", "-o", "out"))

    def shard(part: int) -> list[str]:
        arguments = ("--each", "sepia", "in", "-o", "out", "--shard", f"{part}/{parts}")
        return labels(plan(*arguments))

    shards = [shard(part) for part in range(1, parts + 1)]
    assert sorted(label for each in shards for label in each) == whole
    assert shards == [shard(part) for part in range(1, parts + 1)]
    assert max(map(len, shards)) - min(map(len, shards)) <= 1
