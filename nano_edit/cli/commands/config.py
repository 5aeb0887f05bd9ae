"""``config show``, ``path``, ``edit``: the settings and their file."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

from nano_edit.cli.config.checks import CONFIGURABLE
from nano_edit.cli.config.show import as_text, describe
from nano_edit.cli.config.toml_file import read_config
from nano_edit.cli.json_line import json_line
from nano_edit.cli.signals import ignore_interrupt
from nano_edit.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nano_edit.cli.config.settings import Settings
    from nano_edit.cli.terminal import Terminal

TEMPLATE = """\
# Settings of nano-edit; the names are those of nano-edit --help-all. For example:
#
# size = "2K"
# jobs = 8
#
# [presets.product]
# instruction = "Put the product on a plain white background."
# aspect_ratio = "1:1"
"""


def show(settings: Settings, terminal: Terminal) -> None:
    """Print every setting, its value and its origin."""
    description = describe(settings, terminal.environ)
    if settings.options.json:
        terminal.result(json_line(description))
    else:
        terminal.result(as_text(description))


def path(settings: Settings, terminal: Terminal) -> None:
    """Print where the configuration file is, or would be."""
    terminal.result(str(settings.config_path))


def edit(settings: Settings, terminal: Terminal) -> None:
    """Open the configuration in the user's editor, and check it afterwards."""
    file = settings.config_path
    _begin(file)
    command = [*_editor(terminal.environ), str(file)]
    ignore_interrupt()  # Ctrl-C is the editor's
    try:
        done = subprocess.run(command, check=False)
    except OSError as fault:
        raise UsageError(
            f"The editor {command[0]} cannot be started: {fault.strerror}.",
            hint=f"Set EDITOR to another, or open {file} yourself.",
        ) from None
    if done.returncode:
        raise UsageError(f"The editor {command[0]} failed (exit {done.returncode}).")
    read_config(str(file), CONFIGURABLE)
    terminal.say(f"{file} is a valid configuration.")


def _begin(file: Path) -> None:
    """Make the file with a few examples, all of them comments, if there is none."""
    if file.exists():
        return
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as new:
            new.write(TEMPLATE)
    except OSError as fault:
        raise InputError(f"{file} cannot be made: {fault.strerror}.") from None


def _editor(environ: Mapping[str, str]) -> list[str]:
    for variable in ("VISUAL", "EDITOR"):
        if words := shlex.split(environ.get(variable, ""), posix=os.name != "nt"):
            return words
    known = ("notepad",) if os.name == "nt" else ("sensible-editor", "nano", "vi")
    for name in known:
        if found := shutil.which(name):
            return [found]
    raise UsageError(
        "There is no editor to open the configuration with.",
        hint="Set EDITOR to one.",
    )
