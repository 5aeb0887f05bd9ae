"""Memory for many edits: free memory given back, and threads that fit.

Two keep free memory.  Python's collector waits until there is much garbage, and an
edit's connection is a circle that only the collector finds.  The C library gives every
thread a heap of its own, and keeps what was freed in each in pieces between what
is still used; glibc shares one heap and gives it back when asked to.  Elsewhere
there is nobody to ask.
"""

from __future__ import annotations

import gc
from contextlib import suppress
from pathlib import Path

from nano_edit.pictures import memory

STACK = 1 << 20  # bytes of a worker's stack; the system's own is eight times as much
EACH = 40 << 20  # bytes of addresses that one edit under way may take
EVERY = 10  # edits; all that is done then takes a few milliseconds
_ARENA_MAX = -8  # glibc's M_ARENA_MAX, in malloc.h


def most_threads() -> int | None:
    """Return how many edits fit into the addresses that the process may use.

    None where there is no limit (``ulimit -v``), or none that can be known.
    """
    try:
        import resource  # noqa: PLC0415 - POSIX has it

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (ImportError, OSError, ValueError):  # pragma: no cover - not Linux
        return None
    if limit == resource.RLIM_INFINITY:
        return None
    return max(1, (limit - pages * resource.getpagesize()) // EACH)


def share_heap() -> None:
    """Let all threads that are still to be started share one heap."""
    with suppress(AttributeError):
        memory.c_library().mallopt(_ARENA_MAX, 1)


def give_back(ended: int) -> None:
    """Give free memory back after the first and every `EVERY` edits that ended."""
    if ended == 1:
        gc.freeze()  # what is loaded by now stays, and need not be looked through
    if ended % EVERY == 0:
        gc.collect()
        memory.give_back()
