"""Money from the command line: estimates, the budget, tiers, and what was spent."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support.result_schema import validated

from nano_edit.cli.commands.spend import day_of
from nano_edit.domain import Billed
from nano_edit.emulator import Emulator
from nano_edit.engine.money.ledger import Call, Ledger, ledger_path, read_calls

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support import Run

PRO = "gemini-3-pro-image-preview"
MADE = Call(
    id="1",
    at="2026-10-03T12:00:00Z",
    provider="apiyi",
    model=PRO,
    size="2K",
    tier="standard",
    outcome="picture",
    billed=Billed.YES,
    dollars=0.09,
    response_id="r-1",
)
CALLS = (
    MADE,
    replace(MADE, id="2"),
    replace(MADE, id="3", outcome="refused", tokens={"candidates_tokens": 0}),
    replace(MADE, id="4", outcome="sent", billed=Billed.UNKNOWN),
    replace(MADE, id="5", outcome="quota", billed=Billed.NO, dollars=0),
    replace(MADE, id="6", at="2026-11-05T12:00:00Z", provider="google", dollars=1.5),
    replace(MADE, id="7", at="2026-11-06T12:00:00Z", model="new", dollars=None),
)


@pytest.fixture
def ledger() -> None:
    """A ledger of two months."""
    writer = Ledger(ledger_path())
    for call in CALLS:
        writer.note_sent(call)


@pytest.mark.usefixtures("ledger")
def test_what_was_spent_is_a_table_with_bars(run: Run) -> None:
    done = run("spend")
    assert done.status == 0
    october, fifth, sixth, total = done.stdout.splitlines()
    lost = "1 without a picture; 1 unknown, up to $0.09"
    assert october.split()[:4] == ["2026-10-03", "3", "$0.27", "████░"]
    assert october.endswith(lost)
    assert fifth == f"2026-11-05  1    $1.50  {'█' * 24}"
    assert sixth.split() == "2026-11-06 1 unknown 1 without a known price".split()
    assert total.split("  ")[0] == "total"
    assert total.endswith(f"{lost}; 1 without a known price")
    assert "estimates" in done.stderr


@pytest.mark.usefixtures("ledger")
def test_sums_go_by_model_or_provider_from_a_day_on(run: Run) -> None:
    done = run("spend", "--by", "model", "--since", "2026-11-01")
    names = [line.split("  ")[0] for line in done.stdout.splitlines()]
    assert names == [f"{PRO} 2K", "new 2K", "total"]
    done = run("spend", "--by", "provider", "--json")
    apiyi, google = map(json.loads, done.stdout.splitlines())
    assert apiyi == {
        "provider": "apiyi",
        "requests": 4,
        "pictures": 3,
        "dollars": 0.27,
        "unknown_requests": 1,
        "unknown_dollars": 0.09,
        "unpriced": 1,
    }
    assert google["dollars"] == 1.5


@pytest.mark.usefixtures("ledger")
def test_sums_and_claims_come_as_csv(run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(run("spend", "--csv").stdout)))
    assert [row["day"] for row in rows] == ["2026-10-03", "2026-11-05", "2026-11-06"]
    assert rows[0]["dollars"] == "0.27"
    done = run("spend", "--claims", "apiyi")
    (claim,) = csv.DictReader(io.StringIO(done.stdout))
    assert claim == {
        "time": MADE.at,
        "model": PRO,
        "size": "2K",
        "outcome": "refused",
        "output_tokens": "0",
        "response_id": "r-1",
        "dollars": "0.09",
    }
    assert "1 billed request gave no picture, about $0.09." in done.stderr
    record = json.loads(run("spend", "--claims", "apiyi", "--json").stdout)
    assert record["output_tokens"] == 0


def test_nothing_spent_is_said(run: Run) -> None:
    done = run("spend")
    assert (done.status, done.stdout) == (0, "")
    assert "Nothing was spent" in done.stderr
    assert "no billed request" in run("spend", "--claims", "apiyi").stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--since", "yesterday"), "--since yesterday: this is not a day."),
        (("--json", "--csv"), "two forms of the same"),
        (("--claims", "google"), "google bills by token"),
        (("--by", "week"), "is not one of day model provider"),
    ],
)
def test_a_wrong_question_is_answered_with_the_right_one(
    run: Run, arguments: tuple[str, ...], said: str
) -> None:
    done = run("spend", *arguments)
    assert done.status == 2
    assert said in done.stderr


def test_a_time_that_is_none_is_its_own_day() -> None:
    assert day_of(replace(MADE, at="sometime soon")) == "sometime s"


# --- before, during, after ------------------------------------------------------


def test_a_dry_run_ends_with_requests_cost_and_bytes(
    run: Run, photo: Callable[..., Path]
) -> None:
    photo("in.jpg")
    one = run("sepia", "in.jpg", "--dry-run")
    assert "\n1 request, about $0.09; " in one.stdout
    asked = ("sepia", "in.jpg", "-n", "3", "-o", "o.jpg", "--dry-run")
    many = run(*asked, "--provider", "google", "--tier", "flex", "-s", "4K")
    last = many.stdout.splitlines()[-1]
    assert last.startswith("3 edits: 3 requests, about $0.366; ")
    *_, total = run(*asked, "--json").stdout.splitlines()
    record = validated(total)
    assert record["requests"] == 3
    assert record["cost"] == {"dollars": 0.27, "estimated": True}
    assert record["bytes"] > 0
    new = run("sepia", "in.jpg", "--dry-run", "-m", "gemini-9-image")
    assert "1 request, at an unknown price; " in new.stdout


def test_a_budget_ends_the_run_with_six_and_says_what_is_left(
    run: Run, photo: Callable[..., Path]
) -> None:
    photo("in.jpg")
    asked = ("sepia", "in.jpg", "-n", "5", "-o", "o.jpg", "--budget", "0.2")
    with Emulator(signature_bytes=100) as emulator:
        env = {"NANO_EDIT_API_KEY": "any", "NANO_EDIT_BASE_URL": emulator.url}
        done = run(*asked, env=env)
        assert len(emulator.requests) == 2
    assert done.status == 6
    assert "5 edits  done: 2, not begun: 3, " in done.stderr
    assert "cost: about $0.18" in done.stderr
    assert (
        "The budget of $0.20 (--budget) has $0.02 left. Another edit costs about "
        "$0.09; it was not sent. 2 of 5 edits are done, 3 were not begun."
    ) in done.stderr


def test_ones_own_prices_and_month_are_configured(
    run: Run, photo: Callable[..., Path], tmp_path: Path
) -> None:
    photo("in.jpg")
    config = tmp_path / "config.toml"
    config.write_text(
        "monthly_budget = 1\nconfirm_above = 5\n[prices.apiyi]\npro = 0.4\n"
    )
    asked = ("sepia", "in.jpg", "-n", "3", "-o", "o.jpg", "--config", str(config))
    assert "about $1.20; " in run(*asked, "--dry-run").stdout
    with Emulator(signature_bytes=100) as emulator:
        env = {"NANO_EDIT_API_KEY": "any", "NANO_EDIT_BASE_URL": emulator.url}
        done = run(*asked, env=env)
        assert done.status == 6
        assert "The budget of $1.00 (monthly_budget) has $0.20 left." in done.stderr
        again = run("sepia", "in.jpg", "--config", str(config), env=env)
        assert again.status == 6
        assert len(emulator.requests) == 2


def test_a_refusal_that_was_billed_is_marked(
    run: Run, photo: Callable[..., Path]
) -> None:
    photo("in.jpg")
    with Emulator(signature_bytes=100, faults="IMAGE_SAFETY") as emulator:
        env = {"NANO_EDIT_API_KEY": "any", "NANO_EDIT_BASE_URL": emulator.url}
        done = run(*("sepia", "in.jpg", "-n", "2", "-o", "o.jpg", "-j", "1"), env=env)
    assert "(billed: yes, about $0.09)" in done.stderr
    assert "failed: 1 (1 refused and billed)" in done.stderr
    assert "cost: about $0.18" in done.stderr
    assert "nano-edit spend --claims apiyi" in done.stderr


# --- tiers ----------------------------------------------------------------------


@pytest.mark.parametrize(("tier", "dollars"), [("flex", 0.069), ("priority", 0.276)])
def test_a_tier_is_asked_for_shown_and_priced(
    run: Run, photo: Callable[..., Path], tier: str, dollars: float
) -> None:
    photo("in.jpg")
    asked = ("sepia", "in.jpg", "-o", "o.jpg", "--provider", "google", "--tier", tier)
    with Emulator(signature_bytes=100) as emulator:
        env = {"NANO_EDIT_API_KEY": "any", "NANO_EDIT_BASE_URL": emulator.url}
        done = run(*asked, "--json", env=env)
        (charge,) = emulator.billed
    record = validated(done.stdout)
    assert record["tier"] == charge.tier == tier
    assert f"{tier} tier" in done.stderr
    assert record["cost"]["estimated"] is False
    assert record["cost"]["dollars"] == pytest.approx(dollars, rel=0.02)
    assert record["cost"]["dollars"] == pytest.approx(charge.dollars, rel=0.02)
    (call,) = read_calls(ledger_path())
    assert call.tier == tier


def test_a_downgrade_is_warned_about_and_costs_the_full_price(
    run: Run, photo: Callable[..., Path]
) -> None:
    photo("in.jpg")
    asked = ("sepia", "in.jpg", "-o", "o.jpg", "--provider", "google", "--tier", "flex")
    with Emulator(signature_bytes=100, faults="downgrade") as emulator:
        env = {"NANO_EDIT_API_KEY": "any", "NANO_EDIT_BASE_URL": emulator.url}
        done = run(*asked, "--json", env=env)
    record = validated(done.stdout)
    assert record["tier"] == "standard"
    assert record["cost"]["dollars"] == pytest.approx(0.138, rel=0.02)
    warning = "The service used the standard tier, not flex, and bills that."
    assert record["warnings"] == [warning]
    assert f"warning: {warning}" in done.stderr


def test_a_tier_is_googles_alone(run: Run, photo: Callable[..., Path]) -> None:
    photo("in.jpg")
    done = run("sepia", "in.jpg", "--tier", "flex", "--dry-run")
    assert done.status == 2
    assert "apiyi has no tiers" in done.stderr


def test_flex_waits_longer_unless_told_otherwise(run: Run) -> None:
    shown = run("config", "show", "--json", "--provider", "google", "--tier", "flex")
    assert json.loads(shown.stdout)["settings"]["timeout"]["value"] == 900
    shown = run("config", "show", "--json", "--tier", "flex", "--timeout", "30")
    assert json.loads(shown.stdout)["settings"]["timeout"]["value"] == 30


@pytest.mark.parametrize("said", ["much", "-1", "nan", "inf"])
def test_the_limit_of_the_question_is_dollars_or_off(
    run: Run, photo: Callable[..., Path], said: str
) -> None:
    photo("in.jpg")
    done = run(
        *("sepia", "in.jpg", "-n", "2", "-o", "o.jpg"), f"--confirm-above={said}"
    )
    assert done.status == 2
    assert "it takes dollars, or off" in done.stderr


def test_deferred_edits_have_a_tier_of_their_own(
    run: Run, photo: Callable[..., Path]
) -> None:
    photo("in.jpg")
    asked = ("sepia", "in.jpg", "-n", "2", "--provider", "google", "--tier", "flex")
    done = run(*asked, "--defer")
    assert done.status == 2
    assert "--tier has no effect with --defer" in done.stderr


def test_models_show_ones_own_prices(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[prices.google]\n"gemini-3-pro-image" = { "4K" = 0.3 }\n')
    asked = ("models", "--provider", "google", "--config", str(config))
    first, *_ = map(json.loads, run(*asked, "--json").stdout.splitlines())
    assert first["dollars"] == {"1K": 0.134, "2K": 0.134, "4K": 0.3}
    assert "0.134 0.134 0.3\n" in run(*asked).stdout


def test_a_budget_that_a_second_attempt_would_pass_says_what_the_first_may_cost(
    run: Run, photo: Callable[..., Path]
) -> None:
    photo("in.jpg")
    asked = ("sepia", "in.jpg", "-o", "o.jpg", "--budget", "0.1", "--retry-unknown")
    with Emulator(signature_bytes=100, faults="reset") as emulator:
        env = {"NANO_EDIT_API_KEY": "any", "NANO_EDIT_BASE_URL": emulator.url}
        done = run(*asked, "--json", env=env)
        assert len(emulator.requests) == 1
    record = validated(done.stdout)
    assert record["attempts"] == 1
    assert record["error"]["code"] == "quota"
    assert record["error"]["billed"] == "unknown"
    assert record["cost"]["dollars"] == 0.09
    assert "Billed: unknown, about $0.09." in done.stderr
