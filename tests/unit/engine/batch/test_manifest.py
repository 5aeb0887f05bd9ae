"""The file of results: what it tells of earlier runs, whatever became of them."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nano_edit.domain import Edit, WrittenImage
from nano_edit.engine.batch.manifest import Manifest, job_id
from nano_edit.errors import InputError, OutputError

BASE = Edit("sepia", ("a.jpg",), "out")


def job_of(edit: Edit = BASE, *, model: str = "pro", emulated: bool = False) -> str:
    return job_id(edit, "apiyi", model, emulated=emulated)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """An output that is there."""
    path = tmp_path / "a-edited.png"
    path.write_bytes(b"a picture")
    return path


def done(job: str, output: Path) -> dict[str, Any]:
    return {"ok": True, "job": job, "output": str(output)}


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines() if line]


def test_what_is_done_and_there_is_told(tmp_path: Path, picture: Path) -> None:
    with Manifest(tmp_path / "m") as manifest:
        manifest.add(done("one", picture))
        manifest.add(done("two", tmp_path / "gone.png"))
        manifest.add({"ok": False, "job": "three", "output": str(picture)})
    with Manifest(tmp_path / "m") as manifest:
        found = [manifest.output_of(job) for job in ("one", "two", "three", "four")]
    assert found == [str(picture), None, None, None]


def test_a_line_is_on_disk_at_once(tmp_path: Path, picture: Path) -> None:
    with Manifest(tmp_path / "m") as manifest:
        manifest.add(done("one", picture))
        assert lines(tmp_path / "m") == [done("one", picture)]


@pytest.mark.parametrize("torn", ['{"ok": true, "jo', "", '"', "\udcff"])
def test_a_torn_last_line_is_passed_over(
    tmp_path: Path, picture: Path, torn: str
) -> None:
    path = tmp_path / "m"
    text = f"{json.dumps(done('one', picture))}\n{torn}"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with Manifest(path) as manifest:
        assert manifest.output_of("one") == str(picture)
        manifest.add(done("two", picture))
        manifest.add(done("three", picture))
    with Manifest(path) as manifest:
        found = [manifest.output_of(job) for job in ("one", "two", "three")]
    assert found == [str(picture)] * 3


def test_lines_that_are_no_results_are_passed_over(
    tmp_path: Path, picture: Path
) -> None:
    path = tmp_path / "m"
    noise = '\nnot JSON\n[1]\n"text"\nnull\n{"ok": true}\n\n'
    path.write_text(json.dumps(done("one", picture)) + noise)
    with Manifest(path) as manifest:
        assert manifest.output_of("one") == str(picture)


@pytest.mark.parametrize("raw", [b"not JSON\n", b"\xff\xd8\xff\n", b"a note", b"[1]\n"])
def test_a_file_of_another_kind_is_left_alone(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "m"
    path.write_bytes(raw)
    with pytest.raises(InputError, match="not a manifest"):
        Manifest(path)
    assert path.read_bytes() == raw


def test_a_second_run_with_the_same_manifest_is_told(tmp_path: Path) -> None:
    path = tmp_path / "m"
    with Manifest(path), pytest.raises(InputError, match="Another nano-edit"):
        Manifest(path)
    Manifest(path).close()


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")
def test_a_manifest_is_for_its_owner_alone(tmp_path: Path) -> None:
    Manifest(tmp_path / "m").close()
    assert (tmp_path / "m").stat().st_mode & 0o777 == 0o600


# --- between placing and noting -------------------------------------------------


def image_of(path: Path) -> WrittenImage:
    raw = path.read_bytes()
    digest = hashlib.sha256(raw).hexdigest()
    return WrittenImage(path, "image/png", 9, 9, len(raw), digest, "image/png")


def test_a_picture_that_was_placed_counts_although_it_was_not_noted(
    tmp_path: Path, picture: Path
) -> None:
    with Manifest(tmp_path / "m") as manifest:
        manifest.placing("one", image_of(picture))
    with Manifest(tmp_path / "m") as manifest:
        assert manifest.output_of("one") == str(picture)


@pytest.mark.parametrize("now", [None, b"", b"a pictura"])
def test_another_file_under_the_name_does_not_count(
    tmp_path: Path, picture: Path, now: bytes | None
) -> None:
    with Manifest(tmp_path / "m") as manifest:
        manifest.placing("one", image_of(picture))
    picture.unlink()
    if now is not None:
        picture.write_bytes(now)
    with Manifest(tmp_path / "m") as manifest:
        assert manifest.output_of("one") is None


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_picture_is_placed_although_the_line_cannot_be_written(picture: Path) -> None:
    with Manifest(Path("/dev/full")) as manifest:
        manifest.placing("one", image_of(picture))


# --- refusals -------------------------------------------------------------------


@pytest.mark.parametrize(("code", "is_told"), [("refused", True), ("network", False)])
def test_a_refusal_is_remembered(tmp_path: Path, code: str, *, is_told: bool) -> None:
    with Manifest(tmp_path / "m") as manifest:
        manifest.add({"ok": False, "job": "one", "error": {"code": code}})
    with Manifest(tmp_path / "m") as manifest:
        assert (manifest.refusal_of("one") is not None) == is_told
        assert manifest.refusal_of("two") is None


def test_manifests_merge_by_concatenation(tmp_path: Path, picture: Path) -> None:
    for name, jobs in (("1", ("a", "b")), ("2", ("c",)), ("3", ("d", "a"))):
        with Manifest(tmp_path / name) as manifest:
            for job in jobs:
                manifest.add(done(job, picture))
    merged = tmp_path / "merged"
    merged.write_bytes(b"".join((tmp_path / name).read_bytes() for name in "123"))
    with Manifest(merged) as manifest:
        assert all(manifest.output_of(job) for job in "abcd")


def test_the_last_line_about_an_edit_counts(tmp_path: Path, picture: Path) -> None:
    with Manifest(tmp_path / "m") as manifest:
        manifest.add(done("one", picture))
        manifest.add({"ok": False, "job": "one", "output": None})
        manifest.add({"ok": False, "job": "two", "output": None})
        manifest.add(done("two", picture))
    with Manifest(tmp_path / "m") as manifest:
        assert manifest.output_of("one") is None
        assert manifest.output_of("two") == str(picture)


@pytest.mark.parametrize("text", ["two\nlines", "\u2028\x1b[31m\x00", "ü 😀", "\udcff"])
def test_any_text_keeps_to_its_line(tmp_path: Path, picture: Path, text: str) -> None:
    record = {**done("one", picture), "text": text}
    with Manifest(tmp_path / "m") as manifest:
        manifest.add(record)
    assert (tmp_path / "m").read_bytes().count(b"\n") == 1
    assert json.loads((tmp_path / "m").read_bytes()) == record


def test_a_manifest_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none" / "m"):
        with pytest.raises(InputError, match="cannot be used") as caught:
            Manifest(path)
        assert "--manifest" in caught.value.hint


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_disk_that_fills_up_is_told() -> None:
    with (
        Manifest(Path("/dev/full")) as manifest,
        pytest.raises(OutputError, match="No space left"),
    ):
        manifest.add({"ok": True})


# --- which edit --------------------------------------------------------------


def test_an_edit_keeps_its_name_from_run_to_run() -> None:
    assert job_of() == job_of(replace(BASE))
    assert len(job_of()) == 16


@pytest.mark.parametrize(
    "change",
    [
        {"instruction": "warm"},
        {"images": ("b.jpg",)},
        {"images": ("a.jpg", "b.jpg")},
        {"size": "2K"},
        {"aspect_ratio": "1:1"},
        {"output": "elsewhere"},
        {"format": "png"},
        {"variant": 1},
        {"region": ("0,0,9,9",)},
        {"mask": "m.png"},
        {"keep_rest": True},
        {"keep_size": True},
    ],
)
def test_what_shapes_the_picture_makes_another_edit(change: dict[str, Any]) -> None:
    assert job_of(replace(BASE, **change)) != job_of()


def test_another_model_or_an_emulator_makes_another_edit() -> None:
    assert len({job_of(), job_of(model="flash"), job_of(emulated=True)}) == 3


@pytest.mark.parametrize(
    "change", [{"force": True}, {"strict": True}, {"where": "list.jsonl:7"}]
)
def test_how_it_is_carried_out_does_not(change: dict[str, Any]) -> None:
    assert job_of(replace(BASE, **change)) == job_of()


def test_variants_are_edits_of_their_own() -> None:
    assert len({job_of(replace(BASE, variant=number)) for number in range(3)}) == 3


def test_the_dollars_of_every_line_are_spent(tmp_path: Path) -> None:
    path = tmp_path / "m"
    costs = [{"dollars": 0.09}, {"dollars": None}, {"dollars": -1}, {}, 7, None]
    costs += [{"dollars": 0.02}, {"dollars": "much"}]
    with Manifest(path) as manifest:
        for cost in costs:
            manifest.add({"ok": False, "job": "one", "cost": cost})
        assert manifest.spent == 0
    with Manifest(path) as manifest:
        assert manifest.spent == pytest.approx(0.11)
