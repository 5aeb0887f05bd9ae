"""Tab completion as static scripts, one a shell, written from the tables.

Strategy: all that can be known is written into the script, so that a Tab starts
no program: commands, options, their values, and what kind of file goes where.  Kept
replies are found by their names, in the state folder.

Rules:
- A script works alone: nothing of the shell's completion library is needed that
  does not come with the shell.
- Where no picture lies, any file is offered: a name proves nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from completions import bash, fish, powershell, zsh

if TYPE_CHECKING:
    from collections.abc import Callable

SCRIPTS: dict[str, Callable[[], str]] = {
    "bash": bash.script,
    "zsh": zsh.script,
    "fish": fish.script,
    "powershell": powershell.script,
}
