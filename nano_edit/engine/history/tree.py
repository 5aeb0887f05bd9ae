"""What came from what: the edits of a history as a forest.

An edit hangs below the one that it names as its parent, else below the newest
earlier one whose output was its first picture, told by the bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nano_edit.engine.history.entry import Entry


class Tree:
    """The edits of a history, oldest first, and who is whose parent."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = tuple(entries)
        self.by_id = {entry.id: entry for entry in self.entries}
        self.parents: dict[str, str] = {}
        self._children: dict[str, list[Entry]] = {}
        made: dict[str, str] = {}  # by the output's SHA-256
        for entry in self.entries:
            first = entry.images[0].sha256 if entry.images else ""
            parent = entry.parent if entry.parent in self.by_id else made.get(first, "")
            if parent and parent != entry.id:
                self.parents[entry.id] = parent
            self._children.setdefault(self.parents.get(entry.id, ""), []).append(entry)
            if entry.sha256:
                made[entry.sha256] = entry.id

    def parent_of(self, entry: Entry) -> Entry | None:
        """Return the edit that this one goes on from."""
        return self.by_id.get(self.parents.get(entry.id, ""))

    def ancestors(self, entry: Entry) -> list[Entry]:
        """Return the edit and those that it comes from, newest first."""
        found = [entry]
        while (parent := self.parent_of(found[-1])) and parent not in found:
            found.append(parent)
        return found

    def of_picture(self, sha256: str) -> Entry | None:
        """Return the newest edit whose result has these bytes."""
        made = (entry for entry in reversed(self.entries) if entry.sha256 == sha256)
        return next(made, None)

    def related(self, sha256: str) -> set[str]:
        """Return the ids of all edits that a picture came from or that came of it."""
        seeds = {
            entry.id
            for entry in self.entries
            if sha256 in {entry.sha256, *(image.sha256 for image in entry.images)}
        }
        found = {each.id for seed in seeds for each in self.ancestors(self.by_id[seed])}
        for entry in self.entries:  # a parent stands before its children
            if entry.id in seeds or self.parents.get(entry.id) in seeds:
                seeds.add(entry.id)
        return found | seeds

    def rows(self) -> Iterator[tuple[int, Entry]]:
        """Yield each edit with its depth: newest first, children below their parent.

        A tree is as new as the newest edit in it.
        """
        order = {entry.id: place for place, entry in enumerate(self.entries)}
        newest: dict[str, int] = {}
        for entry in reversed(self.entries):
            newest[entry.id] = max(newest.get(entry.id, 0), order[entry.id])
            above = self.parents.get(entry.id, "")
            newest[above] = max(newest.get(above, 0), newest[entry.id])
        waiting = [(0, root) for root in self._sorted("", newest)]
        while waiting:
            depth, entry = waiting.pop()
            yield depth, entry
            waiting += [(depth + 1, child) for child in self._sorted(entry.id, newest)]

    def _sorted(self, above: str, newest: dict[str, int]) -> list[Entry]:
        children = self._children.get(above, [])
        return sorted(children, key=lambda entry: newest[entry.id])
