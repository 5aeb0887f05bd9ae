"""Many edits from Python: what a `Batch` yields, resumes, drains and sums up."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from support import photo

from nano_edit import Batch, Edit, Editor, edit_many
from nano_edit.domain import ApiKey, AttemptStarted, Preparing, RequestSent
from nano_edit.emulator import Emulator
from nano_edit.engine.batch.folders import each_picture
from nano_edit.errors import (
    AuthError,
    ExitStatus,
    InputError,
    InterruptedEdit,
    OutputError,
    UsageError,
)

if TYPE_CHECKING:
    from pathlib import Path

    from nano_edit.domain import EditEvent
    from nano_edit.engine.batch.runner import Outcome

KEY = "sk-canary-0123456789"
PATIENCE = 20.0  # seconds; a test that waits so long has failed


@pytest.fixture
def edits(tmp_path: Path) -> list[Edit]:
    """Six edits of pictures that differ, into a folder of their own."""
    (tmp_path / "out").mkdir()
    return [
        Edit(
            "sepia",
            (str(photo(tmp_path / f"{number}.jpg", 32 + number, 24)),),
            str(tmp_path / "out" / f"{number}.jpg"),
        )
        for number in range(6)
    ]


def results(manifest: Path) -> list[dict[str, Any]]:
    """The manifest's lines about edits that have ended."""
    lines = map(json.loads, manifest.read_text(encoding="utf-8").splitlines())
    return [record for record in lines if "ok" in record]


def editor_of(emulator: Emulator) -> Editor:
    return Editor(base_url=emulator.url, api_key=KEY)


@pytest.mark.parametrize("jobs", [1, 3, 20])
def test_every_edit_ends_once_whatever_the_number_of_threads(
    emulator: Emulator, edits: list[Edit], jobs: int
) -> None:
    with editor_of(emulator) as editor, Batch(editor, edits, jobs=jobs) as batch:
        outcomes = list(batch)
    assert sorted(outcome.output or "" for outcome in outcomes) == [
        edit.output for edit in edits
    ]
    assert all(outcome.result and outcome.error is None for outcome in outcomes)
    assert batch.summary.done == 6
    assert batch.summary.exit_status is ExitStatus.OK
    assert len(emulator.requests) == 6


def test_no_edits_are_no_work(emulator: Emulator) -> None:
    with editor_of(emulator) as editor, Batch(editor, []) as batch:
        assert list(batch) == []
    assert batch.summary.exit_status is ExitStatus.OK


def test_one_failing_edit_stops_no_other_and_is_an_outcome(edits: list[Edit]) -> None:
    with (
        Emulator(faults="IMAGE_SAFETY", signature_bytes=100) as emulator,
        editor_of(emulator) as editor,
        Batch(editor, edits, jobs=2) as batch,
    ):
        outcomes = list(batch)
    (failed,) = [outcome for outcome in outcomes if outcome.error]
    assert failed.output is None
    assert failed.record["error"]["code"] == "refused"
    assert batch.summary.failed == 1
    assert batch.summary.exit_status is ExitStatus.PARTIAL


def test_a_run_resumes_by_its_manifest(
    emulator: Emulator, edits: list[Edit], tmp_path: Path
) -> None:
    manifest = tmp_path / "results.jsonl"
    with editor_of(emulator) as editor:
        for part in (edits[:4], edits):
            with Batch(editor, part, manifest=manifest) as batch:
                list(batch)
    assert batch.summary.skipped == 4
    assert batch.summary.done == 2
    assert len(emulator.requests) == 6
    assert [record["ok"] for record in results(manifest)] == [True] * 6


def test_what_is_there_can_be_left_out(emulator: Emulator, edits: list[Edit]) -> None:
    with editor_of(emulator) as editor:
        editor.edit(edits[2])
        with Batch(editor, edits, skip_existing=True) as batch:
            outcomes = list(batch)
    (there,) = [outcome for outcome in outcomes if outcome.result is None]
    assert there.edit is edits[2]
    assert there.record["skipped"]


