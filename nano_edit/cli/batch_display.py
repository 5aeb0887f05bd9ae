"""What is told while many edits run: a line an edit, and the sums at the end.

Rules: ``ended`` and ``note`` may come from any thread; standard output gets the
paths or the JSON objects, in the order in which the edits end.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from nano_edit.cli.messages import error_text
from nano_edit.domain import Billed

if TYPE_CHECKING:
    from nano_edit.cli.options import Options
    from nano_edit.cli.plan import Planned
    from nano_edit.cli.terminal import Terminal
    from nano_edit.domain import EditEvent
    from nano_edit.errors import NanoEditError


@dataclass(slots=True)
class Tally:
    """The sums of a run."""

    total: int
    done: int = 0
    cached: int = 0
    skipped: int = 0
    tokens: int = 0
    reasons: Counter[str] = field(default_factory=Counter)  # exit code -> failures
    billed: Billed = Billed.NO  # of the failures: the worst that is known
    stopped_by: NanoEditError | None = None

    @property
    def failed(self) -> int:
        """How many edits failed."""
        return self.reasons.total()

    def add(self, record: dict[str, Any], error: NanoEditError | None) -> None:
        """Count one edit."""
        if error is not None:
            self.reasons[error.exit_status.code] += 1
            self.billed = max(self.billed, error.billed, key=list(Billed).index)
        elif record.get("skipped"):
            self.skipped += 1
        else:
            self.done += 1
            self.cached += bool(record.get("cached"))
            self.tokens += (record.get("usage") or {}).get("total_tokens") or 0
