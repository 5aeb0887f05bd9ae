"""What an edit is given beside its request: the world around it, and its options."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nano_edit.engine.disk_space import DiskSpace
from nano_edit.engine.rate_gate import Alone, Pace
from nano_edit.engine.retry import RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nano_edit.domain import Observe
    from nano_edit.engine.replies.cache import Cache
    from nano_edit.wire.http.client import Client


@dataclass(frozen=True, slots=True)
class Options:
    """How the result is to be treated."""

    save_drafts: bool = False
    strict: bool = False  # a picture of another shape or size is an error
    digest: bool = False  # the result's SHA-256 is wanted
    variant: int = 0  # from 1; of several pictures that the same request is to give


@dataclass(frozen=True, slots=True)
class Means:
    """What an edit needs of the world around it."""

    client: Client
    spools: Path  # the folder where replies are kept
    observe: Observe
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    pace: Pace = field(default_factory=Alone)
    cache: Cache | None = None
    space: DiskSpace = field(default_factory=DiskSpace)
    timeout: float | None = None  # seconds for one attempt; the service's own
    draw: Callable[[], float] = random.random
