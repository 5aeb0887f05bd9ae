from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib

import pytest
import support
from completions.facts import NAMES, names, rows

from nano_edit.cli.option_table import EDIT
from nano_edit.errors import ExitStatus

PAGE = support.ROOT / "docs" / "nano-edit.1"


def generate(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, support.ROOT / "scripts" / "generate.py", *arguments],
        env=support.environment(),
        capture_output=True,
        check=False,
        text=True,
    )


def rendered() -> str:
    """The page as a reader sees it."""
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")
    done = subprocess.run(
        ["groff", "-man", "-Tascii", "-P-cbou", "-rLL=80n", "-ww", PAGE],
        capture_output=True,
        check=True,
        text=True,
    )
    assert not done.stderr  # -ww: every warning there is
    return done.stdout


def test_all_that_is_generated_is_current() -> None:
    done = generate("--check")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_man_page_tells_of_every_option_and_variable() -> None:
    shown = rendered()
    for row in rows(EDIT):
        assert all(flag in shown for flag in names(row))
        assert row.variable is None or row.variable in shown


@pytest.mark.parametrize("command", NAMES)
def test_man_page_tells_of_every_command(command: str) -> None:
    assert command == EDIT or f"nano-edit {command}" in rendered()


def test_man_page_tells_of_every_exit_status() -> None:
    shown = rendered()
    assert all(f"{int(each)} ({each.code})" in shown for each in ExitStatus if each)


def test_man_page_keeps_what_roff_would_take_for_its_own() -> None:
    shown = rendered()
    assert 'nano-edit "blur background" in.jpg -o out.jpg' in shown
    assert "[presets.NAME]" in shown
    assert "model's" in shown


def test_wheel_puts_each_file_where_shells_and_man_look() -> None:
    project = tomllib.loads((support.ROOT / "pyproject.toml").read_text("utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert all((support.ROOT / source).is_file() for source in wheel["shared-data"])
    assert set(wheel["shared-data"].values()) >= {
        "share/bash-completion/completions/nano-edit",
        "share/zsh/site-functions/_nano-edit",
        "share/fish/vendor_completions.d/nano-edit.fish",
        "share/man/man1/nano-edit.1",
    }
