"""-v and -vv on a real edit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support import Run

    from nano_edit.emulator import Emulator

KEY = "canary-key-4711"


@pytest.mark.parametrize("flag", ["-v", "-vv"])
def test_verbose_shows_a_real_edit_without_its_key(
    run: Run, photo: Callable[..., Path], emulator: Emulator, flag: str
) -> None:
    photo("in.jpg", 96, 64)
    arguments = ("blur", "in.jpg", "-o", "out.jpg", "--base-url", emulator.url, flag)
    done = run(*arguments, env={"NANO_EDIT_API_KEY": KEY})
    assert done.status == 0
    assert "image/jpeg  96x64" in done.stderr
    phases = re.findall(r"^\* (\w+) +\d+\.\d\d s", done.stderr, re.MULTILINE)
    assert phases == ["connect", "send", "wait", "receive", "write"]
    assert "< HTTP 200\n" in done.stderr
    assert "* tokens  prompt " in done.stderr
    assert ("> Content-Type: application/json" in done.stderr) == (flag == "-vv")
    assert KEY not in done.stdout + done.stderr


def test_verbose_shows_how_far_a_failure_came(
    run: Run, photo: Callable[..., Path], emulator: Emulator
) -> None:
    photo("in.jpg")
    emulator.set_faults("403")
    arguments = ("blur", "in.jpg", "--base-url", emulator.url, "-v")
    done = run(*arguments, env={"NANO_EDIT_API_KEY": KEY})
    assert done.status == 4
    assert "< HTTP 403\n" in done.stderr
    assert "* receive" not in done.stderr


def test_quiet_outweighs_verbose(
    run: Run, photo: Callable[..., Path], emulator: Emulator
) -> None:
    photo("in.jpg")
    arguments = ("blur", "in.jpg", "--base-url", emulator.url, "-vv", "-q")
    done = run(*arguments, env={"NANO_EDIT_API_KEY": KEY})
    assert (done.status, done.stderr) == (0, "")


def test_verbose_shows_a_masked_key_only_where_one_is_sent(
    run: Run, photo: Callable[..., Path], emulator: Emulator
) -> None:
    photo("in.jpg")
    arguments = ("blur", "in.jpg", "--base-url", emulator.url, "-vv")
    with_key = run(*arguments, env={"NANO_EDIT_API_KEY": KEY})
    without = run(*arguments, "--force")
    assert "> Authorization: Bearer ****\n" in with_key.stderr
    assert "> Authorization" not in without.stderr
    assert "> Content-Length" in without.stderr
