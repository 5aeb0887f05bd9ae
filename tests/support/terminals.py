"""Terminals for tests: a stream that says it is one, and a shell in tmux."""

from __future__ import annotations

import io
import os
import secrets
import shlex
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Self

from nano_edit.cli.terminal import Terminal
from nano_edit.domain import (
    AttemptStarted,
    BytesReceived,
    BytesSent,
    Connected,
    Finishing,
    ReplyStarted,
    RequestSent,
)
from support import command, environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SOON = 30.0  # seconds after which a test gives up
LOOK = 0.02  # seconds between two looks at the screen


class Session:
    """A shell in tmux, in a terminal of its own."""

    def __init__(self, folder: Path, width: int = 100, height: int = 30) -> None:
        self._name = f"nano-edit-{secrets.token_hex(6)}"
        self._pause = threading.Event()
        self._start = (
            *("new-session", "-d", "-x", str(width), "-y", str(height)),
            *("-c", str(folder), "env", "PS1=> ", "sh"),
        )

    def __enter__(self) -> Self:
        self._tmux(*self._start)
        self.until(lambda screen: screen.startswith(">"))
        return self

    def __exit__(self, *_: object) -> None:
        self._tmux("kill-server")

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._name, "-f", os.devnull, *arguments],
            capture_output=True,
            encoding="utf-8",
            env={**environment({"LC_ALL": "C.UTF-8"}), "NANO_EDIT_API_KEY": "canary"},
            check=True,
            timeout=SOON,
        )
        return done.stdout

    def run(self, *arguments: str) -> None:
        """Type the program's command line; its status follows as ``status N``."""
        line = shlex.join(command(*arguments))
        self._tmux("send-keys", "-l", f"clear; {line}; echo status $?\n")

    def type(self, line: str) -> None:
        """Type a line for the shell."""
        self._tmux("send-keys", "-l", f"{line}\n")

    def press(self, key: str) -> None:
        self._tmux("send-keys", key)

    def screen(self, *, colours: bool = False) -> str:
        return self._tmux("capture-pane", "-p", *(["-e"] if colours else []))

    @property
    def cursor_is_shown(self) -> bool:
        return self._tmux("display-message", "-p", "#{cursor_flag}").strip() == "1"

    def until(self, seen: str | Callable[[str], bool]) -> str:
        """Look until the words are there; return the screen that shows them."""
        end = time.monotonic() + SOON
        while True:
            screen = self.screen()
            if seen in screen if isinstance(seen, str) else seen(screen):
                return screen
            assert time.monotonic() < end, f"{seen} not seen on:\n{screen}"
            self._pause.wait(LOOK)


class Stream(io.StringIO):
    """Standard error, a terminal or not, and a bell for every write.

    ``fault`` is what a write raises from then on.
    """

    def __init__(self, *, tty: bool, encoding: str = "utf-8") -> None:
        super().__init__()
        self._tty, self._encoding = tty, encoding
        self.fault: Exception | None = None
        self._written = threading.Condition()

    @property
    def encoding(self) -> str:  # type: ignore[override] # read only here
        return self._encoding

    def isatty(self) -> bool:
        return self._tty

    def write(self, text: str) -> int:
        if self.fault:
            raise self.fault
        with self._written:
            count = super().write(text)
            self._written.notify_all()
            return count

    def until(self, words: str, times: int = 1) -> str:
        def written() -> bool:
            return self.getvalue().count(words) >= times

        with self._written:
            assert self._written.wait_for(written, SOON)
            return self.getvalue()


def terminal(*, tty: bool = False, encoding: str = "utf-8", **environ: str) -> Terminal:
    stream = Stream(tty=tty, encoding=encoding)
    environ = {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30", **environ}
    return Terminal(io.BytesIO(), io.BytesIO(), stream, environ)


def stream_of(console: Terminal) -> Stream:
    assert isinstance(console.stderr, Stream)
    return console.stderr


WHOLE = (
    AttemptStarted(1, 5_000_000),
    Connected(),
    BytesSent(2_500_000),
    RequestSent(),
    ReplyStarted(200, 4_000_000),
    BytesReceived(1_000_000),
    Finishing(),
)