def test_leaving_early_drains_and_writes_down_what_was_under_way(
    edits: list[Edit], tmp_path: Path
) -> None:
    manifest = tmp_path / "results.jsonl"
    with (
        Emulator(latency=0.2, signature_bytes=100) as emulator,
        editor_of(emulator) as editor,
    ):
        with Batch(editor, edits, jobs=2, manifest=manifest) as batch:
            for _ in batch:
                break
        asked = len(emulator.requests)
        assert asked < 6
        editor.edit(edits[5])  # the editor is still of use
    assert len(results(manifest)) == asked == batch.summary.done
    assert batch.summary.left == 6 - asked


def test_draining_lets_what_runs_end_and_begins_nothing_new(edits: list[Edit]) -> None:
    under_way = threading.Barrier(3, timeout=PATIENCE)

    def observe(_: Edit, event: EditEvent) -> None:
        if isinstance(event, RequestSent):
            under_way.wait()

    with (
        Emulator(latency=0.3, signature_bytes=100) as emulator,
        editor_of(emulator) as editor,
        Batch(editor, edits, jobs=2, observe=observe) as batch,
    ):
        outcomes = iter(batch)
        found: list[Outcome] = []
        reading = threading.Thread(target=lambda: found.extend(outcomes))
        reading.start()
        under_way.wait()
        batch.drain(InterruptedEdit)
        reading.join(PATIENCE)
        assert len(found) == len(emulator.requests) == 2
    error = batch.summary.error("Again.")
    assert isinstance(error, InterruptedEdit)
    assert error.message == "Stopped: 2 of 6 edits are done."


def test_stopping_ends_what_is_under_way(edits: list[Edit]) -> None:
    sent = threading.Event()

    def observe(_: Edit, event: EditEvent) -> None:
        if isinstance(event, RequestSent):
            sent.set()

    def stop() -> None:
        assert sent.wait(PATIENCE)
        batch.stop()

    with (
        Emulator(latency=30, signature_bytes=100) as emulator,
        editor_of(emulator) as editor,
        Batch(editor, edits, jobs=1, observe=observe) as batch,
    ):
        stopping = threading.Thread(target=stop)
        stopping.start()
        (outcome,) = list(batch)
        stopping.join(PATIENCE)
    assert isinstance(outcome.error, InterruptedEdit)
    assert outcome.error.billed == "unknown"


def test_a_loop_that_was_left_can_be_taken_up_again(
    emulator: Emulator, edits: list[Edit]
) -> None:
    with editor_of(emulator) as editor, Batch(editor, edits, jobs=2) as batch:
        first = next(iter(batch))
        outputs = {first.output, *(outcome.output for outcome in batch)}
    assert outputs == {edit.output for edit in edits}
    assert len(emulator.requests) == 6


class Faulty(str):
    """Words that can be checked here, and not where an edit is made."""

    __slots__ = ()

    def strip(self, characters: str | None = None) -> str:
        if threading.current_thread() is not threading.main_thread():
            raise ZeroDivisionError
        return super().strip(characters)


def test_a_bug_is_raised_when_all_that_was_under_way_has_ended(
    emulator: Emulator, edits: list[Edit]
) -> None:
    broken = Edit(Faulty("sepia"), edits[0].images, edits[0].output)
    with editor_of(emulator) as editor, Batch(editor, [broken, *edits[1:]]) as batch:
        outcomes: list[Outcome] = []
        with pytest.raises(ZeroDivisionError):
            outcomes.extend(batch)
    assert batch.summary.done == len(emulator.requests)


def test_an_editor_that_was_never_used_can_be_warmed_up_and_stopped(
    emulator: Emulator, edits: list[Edit]
) -> None:
    with Editor(base_url=emulator.url, api_key=ApiKey(KEY)) as editor:
        editor.warm_up()
        editor.warm_up()
        editor.stop()
        with pytest.raises(InterruptedEdit):
            editor.edit(edits[0])
    assert not emulator.requests


def test_fail_fast_begins_nothing_after_a_failure(edits: list[Edit]) -> None:
    with (
        Emulator(faults="IMAGE_SAFETY", signature_bytes=100) as emulator,
        editor_of(emulator) as editor,
        Batch(editor, edits, jobs=1, fail_fast=True) as batch,
    ):
        assert len(list(batch)) == 1
        assert len(emulator.requests) == 1
    assert batch.summary.left == 5


