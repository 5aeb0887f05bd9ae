"""Deferred edits against the emulator: every fault, and what the next run makes of it.

Whatever happens, no edit is made twice and none is lost: the emulator's account says
what was paid for.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from support import noise, photo
from support.deferred_fault_table import COUNT, ROWS, Row

from nano_edit import Batch, DeferredBatch, Edit, Editor, NanoEditError
from nano_edit.domain import Prepared
from nano_edit.emulator import Emulator
from nano_edit.engine.batch.estimate import estimate_of
from nano_edit.engine.batch.submissions import PREFIX, Submissions, file_of
from nano_edit.engine.money.ledger import ledger_path, read_calls, spent
from nano_edit.engine.replies.kept import list_kept
from nano_edit.engine.replies.spool import state_folder
from nano_edit.errors import (
    ExitStatus,
    InterruptedEdit,
    PendingError,
    Terminated,
    TerminatedEdit,
    UsageError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nano_edit.engine.batch.runner import Outcome


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(signature_bytes=1000) as running:
        yield running


def edits(folder: Path, count: int = COUNT, **more: Any) -> list[Edit]:
    """Edits of pictures that differ in their width, by which lines are told apart."""
    (folder / "in").mkdir(exist_ok=True)
    (folder / "out").mkdir(exist_ok=True)
    found = []
    for number in range(count):
        path = folder / "in" / f"{number}.png"
        if not path.exists():
            noise(300 + number, 200).save(path)
        output = str(folder / "out" / f"{number}.jpg")
        found.append(Edit("sepia", (str(path),), output, **more))
    return found


@dataclass
class Ran:
    """One run: its outcomes, what it ended with, and what it said."""

    outcomes: list[Outcome]
    error: NanoEditError | None
    notes: list[str]
    submitted: list[str]

    @property
    def made(self) -> int:
        return sum(each.error is None and each.is_new for each in self.outcomes)

    @property
    def failures(self) -> list[str]:
        found = (each.error for each in self.outcomes)
        return [error.exit_status.code for error in found if error]


def run(
    emulator: Emulator,
    folder: Path,
    listed: list[Edit] | None = None,
    budget: float | None = None,
    **more: Any,
) -> Ran:
    ran = Ran([], None, [], [])
    with Editor(
        provider="google",
        base_url=emulator.url,
        api_key="any",
        max_wait=0.01,
        budget=budget,
    ) as editor:
        try:
            with DeferredBatch(
                editor,
                edits(folder) if listed is None else listed,
                manifest=folder / "results.jsonl",
                poll=0.01,
                note=ran.notes.append,
                **{"wait": True, **more},
            ) as batch:
                ran.outcomes.extend(batch)
                ran.error = batch.error("again")
                ran.submitted = batch.submitted
        except NanoEditError as error:
            ran.error = error
    return ran


def asked(emulator: Emulator) -> Counter[int]:
    """How often each edit was paid for."""
    widths = {entry.number: entry.images[0].width for entry in emulator.lines}
    charges = emulator.billed
    assert {charge.tier for charge in charges} <= {"batch"}
    return Counter(widths[charge.number] - 300 for charge in charges)


def outputs(folder: Path) -> list[str]:
    names = sorted(path.name for path in (folder / "out").iterdir())
    for name in names:
        with Image.open(folder / "out" / name) as image:
            image.load()
    return names


ALL = [f"{number}.jpg" for number in range(COUNT)]


# --- the usual way ----------------------------------------------------------------


def test_edits_are_submitted_asked_after_and_fetched(tmp_path: Path) -> None:
    with Emulator(signature_bytes=1000, batch_delay=60) as emulator:
        first = run(emulator, tmp_path, wait=False)
        assert (first.outcomes, first.error) == ([], None)
        (name,) = first.submitted
        assert f"Submitted 3 edits as {name}." in first.notes
        second = run(emulator, tmp_path, wait=False)
        assert isinstance(second.error, PendingError)
        assert second.error.message == "1 job is under way: 0 of 3 edits made."
        assert (second.outcomes, second.submitted) == ([], [])
        assert emulator.requests == ()
        job = emulator.batches[0]
        assert job.display_name.startswith(PREFIX)
        sent = job.display_name + str(emulator.files[0])
        assert "in/" not in sent
        assert "png" not in sent


def test_what_is_fetched_is_removed_at_the_service(
    tmp_path: Path, emulator: Emulator
) -> None:
    ran = run(emulator, tmp_path)
    assert (ran.made, ran.error, outputs(tmp_path)) == (3, None, ALL)
    assert asked(emulator) == Counter(range(COUNT))
    assert (emulator.batches, emulator.files) == ((), ())
    assert list_kept(state_folder()) == []
    lines = (tmp_path / "results.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    assert [record["ok"] for record in records] == [True] * 3
    assert not any(record["warnings"] for record in records)
    again = run(emulator, tmp_path)
    assert [each.record.get("skipped") for each in again.outcomes] == [True] * 3
    assert len(emulator.lines) == COUNT


def test_edits_of_two_models_are_two_jobs(tmp_path: Path, emulator: Emulator) -> None:
    flash = edits(tmp_path, 1, model="gemini-3.1-flash-image")
    ran = run(emulator, tmp_path, flash + edits(tmp_path)[1:])
    assert (ran.made, len(ran.submitted), ran.error) == (3, 2, None)
    models = {entry.model for entry in emulator.lines}
    assert models == {"gemini-3.1-flash-image", "gemini-3-pro-image"}


def test_a_full_job_is_followed_by_another(
    tmp_path: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nano_edit.engine.deferred.submit.MOST_LINES", 2)
    ran = run(emulator, tmp_path)
    assert (ran.made, len(ran.submitted)) == (3, 2)
    monkeypatch.setattr("nano_edit.engine.deferred.submit.MOST_BYTES", 300_000)
    more = run(emulator, tmp_path, edits(tmp_path, 5))
    assert (more.made, len(more.submitted)) == (2, 2)
    assert asked(emulator) == Counter(range(5))


def test_a_longer_list_submits_what_is_new(tmp_path: Path) -> None:
    with Emulator(signature_bytes=1000, batch_delay=60) as emulator:
        run(emulator, tmp_path, wait=False)
        more = run(emulator, tmp_path, edits(tmp_path, 5), wait=False)
        assert isinstance(more.error, PendingError)
        assert len(more.submitted) == 1
        assert [job.total for job in emulator.batches] == [2, 3]


def test_a_picture_that_cannot_be_read_fails_alone(
    tmp_path: Path, emulator: Emulator
) -> None:
    listed = edits(tmp_path)
    (tmp_path / "in" / "1.png").write_bytes(b"no picture")
    ran = run(emulator, tmp_path, listed)
    assert (ran.made, ran.failures) == (2, ["input"])
    assert ran.error
    assert ran.error.exit_status is ExitStatus.PARTIAL
    noise(301, 200).save(tmp_path / "in" / "1.png")
    assert run(emulator, tmp_path, listed).error is None
    assert asked(emulator) == Counter(range(COUNT))


def test_a_failure_beside_a_job_under_way_tells_both(tmp_path: Path) -> None:
    listed = edits(tmp_path)
    (tmp_path / "in" / "1.png").write_bytes(b"no picture")
    with Emulator(signature_bytes=1000, batch_delay=60) as emulator:
        ran = run(emulator, tmp_path, listed, wait=False)
    assert ran.error
    assert ran.error.message == (
        "1 of 3 edits failed. 1 job is under way: 0 of 2 edits made."
    )


def test_a_picture_that_goes_before_it_is_uploaded_ends_the_run(
    tmp_path: Path, emulator: Emulator
) -> None:
    listed = edits(tmp_path)
    picture = tmp_path / "in" / "1.png"
    there = picture.read_bytes()
    ran = run(emulator, tmp_path, listed, approve=lambda _: picture.unlink())
    assert ran.error
    assert ran.error.exit_status is ExitStatus.INPUT
    assert "1.png" in ran.error.message
    assert emulator.batches == ()
    picture.write_bytes(there)
    assert run(emulator, tmp_path, listed).made == 3
    assert asked(emulator) == Counter(range(COUNT))


def test_what_was_told_is_not_told_again_after_a_break(
    tmp_path: Path, emulator: Emulator
) -> None:
    # The first line is short and comes whole; then nothing comes for a while.
    emulator.set_faults("IMAGE_SAFETY,ok,ok,download-cut=5000,download-cut=10:8")
    ran = run(emulator, tmp_path)
    assert (ran.made, ran.failures) == (2, ["refused"]), ran
    assert any(note.endswith("It is asked again later.") for note in ran.notes)
    assert list_kept(state_folder()) == []


def test_a_download_that_breaks_behind_its_last_line_is_whole(
    tmp_path: Path, emulator: Emulator
) -> None:
    run(emulator, tmp_path, wait=False)
    while not emulator.batches[0].is_done:
        pass
    (results,) = (file for file in emulator.files if file.generated)
    emulator.set_faults(f"download-cut={results.size}")
    ran = run(emulator, tmp_path)
    assert (ran.made, ran.error) == (3, None)


def test_without_a_ledger_none_is_written(
    tmp_path: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NANO_EDIT_LEDGER", "0")
    emulator.set_faults("job-expired")
    assert run(emulator, tmp_path).error
    assert run(emulator, tmp_path).made == 3
    assert not ledger_path().exists()


def test_only_what_was_asked_changes_in_deferred_edits_too(
    tmp_path: Path, emulator: Emulator
) -> None:
    listed = edits(tmp_path, 1, region=("0,0,50,50",), format="png")
    ran = run(emulator, tmp_path, listed)
    assert (ran.made, ran.error) == (1, None)
    (outcome,) = ran.outcomes
    assert outcome.record["change"]["outside"] == 0
    with (
        Image.open(tmp_path / "in" / "0.png") as before,
        Image.open(str(outcome.output)) as after,
    ):
        box = (100, 100, 300, 200)
        assert before.crop(box).tobytes() == after.convert("RGB").crop(box).tobytes()


# --- faults -----------------------------------------------------------------------


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.fault)
def test_a_fault_ends_as_the_table_says(
    row: Row, tmp_path: Path, emulator: Emulator
) -> None:
    emulator.set_faults(row.fault)
    first = run(emulator, tmp_path)
    status = first.error.exit_status if first.error else 0
    assert (status, first.made) == (row.exit_status, row.made), first
    assert first.failures == list(row.failures)
    assert row.message in (first.error.message if first.error else "")
    emulator.set_faults("")
    second = run(emulator, tmp_path)
    status = second.error.exit_status if second.error else 0
    assert status == row.again, second
    paid = asked(emulator)
    assert max(paid.values()) == 1
    assert paid.total() == row.paid
    assert len(outputs(tmp_path)) == COUNT - len(row.failures)
    assert (emulator.batches, emulator.files) == ((), ())
    assert_ledger_is_right(emulator)


def assert_ledger_is_right(emulator: Emulator) -> None:
    """Compare the ledger with the account; an end that nobody knows stands apart."""
    calls = read_calls(ledger_path())
    assert {call.tier for call in calls} == {"batch"}
    sure = [call for call in calls if call.billed == "yes"]
    unknown = [call for call in calls if call.billed == "unknown"]
    charges = emulator.billed
    assert len(sure) <= len(charges) <= len(sure) + len(unknown)
    by_id = {charge.response_id: charge.dollars for charge in charges}
    for call in sure:
        if call.counted and call.response_id in by_id:  # a cut may have shortened it
            assert call.dollars == pytest.approx(by_id[call.response_id], rel=0.01)


def test_the_ledger_and_the_results_say_what_it_cost(
    tmp_path: Path, emulator: Emulator
) -> None:
    ran = run(emulator, tmp_path)
    calls = read_calls(ledger_path())
    assert [call.outcome for call in calls] == ["picture"] * 3
    paid = [charge.dollars for charge in emulator.billed]
    assert [call.dollars for call in calls] == pytest.approx(paid, rel=0.01)
    costs = [each.record["cost"] for each in ran.outcomes]
    assert [cost["dollars"] for cost in costs] == pytest.approx(paid, rel=0.01)
    assert not any(cost["estimated"] for cost in costs)
    assert 0.05 < max(cost["dollars"] for cost in costs) < 0.08  # half of 0.138


def test_a_job_that_is_under_way_counts_in_the_ledger(tmp_path: Path) -> None:
    with Emulator(signature_bytes=1000, batch_delay=60) as emulator:
        run(emulator, tmp_path, wait=False)
        run(emulator, tmp_path, wait=False)
    calls = read_calls(ledger_path())
    assert [(call.outcome, call.billed) for call in calls] == [("sent", "unknown")] * 3
    assert 0.05 * 3 < spent(calls) < 0.08 * 3


def test_only_what_is_to_be_submitted_is_asked_about(tmp_path: Path) -> None:
    listed = edits(tmp_path)
    manifest = tmp_path / "results.jsonl"
    with (
        Emulator(signature_bytes=1000, batch_delay=60) as emulator,
        Editor(provider="google", base_url=emulator.url, api_key="any") as editor,
    ):
        with DeferredBatch(editor, listed, manifest=manifest) as batch:
            asking = batch.asking()
            estimate = estimate_of(asking, editor.billing, jobs=1)
        assert [edit.tier for edit in asking] == ["batch"] * 3
        assert estimate.text == (
            "3 edits, gemini-3-pro-image batch: about $0.207, within a day"
        )
        run(emulator, tmp_path, listed[:2], wait=False)
        with DeferredBatch(editor, listed, manifest=manifest) as batch:
            assert [edit.output for edit in batch.asking()] == [listed[2].output]


def test_the_budget_holds_over_submissions(tmp_path: Path) -> None:
    with Emulator(signature_bytes=1000, batch_delay=60) as emulator:
        first = run(emulator, tmp_path, wait=False, budget=0.16)
        assert first.error
        assert first.error.exit_status is ExitStatus.QUOTA
        assert "The budget of $0.16" in first.error.message
        assert [job.total for job in emulator.batches] == [2]
        again = run(emulator, tmp_path, wait=False, budget=0.16)
        assert again.error
        assert again.error.exit_status is ExitStatus.QUOTA
        assert len(emulator.batches) == 1


def test_what_failed_is_asked_for_again_only_on_request(
    tmp_path: Path, emulator: Emulator
) -> None:
    emulator.set_faults("503,ok,IMAGE_SAFETY")
    assert run(emulator, tmp_path).failures == ["server", "refused"]
    again = run(emulator, tmp_path)
    assert again.failures == ["server", "refused"]
    assert not any(each.is_new for each in again.outcomes)
    first, second = (each.error for each in again.outcomes if each.error)
    assert "Failed in an earlier run: The model is overloaded" in first.message
    assert first.hint == "--retry-failed asks for it again."
    assert "--retry-refused" in second.hint
    assert run(emulator, tmp_path, retry_refused=True).made == 1
    last = run(emulator, tmp_path, retry_failed=True)
    assert (last.made, last.error, outputs(tmp_path)) == (1, None, ALL)


def test_a_stuck_job_that_is_cancelled_is_submitted_anew(
    tmp_path: Path, emulator: Emulator
) -> None:
    emulator.set_faults("job-stuck")
    first = run(emulator, tmp_path, wait=False)
    assert isinstance(run(emulator, tmp_path, wait=False).error, PendingError)
    emulator.cancel_batch(first.submitted[0])
    told = run(emulator, tmp_path)
    assert told.error
    assert "was cancelled: 3 edits not made." in told.error.message
    assert told.error.hint.startswith("Run the same command again to submit")
    assert {call.billed for call in read_calls(ledger_path())} == {"no"}
    assert run(emulator, tmp_path).made == 3


def test_a_job_that_is_gone_is_told_and_submitted_anew(tmp_path: Path) -> None:
    with Emulator(signature_bytes=1000, batch_delay=60) as emulator:
        run(emulator, tmp_path, wait=False)
    with Emulator(signature_bytes=1000) as emulator:
        told = run(emulator, tmp_path)
        assert told.error
        assert "is not known to the service any more" in told.error.message
        assert run(emulator, tmp_path).made == 3


def test_results_that_are_gone_are_told(tmp_path: Path, emulator: Emulator) -> None:
    run(emulator, tmp_path, wait=False)
    while not emulator.batches[0].is_done:
        pass
    emulator.delete_file(emulator.batches[0].results_file)
    told = run(emulator, tmp_path)
    assert told.error
    assert "its results are gone from the service: 3 edits" in told.error.message
    assert run(emulator, tmp_path).made == 3


def test_what_is_neither_placed_nor_kept_stays_at_the_service(
    tmp_path: Path, emulator: Emulator
) -> None:
    run(emulator, tmp_path, wait=False)
    replies = state_folder()

    def block(_edit: Edit, event: object) -> None:
        if isinstance(event, Prepared) and not replies.is_file():
            shutil.rmtree(replies)
            replies.write_bytes(b"in the way")

    ran = run(emulator, tmp_path, observe=block)
    assert ran.error
    assert "could not be kept safe" in repr([each.error for each in ran.outcomes])
    assert len(emulator.batches) == 1
    replies.unlink()
    assert run(emulator, tmp_path).error is None
    assert outputs(tmp_path) == ALL
    assert asked(emulator) == Counter(range(COUNT))


def test_a_reply_that_cannot_be_placed_is_kept(
    tmp_path: Path, emulator: Emulator
) -> None:
    run(emulator, tmp_path, wait=False)
    (tmp_path / "in" / "1.png").unlink()
    listed = [*edits(tmp_path, 1), edits(tmp_path)[2]]
    gone = Edit(
        "sepia", (str(tmp_path / "in" / "1.png"),), str(tmp_path / "out" / "1.jpg")
    )
    noise(301, 200).save(tmp_path / "in" / "1.png")

    def unlink(*_: object) -> None:
        (tmp_path / "in" / "1.png").unlink(missing_ok=True)

    ran = run(emulator, tmp_path, [*listed, gone], observe=unlink)
    assert (ran.made, ran.failures) == (2, ["input"])
    (kept,) = list_kept(state_folder())
    assert kept.whole
    (failed,) = (each.error for each in ran.outcomes if each.error)
    assert failed.recovery == kept.path
    assert failed.billed == "yes"


def test_a_reply_whose_edit_left_the_list_is_kept(
    tmp_path: Path, emulator: Emulator
) -> None:
    run(emulator, tmp_path, wait=False)
    ran = run(emulator, tmp_path, edits(tmp_path)[:2])
    assert (ran.made, ran.error) == (2, None)
    assert any("left the list is kept" in note for note in ran.notes)
    (kept,) = list_kept(state_folder())
    assert kept.whole


def test_pictures_that_changed_meanwhile_are_told(
    tmp_path: Path, emulator: Emulator
) -> None:
    plain = edits(tmp_path, 1)
    exact = edits(tmp_path, 2, region=("0,0,50,50",), format="png")[1:]
    listed = [*plain, *exact]
    run(emulator, tmp_path, listed, wait=False)
    for number in range(2):
        noise(300 + number, 200, seed=9).save(tmp_path / "in" / f"{number}.png")
    heard: list[object] = []
    ran = run(
        emulator, tmp_path, listed, observe=lambda _edit, event: heard.append(event)
    )
    assert (ran.made, ran.failures) == (1, ["input"])
    assert "have changed since the edit was submitted" in repr(
        [getattr(event, "text", "") for event in heard]
    )
    (kept,) = list_kept(state_folder())
    assert kept.whole
    (failed,) = (each.error for each in ran.outcomes if each.error)
    assert failed.cost is not None
    assert failed.cost.dollars == pytest.approx(0.069, abs=0.001)
    again = run(emulator, tmp_path, listed)
    assert again.failures == ["input"]
    (failed,) = (each.error for each in again.outcomes if each.error)
    assert failed.recovery == kept.path
    assert failed.hint.startswith("nano-edit replies recover makes its picture; ")
    assert len(list_kept(state_folder())) == 1


# --- what is refused ----------------------------------------------------------------


def test_a_provider_without_batches_is_a_usage_error(tmp_path: Path) -> None:
    with (
        Editor(provider="apiyi", api_key="any") as editor,
        pytest.raises(UsageError, match="apiyi makes no deferred edits"),
    ):
        DeferredBatch(editor, edits(tmp_path), manifest=tmp_path / "results.jsonl")


def test_a_direct_run_pays_for_nothing_that_is_in_a_job(tmp_path: Path) -> None:
    with (
        Emulator(signature_bytes=1000, batch_delay=60) as emulator,
        Editor(provider="google", base_url=emulator.url, api_key="any") as editor,
    ):
        run(emulator, tmp_path, wait=False)
        with pytest.raises(UsageError, match="would be paid for twice"):
            Batch(editor, edits(tmp_path), manifest=tmp_path / "results.jsonl")
        assert emulator.requests == ()


def test_what_the_approval_raises_ends_the_run_before_anything_is_sent(
    tmp_path: Path, emulator: Emulator
) -> None:
    def refuse(_: object) -> None:
        raise UsageError("No.")

    assert isinstance(run(emulator, tmp_path, approve=refuse).error, UsageError)
    assert (emulator.files, emulator.batches) == ((), ())
    assert not file_of(tmp_path / "results.jsonl").exists()


def test_an_upload_url_of_another_host_is_refused(tmp_path: Path) -> None:
    with Emulator() as other, Emulator() as emulator:
        emulator.set_faults(f"upload-elsewhere={other.url}/x")
        ran = run(emulator, tmp_path)
        assert ran.error
        assert ran.error.exit_status is ExitStatus.REJECTED
        assert "another host" in ran.error.message
        assert other.calls == ()


# --- a run that is cut short ----------------------------------------------------------


@pytest.mark.parametrize(
    ("stop", "kind"),
    [(KeyboardInterrupt, InterruptedEdit), (Terminated, TerminatedEdit)],
)
def test_an_interruption_says_that_the_jobs_go_on(
    tmp_path: Path, stop: type[KeyboardInterrupt], kind: type[InterruptedEdit]
) -> None:
    def interrupt(_: str) -> None:
        raise stop

    with Emulator(signature_bytes=1000, batch_delay=60) as emulator:
        ran = run(emulator, tmp_path, progress=interrupt)
        assert type(ran.error) is kind
        assert "goes on at the service" in ran.error.message
        assert "submits nothing twice" in ran.error.hint
        assert ran.error.billed == "unknown"


class _Killed(BaseException):
    """What a kill is to the code that it ends."""


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("step", range(1, 8))
def test_a_run_that_ends_at_any_note_goes_on(
    tmp_path: Path,
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    step: int,
    before: bool,
) -> None:
    notes = 0
    note = Submissions.note

    def counted(self: Submissions, *args: Any, **facts: Any) -> None:
        nonlocal notes
        notes += 1
        if notes == step and before:
            raise _Killed
        note(self, *args, **facts)
        if notes == step:
            raise _Killed

    with monkeypatch.context() as patch:
        patch.setattr(Submissions, "note", counted)
        with suppress(_Killed):
            run(emulator, tmp_path)
    ran = run(emulator, tmp_path)
    assert ran.error is None
    assert outputs(tmp_path) == ALL
    assert asked(emulator) == Counter(range(COUNT))
    assert (emulator.batches, emulator.files) == ((), ())


def test_a_kept_reply_is_used_instead_of_a_job(
    tmp_path: Path, emulator: Emulator
) -> None:
    listed = edits(tmp_path, 1)
    cache = tmp_path / "cache"
    with Editor(
        provider="google", base_url=emulator.url, api_key="any", cache=cache
    ) as editor:
        editor.edit(listed[0])
        (tmp_path / "out" / "0.jpg").unlink()
        with DeferredBatch(
            editor, listed, manifest=tmp_path / "results.jsonl"
        ) as batch:
            (outcome,) = batch
        assert outcome.record["cached"] is True
        assert batch.submitted == []
        assert emulator.lines == ()


def test_skip_existing_submits_only_what_is_missing(
    tmp_path: Path, emulator: Emulator
) -> None:
    photo(tmp_path / "1.jpg")
    listed = edits(tmp_path)
    (tmp_path / "1.jpg").rename(tmp_path / "out" / "1.jpg")
    ran = run(emulator, tmp_path, listed, skip_existing=True)
    assert (ran.made, ran.error) == (2, None)
    assert asked(emulator) == Counter([0, 2])
