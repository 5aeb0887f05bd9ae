"""A person at a shell: types into a real one on a pseudo-terminal and reads it.

Rules:
- Shells run with an empty home, nothing of the user's start files, and a PATH
  that holds only traps: programs that leave a mark when they are started.
- Waiting is for what the shell writes, never for time.
"""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import termios
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 20.0  # seconds until a shell that says nothing is given up
SHOWN = re.compile(r"<<<(.*?)>>>", re.DOTALL)
SHOW_LINE = "\x07"  # Ctrl-G: bound to print the line as it stands
KILL_LINE = "\x15"
INSERT_ALL = "\x1b*"  # Alt-*: bound to insert every candidate
TAB = "\t"


class Typist:
    """One shell, kept open; `line` types and tells what the line became."""

    def __init__(
        self, argv: list[str], setup: str, *, cwd: Path, env: dict[str, str]
    ) -> None:
        self._end, side = pty.openpty()
        termios.tcsetwinsize(side, (50, 5000))  # wide, so that no line is folded
        self._shell = subprocess.Popen(
            argv,
            stdin=side,
            stdout=side,
            stderr=side,
            cwd=cwd,
            env={"TERM": "dumb", "PS1": "$ ", "LC_ALL": "C.UTF-8", **env},
            start_new_session=True,
        )
        os.close(side)
        self._write(f"{setup}\n")
        self._write("echo '<<''<ready>>''>'\n")
        assert self._read() == "ready"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._shell.kill()
        self._shell.wait()
        os.close(self._end)

    def line(self, typed: str, key: str = TAB) -> str:
        """Type on an empty line, press the key, and return the line."""
        self._write(KILL_LINE + typed + key + SHOW_LINE)
        return self._read()

    def _write(self, text: str) -> None:
        os.write(self._end, text.encode())

    def _read(self) -> str:
        """Return what the shell shows between its marks."""
        seen, until = "", time.monotonic() + PATIENCE
        while not (found := SHOWN.search(seen)):
            ready, _, _ = select.select([self._end], [], [], until - time.monotonic())
            assert ready, f"the shell has only said: {seen!r}"
            seen += os.read(self._end, 65536).decode(errors="replace")
        return found[1].replace("\r", "").replace("\n", "")
