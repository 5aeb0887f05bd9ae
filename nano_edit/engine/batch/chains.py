"""Which edits of a list go on from which: from another line, or from the history.

`Edit.after` names the place of another edit (`Edit.where`, of the same variant), or
an id of the history.

Rules:
- The other line may stand before or behind; a circle, and a name that nothing has,
  are faults that are told before anything is sent.
- What the other edit said of the picture holds until something else is said, as in
  `nano_edit.engine.again`; its model too.
- An edit that goes on from another is the same one in another run only if all that
  it comes from is the same.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nano_edit.engine.again import (
    CARRIED,
    WHERE,
    Next,
    Start,
    carried,
    find_start,
    notes_of,
)
from nano_edit.engine.batch.manifest import job_id
from nano_edit.engine.batch.plan import going_on, placed
from nano_edit.engine.history.entry import Source, is_as_it_was, options_of
from nano_edit.engine.history.store import History, history_folder
from nano_edit.engine.history.tree import Tree
from nano_edit.engine.prepare import model_of
from nano_edit.errors import InputError, NanoEditError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nano_edit.domain import Edit
    from nano_edit.engine.editor import Editor
    from nano_edit.engine.history.entry import Entry

IS_ID = re.compile(r"[0-9a-f]{8,12}")  # or how one begins, as the history shows it


class Chains:
    """The edits, with what holds on from others, and what each goes on from.

    before: by place, the place of the edit that it goes on from.
    first: by place, the place of the edit that it began with.
    """

    def __init__(self, edits: Sequence[Edit], editor: Editor) -> None:
        self.edits = list(edits)
        self.before: dict[int, int] = {}
        self.first: dict[int, int] = {}
        self.faults: list[NanoEditError] = []
        self._editor = editor
        self._entries: dict[int, Entry] = {}
        self._jobs: dict[int, str] = {}  # of edits that are part of a chain
        self._tree = Tree(())
        if any(edit.after for edit in self.edits):
            self._look_up()
            places = self._in_order()
            for place in () if self.faults else places:
                self._fill(place)

    def job(self, place: int) -> str:
        """Return the id by which the manifest knows the edit at ``place``."""
        if place not in self._jobs:
            return self._job(place)
        return self._jobs[place]

    def entry(self, place: int) -> Entry | None:
        """Return the edit of the history that the one at ``place`` goes on from."""
        return self._entries.get(place)

    def next_of(self, place: int, picture: str) -> Next:
        """Return the edit at ``place`` as it goes on from ``picture``."""
        edit = going_on(self.edits[place], picture)
        history = self._editor.history
        start = Start(picture, self._entries.get(place), self._tree)
        if start.entry is None and history is not None:
            start = find_start(history, picture, Path())
        return Next(edit, start, notes=notes_of(start))

    # --- who goes on from whom --------------------------------------------------

    def _look_up(self) -> None:
        places = {
            (edit.where, edit.variant): place
            for place, edit in enumerate(self.edits)
            if edit.where
        }
        for place, edit in enumerate(self.edits):
            before = places.get((edit.after, edit.variant)) if edit.after else None
            if before is not None:
                self.before[place] = before
            elif edit.after:
                try:
                    self._entries[place] = self._noted(edit)
                except NanoEditError as fault:
                    self._add_fault(fault, edit)

    def _noted(self, edit: Edit) -> Entry:
        """Return the entry that the edit names; raises UsageError or InputError."""
        if not IS_ID.fullmatch(edit.after):
            raise UsageError(
                f"it goes on from {edit.after}, where there is no edit.",
                hint='"after" takes a line of the list, or an id of nano-edit history.',
            )
        if not self._tree.entries:
            history = self._editor.history or History(history_folder())
            self._tree = Tree(history.entries())
        found = [each for each in self._tree.entries if each.id.startswith(edit.after)]
        if len(found) != 1:
            known = "knows several of" if found else "does not know"
            raise UsageError(
                f"it goes on from {edit.after}, which the history {known}.",
                hint="nano-edit history --json tells the ids.",
            )
        entry = found[0]
        if not is_as_it_was(Source(entry.output, entry.output, entry.sha256)):
            raise InputError(
                f"it goes on from {edit.after}, whose picture, {entry.output}, is not "
                "there as it was.",
                hint="Name the picture under images, and leave after out.",
            )
        return entry

    def _in_order(self) -> list[int]:
        """Return the places of all chains, each behind the one it goes on from."""
        found = dict.fromkeys(self._entries)
        done = {place for place in self.before.values() if place not in self.before}
        for start in self.before:
            line: dict[int, None] = {}
            place = start
            while place in self.before and place not in done and place not in line:
                line[place] = None
                place = self.before[place]
            if place in line:
                edit = self.edits[place]
                fault = UsageError(
                    f"it goes on from {edit.after}, which in the end goes on from it.",
                    hint="One of them has to begin with a picture.",
                )
                self._add_fault(fault, edit)
            done.update(line)
            found |= dict.fromkeys(reversed(line))
        return list(found)

    def _add_fault(self, fault: NanoEditError, edit: Edit) -> None:
        fault.message = (
            f"{edit.where}: {fault.message}" if edit.where else fault.message
        )
        self.faults.append(fault)

    # --- what holds on ----------------------------------------------------------

    def _fill(self, place: int) -> None:
        """Let what was said before hold for the edit at ``place`` too."""
        edit = self.edits[place]
        said = {*options_of(edit), *(["mask"] if edit.mask else [])}
        entry = self._entries.get(place)
        if entry is None:
            above = self.before[place]
            self.first[place] = self.first.get(above, above)
            before = self.edits[above]
            wanted = CARRIED - WHERE if said & WHERE else CARRIED
            values = {name: getattr(before, name) for name in wanted - said}
            model = before.model
        else:
            try:
                held = carried(entry, dict.fromkeys(said), whole=False)
            except InputError as fault:
                self._add_fault(fault, edit)
                return
            values = {name: held[name] for name in {*held} - said}
            is_same = entry.provider == self._editor.provider.name
            model = entry.model if is_same else None
        filled = replace(edit, model=edit.model or model, **values)
        if filled != edit:  # what has all of it stays the object that it is
            self.edits[place] = filled
        self._jobs[place] = self._job(place)

    def _job(self, place: int) -> str:
        edit, provider = self.edits[place], self._editor.provider
        entry = self._entries.get(place)
        after = entry.id if entry else ""
        if place in self.before:
            after = self.job(self.before[place])
        model = model_of(edit, provider)
        emulated = self._editor.emulated
        return job_id(edit, provider.name, model, emulated=emulated, after=after)


def check_no_chain(edits: Iterable[Edit]) -> None:
    """Raise UsageError for an edit that goes on from another, which takes its time."""
    for edit in edits:
        if edit.after:
            raise placed(
                UsageError(
                    f"it goes on from {edit.after}, and deferred edits are all sent "
                    "at once.",
                    hint="Run this list without --defer.",
                ),
                edit.where,
            )
