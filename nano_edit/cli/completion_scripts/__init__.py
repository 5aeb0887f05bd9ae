"""Tab completion as static scripts, one a shell, written from `Reference`.

Strategy: all that can be known is written into the script, so that a Tab starts
no program: options, their values, and what kind of file goes where.

Rules:
- A script works alone: nothing of the shell's completion library is needed that
  does not come with the shell.
- Where no picture lies, any file is offered: a name proves nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nano_edit.cli.completion_scripts import bash, fish, powershell, zsh

if TYPE_CHECKING:
    from collections.abc import Callable

    from nano_edit.cli.help.reference import Reference

SCRIPTS: dict[str, Callable[[Reference], str]] = {
    "bash": bash.script,
    "zsh": zsh.script,
    "fish": fish.script,
    "powershell": powershell.script,
}
FILE_NAMES = {  # as each shell looks for them
    "bash": "nano-edit",
    "zsh": "_nano-edit",
    "fish": "nano-edit.fish",
    "powershell": "nano-edit.ps1",
}
