"""The results of a run side by side: their contact sheet, and one that is kept.

Rules:
- A sheet costs nothing and an edit does: whatever of it can be refused is refused
  before anything is sent, and later faults stop no edit.
- Variants have the numbers of their files, other edits their places in the list.
- A question is asked only where the variants can be drawn beside it.
- Where one is chosen, standard output gets what is there in the end, and only then.
- A run that was stopped chooses nothing: all pictures stay.
- Loaded late: it needs Pillow.
"""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from nano_edit.cli.command_table import PROGRAM
from nano_edit.cli.commands.asking import chosen
from nano_edit.cli.display.preview import draw
from nano_edit.cli.json_line import json_line
from nano_edit.engine.history.choice import Variant, keep_one
from nano_edit.engine.prepare import Pipes, destination_of, possible_outputs
from nano_edit.errors import NanoEditError, UsageError
from nano_edit.pictures.outputs.collisions import OutputKeys
from nano_edit.pictures.region.wish import is_restored
from nano_edit.report.contact_sheet import (
    LARGE_HEAD,
    Cell,
    check_sheet,
    contact_sheet,
    write_sheet,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal
    from nano_edit.domain import Edit
    from nano_edit.engine.batch.runner import Outcome
    from nano_edit.engine.batch.summary import Summary
    from nano_edit.engine.editor import Editor
    from nano_edit.engine.history.choice import Kept


class Choosing:
    """What is made of the results of ``edits``, once all have ended.

    A context manager: leaving it tells the results that are not told yet.
    Raises UsageError or InputError for what cannot be meant; nothing has been sent.
    """

    def __init__(
        self,
        edits: Sequence[Edit],
        editor: Editor,
        options: Options,
        terminal: Terminal,
        *,
        asks: bool,
    ) -> None:
        self._history = editor.history
        self._options = options
        self._terminal = terminal
        self._asks = asks
        self.holds_results = asks or bool(options.pick)
        variants = not (options.each or options.batch)
        self._numbers = [
            edit.variant if variants else place for place, edit in enumerate(edits, 1)
        ]
        self._made: dict[int, Outcome] = {}  # by number
        if options.sheet:
            _check_sheet(Path(options.sheet), edits, options)
        if options.pick:
            inputs = [Path(each) for each in edits[0].images if "://" not in each]
            destination_of(replace(edits[0], variant=0), inputs, Pipes(), prove=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        made = self._made if self.holds_results else {}
        for number in sorted(made):
            self._tell(made[number])

    def add(self, outcome: Outcome) -> None:
        """Take what an edit ended with."""
        if outcome.output not in {None, "-"}:
            self._made[self._numbers[outcome.place]] = outcome

    def end(self, summary: Summary) -> NanoEditError | None:
        """Write the sheet and keep what is chosen; return why there is no sheet."""
        fault = self._write_sheet()
        whole = not (summary.left or summary.stopped_by)
        if whole and (number := self._options.pick or self._answer()):
            self._keep(number)
        return fault

    def _write_sheet(self) -> NanoEditError | None:
        if not self._options.sheet or not self._made:
            return None
        path = Path(self._options.sheet)
        try:
            write_sheet(self._cells(), path)
        except NanoEditError as fault:
            return fault
        self._say(f"Contact sheet: {path}")
        return None

    def _cells(self) -> list[Cell]:
        return [
            Cell(number, Path(str(each.output)))
            for number, each in sorted(self._made.items())
        ]

    # --- one of several ---------------------------------------------------------

    def _answer(self) -> int | None:
        """Show the variants and ask which to keep; None: all."""
        if not self._asks or len(self._made) < 2:
            return None
        cells = self._cells()
        numbers = [cell.number for cell in cells]
        named = ", ".join(map(str, numbers))
        if numbers == [*range(1, len(numbers) + 1)]:
            named = f"1-{len(numbers)}"
        try:
            if draw(lambda: contact_sheet(cells, head=LARGE_HEAD), self._terminal):
                return None  # what cannot be seen is not asked about
            question = f"Keep which? [{named}, a(ll), Enter = all]"
            return chosen(question, numbers, self._terminal)
        except KeyboardInterrupt:  # all are paid for and in place
            self._terminal.say("")
            return None

    def _keep(self, number: int) -> None:
        """Keep variant ``number`` under the plain name."""
        if number not in self._made:
            self._say(f"Variant {number} was not made: the others stay.")
            return
        picked = self._made.pop(number)
        others = [_variant(key, each) for key, each in sorted(self._made.items())]
        final = _plain_name(picked)
        kept = keep_one(
            self._history,
            _variant(number, picked),
            others,
            final,
            force=self._options.force,
        )
        for variant, _ in kept.replies:
            del self._made[variant.number]
        self._tell(picked, kept.chosen)
        if kept.chosen != final:
            self._say(f"{final} is there already; the picture keeps its number.")
        self._explain(number, kept)

    def _explain(self, number: int, kept: Kept) -> None:
        self._say(f"Kept: {kept.chosen} (variant {number}).")
        if kept.replies:
            self._say("The history holds the others; each can be made again:")
        for variant, reply in kept.replies:
            words = (PROGRAM, "replies", "recover", reply, "-o", variant.path)
            self._say(f"  {variant.number}: {shlex.join(map(str, words))}")
        if kept.staying:
            names = ", ".join(str(each.path) for each in kept.staying)
            self._say(f"No reply is kept that makes these again, so they stay: {names}")

    def _tell(self, outcome: Outcome, place: Path | None = None) -> None:
        """Tell a result, which may have another name by now."""
        record = dict(outcome.record)
        if place is not None:
            record["output"] = str(place)
        line = json_line(record) if self._options.json else str(record["output"])
        self._terminal.result(line)

    def _say(self, text: str) -> None:
        if not self._options.quiet:
            self._terminal.say(text)


def _variant(number: int, outcome: Outcome) -> Variant:
    result = outcome.result
    path = Path(str(outcome.output))
    remade = is_restored(outcome.edit) or outcome.edit.copy_metadata
    if result is None or remade:  # its reply alone does not make it again
        return Variant(number, path, "", "")
    return Variant(number, path, result.image.sha256 or "", result.id)


def _plain_name(outcome: Outcome) -> Path:
    """Return the name that the result would have if it were the only one."""
    path, edit = Path(str(outcome.output)), outcome.edit
    numbered = possible_outputs(edit)
    names = dict(zip(numbered, possible_outputs(replace(edit, variant=0)), strict=True))
    return names.get(path, path)


def _check_sheet(path: Path, edits: Sequence[Edit], options: Options) -> None:
    check_sheet(path, len(edits), force=options.force)
    keys = OutputKeys()
    own = keys.key_of(path)
    plain = [replace(edits[0], variant=0)] if options.pick else []
    for edit in [*edits, *plain]:
        inputs = [*edit.images, *([edit.mask] if edit.mask else [])]
        files = [*possible_outputs(edit), *map(Path, inputs)]
        if own in map(keys.key_of, files):
            raise UsageError(
                f"{path} is a picture of {edit.label}, and cannot be the sheet too.",
                hint="Choose another name for --sheet.",
            )
