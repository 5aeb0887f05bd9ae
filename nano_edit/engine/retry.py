"""When to try again: one pure function; it never sleeps and never sends.

The rule in a sentence: by itself only where nothing was billed, on request
where that is unknown, never otherwise, and never longer than the user allows.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nano_edit.errors import Retry
from nano_edit.frozen import Frozen

if TYPE_CHECKING:
    from nano_edit.errors import NanoEditError

FIRST_DELAY = 1.0  # seconds; the ceiling of the first wait, doubled every time
LONGEST_DELAY = 60.0  # seconds; the ceiling's own ceiling


class RetryPolicy(Frozen):
    """How often and how long the user lets us try."""

    retries: int = 3  # further attempts after the first
    max_wait: float = 120.0  # seconds before one attempt
    retry_unknown: bool = False  # also where the lost attempt may be billed


def next_delay(
    policy: RetryPolicy, attempt: int, error: NanoEditError, jitter: float
) -> float | None:
    """Return the seconds to wait before the next attempt, or None for no more.

    ``attempt`` counts from 1; ``jitter`` is a random number from 0 to 1.  The
    delay the server names is honoured; otherwise it is exponential with full
    jitter, so that many clients that failed together do not come back together.
    """
    if attempt > policy.retries or not _allowed(policy, error.retry):
        return None
    if error.retry_after is not None:
        return error.retry_after if error.retry_after <= policy.max_wait else None
    ceiling = min(LONGEST_DELAY, math.ldexp(FIRST_DELAY, min(attempt - 1, 60)))
    return min(ceiling * jitter, policy.max_wait)


def _allowed(policy: RetryPolicy, retry: Retry) -> bool:
    return retry is Retry.SAFE or (retry is Retry.ON_REQUEST and policy.retry_unknown)
