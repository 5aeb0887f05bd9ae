"""Memory that is free but kept: given back while many edits run.

Two keep it.  Python's collector waits until there is much garbage, and an edit's
connection is a circle that only the collector finds.  The C library keeps what
many threads have freed in pieces between what they still use; glibc gives it back
when asked to, and elsewhere there is nobody to ask.
"""

from __future__ import annotations

import gc
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

EVERY = 30  # edits; all below takes a few milliseconds


def give_back(ended: int) -> None:
    """Give free memory back after the first and every `EVERY` edits that ended."""
    if ended == 1:
        gc.freeze()  # what is loaded by now stays, and need not be looked through
    if ended % EVERY == 0:
        gc.collect()
        _trim()(0)


@cache
def _trim() -> Callable[[int], int]:
    try:
        import ctypes  # noqa: PLC0415 - for many edits alone

        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (ImportError, AttributeError, TypeError, OSError):  # pragma: no cover
        return int  # not glibc
    return trim
