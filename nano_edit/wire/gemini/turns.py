"""Where a model's parts lie in a kept reply, so that they go back as they came.

Strategy: the reply is read once, by the reader of JSON that reads it for its picture,
and only places are noted.  A turn is the list ``candidates[0].content.parts``, from
its bracket to its bracket: layout, order of keys and escapes are the service's own.

Rules:
- The file holds the document as it is, its content coding undone.
- None for whatever may not go back: a reply that breaks the rules of JSON, several
  candidates, no parts, a key given twice.
- Constant memory: no string is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nano_edit.domain import FileSpan
from nano_edit.errors import ProtocolError
from nano_edit.wire.codec.json_stream import JsonStream

if TYPE_CHECKING:
    from pathlib import Path

    from nano_edit.wire.codec.json_stream import Scalar

BLOCK = 256 * 1024  # bytes read at a time
_PARTS = ("", "candidates", "0", "content", "parts")
_WAY = {_PARTS[:depth] for depth in range(1, len(_PARTS) + 1)}


def find_parts(path: Path) -> FileSpan | None:
    """Return where the model's parts lie in the reply at ``path``.  Raises OSError."""
    finder = _Finder()
    with path.open("rb", buffering=0) as file:
        try:
            while not finder.json.complete and (block := file.read(BLOCK)):
                finder.json.feed(block)
            finder.json.close()
        except ProtocolError:
            return None
    if len(finder.found) != 1 or finder.others:
        return None
    ((start, end),) = finder.found
    return FileSpan(path, start, end - start)


class _Finder:
    """A `Receiver` that notes the places of the parts."""

    def __init__(self) -> None:
        self.json = JsonStream(self)
        self.found: list[tuple[int, int]] = []  # from the bracket to behind the bracket
        self.others = False  # something stands twice, or there are other candidates
        self._path: tuple[str, ...] = ()
        self._indexes: list[int | None] = []  # of the next item; None in an object
        self._key = ""
        self._start = 0
        self._seen: set[tuple[str, ...]] = set()

    def begin_object(self) -> None:
        """Open an object as the next value."""
        self._open(None)

    def begin_array(self) -> None:
        """Open an array as the next value."""
        self._open(0)
        if self._path == _PARTS:
            self._start = self.json.position

    def end_container(self) -> None:
        """Close the innermost object or array."""
        if self._path == _PARTS and self._indexes[-1]:
            self.found.append((self._start, self.json.position + 1))
        self._path = self._path[:-1]
        self._indexes.pop()

    def key(self, name: str) -> None:
        """Name the member whose value comes next."""
        self._key = name.replace("_", "").lower()
        self._note((*self._path, self._key))

    def scalar(self, value: Scalar) -> None:
        """Take a number, true, false or null."""
        del value
        self._name()

    def begin_string(self) -> bool:
        """Open a string as the next value."""
        self._name()
        return False

    def string_data(self, piece: bytes) -> None:
        """Read past the next piece of it."""

    def end_string(self) -> None:
        """Close the string."""

    def _open(self, first: int | None) -> None:
        self._path = (*self._path, self._name())
        self._indexes.append(first)

    def _name(self) -> str:
        """Return what the next value is called: its key, its index, "" at the top."""
        index = self._indexes[-1] if self._indexes else None
        if index is None:
            return self._key
        self._indexes[-1] = index + 1
        self.others |= bool(index) and self._path == _PARTS[:2]
        return str(index)

    def _note(self, place: tuple[str, ...]) -> None:
        if place in _WAY:
            self.others |= place in self._seen
            self._seen.add(place)
