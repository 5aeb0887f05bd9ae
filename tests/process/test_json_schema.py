"""``--json`` prints what ``docs/result.schema.json`` says, and nothing else.

`support.run_program` holds the output of every test's runs to the schema; here
are the runs that show each shape of it, and that the schema itself is strict.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import ValidationError
from support.result_schema import SCHEMA, validated, validator

from nano_edit.emulator import Emulator
from nano_edit.engine.records import record_of_error
from nano_edit.errors import (
    ExitStatus,
    NanoEditError,
    PartialError,
    ProtocolError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support import Run

SCHEMA_JSON = json.loads(SCHEMA.read_text(encoding="utf-8"))
SUCCESS = ("ok output mime_type width height bytes sha256 source_mime_type model "
    "model_version response_id finish_reason text usage attempts elapsed_s warnings"
).split()  # fmt: skip
ERROR = "code exit_status message hint http_status billed recovery".split()


@pytest.fixture
def picture(photo: Callable[..., Path]) -> Path:
    return photo("in.jpg", 320, 240)


def test_a_success_tells_all_that_was_promised(run: Run, picture: Path) -> None:
    done = run("sepia", picture, "-o", "out.png", "--emulate", "--json", "--text")
    record = validated(done.stdout)
    assert record["ok"] is True
    assert set(SUCCESS) <= set(record)
    assert (record["mime_type"], record["source_mime_type"]) == (
        *("image/png", "image/jpeg"),
    )
    assert record["text"]
    assert record["warnings"]


def test_a_grid_is_one_object_that_names_every_variant(run: Run, picture: Path) -> None:
    grid = ("sepia", picture, "--grid", "2x1", "-o", "out.jpg", "--json")
    names = ["out-1.jpg", "out-2.jpg"]
    for more in ("--dry-run", "--emulate"):
        record = validated(run(*grid, more).stdout)
        assert (record["outputs"], record["output"]) == (names, names[0])


def test_a_failure_tells_all_that_was_promised(run: Run, tmp_path: Path) -> None:
    done = run("sepia", tmp_path / "missing.jpg", "--emulate", "--json")
    record = validated(done.stdout)
    assert record["ok"] is False
    assert list(record["error"]) == ERROR
    assert record["error"]["exit_status"] == done.status == ExitStatus.INPUT
    assert record["error"]["message"] in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--no-such-option",),
        ("sepia",),
        ("sepia", "in.jpg", "-s", "8K"),
        ("", "in.jpg"),
    ],
)
@pytest.mark.usefixtures("picture")
def test_a_wrong_command_line_is_an_object_too(
    run: Run, arguments: tuple[str, ...]
) -> None:
    done = run(*arguments, "--json")
    assert validated(done.stdout)["error"]["code"] == "usage"
    assert done.status == ExitStatus.USAGE


@pytest.mark.parametrize("option", [(), ("-a", "match"), ("-s", "4K", "--text")])
def test_a_dry_run_is_what_would_be_sent(
    run: Run, picture: Path, option: tuple[str, ...]
) -> None:
    done = run("sepia", picture, "--dry-run", "--json", *option)
    record = validated(done.stdout)
    assert record["dry_run"] is True
    assert "****" in record["headers"]["Authorization"]


def lines(output: str) -> list[dict[str, Any]]:
    return [validated(line) for line in output.splitlines()]


def test_many_edits_are_an_object_each_and_none_for_the_run(
    run: Run, photo: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "photos").mkdir()
    photo("photos/a.jpg")
    (tmp_path / "photos" / "b.jpg").write_text("no picture", encoding="utf-8")
    command = ("sepia", "--each", "photos", "-o", "out/", "--emulate", "--json")
    done = run(*command)
    first = {record["label"]: record for record in lines(done.stdout)}
    assert done.status == ExitStatus.PARTIAL
    assert sorted(record["ok"] for record in first.values()) == [False, True]
    manifest = (tmp_path / "out" / "results.jsonl").read_text(encoding="utf-8")

    assert manifest == done.stdout
    again = {record["label"]: record for record in lines(run(*command).stdout)}
    label = next(name for name, record in first.items() if record["ok"])
    assert again[label]["skipped"] is True
    assert again[label]["job"] == first[label]["job"]


def test_a_dry_run_of_many_is_an_object_each(
    run: Run, photo: Callable[..., Path]
) -> None:
    photo("a.jpg")
    done = run("sepia", "a.jpg", "-n", "3", "-o", "out.jpg", "--dry-run", "--json")
    *records, total = lines(done.stdout)
    outputs = [record["output"] for record in records]
    assert outputs == ["out-1.jpg", "out-2.jpg", "out-3.jpg"]
    assert total["requests"] == 3


def test_a_kept_reply_is_listed_and_recovered_as_objects(
    run: Run, picture: Path, tmp_path: Path
) -> None:
    with Emulator(faults="cut=100000", signature_bytes=20_000) as emulator:
        env = {"NANO_EDIT_API_KEY": "any", "NANO_EDIT_BASE_URL": emulator.url}
        failed = run("sepia", picture, "-o", "out.jpg", "--json", env=env)
    kept = validated(failed.stdout)["error"]["recovery"]
    (listed,) = lines(run("replies", "list", "--json").stdout)
    assert (listed["reply"], Path(listed["for"]).name) == (kept, "out.jpg")
    assert (listed["instruction"], listed["whole"]) == ("sepia", False)
    recovered = run("replies", "recover", kept, "-o", "out.jpg", "--json")
    assert validated(recovered.stdout)["ok"] is (tmp_path / "out.jpg").exists()


# --- the schema --------------------------------------------------------------


def kinds(error: type[NanoEditError] = NanoEditError) -> Iterator[type[NanoEditError]]:
    """Yield a class of error and all below it."""
    yield error
    for below in error.__subclasses__():
        yield from kinds(below)


@pytest.mark.parametrize(
    "kind", [kind for kind in kinds() if kind not in {PartialError, ProtocolError}]
)
def test_every_kind_of_error_is_in_the_schema(kind: type[NanoEditError]) -> None:
    assert validated(json.dumps(record_of_error(kind("What happened."))))


def test_a_broken_reply_is_in_the_schema() -> None:
    error = ProtocolError("a comma is missing", offset=7)
    assert validated(json.dumps(record_of_error(error)))["error"]["billed"] == "yes"


def test_the_statuses_of_the_schema_are_those_of_the_program() -> None:
    pairs = SCHEMA_JSON["$defs"]["error"]["oneOf"]
    known = {
        pair["properties"]["exit_status"]["const"]: pair["properties"]["code"]["const"]
        for pair in pairs
    }
    # 0 is no error, and a run of many is told by its edits.
    statuses = set(ExitStatus) - {ExitStatus.OK, ExitStatus.PARTIAL}
    assert known == {int(status): status.code for status in statuses}


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Every part of the schema that describes an object."""
    if isinstance(schema, dict):
        if "properties" in schema and "type" in schema:
            yield schema
        for below in schema.values():
            yield from objects(below)
    elif isinstance(schema, list):
        for below in schema:
            yield from objects(below)


def test_no_object_may_hold_more_than_the_schema_names() -> None:
    described = list(objects(SCHEMA_JSON))
    assert len(described) > 10
    assert all(each["additionalProperties"] is False for each in described)


def test_a_name_that_is_wrong_or_missing_is_seen(run: Run, picture: Path) -> None:
    done = run("sepia", picture, "-o", "out.jpg", "--emulate", "--json")
    record = validated(done.stdout)
    for name in record:
        broken = copy.deepcopy(record)
        del broken[name]
        with pytest.raises(ValidationError):
            validator().validate(broken)
    with pytest.raises(ValidationError):
        validator().validate({**record, "more": 1})
    with pytest.raises(ValidationError):
        validator().validate({**record, "job": "0123456789abcdef"})
