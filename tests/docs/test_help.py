from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import support
from completions.facts import names, rows

from nano_edit.cli.command_table import BY_NAME, COMMANDS, GROUPS, USUAL, members
from nano_edit.cli.help.exits import EXITS, exit_table, exit_table_markdown
from nano_edit.cli.help.pages import (
    FIRST_EXAMPLES,
    Page,
    command_help,
    group_help,
    short_help,
    wrapped,
)
from nano_edit.cli.option_table import AT_ONCE, EDIT, PANELS, ROWS, find, rows_of
from nano_edit.cli.options import NAMES
from nano_edit.errors import ExitStatus

if TYPE_CHECKING:
    from pathlib import Path

    from nano_edit.cli.command_table import Command
    from nano_edit.cli.option_table import Row

SLOW = {
    "typer",
    "rich",
    "httpcore",
    "PIL",
    "pydantic",
    "pybase64",
    "asyncio",
    "inspect",
}
PAGE = Page()
FULL = command_help(BY_NAME[EDIT], PAGE)
SHORT = short_help(PAGE)
WIDTHS = (60, 73, 80, 100)


def loaded(*arguments: str) -> set[str]:
    """The top-level packages that a run of the program imports."""
    command = [sys.executable, "-X", "importtime", "-m", "nano_edit", *arguments]
    ours = support.environment()
    for name in [name for name in ours if name.startswith("COVERAGE_")]:
        del ours[name]  # measuring loads more than the program does
    done = subprocess.run(command, capture_output=True, env=ours, check=False)
    names = re.findall(r"\|\s+([\w.]+)\r?$", done.stderr.decode(), re.MULTILINE)
    assert "nano_edit.cli.app" in names
    return {name.split(".")[0] for name in names}


# --- the tables --------------------------------------------------------------


def test_every_option_has_a_row_and_every_row_an_option() -> None:
    told = {row.name for row in ROWS} - {*AT_ONCE, "topic"}
    hidden = {f"{row.name}_{row.value}" for row in ROWS if row.value}
    assert told | hidden == set(NAMES)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_row_belongs_to_commands_that_there_are(row: Row) -> None:
    assert row.commands == ("*",) or set(row.commands) <= set(BY_NAME)
    assert row.panel in PANELS
    assert row.help.endswith((".", "..."))


def test_no_two_rows_of_a_command_share_a_flag() -> None:
    for command in COMMANDS:
        flags = [flag for row in rows(command.name) for flag in names(row)]
        assert len(flags) == len(set(flags))


def test_every_command_of_a_group_is_its_member() -> None:
    two = {command.name for command in COMMANDS if " " in command.name}
    assert {each.name for group in GROUPS for each in members(group)} == two


def test_the_first_statement_is_the_brief_one() -> None:
    assert find("show").brief == "Draw the result in the terminal"
    assert find("count").brief == "Make N variants: out-1.png, out-2.png, ..."
    assert find("downscale").opposite == "The opposite of --downscale"


# --- the short help ----------------------------------------------------------


@pytest.mark.parametrize("arguments", [(), ("-h",), ("--help",), ("help",)])
def test_the_short_help_comes_first(run: support.Run, arguments: tuple[str]) -> None:
    done = run(*arguments)
    assert (done.status, done.stdout, done.stderr) == (0, SHORT, "")


def test_help_behind_other_arguments_is_the_same(run: support.Run) -> None:
    assert run("sepia", "none.jpg", "--size", "9K", "-h").stdout == SHORT
    assert run("sepia", "none.jpg", "--help-all").stdout == FULL
    assert run("replies", "recover", "x", "-h").stdout.startswith("Usage: nano-edit re")


def test_the_short_help_fits_a_screen() -> None:
    told = [row for row in rows_of(EDIT) if row.short]
    assert len(told) == 15
    assert all(f"{row.flags[-1]} {row.metavar}".rstrip() in SHORT for row in told)
    assert len(FIRST_EXAMPLES) == 4
    assert all(f"\n  {command}\n" in SHORT for command in FIRST_EXAMPLES)
    assert len(SHORT.splitlines()) < 60


def test_the_short_help_names_every_command() -> None:
    for command in COMMANDS:
        word, *verb = command.name.split()
        (line,) = re.findall(rf"^  {word}( .*)?$", SHORT, re.MULTILINE)
        assert not verb or verb[0] in line


# --- the help of a command ---------------------------------------------------


def test_every_option_is_shown_when_it_is_asked_for(run: support.Run) -> None:
    for arguments in (("--help-all",), ("help", "edit"), ("edit", "-h")):
        assert run(*arguments).stdout == FULL


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_explains_itself(run: support.Run, command: Command) -> None:
    done = run("help", *command.name.split())
    assert done.status == ExitStatus.OK
    assert done.stdout == command_help(command, PAGE, rows(command.name))
    assert command.summary in done.stdout
    if command.name not in {"edit", "help"}:
        assert run(*command.name.split(), "--help").stdout == done.stdout


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_names_its_commands(run: support.Run, group: str) -> None:
    alone = () if group in USUAL else ((group,),)
    for arguments in (*alone, (group, "-h"), ("help", group)):
        assert run(*arguments).stdout == group_help(group, PAGE)
    assert all(
        f"\n  {each.name.split()[1]}" in group_help(group, PAGE)
        for each in members(group)
    )


