"""`Order`: which edit is begun next, where some wait for what others end with.

Strategy: what may begin is what goes on from nothing, in the list's order, and what
has just become ready, which comes first.  A thread that finds neither waits for one
of those at work; as those that are waited for are always begun before, one thread is
enough.

Rules:
- What goes on from a failed edit becomes ready too: it is to say so.
- What goes on from an edit that never began is dropped with it.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

Ended = TypeVar("Ended")  # what an edit ends with
TICK = 0.5  # seconds; nobody waits longer without looking


class Order(Generic[Ended]):
    """Hands out the places of ``count`` edits; any thread may ask.

    ``before`` tells, by place, the place of the edit that it goes on from.
    """

    def __init__(self, count: int, before: Mapping[int, int]) -> None:
        self._free = iter(place for place in range(count) if place not in before)
        self._behind: dict[int, list[int]] = defaultdict(list)
        for place, other in before.items():
            self._behind[other].append(place)
        self._ready: deque[int] = deque()
        self._waiting = len(before)
        self._ended: dict[int, Ended] = {}  # that others go on from
        self._change = threading.Condition()
        self._draining = False

    def drain(self) -> None:
        """Begin nothing new."""
        self._draining = True

    def take(self) -> int | None:
        """Return the place of the next edit, waiting for it; None: there is none."""
        with self._change:
            while not self._draining:
                if self._ready:
                    return self._ready.popleft()
                place = next(self._free, None)
                if place is not None or not self._waiting:
                    return place
                self._change.wait(TICK)
        return None

    def end(self, place: int, outcome: Ended | None) -> None:
        """Note what an edit ended with; None: it never began."""
        behind = self._behind.get(place)
        if not behind:
            return
        with self._change:
            if outcome is None:
                self._drop(place)
            else:
                self._ended[place] = outcome
                self._ready += behind
                self._waiting -= len(behind)
            self._change.notify_all()

    def ended(self, place: int) -> Ended:
        """Return what an edit ended with that another goes on from."""
        return self._ended[place]

    def _drop(self, place: int) -> None:
        dropped = [*self._behind[place]]
        for each in dropped:
            dropped += self._behind.get(each, ())
        self._waiting -= len(dropped)
