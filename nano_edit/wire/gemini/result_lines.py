"""Where the members of one line of a batch's results lie.  Pure: no I/O.

A line can be 40 MB, and its key may stand behind its response.  So a line is looked
at as it passes, on its way into a file, and none of it is held.

Rules:
- Only the outline is read; what the response says is the strict parser's to judge.
- A line that was cut has a member without an end.
"""

from __future__ import annotations

import re

_LONGEST_NAME = 64  # bytes of a member's name that is looked at
_MARKS = re.compile(rb'["{}\[\],:]')


class LineMembers:
    """Finds the members of one line's object as its bytes pass.

    ``spans`` has the place of each member's value, by name: first byte, and the one
    behind the last; None for a value that has not ended.  What is no JSON object has
    no spans.
    """

    def __init__(self) -> None:
        self.spans: dict[str, tuple[int, int | None]] = {}
        self.size = 0  # bytes that have passed
        self.is_whole = False  # the object has closed
        self._depth = 0
        self._in_string = False
        self._skip = 0  # bytes of an escape that goes on in the next piece
        self._name: bytearray | None = None  # being read, at depth 1
        self._current = ""  # the member whose value is passing
        self._wants_name = False

    def feed(self, data: bytes) -> None:
        """Look at the next bytes."""
        at, self._skip = self._skip, 0
        while at < len(data) and not self.is_whole:
            at = self._string(data, at) if self._in_string else self._between(data, at)
        self._skip = max(0, at - len(data)) if not self.is_whole else 0
        self.size += len(data)

    def _string(self, data: bytes, at: int) -> int:
        end = data.find(b'"', at)
        stop = len(data) if end < 0 else end
        escape = data.find(b"\\", at, stop)
        if escape >= 0:
            self._keep(data[at : escape + 2])
            return escape + 2
        self._keep(data[at:stop])
        if end < 0:
            return stop
        self._in_string = False
        if self._name is not None:
            self._current = self._name.decode("utf-8", "replace")
            self._name = None
        return end + 1

    def _keep(self, piece: bytes) -> None:
        if self._name is not None:
            self._name += piece[: _LONGEST_NAME - len(self._name)]

    def _between(self, data: bytes, at: int) -> int:
        found = _MARKS.search(data, at)
        if found is None:
            return len(data)
        mark, here = found[0], self.size + found.start()
        if mark == b'"':
            self._in_string = True
            if self._depth == 1 and self._wants_name:
                self._name, self._wants_name = bytearray(), False
        elif mark in b"{[":
            self._depth += 1
            self._wants_name = self._depth == 1
        elif mark in b"}]":
            self._end_value(here)
            self._depth -= 1
            self.is_whole = self._depth <= 0
        elif self._depth == 1:
            if mark == b":":
                self.spans[self._current] = here + 1, None
            else:
                self._end_value(here)
                self._wants_name = True
        return found.end()

    def _end_value(self, here: int) -> None:
        if self._depth == 1 and self._current in self.spans:
            self.spans[self._current] = self.spans[self._current][0], here
            self._current = ""
