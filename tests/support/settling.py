"""Settle options as a run does, in this process: arguments in, `Resolved` out."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any

import typer

from nano_edit.cli.config.settings import Resolved, resolve
from nano_edit.cli.options import command_signature
from nano_edit.cli.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path


def settle(*arguments: str | Path, stdin: bytes = b"") -> Resolved:
    """Return what the arguments, the environment and the configuration come to."""
    found: list[Resolved] = []

    def keep(context: typer.Context, **values: Any) -> None:
        found.append(resolve(context, values, os.environ))

    app = typer.Typer(add_completion=False)
    app.command()(command_signature(keep))
    terminal = Terminal(io.BytesIO(stdin), io.BytesIO(), io.StringIO())
    command = typer.main.get_command(app)
    command.main([*map(str, arguments)], standalone_mode=False, obj=terminal)
    return found[0]


def write_config(path: Path, text: str, mode: int = 0o600) -> Path:
    """Write a configuration that only its owner can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path
