"""Settle options as a run does, in this process: arguments in, `Settings` out."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

from nano_edit.cli.command_table import chosen
from nano_edit.cli.config.settings import settle as settle_given
from nano_edit.cli.parser import parse

if TYPE_CHECKING:
    from pathlib import Path

    from nano_edit.cli.config.settings import Settings


def settle(*arguments: str | Path, stdin: bytes = b"") -> Settings:
    """Return what the arguments, the environment and the configuration come to."""
    command, rest = chosen([*map(str, arguments)])
    given = parse(command, rest)
    return settle_given(command, given, os.environ, io.BytesIO(stdin))


def write_config(path: Path, text: str, mode: int = 0o600) -> Path:
    """Write a configuration that only its owner can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path
