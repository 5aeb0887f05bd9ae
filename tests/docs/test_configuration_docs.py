"""``docs/configuration.md`` says what is so: its table, its example, its commands."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import support
from support.settling import settle, write_config

from nano_edit.cli.config.checks import NO_ROW
from nano_edit.cli.config.folders import config_folder
from nano_edit.wire.providers import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAGE = support.ROOT / "docs" / "configuration.md"
TABLE = re.compile(r"<!-- variables -->\n(.*?)<!-- /variables -->", re.DOTALL)


def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page(), re.DOTALL | re.MULTILINE)


def test_variables_beside_the_table_are_told() -> None:
    rest = TABLE.sub("", page())
    keys = [name for each in PROVIDERS.values() for name in each.key_variables]
    for name in (*NO_ROW, *keys):
        assert f"`{name}`" in rest


@pytest.fixture
def documented() -> Path:
    """The page's example, as the user's own configuration."""
    (example,) = blocks("toml")
    return write_config(config_folder() / "config.toml", example)


@pytest.mark.usefixtures("documented")
def test_example_is_a_configuration() -> None:
    assert settle().options.max_side == 3000
    product = settle("--preset", "product", "in.jpg").options
    assert (product.size, product.aspect_ratio) == ("2K", "1:1")
    assert settle("--preset", "draft").options.jobs == 8


@pytest.mark.skipif(
    os.name == "nt" or not shutil.which("sh"),
    reason="the commands are for a POSIX shell",
)
@pytest.mark.usefixtures("documented")
def test_every_command_of_the_page_works(
    tmp_path: Path, photo: Callable[..., Path]
) -> None:
    photo("mug.jpg")
    (tmp_path / "key.txt").write_text("sk-canary-4711\n", encoding="utf-8")
    (tmp_path / "google-key.txt").write_text("AIza-canary-4711\n", encoding="utf-8")
    program = tmp_path / "bin" / "nano-edit"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m nano_edit "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    search = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    null = "keyring.backends.null.Keyring"  # whatever this machine has installed
    env = support.environment(
        {"PATH": search, "NANO_EDIT_EMULATE": "1", "PYTHON_KEYRING_BACKEND": null}
    )
    script = "set -eu\n" + "".join(blocks("sh"))
    done = subprocess.run(
        ["sh", "-c", script], cwd=tmp_path, env=env, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert b"canary" not in done.stdout + done.stderr
    assert {path.name for path in tmp_path.glob("*.png")} == {
        "mug.png",
        "mug-white.png",
        "mug-sure.png",
    }
    assert (config_folder() / "keys" / "google").exists()
