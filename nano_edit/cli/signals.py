"""Ctrl-C, SIGTERM and SIGHUP: what they do from the start of a run to its end.

Strategy: a signal raises where the main thread is, so that `with` blocks clean up and
the funnel tells of it.  Two moments are no place for an exception:

- While a module is being imported, another thread may wait for that module; an
  exception there can leave it waiting for ever.  The signal comes again a little later.
- Before a command has begun and after it has ended there is nothing to clean up, and
  the system's own reaction, the process ends, is the right one.

Rules:
- What the starter of the process had ignored (``nohup``, a shell's background job)
  stays ignored.
- A second signal ends the process at once; what is left behind is swept by a later run.
- SIGHUP is told as SIGTERM is.
- ``--help`` loads this module, so it imports little.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found] # `signal` takes longer to load
import _thread
import os
import time

TYPE_CHECKING = False  # `typing` takes longer to load than this module
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

SIGNALS = tuple(
    getattr(_signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if hasattr(_signal, name)
)
AGAIN = 0.02  # seconds until a signal that came during an import comes again
_IMPORTING = "<frozen importlib._bootstrap>"
_SHOW_CURSOR = b"\x1b[?25h"


class _Process:
    """Whether the process is the program's own, and not one that imported it."""

    is_ours = False


def take_over() -> None:
    """Begin: from here on the signals are this module's."""
    _Process.is_ours = True
    leave_to_system()


def leave_to_system() -> None:
    """Let a signal end the process without a word: nothing has to be cleaned up."""
    _react(_signal.SIG_DFL)


def _react(reaction: Any) -> None:
    if not _Process.is_ours:
        return
    for each in SIGNALS:
        if _signal.getsignal(each) is not _signal.SIG_IGN:
            _signal.signal(each, reaction)


def ignore_interrupt() -> None:
    """Leave Ctrl-C to a child that has the terminal."""
    if _Process.is_ours:
        _signal.signal(_signal.SIGINT, _signal.SIG_IGN)


def raise_in_main_thread(terminated: type[BaseException]) -> None:
    """Let a signal raise KeyboardInterrupt or ``terminated`` in this, the main thread.

    ``terminated`` is for SIGTERM and SIGHUP.
    """
    _react(_Reaction(terminated))


class _Reaction:
    """What a signal does while a command runs; made in the main thread."""

    def __init__(self, terminated: type[BaseException]) -> None:
        self._terminated = terminated
        self._main = _thread.get_ident()
        self._came = False

    def __call__(self, signum: int, frame: FrameType | None) -> None:
        if self._came:
            _end_process(signum)
        if _is_importing(frame):
            _thread.start_new_thread(self._send_again, (signum,))
            return
        self._came = True
        if signum == _signal.SIGINT:
            raise KeyboardInterrupt
        raise self._terminated

    def _send_again(self, signum: int) -> None:
        time.sleep(AGAIN)
        if hasattr(_signal, "pthread_kill"):  # wakes a call that waits, too
            _signal.pthread_kill(self._main, signum)
        else:  # Windows
            _thread.interrupt_main(signum)  # type: ignore[arg-type] # any number does


def _is_importing(frame: FrameType | None) -> bool:
    """Whether the interrupted code is a module's, or the machinery that loads one."""
    while frame is not None:
        if frame.f_code.co_filename == _IMPORTING:
            return True
        frame = frame.f_back
    return False


def _end_process(signum: int) -> None:
    """End as the system would; the cursor may have been hidden by a progress line."""
    if os.isatty(2):
        os.write(2, _SHOW_CURSOR)
    if os.name == "nt":
        os._exit(128 + signum)
    _signal.signal(signum, _signal.SIG_DFL)
    os.kill(os.getpid(), signum)
