"""The results of a run side by side: their contact sheet.

Rules:
- A sheet costs nothing and an edit does: whatever of it can be refused is refused
  before anything is sent, and later faults stop no edit.
- Variants have the numbers of their files, other edits their places in the list.
- Loaded late: it needs Pillow.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nano_edit.engine.prepare import possible_outputs
from nano_edit.errors import NanoEditError, UsageError
from nano_edit.pictures.outputs.collisions import OutputKeys
from nano_edit.report.contact_sheet import Cell, check_sheet, write_sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal
    from nano_edit.domain import Edit
    from nano_edit.engine.batch.runner import Outcome


class Choosing:
    """What is made of the results of ``edits``, once all have ended.

    Raises UsageError or InputError for what cannot be meant; nothing has been sent.
    """

    def __init__(
        self, edits: Sequence[Edit], options: Options, terminal: Terminal
    ) -> None:
        self._options = options
        self._terminal = terminal
        variants = not (options.each or options.batch)
        self._numbers = {
            id(edit): edit.variant if variants else place
            for place, edit in enumerate(edits, 1)
        }
        self._outcomes: list[Outcome] = []
        if options.sheet:
            _check_sheet(Path(options.sheet), edits, options)

    def add(self, outcome: Outcome) -> None:
        """Take what an edit ended with."""
        self._outcomes.append(outcome)

    def end(self) -> NanoEditError | None:
        """Write the sheet; return the fault if it could not be written."""
        cells = self._cells()
        if not self._options.sheet or not cells:
            return None
        path = Path(self._options.sheet)
        try:
            write_sheet(cells, path)
        except NanoEditError as fault:
            return fault
        if not self._options.quiet:
            self._terminal.say(f"Contact sheet: {path}")
        return None

    def _cells(self) -> list[Cell]:
        found = [
            Cell(self._numbers[id(each.edit)], Path(each.output))
            for each in self._outcomes
            if each.output not in {None, "-"}
        ]
        return sorted(found, key=lambda cell: cell.number)


def _check_sheet(path: Path, edits: Sequence[Edit], options: Options) -> None:
    check_sheet(path, len(edits), force=options.force)
    keys = OutputKeys()
    own = keys.key_of(path)
    for edit in edits:
        inputs = [*edit.images, *([edit.mask] if edit.mask else [])]
        files = [*possible_outputs(edit), *map(Path, inputs)]
        if own in map(keys.key_of, files):
            raise UsageError(
                f"{path} is a picture of {edit.label}, and cannot be the sheet too.",
                hint="Choose another name for --sheet.",
            )
