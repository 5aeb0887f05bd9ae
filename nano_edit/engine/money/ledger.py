"""The ledger: a line for each request that may have been billed.

``ledger.jsonl`` in the state folder, for its owner alone.  A request is noted before
its first byte goes out, with an unknown outcome, and again when it has ended; of the
lines with the same ``id`` the last one counts.  So a kill at any moment leaves every
request that may be billed, and those whose outcome nobody knows say so.

Rules:
- A line tells no instruction, no file name and no key.
- A line is appended in one piece while the file is locked; behind a line that a full
  disk has torn a new one begins.
- A request that cannot be noted is not sent.  An end that cannot be noted is no error:
  the request stays unknown.
- ``NANO_EDIT_LEDGER=0`` writes none.
"""

from __future__ import annotations

import json
import math
import os
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nano_edit.atomic_file import PRIVATE, append_line, reason
from nano_edit.domain import Billed
from nano_edit.engine.replies.spool import FOLDER_VARIABLE, state_folder
from nano_edit.errors import InputError
from nano_edit.frozen import Frozen
from nano_edit.leftovers import hold

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

SWITCH = "NANO_EDIT_LEDGER"
SENT = "sent"  # the outcome of a request that has not ended, as far as is known
PICTURE = "picture"
_OFF = {"0", "false", "no", "off"}
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
_PATIENCE = 200  # times a lock is asked for
_PAUSE = 0.01  # seconds in between; other processes hold it for microseconds


class Call(Frozen):
    """One request, as its last line tells."""

    id: str
    at: str  # when it was sent: 2026-11-24T20:50:07Z
    provider: str
    model: str
    size: str | None
    tier: str
    outcome: str  # "picture", "sent", or an exit status's name: "refused", "unknown"
    billed: Billed
    dollars: float | None  # None: the price is not known
    counted: bool = False  # by the tokens that the service reported
    tokens: Mapping[str, int | None] | None = None
    response_id: str | None = None


def ledger_path() -> Path:
    """Return where the ledger is; it need not exist yet."""
    return state_folder().parent / "ledger.jsonl"


def is_wanted(environ: Mapping[str, str]) -> bool:
    """Whether a ledger is to be written."""
    return environ.get(SWITCH, "").strip().casefold() not in _OFF


def now() -> str:
    """Return the time as lines have it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class Ledger:
    """The file, to be added to; its methods may be called from any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def note_sent(self, call: Call) -> None:
        """Note that a request is about to go out; raises InputError."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._append(call)
        except OSError as fault:
            raise InputError(
                f"The ledger {self._path} cannot be written: {reason(fault)}. Nothing "
                "was sent.",
                hint=f"Name another folder in {FOLDER_VARIABLE}; {SWITCH}=0 does "
                "without.",
            ) from None

    def note_end(self, call: Call) -> None:
        """Note what became of a request."""
        with suppress(OSError):
            self._append(call)

    def _append(self, call: Call) -> None:
        record = {name: getattr(call, name) for name in Call.__match_args__}
        raw = json.dumps(record, separators=(",", ":")).encode() + b"\n"
        descriptor = self._locked()
        try:
            append_line(descriptor, raw)
        finally:
            os.close(descriptor)  # gives the lock back too

    def _locked(self) -> int:
        """Return the open file, locked; not locked where that takes too long."""
        for left in range(_PATIENCE, -1, -1):
            descriptor = os.open(self._path, _FLAGS, PRIVATE)
            if not left or hold(descriptor, self._path):
                break
            os.close(descriptor)
            time.sleep(_PAUSE)
        return descriptor


def read_calls(path: Path) -> list[Call]:
    """Return each request once, in the order in which they were sent.

    A line that is torn or is none of ours is passed over.  Raises InputError.
    """
    try:
        with path.open("rb") as file:
            return _joined(file)
    except FileNotFoundError:
        return []
    except OSError as fault:
        why = reason(fault)
        raise InputError(
            f"The ledger {path} cannot be read: {why}.",
            hint="Fix the permissions or move it away.",
        ) from None


def _joined(lines: Iterable[bytes]) -> list[Call]:
    calls: dict[str, Call] = {}
    for line in lines:
        if call := _parsed(line):
            first = calls.get(call.id)
            calls[call.id] = replace(call, at=first.at) if first else call
    return list(calls.values())


def _parsed(line: bytes) -> Call | None:
    try:
        record: Any = json.loads(line)
        return _call_of(record)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _call_of(record: Mapping[str, Any]) -> Call:
    """Return the call of a line's object; raises for one that is none."""
    dollars, tokens = record["dollars"], record.get("tokens")
    words = ("id", "at", "provider", "model", "tier", "outcome")
    if not all(isinstance(record[name], str) for name in words):
        raise TypeError
    if dollars is not None and not 0 <= float(dollars) < math.inf:
        raise ValueError
    return Call(
        **{name: record[name] for name in words},
        size=None if record["size"] is None else str(record["size"]),
        billed=Billed(record["billed"]),
        dollars=None if dollars is None else float(dollars),
        counted=record.get("counted") is True,
        tokens=tokens if isinstance(tokens, dict) else None,
        response_id=record.get("response_id"),
    )


def spent(calls: Iterable[Call], since: str = "") -> float:
    """Return the dollars of what was or may have been billed from ``since`` on.

    ``since`` is a time as lines have it.  Unknown prices count for nothing.
    """
    return sum(
        call.dollars or 0.0
        for call in calls
        if call.billed is not Billed.NO and call.at >= since
    )
