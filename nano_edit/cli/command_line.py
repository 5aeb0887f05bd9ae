"""The arguments as they were meant: patterns expanded, a flag's optional value read."""

from __future__ import annotations

import os
from glob import glob
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def plain(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with ``--show=both`` as the flag that it is."""
    shown = {"--show=both": "--show-both", "--show=result": "--show"}
    given = [shown.get(argument, argument) for argument in arguments]
    return expanded(given) if os.name == "nt" else given


def expanded(arguments: list[str]) -> list[str]:
    """Return the arguments with ``*.jpg`` as the files it names.

    What a shell does elsewhere; ``cmd`` and PowerShell leave it to the program.
    """
    found: list[str] = []
    for argument in arguments:
        is_pattern = not argument.startswith("-") and any(c in argument for c in "*?")
        found += (sorted(glob(argument)) if is_pattern else None) or [argument]  # noqa: PTH207 - keeps the text as typed
    return found
