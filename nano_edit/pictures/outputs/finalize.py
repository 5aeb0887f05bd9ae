"""From a whole picture to the file that was asked for: named, converted, placed.

Owns what happens to one whole picture between its temporary file and its
destination.

Rules:
- The format that was asked for is made from what came, as the bytes tell; the
  same format is the bytes that came, untouched, with their content credentials.
- A file that replaces another has its permissions from the first byte on.
- A whole picture whose name is gone or whose conversion fails is not thrown away:
  it stays under a free name beside the output, and the error names it.
- A draft that cannot be saved is worth a note and no more.
"""

from __future__ import annotations

import dataclasses
import hashlib
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nano_edit.atomic_file import PRIVATE, AtomicFile, reason, target_of
from nano_edit.domain import Billed, WrittenImage
from nano_edit.errors import OutputError, RefusedError
from nano_edit.leftovers import sweep
from nano_edit.pictures.formats import FORMATS, MIME_TYPES, SUFFIXES, format_of
from nano_edit.pictures.outputs.destination import is_device, temporary_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from nano_edit.domain import Destination, Remade, Rework
    from nano_edit.pictures.outputs.probe import ImageFacts

    Whole = tuple[AtomicFile, ImageFacts]

_USUAL = 0o666  # of which the umask takes its part


@dataclass(slots=True)
class _Result:
    """The picture that is to be placed."""

    file: AtomicFile
    kind: str  # the format of the bytes in `file`
    final: Path  # the name it is to get


