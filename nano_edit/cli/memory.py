"""Memory that is free but kept: given back while many edits run.

The C library keeps what many threads have freed in pieces between what they still
use; over thousands of edits that adds up to more than the edits themselves need.
glibc gives it back when asked to.  Elsewhere there is nobody to ask, and no need.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

EVERY = 30  # edits; asking takes well under a millisecond


@cache
def _trim() -> Callable[[int], int]:
    try:
        import ctypes  # noqa: PLC0415 - for many edits alone

        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (ImportError, AttributeError, TypeError, OSError):
        return int  # pragma: no cover - not glibc
    return trim


def give_back(ended: int) -> None:
    """Give free memory back after every `EVERY` edits that have ended."""
    if ended % EVERY == 0:
        _trim()(0)