@pytest.mark.parametrize("row", rows_of(EDIT), ids=lambda row: row.name)
def test_help_shows_each_option_with_its_variable(row: Row) -> None:
    assert all(name in FULL for name in (*row.flags, *row.negations))
    assert f"{row.flags[-1] if row.flags else ''} {row.metavar}".strip() in FULL
    assert row.variable is None or f"[{row.variable}]" in FULL


def test_help_is_grouped_in_the_order_of_the_panels() -> None:
    lines = FULL.splitlines()
    titles = [line for line in lines if re.fullmatch(r"[A-Z][\w ]+:", line)]
    assert titles == [*(f"{panel}:" for panel in PANELS), "Examples:", "Read on:"]


def test_brackets_in_help_are_kept_as_they_are_written() -> None:
    assert "[presets.NAME]" in FULL


def test_the_hidden_flag_is_told_as_the_value_it_stands_for() -> None:
    assert "--show-both" not in FULL
    assert "--show=both" in FULL


# --- how wide ----------------------------------------------------------------


@pytest.mark.parametrize("width", WIDTHS)
def test_help_keeps_to_the_width(width: int) -> None:
    page = Page(width)
    texts = [short_help(page), *(group_help(group, page) for group in GROUPS)]
    texts += [command_help(each, page, rows(each.name)) for each in COMMANDS]
    for line in "\n".join(texts).splitlines():
        is_example = line.startswith(("  nano-edit", "Usage", "       nano"))
        assert len(line) <= width or is_example, line


@pytest.mark.parametrize(("asked", "columns"), [("40", 60), ("72", 72), ("300", 100)])
def test_help_is_60_to_100_columns_wide(
    run: support.Run, asked: str, columns: int
) -> None:
    done = run("--help-all", env={"COLUMNS": asked})
    assert done.stdout == command_help(BY_NAME[EDIT], Page(columns))


def test_a_long_word_stands_alone() -> None:
    assert wrapped("a bb " + "c" * 9 + " d", 6, 2) == ["  a bb", "  ccccccccc", "  d"]


# --- the exit statuses -------------------------------------------------------


def test_every_exit_status_is_in_the_tables(run: support.Run) -> None:
    assert [(status, name) for status, name, _ in EXITS] == [
        (int(status), status.code if status else "") for status in ExitStatus
    ]
    for status, name, when in EXITS:
        assert f"  {status:>3}  {name:11}  {when}\n" in exit_table()
        assert f"\n| {status} | {name} | {when} |" in f"{exit_table_markdown()}\n"
    assert run("help", "exit").stdout == exit_table()


# --- at once, and plain ------------------------------------------------------


@pytest.mark.parametrize("asked", ["--help", "--version", "-V", "--help-all"])
def test_what_is_answered_at_once_loads_nothing_slow(asked: str) -> None:
    assert not loaded(asked) & SLOW


def test_a_wrong_option_is_told_without_rich() -> None:
    assert not loaded("--no-such-option") & {"rich", "httpcore", "PIL", "pydantic"}


def test_version_is_told_wherever_it_is_asked_for(run: support.Run) -> None:
    told = {run(*each).stdout for each in (("-V",), ("--version",), ("x", "-V"))}
    assert len(told) == 1


@pytest.mark.parametrize("forcing", [{"FORCE_COLOR": "1"}, {"GITHUB_ACTIONS": "true"}])
def test_help_in_a_pipe_holds_no_control_codes(
    run: support.Run, forcing: dict[str, str]
) -> None:
    assert b"\x1b" not in run("--help", env=forcing).out


def help_on_a_terminal(cwd: Path, **variables: str) -> str:
    """What a terminal of 72 columns is sent when help is asked for."""
    pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
    termios = pytest.importorskip("termios")
    end, side = pty.openpty()
    termios.tcsetwinsize(side, (40, 72))
    with subprocess.Popen(
        support.command("--help"),
        stdin=side,
        stdout=side,
        cwd=cwd,
        env=support.environment({"TERM": "xterm", **variables}),
    ):
        os.close(side)
        shown = b""
        while not shown.endswith(b"all of it\r\n"):  # the help's last line
            shown += os.read(end, 65536)
    os.close(end)
    return shown.decode()


def test_headings_are_bold_at_a_terminal(tmp_path: Path) -> None:
    shown = help_on_a_terminal(tmp_path)
    headings = ["Usage:", "Examples:", "Often used:", "Commands:", "Read on:"]
    assert re.findall(r"\x1b\[1m(.*?)\x1b\[0m", shown) == headings


@pytest.mark.parametrize("quiet", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_headings_are_plain_where_colour_is_unwanted(
    tmp_path: Path, quiet: dict[str, str]
) -> None:
    shown = help_on_a_terminal(tmp_path, **quiet).replace("\r\n", "\n")
    assert shown == short_help(Page(72))
