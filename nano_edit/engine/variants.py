"""A grid: several variants in one paid picture, which is then cut.

Rules:
- The whole picture is made as any other, under a free name of its own, so what holds
  of every paid picture holds of it; the names of the cells are checked before sending.
- It is removed once every cell is in place, and stays otherwise.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nano_edit.domain import AUTO, Billed
from nano_edit.engine.prepare import destination_of
from nano_edit.errors import InterruptedEdit, Terminated, TerminatedEdit
from nano_edit.pictures.formats import AS_IT_COMES, SUFFIXES
from nano_edit.pictures.outputs.cells import cut
from nano_edit.pictures.outputs.conformance import SIDES, nearest_ratio
from nano_edit.units import money
from nano_edit.wire.models import DEFAULT_SIZE, find_model, ratios_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from nano_edit.domain import (
        Destination,
        Edit,
        EditRequest,
        EditResult,
        Observe,
        Prepared,
        WrittenImage,
    )
    from nano_edit.engine.editor import Editor
    from nano_edit.pictures.inputs.workspace import Workspace
    from nano_edit.pictures.outputs.cells import Grid

_LONG_NAME = 200  # bytes; most file systems take 255


class Variants:
    """The variants of one run: where they go, and what is said of them before."""

    def __init__(self, edit: Edit, grid: Grid, *, is_dry: bool) -> None:
        self._edit = edit
        self._grid = grid
        self._is_dry = is_dry
        self._destinations: list[Destination] = []
        self._sentence = ""
        self._whole: Path | None = None  # to be removed
        self._cells: tuple[WrittenImage, ...] = ()

    def prepare(
        self, editor: Editor, observe: Observe, prove: bool
    ) -> AbstractContextManager[Prepared]:
        """Make the request for the whole picture ready."""

        def finish(
            prepared: Prepared, _: Workspace, note: Callable[[str], None]
        ) -> Prepared:
            request = self._request(prepared.request)
            inputs = [image.path for image in request.images if image.path]
            self._destinations = [
                destination_of(
                    replace(self._edit, variant=number),
                    inputs,
                    editor.pipes,
                    prove=prove,
                )
                for number in range(1, self._grid.count + 1)
            ]
            dollars = editor.billing.estimate(request).dollars
            self._sentence = self._told(request, dollars)
            if not self._is_dry:
                note(self._sentence)
            whole = _whole_of(self._destinations[0])
            return replace(
                prepared, edit=self._edit, request=request, destination=whole
            )

        first = replace(self._edit, variant=1)
        return editor.prepare(first, observe, prove=prove, finish=finish)

    def cut(self, result: EditResult, note: Callable[[str], None]) -> EditResult:
        """Cut the picture that came; return the result with the first cell's picture.

        Raises OutputError or InterruptedEdit, whose ``recovery`` is the whole picture.
        """
        try:
            self._cells = cut(result.image, self._grid, self._destinations, note)
        except KeyboardInterrupt as stop:
            kind = TerminatedEdit if isinstance(stop, Terminated) else InterruptedEdit
            error = kind("Stopped while the picture was cut.", billed=Billed.YES)
            error.recovery = result.image.path
            raise error from stop
        self._whole = result.image.path
        first = self._cells[0]
        notes = (*result.image.notes, *first.notes)
        return replace(
            result, image=replace(first, notes=notes, drafts=result.image.drafts)
        )

    @property
    def outputs(self) -> list[str]:
        """The files that were written."""
        return [str(cell.path) for cell in self._cells]

    def dry_record(self) -> dict[str, Any]:
        """Return what a dry run says of the cells."""
        places = [str(each.folder / each.name) for each in self._destinations]
        return {"output": places[0], "outputs": places, "rework": [self._sentence]}

    def close(self) -> None:
        """Remove the whole picture if every cell is in place."""
        if self._whole is not None:
            with suppress(OSError):
                self._whole.unlink()

    def _request(self, request: EditRequest) -> EditRequest:
        ratio = request.aspect_ratio
        if self._edit.aspect_ratio == AUTO:
            first = request.images[0]
            around = self._grid.around(first.width, first.height)
            ratio = nearest_ratio(*around, ratios_of(request.model))
        instruction = f"{request.instruction}\n{self._grid.sentence}"
        return replace(request, instruction=instruction, aspect_ratio=ratio)

    def _told(self, request: EditRequest, dollars: float | None) -> str:
        """Return what the picture costs and how large its cells will be."""
        cost = "at an unknown price" if dollars is None else f"about {money(dollars)}"
        size = request.image_size or DEFAULT_SIZE
        width, height = self._grid.cell_of(str(request.aspect_ratio), SIDES[size])
        known = find_model(request.model)
        largest = known.sizes[-1] if known and known.sizes else size
        more = "" if largest == size else f" -s {largest} gives larger ones."
        return (
            f"{self._grid.count} variants in one picture: {cost} in all; each about"
            f" {width}x{height} pixels.{more}"
        )


def _whole_of(cell: Destination) -> Destination:
    """Return where the whole picture goes, as it comes: a name that is free."""
    stem = cell.name if cell.format is None else Path(cell.name).stem
    stem = stem.removesuffix("-1")
    if len(os.fsencode(stem)) > _LONG_NAME:
        stem = stem[:50]
    base = f"{stem}-grid"
    number = 1
    while True:
        name = base if number == 1 else f"{base}-{number}"
        paths = [cell.folder / (name + SUFFIXES[kind]) for kind in AS_IT_COMES]
        if not any(os.path.lexists(path) for path in paths):
            return replace(cell, name=name, format=None, force=False)
        number += 1