class Finalizer:
    """Brings one picture to ``destination``; `discard` removes what it left behind."""

    def __init__(
        self,
        destination: Destination,
        *,
        digest: bool,
        note: Callable[[str], None],
        placing: Callable[[WrittenImage], None],
        rework: Rework | None = None,
    ) -> None:
        self._rework = rework
        self.folder = temporary_folder(destination)
        self._mode = mode_for(destination)
        self._destination = destination
        self._digest = digest
        self._tell = note
        self._placing = placing
        self._notes: list[str] = []
        self._converted: AtomicFile | None = None
        sweep(self.folder)

    def new_file(self) -> AtomicFile:
        """Make a temporary file for a picture; raises OSError."""
        return AtomicFile(self.folder, mode=self._mode)

    def put(
        self, file: AtomicFile, facts: ImageFacts, drafts: Sequence[Whole]
    ) -> WrittenImage:
        """Deliver the whole picture in ``file``, then the drafts beside it."""
        result = self._named(file, facts)
        made = None
        if self._rework is None:
            self._convert(result)
        else:
            made = self._remake(result, self._rework)
        try:
            sha256 = _sha256(result.file.path) if self._digest else None
            size = result.file.path.stat().st_size
        except OSError as error:
            raise unwritten(result.final, error) from error
        is_streamed = self._destination.stream is not None
        image = WrittenImage(
            path=None if is_streamed else result.final,
            mime_type=MIME_TYPES[result.kind],
            width=made.size[0] if made else facts.width,
            height=made.size[1] if made else facts.height,
            size=size,
            sha256=sha256,
            source_mime_type=facts.mime_type,
            change=made.change if made else None,
            source_size=made.came if made else None,
        )
        if is_streamed or (self._destination.force and is_device(result.final)):
            self._hand_on(result)
        else:
            self._placing(image)
            self._place(result)
        placed = self._place_drafts(drafts, result.final)
        return dataclasses.replace(image, drafts=placed, notes=tuple(self._notes))

    def note(self, sentence: str) -> None:
        """Tell the user something about the picture that is no error."""
        self._notes.append(sentence)
        self._tell(sentence)

    def discard(self) -> None:
        """Remove the converted file, unless it has been moved to its place."""
        if self._converted is not None:
            self._converted.discard()

    def _named(self, file: AtomicFile, facts: ImageFacts) -> _Result:
        came = format_of(facts.mime_type)
        final = self._destination.folder / self._destination.name
        if self._destination.format is None and not is_device(final):
            kind = self._rework.format_for(None, came) if self._rework else came
            final = final.with_name(final.name + SUFFIXES[kind])
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
            self._converted = self.new_file()
            losses = reformat(
                result.file.path,
                self._converted.descriptor,
                wanted,
                max_pixels=self._destination.max_pixels,
            )
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

    def _remake(self, result: _Result, rework: Rework) -> Remade:
        """Make the result of what came, in the format that was asked for."""
        kind = rework.format_for(self._destination.format, result.kind)
        if FORMATS.get(result.final.suffix.lower(), kind) != kind:
            self.note(f"{result.final.name} holds {kind.upper()}, as was asked.")
        try:
            self._converted = self.new_file()
            made = rework.remake(result.file.path, kind, self._converted.descriptor)
        except RefusedError as refusal:
            self._keep_raw(result, refusal)
            raise
        except Exception as error:  # whatever it is, the picture is paid for
            raise self._kept(
                result, "The picture cannot be put into the original", error
            ) from error
        for note in made.notes:
            self.note(note)
        result.file, result.kind = self._converted, kind
        return made

    def _keep_raw(self, result: _Result, refusal: RefusedError) -> None:
        """Place the picture as it came beside the output, and let the error say so."""
        if self._destination.stream is not None:
            return
        near = result.final.with_suffix(SUFFIXES[result.kind])
        try:
            refusal.recovery = result.file.place_beside(near, "raw")
        except OSError as error:
            refusal.message += f" It could not be kept either: {reason(error)}."
        refusal.args = (refusal.message,)

    def _hand_on(self, result: _Result) -> None:
        """Copy the bytes into standard output, a device or a FIFO."""
        stream = self._destination.stream
        try:
            if stream is not None:
                result.file.copy_into(stream)
            else:
                with result.final.open("wb") as device:
                    result.file.copy_into(device)
        except BrokenPipeError:
            raise
        except OSError as error:
            where = result.final if stream is None else "standard output"
            raise unwritten(where, error) from error

    def _place(self, result: _Result) -> None:
        force = self._destination.force
        target = target_of(result.final, force=force)
        try:
            result.file.place(target, force=force)
        except OSError as error:
            raise self._kept(
                result, f"{result.final} cannot be written", error
            ) from error

    def _kept(self, result: _Result, what: str, error: Exception) -> OutputError:
        """Keep a whole picture after all; return the error that tells of it."""
        if isinstance(error, FileExistsError):
            why = f"{result.final} was taken by another run meanwhile"
        else:
            why = f"{what}: {reason(error).rstrip('.')}"
        if self._destination.stream is not None:  # the reply is kept
            return OutputError(f"{why}.", billed=Billed.YES)
        return _keep_beside(result, why)

    def _place_drafts(self, drafts: Sequence[Whole], final: Path) -> tuple[Path, ...]:
        placed: list[Path] = []
        for file, facts in drafts:
            suffix = SUFFIXES[format_of(facts.mime_type)]
            try:
                placed.append(file.place_beside(final.with_suffix(suffix), "draft"))
            except OSError as error:
                self.note(f"A draft could not be saved: {reason(error)}.")
        return tuple(placed)


def unwritten(where: Path | str, error: Exception) -> OutputError:
    """Return the error of a paid picture that could not be written to ``where``."""
    return OutputError(
        f"The picture came, but it cannot be written to {where}: {reason(error)}.",
        hint="Free space, or fix the permissions.",
        billed=Billed.YES,
    )


def _keep_beside(result: _Result, why: str) -> OutputError:
    """Leave a whole picture under a free name near its own; return the error.

    ``why`` says what went wrong.  The error's ``recovery`` is where the picture is,
    if it could be kept at all.
    """
    near = result.final.with_suffix(SUFFIXES[result.kind])
    try:
        kept = result.file.place_beside(near, "kept")
    except OSError as error:
        return unwritten(result.final, error)
    failure = OutputError(
        f"{why}; the picture is kept as {kept}.",
        hint="It is whole: move it where you want it.",
        billed=Billed.YES,
    )
    failure.recovery = kept
    return failure


def mode_for(destination: Destination) -> int:
    """Return the permissions of the temporary files: never wider than the output's."""
    if destination.stream is not None:
        return PRIVATE
    final = target_of(destination.folder / destination.name, force=destination.force)
    try:
        facts = final.lstat()
    except OSError:
        return _USUAL
    is_replaced = destination.force and stat.S_ISREG(facts.st_mode)
    return stat.S_IMODE(facts.st_mode) & _USUAL | PRIVATE if is_replaced else _USUAL


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
