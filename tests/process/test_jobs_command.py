"""``jobs list``, ``cancel``, ``rm``, and the options of deferred edits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support import photo

from nano_edit.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support import Finished, Run


@pytest.fixture
def service() -> Iterator[Emulator]:
    with Emulator(signature_bytes=1000, batch_delay=60) as emulator:
        yield emulator


def defer(run: Run, folder: Path, emulator: Emulator, *more: str) -> Finished:
    if not (folder / "in.jpg").exists():
        photo(folder / "in.jpg")
    options = ("-o", "out", "--defer", "--provider", "google", *more)
    return run("sepia", "--each", "in.jpg", *options, env=at(emulator))


def at(emulator: Emulator) -> dict[str, str]:
    return {"NANO_EDIT_BASE_URL": emulator.url, "NANO_EDIT_API_KEY": "canary"}


def test_jobs_are_listed_cancelled_and_removed(
    run: Run, tmp_path: Path, service: Emulator
) -> None:
    env = at(service)
    assert run("jobs", "list", env=env).stderr == "There are no jobs.\n"
    submitted = defer(run, tmp_path, service)
    assert submitted.status == 0
    assert "The service makes them within a day." in submitted.stderr
    (job,) = service.batches
    listed = json.loads(run("jobs", "list", "--json", env=env).stdout)
    assert listed["job"] == job.name
    assert (listed["state"], listed["edits"], listed["made"]) == ("pending", 1, 0)
    heading, row = run("jobs", "list", env=env).stdout.splitlines()
    assert heading.split()[:3] == ["JOB", "STATE", "EDITS"]
    assert row.split()[:4] == [job.name, "pending", "1", "0"]
    refused = run("jobs", "rm", job.name, "--yes", env=env)
    assert refused.status == 2
    assert f"nano-edit jobs cancel {job.name}" in refused.stderr
    nothing = run("jobs", "rm", "--all", "--yes", env=env)
    assert "There are no jobs that have ended." in nothing.stderr
    short = job.name.removeprefix("batches/")
    assert "is cancelled" in run("jobs", "cancel", short, env=env).stderr
    again = run("jobs", "cancel", short, env=env)
    assert "has ended already: cancelled." in again.stderr
    nobody = run("jobs", "rm", short, env=env)
    assert nobody.status == 2
    assert "--yes goes ahead" in nobody.stderr
    assert "is removed." in run("jobs", "rm", short, "--yes", env=env).stderr
    assert (service.batches, service.files) == ((), ())


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ("jobs cancel none", 3, "The service knows no job none."),
        ("jobs cancel ../x", 3, "The service knows no job ../x."),
        ("jobs rm", 2, "Which jobs?"),
        ("jobs cancel", 2, "Which jobs?"),
        ("jobs rm x --all", 2, "has no effect beside the jobs"),
        ("jobs list --provider apiyi", 2, "apiyi makes no deferred"),
        ("sepia in.jpg --defer", 2, "has no effect on a single edit"),
        ("sepia --each in.jpg --wait", 2, "without --defer"),
        ("sepia --each in.jpg --defer --poll 1", 2, "without --wait"),
        ("sepia --each in.jpg --defer", 2, "--provider google"),
        ("sepia in.jpg -n 2 --defer --provider google", 2, "needs a manifest"),
        ("sepia --each in.jpg --defer -j 8", 2, "--jobs has no effect with --defer"),
        ("sepia --each in.jpg --defer --emulate", 2, "nano-edit emulator"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(
    run: Run, tmp_path: Path, line: str, status: int, said: str
) -> None:
    photo(tmp_path / "in.jpg")
    with Emulator() as emulator:
        done = run(*line.split(), env=at(emulator))
    assert done.status == status, done.stderr
    assert said in " ".join(done.stderr.split())


def test_a_key_is_asked_for_where_one_is_needed(run: Run) -> None:
    done = run("jobs", "list")
    assert done.status == 4
    assert "GEMINI_API_KEY" in done.stderr


def test_what_failed_is_told_with_the_next_step(run: Run, tmp_path: Path) -> None:
    with Emulator(signature_bytes=1000, faults="IMAGE_SAFETY") as emulator:
        first = defer(run, tmp_path, emulator, "--wait", "--poll", "0.1")
        again = defer(run, tmp_path, emulator)
        assert (first.status, again.status) == (12, 12)
        assert "Refused in an earlier run: No picture came" in again.stderr
        hint = "Change what was refused. The same command with --retry-failed submits"
        assert hint in again.stderr
        assert len(emulator.lines) == 1
        more = ("--retry-failed", "--wait", "--poll", "0.1")
        assert defer(run, tmp_path, emulator, *more).status == 0


def test_a_dry_run_tells_half_of_the_price(run: Run, tmp_path: Path) -> None:
    photo(tmp_path / "in.jpg")
    options = ("-o", "out", "--provider", "google", "--dry-run", "--json")
    costs = []
    for more in ((), ("--defer",)):
        told = run("sepia", "--each", "in.jpg", *options, *more).stdout.splitlines()
        costs.append([json.loads(line)["cost"]["dollars"] for line in told])
        assert "serviceTier" not in json.loads(told[0])["body"]
    whole, half = costs
    assert half == pytest.approx([cost / 2 for cost in whole], abs=1e-4)


def test_deferred_edits_are_waited_for_and_reported(run: Run, tmp_path: Path) -> None:
    with Emulator(signature_bytes=1000, batch_delay=0.3) as emulator:
        options = ("--wait", "--poll", "0.1", "--report", "report.html", "--json")
        done = defer(run, tmp_path, emulator, *options)
        assert done.status == 0, done.stderr
        record = json.loads(done.stdout)
        assert (record["ok"], record["output"]) == (True, "out/in-edited.jpg")
        assert "in-edited.jpg" in (tmp_path / "report.html").read_text("utf-8")
        assert "Run the same command again" not in done.stderr
        assert emulator.requests == ()
        assert len(emulator.lines) == 1
