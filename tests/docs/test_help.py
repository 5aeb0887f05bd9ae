from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import support
import typer

from nano_edit.cli.app import app
from nano_edit.cli.help.plain_help import exit_table, exit_table_markdown, help_text
from nano_edit.cli.help.reference import EXAMPLES, Kind, reference_of
from nano_edit.cli.options import PANELS
from nano_edit.errors import ExitStatus

if TYPE_CHECKING:
    from pathlib import Path

    from nano_edit.cli.help.reference import Entry

REFERENCE = reference_of(typer.main.get_command(app))
SLOW = {"rich", "httpx", "PIL", "pydantic", "pybase64", "asyncio"}
HEADINGS = ("Usage:", *(f"{panel}:" for panel in PANELS), "Examples:", "Exit status:")


def loaded(*arguments: str) -> set[str]:
    """The top-level packages that a run of the program imports."""
    command = [sys.executable, "-X", "importtime", "-m", "nano_edit", *arguments]
    done = subprocess.run(
        command, capture_output=True, env=support.environment(), check=False
    )
    names = re.findall(r"\|\s+([\w.]+)\r?$", done.stderr.decode(), re.MULTILINE)
    assert "nano_edit.cli.app" in names
    return {name.split(".")[0] for name in names}


def test_help_comes_from_the_real_program(run: support.Run) -> None:
    done = run("--help")
    assert done.status == ExitStatus.OK
    assert done.stdout == help_text(REFERENCE)
    assert not done.stderr


def test_help_fits_80_columns() -> None:
    assert max(map(len, help_text(REFERENCE).splitlines())) <= 80


def test_help_is_grouped_in_the_order_of_the_panels() -> None:
    lines = help_text(REFERENCE).splitlines()
    titles = [line for line in lines if re.fullmatch(r"[A-Z][\w ]+:", line)]
    assert titles == list(HEADINGS[1:])


@pytest.mark.parametrize("entry", REFERENCE.options, ids=lambda entry: entry.flags[-1])
def test_help_shows_each_option_with_its_variable(entry: Entry) -> None:
    shown = help_text(REFERENCE)
    assert all(name in shown for name in (*entry.flags, *entry.negations))
    assert f"{entry.flags[-1]} {entry.metavar}".strip() in shown
    assert entry.variable is None or f"[{entry.variable}]" in shown


def test_brackets_in_help_are_kept_as_they_are_written(run: support.Run) -> None:
    assert "[presets.NAME]" in run("--help").stdout


def test_hidden_flag_is_told_as_the_value_it_stands_for() -> None:
    assert "--show-both" not in help_text(REFERENCE)
    (show,) = (each for each in REFERENCE.options if "--show" in each.flags)
    assert (show.may_be, show.kind) == (("both",), Kind.FLAG)


def test_every_exit_status_is_in_the_tables() -> None:
    for status in ExitStatus:
        name = status.code if status else ""
        assert re.search(rf"^ +{int(status)}  {name} +\S", exit_table(), re.MULTILINE)
        assert f"\n| {int(status)} | {name} | " in exit_table_markdown()


def test_help_ends_with_examples_and_the_exit_table() -> None:
    shown = help_text(REFERENCE)
    assert shown.endswith(f"Exit status:\n{exit_table()}\n")
    assert all(f"\n  {command}\n" in shown for _, command in EXAMPLES)


def test_a_wrong_option_points_to_the_help(run: support.Run) -> None:
    done = run("--no-such-option")
    assert done.status == ExitStatus.USAGE
    assert "nano-edit --help" in done.stderr


@pytest.mark.parametrize("asked", ["--help", "--version"])
def test_what_is_answered_at_once_loads_nothing_slow(asked: str) -> None:
    assert not loaded(asked) & SLOW


def test_a_wrong_option_is_told_without_rich() -> None:
    assert not loaded("--no-such-option") & {"rich", "httpx", "PIL"}


@pytest.mark.parametrize("forcing", [{"FORCE_COLOR": "1"}, {"GITHUB_ACTIONS": "true"}])
def test_help_in_a_pipe_holds_no_control_codes(
    run: support.Run, forcing: dict[str, str]
) -> None:
    assert b"\x1b" not in run("--help", env=forcing).out


def help_on_a_terminal(cwd: Path, **variables: str) -> str:
    """What a terminal is sent when help is asked for."""
    pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
    end, side = pty.openpty()
    with subprocess.Popen(
        support.command("--help"),
        stdin=side,
        stdout=side,
        cwd=cwd,
        env=support.environment({"TERM": "xterm", **variables}),
    ):
        os.close(side)
        shown = b""
        while not shown.endswith(b"SIGTERM\r\n"):  # the help's last line
            shown += os.read(end, 65536)
    os.close(end)
    return shown.decode()


def test_headings_are_bold_at_a_terminal(tmp_path: Path) -> None:
    shown = help_on_a_terminal(tmp_path)
    assert re.findall(r"\x1b\[1m(.*?)\x1b\[0m", shown) == list(HEADINGS)


@pytest.mark.parametrize("quiet", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_headings_are_plain_where_colour_is_unwanted(
    tmp_path: Path, quiet: dict[str, str]
) -> None:
    assert "\x1b" not in help_on_a_terminal(tmp_path, **quiet)
