"""Ledger and budget against the emulator's account, with many edits at once.

``STORM=200`` in the environment makes as many edits in each storm.
"""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

import pytest
from support import photo
from support.accounts import assert_agree, assert_agree_one_by_one, dollars_of

from nano_edit import Batch, Edit, Editor, edit
from nano_edit.domain import Billed, ReplyStarted
from nano_edit.emulator import Emulator
from nano_edit.engine.money.billing import month_start
from nano_edit.engine.money.ledger import ledger_path, read_calls
from nano_edit.errors import (
    BudgetError,
    ExitStatus,
    InputError,
    NanoEditError,
    OutputError,
    RefusedError,
    ServerError,
    UsageError,
)

if TYPE_CHECKING:
    from pathlib import Path

KEY = "sk-canary-0123456789"
COUNT = int(os.environ.get("STORM", "24"))


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return photo(tmp_path / "in.jpg", 32, 24)


@pytest.fixture
def edits(tmp_path: Path) -> list[Edit]:
    (tmp_path / "out").mkdir()
    source = str(photo(tmp_path / "many.jpg", 32, 24))
    return [
        Edit("sepia", (source,), str(tmp_path / "out" / f"{number}.jpg"))
        for number in range(COUNT)
    ]


def editor_of(emulator: Emulator, **more: Any) -> Editor:
    return Editor(base_url=emulator.url, api_key=KEY, **more)


# --- the ledger ---------------------------------------------------------------


@pytest.mark.parametrize("provider", ["apiyi", "google"])
def test_an_edit_is_in_the_ledger_as_it_was_billed(
    picture: Path, tmp_path: Path, provider: str
) -> None:
    with Emulator(signature_bytes=100, faults="429=0,ok") as emulator:
        result = edit(
            *("sepia", picture, tmp_path / "out.jpg"),
            provider=provider,
            base_url=emulator.url,
            api_key=KEY,
        )
        limited, made = read_calls(ledger_path())
        assert_agree_one_by_one([limited, made], emulator)
    assert (limited.outcome, limited.billed, limited.dollars) == ("quota", "no", 0)
    assert (made.outcome, made.billed) == ("picture", "yes")
    assert made.dollars == result.cost.dollars
    assert made.counted == result.cost.counted == (provider == "google")
    assert made.response_id == result.reply.response_id
    assert made.tokens
    assert made.tokens["image_tokens"] == 1120


def test_the_ledger_tells_nothing_of_what_was_edited(
    picture: Path, tmp_path: Path
) -> None:
    with Emulator(signature_bytes=100) as emulator, editor_of(emulator) as editor:
        editor.edit(Edit("a secret wish", (str(picture),), str(tmp_path / "o.jpg")))
    text = ledger_path().read_text()
    for secret in ("secret", "wish", "in.jpg", "o.jpg", str(tmp_path), KEY):
        assert secret not in text
    assert len(text.splitlines()) == 2


def test_a_lost_request_is_unknown_and_costs_what_it_may_have(
    picture: Path, tmp_path: Path
) -> None:
    with (
        Emulator(signature_bytes=100, faults="reset") as emulator,
        editor_of(emulator) as editor,
        pytest.raises(NanoEditError) as caught,
    ):
        editor.edit(Edit("sepia", (str(picture),), str(tmp_path / "out.jpg")))
    (call,) = read_calls(ledger_path())
    assert (call.outcome, call.billed, call.dollars) == ("unknown", "unknown", 0.09)
    assert caught.value.cost
    assert caught.value.cost.dollars == 0.09


