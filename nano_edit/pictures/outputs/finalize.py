"""The result on its last steps: named, converted, synced, in its place.

Owns what happens to one whole picture between its part file and its destination.

Rules:
- The format that was asked for is made from what came, as the bytes tell; the
  same format is the bytes that came, untouched, with their content credentials.
- What is placed is synced first, once, and only what is placed.
- A whole picture whose name is gone or whose conversion fails is not thrown away:
  it stays under a free name beside the output, and the error names it.
- A draft that cannot be saved is worth a note and no more.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nano_edit.domain import WrittenImage
from nano_edit.pictures.formats import FORMATS, MIME_TYPES, SUFFIXES, format_of
from nano_edit.pictures.outputs.destination import is_device, part_folder
from nano_edit.pictures.part import PartFile, reason, unwritten
from nano_edit.pictures.placement import (
    copy_into,
    keep_beside,
    place,
    place_beside,
    target_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from nano_edit.domain import Destination
    from nano_edit.errors import OutputError
    from nano_edit.pictures.outputs.probe import ImageFacts

    Whole = tuple[PartFile, ImageFacts]


@dataclass(slots=True)
class _Result:
    """The picture that is to be placed."""

    file: PartFile
    kind: str  # the format of the bytes in `file`
    final: Path  # the name it is to get


class Delivery:
    """Brings one picture to ``destination``; `drop` removes what it left behind."""

    def __init__(
        self, destination: Destination, *, digest: bool, note: Callable[[str], None]
    ) -> None:
        self.folder = part_folder(destination)  # for part files
        self.mode = 0o666 if destination.stream is None else 0o600  # of part files
        self._destination = destination
        self._digest = digest
        self._tell = note
        self._notes: list[str] = []
        self._converted: PartFile | None = None

    def put(
        self, file: PartFile, facts: ImageFacts, drafts: Sequence[Whole]
    ) -> WrittenImage:
        """Deliver the whole picture in ``file``, then the drafts beside it."""
        result = self._named(file, facts)
        self._convert(result)
        try:
            sha256 = _sha256(result.file.path) if self._digest else None
            size = result.file.path.stat().st_size
        except OSError as error:
            raise unwritten(result.final, error) from error
        is_streamed = self._destination.stream is not None
        if is_streamed or (self._destination.force and is_device(result.final)):
            self._hand_on(result)
        else:
            self._place(result)
        return WrittenImage(
            path=None if is_streamed else result.final,
            mime_type=MIME_TYPES[result.kind],
            width=facts.width,
            height=facts.height,
            size=size,
            sha256=sha256,
            source_mime_type=facts.mime_type,
            drafts=self._place_drafts(drafts, result.final),
            notes=tuple(self._notes),
        )

    def note(self, sentence: str) -> None:
        """Tell the user something about the picture that is no error."""
        self._notes.append(sentence)
        self._tell(sentence)

    def drop(self) -> None:
        """Remove the converted file, unless it has been moved to its place."""
        if self._converted is not None:
            self._converted.drop()

    def _named(self, file: PartFile, facts: ImageFacts) -> _Result:
        came = format_of(facts.mime_type)
        final = self._destination.folder / self._destination.name
        if self._destination.format is None and not is_device(final):
            final = final.with_name(final.name + SUFFIXES[came])
        return _Result(file, came, final)

    def _convert(self, result: _Result) -> None:
        """Make the format that was asked for, if another one came."""
        wanted = self._destination.format or result.kind
        if FORMATS.get(result.final.suffix.lower(), wanted) != wanted:
            self.note(f"{result.final.name} holds {wanted.upper()}, as was asked.")
        if wanted == result.kind:
            return
        from nano_edit.pictures.outputs.reformat import reformat  # noqa: PLC0415 - Pillow

        try:
            self._converted = PartFile(self.folder, mode=self.mode)
            losses = reformat(result.file.path, self._converted.descriptor, wanted)
        except Exception as error:  # whatever it is, the picture is paid for
            raise self._kept(
                result, f"The picture cannot be made {wanted.upper()}", error
            ) from error
        self.note(
            f"{result.kind.upper()} came and is now {wanted.upper()}; ask for"
            f" {SUFFIXES[result.kind]} to keep the original bytes with any content"
            " credentials in them."
        )
        for loss in losses:
            self.note(loss)
        result.file, result.kind = self._converted, wanted

    def _hand_on(self, result: _Result) -> None:
        """Copy the bytes into standard output, a device or a FIFO."""
        stream = self._destination.stream
        try:
            if stream is not None:
                copy_into(result.file.path, stream)
            else:
                with result.final.open("wb") as device:
                    copy_into(result.file.path, device)
        except BrokenPipeError:
            raise
        except OSError as error:
            where = result.final if stream is None else "standard output"
            raise unwritten(where, error) from error

    def _place(self, result: _Result) -> None:
        force = self._destination.force
        target = target_of(result.final, force=force)
        try:
            result.file.settle()
            place(result.file.path, target, force=force)
        except OSError as error:
            raise self._kept(
                result, f"{result.final} cannot be written", error
            ) from error

    def _kept(self, result: _Result, what: str, error: Exception) -> OutputError:
        """Keep a whole picture after all; return the error that tells of it."""
        if self._destination.stream is not None:
            return unwritten("standard output", error)
        if isinstance(error, FileExistsError):
            why = f"{result.final} was taken by another run meanwhile"
        else:
            why = f"{what}: {reason(error)}"
        return keep_beside(result.file, result.final, SUFFIXES[result.kind], why)

    def _place_drafts(self, drafts: Sequence[Whole], final: Path) -> tuple[Path, ...]:
        placed: list[Path] = []
        for file, facts in drafts:
            suffix = SUFFIXES[format_of(facts.mime_type)]
            try:
                file.close()
                placed.append(
                    place_beside(file.path, final.with_suffix(suffix), "draft")
                )
            except OSError as error:
                self.note(f"A draft could not be saved: {reason(error)}.")
        return tuple(placed)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
