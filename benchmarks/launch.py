"""Starts one program, waits for it, and tells what it took; run as a script.

Strategy: a process of its own, as small as Python goes (``python -I -S``), for a
child begins its life with its parent's pages, and its peak would be at least the
parent's.  What is read from standard input and written to standard output is one
JSON object each.

The figures are the kernel's own (`os.wait4`): CPU of the program and of every
process it has waited for, together; memory of the largest one among them.
"""

from __future__ import annotations

import json
import os
import sys
import time

TYPE_CHECKING = False  # `typing` itself would be memory
if TYPE_CHECKING:
    from typing import Any


def main() -> None:
    """Run what standard input describes: argv, cwd, env, stdin, stdout, stderr."""
    order = json.load(sys.stdin)
    began = time.monotonic()
    child = os.fork()
    if not child:
        _become(order)
    _, status, used = os.wait4(child, 0)
    ended = time.monotonic()
    to_bytes = 1 if sys.platform == "darwin" else 1024
    json.dump(
        {
            "began": began,
            "ended": ended,
            "status": os.waitstatus_to_exitcode(status),
            "cpu": used.ru_utime + used.ru_stime,
            "memory": used.ru_maxrss * to_bytes,
        },
        sys.stdout,
    )


def _become(order: dict[str, Any]) -> None:
    try:
        os.chdir(order["cwd"])
        write = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        os.dup2(os.open(order["stdin"], os.O_RDONLY), 0)
        os.dup2(os.open(order["stdout"], write, 0o600), 1)
        os.dup2(os.open(order["stderr"], write, 0o600), 2)
        os.execve(order["argv"][0], order["argv"], order["env"])  # noqa: S606 - no shell is wanted
    finally:
        os._exit(127)


main()
