"""What each fault leads to where edits are deferred: one table for test and page.

``docs/reliability.md`` ends with it, and `test_deferred` runs every row.
"""

from __future__ import annotations

from dataclasses import dataclass

COUNT = 3  # edits of each run


@dataclass(frozen=True)
class Row:
    """A fault, how the first run ends, and how the second does without it."""

    fault: str
    exit_status: int
    made: int
    message: str = ""
    failures: tuple[str, ...] = ()
    again: int = 0  # the second run's exit status
    paid: int = COUNT  # edits in all, at the end


ROWS = (
    Row("upload-cut=300000", 0, 3),
    Row("upload-cut=300000:2", 0, 3),
    Row("upload-503", 0, 3),
    Row("upload-503:*", 8, 0, "The service is overloaded"),
    Row("upload-lost", 0, 3),
    Row("create-refused=429:2", 0, 3),
    Row("create-refused=429:*", 6, 0, "Too many requests"),
    Row("create-refused=400", 7, 0, "calls the request invalid"),
    Row("create-refused=403", 4, 0, "refused this key"),
    Row("create-refused=500", 8, 0, "It is unknown whether the job was made."),
    Row("create-lost", 0, 3),
    Row("ask-503", 0, 3),
    Row("ask-503:8", 0, 3),
    Row("download-cut=10:9", 0, 3),
    Row("ask-503:*", 8, 0, "overloaded"),
    Row("job-expired", 8, 0, "expired at the service: 3 edits not made."),
    Row("job-failed", 8, 0, "failed at the service: 3 edits not made."),
    Row("results-reversed", 0, 3),
    Row("results-late-key", 0, 3),
    Row("results-cut=10", 0, 3),
    Row("results-cut=90000", 12, 2, failures=("server",), again=12),
    Row("results-missing", 12, 2, failures=("server",), again=12),
    Row("download-cut=100000", 0, 3),
    Row("download-cut=100000:3", 0, 3),
    Row("503,ok,ok", 12, 2, failures=("server",), again=12, paid=2),
    Row("ok,ok,ok,delete-503", 0, 3),
    Row("ok,IMAGE_SAFETY,ok", 12, 2, failures=("refused",), again=12),
    Row("ok,ok,200-error", 12, 2, failures=("server",), again=12),
    Row("drafts,data-url,late-keys", 0, 3),
)
