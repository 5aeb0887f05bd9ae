"""A name server that does not answer delays neither a signal nor a time limit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from support import environment, photo

if TYPE_CHECKING:
    from pathlib import Path

SILENCE = 30  # seconds that the name server takes
SLACK = 5.0  # seconds, on a busy machine

# The program itself, with the system's look-up made slow: no test may change how a
# machine resolves names.
PROGRAM = f"""
import socket, sys, time
def look_up(*_, **__):
    print("looking up", file=sys.stderr, flush=True)
    time.sleep({SILENCE})
socket.getaddrinfo = look_up
from nano_edit.__main__ import main
main()
"""


@pytest.mark.parametrize(
    ("sent", "options", "status", "said"),
    [
        (signal.SIGINT, (), 130, "Nothing was sent"),
        (signal.SIGTERM, (), 143, "Nothing was sent"),
        (None, ("--timeout", "0.5"), 5, "it took longer than 0.5 s"),
        (None, ("--connect-timeout", "0.5"), 5, "no connection within"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_slow_look_up_ends_at_once(
    sent: signal.Signals | None,
    options: tuple[str, ...],
    status: int,
    said: str,
    tmp_path: Path,
) -> None:
    photo(tmp_path / "in.jpg")
    edit = ("sepia", "in.jpg", "-o", "out.jpg", "--retries", "0", *options)
    with subprocess.Popen(
        (sys.executable, "-c", PROGRAM, *edit),
        cwd=tmp_path,
        env=environment({"NANO_EDIT_API_KEY": "sk-canary-0123456789"}, measured=False),
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        while "looking up" not in process.stderr.readline():
            assert process.poll() is None
        began = time.monotonic()
        if sent is not None:
            process.send_signal(sent)
        rest = process.stderr.read()
        took = time.monotonic() - began
    assert process.returncode == status
    assert said in rest
    assert took < SLACK
