"""A reminder of the replies that earlier runs kept: once a day, not after every edit.

The day is that of the file `STAMP` in the folder of kept replies.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from nano_edit.engine.replies.spool import state_folder

if TYPE_CHECKING:
    from pathlib import Path

    from nano_edit.cli.terminal import Terminal

STAMP = "reminded"
DAY = 24 * 3600.0  # seconds


def remind_of_kept(terminal: Terminal) -> None:
    """Say how many replies are kept, unless it was said in the last 24 hours."""
    stamp = state_folder() / STAMP
    if _age_of(stamp) < DAY:
        return
    from nano_edit.engine.replies.kept import list_kept  # noqa: PLC0415 - once a day

    kept = sum(not reply.in_use for reply in list_kept(stamp.parent))
    if not kept:
        return
    what = "reply of an earlier run is" if kept == 1 else "replies of earlier runs are"
    terminal.say(f"{kept} {what} still kept: nano-edit replies list shows them.")
    with suppress(OSError):  # then it is said again next time
        stamp.touch(mode=0o600)


def _age_of(path: Path) -> float:
    """Return the seconds since the file was written, endless for none."""
    try:
        return abs(time.time() - path.stat().st_mtime)
    except OSError:
        return float("inf")
