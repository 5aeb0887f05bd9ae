"""Fault lists: their grammar, and the queue they become.

::

    LIST  = ENTRY ("," ENTRY)*
    ENTRY = NAME ["=" ARG] [":" COUNT]
    COUNT = a number of requests (1), or "*" for every request from then on

``429=0.5:2,reset,ok`` refuses two requests with a wait of half a second, breaks
the third connection, and answers whatever follows.  A name in capitals that is
not in the table is that ``finishReason``.
"""

from __future__ import annotations

import difflib
import re
import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nano_edit.emulator.faults.kind import FaultListError
from nano_edit.emulator.faults.refusals import finish_reason
from nano_edit.emulator.faults.table import FAULTS

if TYPE_CHECKING:
    from nano_edit.emulator.faults.kind import FaultKind

_ENTRY = re.compile(r"(?P<name>[^=:,\s]+)(?P<rest>=[^,\x00-\x1f]*|:.*)?", re.ASCII)
_COUNT = r"(?::(?P<count>\d{1,9}|\*))?"
_FINISH_REASON = re.compile(r"[A-Z][A-Z_]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is to happen to one request."""

    kind: FaultKind
    argument: str

    def __str__(self) -> str:
        return f"{self.kind.name}={self.argument}" if self.argument else self.kind.name


@dataclass(frozen=True, slots=True)
class FaultEntry:
    """A fault and the number of requests it is for; None: all from then on."""

    fault: Fault
    count: int | None


OK = Fault(FAULTS["ok"], "")


def parse_faults(text: str) -> tuple[FaultEntry, ...]:
    """Return the entries of a list; `FaultListError` if it cannot be read."""
    entries = (entry.strip() for entry in text.split(","))
    return tuple(_read_entry(entry) for entry in entries if entry)


def _read_entry(text: str) -> FaultEntry:
    match = _ENTRY.fullmatch(text)
    if not match:
        raise FaultListError(f"{text!r} is not NAME[=ARG][:COUNT]")
    kind, rest = _kind(match["name"]), match["rest"] or ""
    argument = "(?P<argument>)"
    if kind.argument:
        argument = f"(?:=(?P<argument>{kind.pattern})?)?"
    found = re.fullmatch(argument + _COUNT, rest, re.ASCII)
    if not found:
        if rest.startswith("="):
            raise FaultListError(kind.complaint())
        raise FaultListError(f"{text!r} is not NAME[=ARG][:COUNT]")
    fault = Fault(kind, found["argument"] or kind.default)
    count = found["count"] or "1"
    return FaultEntry(fault, None if count == "*" else int(count))


def _kind(name: str) -> FaultKind:
    if name in FAULTS:
        return FAULTS[name]
    if _FINISH_REASON.fullmatch(name):
        return finish_reason(name)
    near = difflib.get_close_matches(name, FAULTS, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise FaultListError(f"there is no fault named {name!r}{hint}")


class FaultQueue:
    """Hands out faults to requests in turn; safe to be used by many threads."""

    def __init__(self, text: str) -> None:
        self._lock = threading.Lock()
        self._entries: deque[FaultEntry] = deque(parse_faults(text))

    def replace(self, text: str) -> None:
        """Forget what is left and begin with another list."""
        entries = deque(parse_faults(text))
        with self._lock:
            self._entries = entries

    def peek(self) -> Fault:
        """Return what `take` would, and leave it there."""
        with self._lock:
            counts = (entry for entry in self._entries if entry.count != 0)
            return next((entry.fault for entry in counts), OK)

    def take(self, stage: str = "") -> Fault:
        """Return the next request's fault; ``ok`` when the list is used up.

        A fault of another stage is left for that stage, and ``ok`` returned.
        """
        with self._lock:
            while self._entries:
                first = self._entries[0]
                if first.fault.kind.stage != stage:
                    return OK
                if first.count is None:
                    return first.fault
                self._entries.popleft()
                if first.count > 1:
                    self._entries.appendleft(FaultEntry(first.fault, first.count - 1))
                if first.count:
                    return first.fault
            return OK
