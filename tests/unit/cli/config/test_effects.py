"""Every option that would have no effect on a run is refused, and only then."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from support.settling import settle, write_config

from nano_edit.cli.command_table import chosen
from nano_edit.cli.config.effects import check_effects
from nano_edit.cli.config.folders import config_folder
from nano_edit.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

ONE = ("sepia", "in.jpg")


def check(*arguments: str) -> None:
    command, _ = chosen(arguments)
    check_effects(command, settle(*arguments))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((*ONE, "--report", "r.html"), "--report has no effect on a single edit."),
        ((*ONE, "--pick", "1"), "--pick has no effect without -n."),
        ((*ONE, "-n", "2", "--pick", "3"), "--pick 3: there are 2 variants."),
        (
            (*ONE, "-n", "2", "--pick", "1", "--each"),
            "--pick cannot go with --each.",
        ),
        *(
            ((*ONE, "--grid", "2x2", *more), f"--grid cannot go with {more[0]}.")
            for more in (
                ("--each",),
                ("--count", "2"),
                ("--region", "1,1,2,2"),
                ("--mask", "m.png"),
                ("--keep-rest",),
                ("--keep-size",),
                ("--copy-metadata",),
            )
        ),
        ((*ONE, "--grid", "2x2", "--defer"), "--defer has no effect on a single edit"),
        ((*ONE, "--grid", "2x2", "--pick", "1"), "--pick has no effect without -n."),
        ((*ONE, "--grid", "2x2", "-o", "-"), "--grid makes several pictures; standard"),
        ((*ONE, "--grid", "2x2", "--sheet", "s.jpg"), "--sheet has no effect on a"),
        ((*ONE, "--sheet", "s.jpg"), "--sheet has no effect on a single edit."),
        (
            (*ONE, "-n", "2", "--defer", "--sheet", "s.jpg"),
            "--sheet has no effect with --defer.",
        ),
        (("batch", "x", "--sheet", "s.png"), "--sheet has to end in .jpg"),
        ((*ONE, "--manifest", "m.jsonl"), "--manifest has no effect on a single edit."),
        ((*ONE, "--shard", "5/3"), "--shard has no effect on a single edit."),
        ((*ONE, "-j", "8"), "--jobs has no effect on a single edit."),
        ((*ONE, "--fail-fast"), "--fail-fast has no effect on a single edit."),
        ((*ONE, "--skip-existing"), "--skip-existing has no effect on a single edit."),
        ((*ONE, "--retry-refused"), "--retry-refused has no effect on a single edit."),
        ((*ONE, "--recursive"), "--recursive has no effect without --each."),
        ((*ONE, "-n", "2", "--recursive"), "--recursive has no effect without --each."),
        ((*ONE, "-n", "2", "--show"), "--show has no effect on many edits."),
        ((*ONE, "--each", "--show-both"), "--show=both has no effect on many edits."),
        ((*ONE, "--cache-dir", "x"), "--cache-dir has no effect without the cache."),
        ((*ONE, "--no-cache", "--cache-size", "9"), "--cache-size has no effect"),
        (("again", "x", "--cache-size", "9"), "--cache-size has no effect"),
        (
            (*ONE, "--no-history", "--history-size", "9"),
            "--history-size has no effect with --no-history.",
        ),
        (("again", "x", "--whole", "--keep-rest"), "--whole has no effect beside"),
        (("auth", "status", "--base-url", "https://x"), "--base-url has no effect"),
        (("replies", "rm", "1f", "--all"), "--all has no effect beside the replies"),
        (
            ("batch", "x", "--report", "a.jpg"),
            "--report has to end in .html, and a.jpg",
        ),
        (("batch", "x", "--report", "."), "--report has to end in .html, and . does"),
        ((*ONE, "-n", "2", "--manifest", "a.json"), "--manifest has to end in .jsonl"),
    ],
)
def test_an_option_without_effect_is_refused(
    arguments: tuple[str, ...], said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        check(*arguments)
    assert caught.value.message.startswith(said)
    assert caught.value.hint


@pytest.mark.parametrize(
    "arguments",
    [
        ONE,
        (*ONE, "--show"),
        (*ONE, "--grid", "2X2", "--show", "--strict"),
        (*ONE, "--rpm", "5", "--cache", "--cache-size", "9"),
        (*ONE, "-n", "2", "-j", "8", "--report", "R.HTML", "--manifest", "m.jsonl"),
        (*ONE, "-n", "2", "--pick", "2", "--sheet", "s.jpg"),
        (*ONE, "--each", "--recursive", "--shard", "1/2", "--fail-fast"),
        ("batch", "x.csv", "-j", "2", "--skip-existing", "--dry-run"),
        ("auth", "status", "--check", "--base-url", "https://x"),
        ("replies", "rm", "--all"),
    ],
)
def test_an_option_with_an_effect_is_accepted(arguments: tuple[str, ...]) -> None:
    check(*arguments)


def test_what_holds_for_many_runs_need_not_matter_to_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_config(config_folder() / "config.toml", "jobs = 9\nshow = true\n")
    monkeypatch.setenv("NANO_EDIT_FAIL_FAST", "1")
    check(*ONE)
    check(*ONE, "-n", "2")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no FIFOs")
def test_a_pipe_may_have_any_name(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    check(*ONE, "-n", "2", "--manifest", str(tmp_path / "pipe"))