def test_a_picture_that_cannot_be_placed_did_come(
    picture: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.jpg"

    def take_its_name(event: object) -> None:
        if isinstance(event, ReplyStarted):
            output.touch()

    with (
        Emulator(signature_bytes=100, faults="truncated-image,ok") as emulator,
        editor_of(emulator, observe=take_its_name) as editor,
    ):
        for kind in (ServerError, OutputError):
            with pytest.raises(kind):
                editor.edit(Edit("sepia", (str(picture),), str(output)))
            output.unlink()
    calls = read_calls(ledger_path())
    assert [call.outcome for call in calls] == ["server", "picture"]
    assert {call.billed for call in calls} == {"yes"}


def test_all_attempts_of_an_edit_add_up(picture: Path, tmp_path: Path) -> None:
    with Emulator(signature_bytes=100, faults="reset,429=0,ok") as emulator:
        with editor_of(emulator, retry_unknown=True) as editor:
            result = editor.edit(
                Edit("sepia", (str(picture),), str(tmp_path / "o.jpg"))
            )
        assert result.attempts == 3
        assert result.cost.dollars == pytest.approx(0.18)
        assert not result.cost.counted
        assert_agree_one_by_one(read_calls(ledger_path()), emulator)


def test_a_refusal_by_a_gateway_is_billed_and_one_by_google_unknown(
    picture: Path, tmp_path: Path
) -> None:
    wanted = Edit("sepia", (str(picture),), str(tmp_path / "out.jpg"))
    with Emulator(signature_bytes=100, faults="IMAGE_SAFETY:2") as emulator:
        for provider, billed in (("apiyi", Billed.YES), ("google", Billed.UNKNOWN)):
            with (
                editor_of(emulator, provider=provider) as editor,
                pytest.raises(RefusedError) as caught,
            ):
                editor.edit(wanted)
            assert caught.value.billed is billed
            assert caught.value.cost
            assert caught.value.cost.counted == (provider == "google")
        assert_agree_one_by_one(read_calls(ledger_path()), emulator)


def test_nothing_that_was_not_sent_is_in_the_ledger(
    picture: Path, tmp_path: Path
) -> None:
    wanted = Edit("sepia", (str(picture),), str(tmp_path / "out.jpg"))
    nobody = Editor(base_url="http://127.0.0.1:9", api_key=KEY, retries=0)
    with nobody as editor, pytest.raises(NanoEditError) as caught:
        editor.edit(wanted)
    assert caught.value.exit_status is ExitStatus.NETWORK
    assert not ledger_path().exists()


def test_a_ledger_that_cannot_be_written_lets_nothing_out(
    picture: Path, tmp_path: Path
) -> None:
    ledger_path().mkdir(parents=True)
    with (
        Emulator(signature_bytes=100) as emulator,
        editor_of(emulator) as editor,
        pytest.raises(InputError, match="ledger") as caught,
    ):
        editor.edit(Edit("sepia", (str(picture),), str(tmp_path / "out.jpg")))
    assert caught.value.billed is Billed.NO
    assert not emulator.billed
    assert not emulator.requests or emulator.requests[0].body_bytes is None


def test_without_the_ledger_there_is_none(
    picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NANO_EDIT_LEDGER", "0")
    with Emulator(signature_bytes=100) as emulator, editor_of(emulator) as editor:
        result = editor.edit(Edit("sepia", (str(picture),), str(tmp_path / "out.jpg")))
    assert result.cost.dollars == 0.09
    assert not ledger_path().exists()


def test_an_emulated_edit_costs_nothing_and_is_not_noted(
    picture: Path, tmp_path: Path
) -> None:
    wanted = Edit("sepia", (str(picture),), str(tmp_path / "out.jpg"), model="new")
    with (
        Emulator(signature_bytes=100) as emulator,
        editor_of(emulator, emulated=True, budget=0) as editor,
    ):
        assert editor.edit(wanted).cost.dollars == 0
    assert not ledger_path().exists()


# --- the budget ---------------------------------------------------------------

STORM = (
    "429=0.01:3,ok,500,ok:2,429=0:2,reset,ok,IMAGE_SAFETY,503,ok,close,524-html,ok:*"
)


@pytest.mark.parametrize("provider", ["apiyi", "google"])
@pytest.mark.parametrize("jobs", [1, 8, 30])
def test_a_budget_is_never_passed(edits: list[Edit], jobs: int, provider: str) -> None:
    dollars = 0.042 * COUNT
    with Emulator(signature_bytes=100, faults=STORM) as emulator:
        with (
            editor_of(
                emulator,
                provider=provider,
                budget=dollars,
                retry_unknown=True,
                retries=9,
                max_wait=1,
            ) as editor,
            Batch(editor, edits, jobs=jobs) as batch,
        ):
            outcomes = list(batch)
        summary = batch.summary
        calls = read_calls(ledger_path())
        assert_agree(calls, emulator.billed)
        assert dollars_of(emulator.billed) <= dollars
    one = 0.09 if provider == "apiyi" else 0.15
    assert dollars_of(emulator.billed) > dollars - 2 * one
    error = summary.error()
    assert isinstance(error, BudgetError)
    assert error.exit_status is ExitStatus.QUOTA
    verb = "was" if summary.left == 1 else "were"
    assert f"{summary.left} {verb} not begun" in error.message
    assert summary.left + len(outcomes) == COUNT
    assert summary.cost.dollars == pytest.approx(
        dollars_of([call for call in calls if call.billed is not Billed.NO])
    )


def test_a_resumed_run_counts_what_the_manifest_says(
    edits: list[Edit], tmp_path: Path
) -> None:
    wanted = edits[:6]
    manifest = tmp_path / "results.jsonl"
    with Emulator(signature_bytes=100) as emulator:
        for made in (2, 2, 4):  # the second run may add nothing
            budget = 0.2 if made == 2 else 0.4
            with (
                editor_of(emulator, budget=budget) as editor,
                Batch(editor, wanted, jobs=1, manifest=manifest) as batch,
            ):
                list(batch)
            assert isinstance(batch.summary.error(), BudgetError)
            assert len(emulator.requests) == made
    lines = [json.loads(line) for line in manifest.read_text().splitlines()]
    assert sum(line["cost"]["dollars"] for line in lines) == pytest.approx(0.36)


def test_a_price_that_is_not_known_is_refused_under_a_budget(picture: Path) -> None:
    with (
        Emulator(signature_bytes=100) as emulator,
        editor_of(emulator, budget=5) as editor,
        pytest.raises(UsageError, match="price is not known"),
    ):
        editor.edit(Edit("sepia", (str(picture),), model="gemini-9-image"))
    assert not emulator.requests


def test_ones_own_price_is_what_counts(picture: Path, tmp_path: Path) -> None:
    prices = {"apiyi": {"gemini-9-image": 0.5}}
    out = str(tmp_path / "out.jpg")
    wanted = Edit("sepia", (str(picture),), out, model="gemini-9-image", force=True)
    with (
        Emulator(signature_bytes=100) as emulator,
        editor_of(emulator, prices=prices, budget=0.9) as editor,
    ):
        assert editor.edit(wanted).cost.dollars == 0.5
        with pytest.raises(BudgetError):
            editor.edit(wanted)


def test_a_monthly_budget_counts_over_the_ledger(picture: Path, tmp_path: Path) -> None:
    wanted = Edit("sepia", (str(picture),), str(tmp_path / "out.jpg"), force=True)
    with Emulator(signature_bytes=100) as emulator:
        for _ in range(2):
            with editor_of(emulator, monthly_budget=0.2) as editor:
                editor.edit(wanted)
        with (
            editor_of(emulator, monthly_budget=0.2) as editor,
            pytest.raises(BudgetError, match="monthly_budget"),
        ):
            editor.edit(wanted)
        text = ledger_path().read_text()
        this_month, earlier = time.strftime("%Y-%m", time.gmtime()), "2026-01"
        ledger_path().write_text(text.replace(this_month, earlier))
        with editor_of(emulator, monthly_budget=0.2) as editor:
            editor.edit(wanted)


def test_a_month_begins_here(monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(time, "tzset"):
        pytest.skip("no time zones to choose from")
    try:
        monkeypatch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        assert month_start(1_796_100_000) == "2026-11-30T15:00:00Z"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_monthly_budget_needs_the_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NANO_EDIT_LEDGER", "0")
    with pytest.raises(UsageError, match="NANO_EDIT_LEDGER=0"):
        Editor(monthly_budget=5)


@pytest.mark.parametrize("dollars", [-1, float("nan")])
def test_a_budget_is_an_amount(dollars: float) -> None:
    with pytest.raises(UsageError, match="0 dollars or more"):
        Editor(budget=dollars)
