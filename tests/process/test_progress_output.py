"""What a pipe gets while an edit runs: plain lines, and no library loaded for them."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support import Run, environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nano_edit.emulator import Emulator

LOUD = {"FORCE_COLOR": "1", "TTY_COMPATIBLE": "1", "TTY_INTERACTIVE": "1"}


@pytest.mark.parametrize(
    "env",
    [
        LOUD,
        {"GITHUB_ACTIONS": "true", "CI": "true"},
        {"TERM": "dumb"},
        {"NO_COLOR": "1"},
        {"CLICOLOR_FORCE": "1", "COLORTERM": "truecolor", "TERM": "xterm-256color"},
    ],
)
def test_no_control_code_reaches_a_pipe(
    run: Run, photo: Callable[..., Path], emulator: Emulator, env: dict[str, str]
) -> None:
    photo("in.jpg")
    emulator.set_faults("503=0.1,ok")
    arguments = ("blur", "in.jpg", "-o", "out.jpg", "--base-url", emulator.url)
    done = run(*arguments, env={"NANO_EDIT_API_KEY": "canary", **env})
    assert done.status == 0
    assert "Attempt 1 failed" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    assert "\r" not in done.stdout + done.stderr


def test_a_pipe_costs_no_loading_of_rich(photo: Callable[..., Path]) -> None:
    folder = photo("in.jpg").parent
    probe = """
import sys
from nano_edit.cli.app import run
from nano_edit.cli.terminal import Terminal
status = run(["blur", "in.jpg", "--emulate"], Terminal.of_process())
sys.exit(status or "rich.live" in sys.modules or "rich.progress" in sys.modules)
"""
    command = [sys.executable, "-c", probe]
    done = subprocess.run(command, cwd=folder, env=environment(), check=False)
    assert done.returncode == 0