def test_what_every_edit_would_meet_ends_the_run(edits: list[Edit]) -> None:
    with (
        Emulator(faults="401:9", signature_bytes=100) as emulator,
        editor_of(emulator) as editor,
        Batch(editor, edits, jobs=1) as batch,
    ):
        list(batch)
    assert isinstance(batch.summary.error(), AuthError)


def test_events_name_their_edit(emulator: Emulator, edits: list[Edit]) -> None:
    heard: list[tuple[str, type]] = []

    def observe(edit: Edit, event: EditEvent) -> None:
        heard.append((edit.label, type(event)))

    with editor_of(emulator) as editor, Batch(editor, edits, observe=observe) as batch:
        list(batch)
    for edit in edits:
        mine = [kind for label, kind in heard if label == edit.label]
        assert mine[0] is Preparing
        assert mine.count(AttemptStarted) == 1


def test_an_observer_that_raises_ends_no_edit(
    emulator: Emulator, edits: list[Edit], caplog: pytest.LogCaptureFixture
) -> None:
    def observe(_: Edit, event: EditEvent) -> None:
        if isinstance(event, RequestSent):
            raise ZeroDivisionError

    with editor_of(emulator) as editor, Batch(editor, edits, observe=observe) as batch:
        list(batch)
    assert batch.summary.done == 6
    assert "An observer raised an error." in caplog.text


def test_a_manifest_that_fails_is_raised_when_what_is_paid_for_has_ended(
    edits: list[Edit], tiny_disk: Path
) -> None:
    with (
        Emulator(latency=0.05, signature_bytes=100) as emulator,
        editor_of(emulator) as editor,
    ):
        (tiny_disk / "fill").write_bytes(b"x" * 60_000)
        with Batch(
            editor, edits, jobs=2, manifest=tiny_disk / "results.jsonl"
        ) as batch:
            (tiny_disk / "more").write_bytes(b"x" * 4096)
            found: list[Outcome] = []
            with pytest.raises(OutputError, match="cannot be written"):
                found.extend(batch)
        asked = len(emulator.requests)
    assert asked <= 4
    assert batch.summary.done == asked


# --- what is refused before anything is sent -----------------------------------


def test_faults_are_told_together(emulator: Emulator, edits: list[Edit]) -> None:
    wrong = [
        Edit(" ", edits[0].images),
        Edit("sepia", ("none.jpg",)),
        Edit("sepia", edits[0].images, edits[1].output),
    ]
    with editor_of(emulator) as editor, pytest.raises(UsageError) as told:
        Batch(editor, [*edits, *wrong])
    for words in ("instruction is empty", "none.jpg cannot be read", "both write"):
        assert words in told.value.message
    assert "Nothing was sent." in told.value.hint


def test_no_key_is_told_before_any_edit(edits: list[Edit]) -> None:
    with (
        Editor(base_url="https://example.invalid") as editor,
        Batch(editor, edits) as batch,
        pytest.raises(AuthError),
    ):
        list(batch)
    assert batch.summary.left == 6


# --- edit_many -----------------------------------------------------------------


def test_edit_many_returns_every_outcome(emulator: Emulator, edits: list[Edit]) -> None:
    outcomes = edit_many(edits, jobs=2, base_url=emulator.url, api_key=KEY)
    assert len(outcomes) == 6


def test_a_folder_is_edits_too(emulator: Emulator, tmp_path: Path) -> None:
    photo(tmp_path / "2.jpg")
    photo(tmp_path / "10.jpg")
    each = each_picture(Edit("sepia", str(tmp_path), str(tmp_path / "out")))  # type: ignore[arg-type] # a path is taken too
    outcomes = edit_many(each, jobs=1, base_url=emulator.url, api_key=KEY)
    names = [str(outcome.output).rpartition("/")[2] for outcome in outcomes]
    assert names == ["2-edited.jpg", "10-edited.jpg"]


def test_a_folder_without_pictures_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no picture"):
        each_picture(Edit("sepia", (str(tmp_path),), str(tmp_path / "out")))
