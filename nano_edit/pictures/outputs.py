"""The pictures of one reply, on their way to one place on the disk.

Owns the choice of the result and the end of all part files.  Several pictures
may come in one reply: drafts, and the final one.  The last that is no thought is
the result; each streams into a part file of its own beside the output, and one
that is superseded is removed at once, or kept to the end if drafts are wanted.

Rules:
- Nothing raises while the reply streams; `ImageWriter.commit` tells of the fault
  of the picture that matters.
- Leaving the context without a commit removes every part file.
- The format that was asked for is made from what came, as the bytes tell; the
  same format is the bytes that came, untouched, with their content credentials.
- A whole picture whose name is gone or whose conversion fails is not thrown away:
  it stays under a free name beside the output, and the error names it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, Self

from nano_edit.domain import Billed, WrittenImage
from nano_edit.errors import OutputError, ServerError
from nano_edit.pictures.arrival import Arrival
from nano_edit.pictures.destination import is_device, part_folder
from nano_edit.pictures.formats import FORMATS, MIME_TYPES, SUFFIXES, format_of
from nano_edit.pictures.part import PartFile, reason, unwritten
from nano_edit.pictures.placement import copy_into, place, place_beside, target_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nano_edit.domain import Destination
    from nano_edit.pictures.structure import ImageFacts


@dataclass(slots=True)
class _Result:
    """The picture that is to be placed: its file, its name, what it holds."""

    file: PartFile
    facts: ImageFacts  # of what came
    final: Path  # the name it is to get
    kind: str  # the format of the bytes in `file`


class ImageWriter:
    """Takes the pictures of a reply as they stream in; `commit` places the result.

    ``salvage`` is for a reply that was cut off: then any whole picture may be the
    result, a thought if there is nothing better, and the one that was coming if
    all of it is there.  ``note`` is told each sentence of `WrittenImage.notes` as
    soon as it is known.
    """

    def __init__(
        self,
        destination: Destination,
        *,
        save_drafts: bool = False,
        digest: bool = False,
        salvage: bool = False,
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._destination = destination
        self._folder = part_folder(destination)
        self._save_drafts = save_drafts
        self._digest = digest
        self._salvage = salvage
        self._tell = note
        self._notes: list[str] = []
        self._coming: Arrival | None = None
        self._ended: list[Arrival] = []
        self._converted: PartFile | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in (self._coming, self._converted, *self._ended):
            if file is not None:
                file.drop()

    # --- while the reply streams ---------------------------------------------

    @property
    def has_result(self) -> bool:
        """Whether a picture came that is no thought; `commit` knows if it is whole.

        With ``salvage``: whether any whole picture came.
        """
        return self._chosen() is not None

    def image_started(self) -> None:
        """Begin a picture; one that never ended is dropped."""
        if self._coming is not None:
            self._coming.drop()
        mode = 0o666 if self._destination.stream is None else 0o600
        self._coming = Arrival(self._folder, mode=mode)

    def image_data(self, data: bytes) -> None:
        """Take the next decoded bytes of the picture that was begun."""
        if self._coming is not None:
            self._coming.write(data)

    def image_ended(self, *, thought: bool) -> None:
        """End the picture that was begun, and drop what it supersedes."""
        if self._coming is None:
            return
        self._coming.thought = thought
        self._ended.append(self._coming)
        self._coming = None
        chosen = self._chosen()
        for picture in tuple(self._ended):
            is_draft = self._save_drafts and picture.is_whole
            if picture is not chosen and not is_draft:
                picture.drop()
                self._ended.remove(picture)

    def _chosen(self) -> Arrival | None:
        final = [picture for picture in self._ended if not picture.thought]
        if self._salvage:
            whole = [picture for picture in self._ended if picture.is_whole]
            if self._coming is not None and self._coming.is_whole:
                whole.append(self._coming)
            final = [picture for picture in whole if not picture.thought] or whole
        return final[-1] if final else None

    # --- when the reply is complete ------------------------------------------

    def commit(self) -> WrittenImage:
        """Put the result in its place, and say what it is and where.

        Raises `OutputError` when it cannot be written and `ServerError` when it
        is not whole; ``recovery`` names the picture where it could be kept.  A
        reader of standard output that went away is BrokenPipeError, as it comes.
        """
        chosen = self._chosen()
        if chosen is None:
            raise ServerError("The reply holds no picture.", billed=Billed.YES)
        result = self._named(*chosen.whole())
        self._convert(result)
        try:
            sha256 = _sha256(result.file.path) if self._digest else None
            size = result.file.path.stat().st_size
        except OSError as error:
            raise unwritten(result.final, error) from error
        self._deliver(result)
        is_streamed = self._destination.stream is not None
        return WrittenImage(
            path=None if is_streamed else result.final,
            mime_type=MIME_TYPES[result.kind],
            width=result.facts.width,
            height=result.facts.height,
            size=size,
            sha256=sha256,
            source_mime_type=result.facts.mime_type,
            drafts=self._place_drafts(chosen, result.final),
            notes=tuple(self._notes),
        )

    def _named(self, file: PartFile, facts: ImageFacts) -> _Result:
        came = format_of(facts.mime_type)
        name = self._destination.name
        if self._destination.format is None:
            name += SUFFIXES[came]
        return _Result(file, facts, self._destination.folder / name, came)

    def _convert(self, result: _Result) -> None:
        """Make the format that was asked for, if another one came."""
        wanted = self._destination.format or result.kind
        if FORMATS.get(result.final.suffix.lower(), wanted) != wanted:
            self._note(f"{result.final.name} holds {wanted.upper()}, as was asked.")
        if wanted == result.kind:
            return
        raise NotImplementedError

    def _deliver(self, result: _Result) -> None:
        stream = self._destination.stream
        try:
            if stream is not None:
                copy_into(result.file.path, stream)
            elif self._destination.force and is_device(result.final):
                with result.final.open("wb") as device:
                    copy_into(result.file.path, device)
            else:
                result.file.settle()
        except BrokenPipeError:
            raise
        except OSError as error:
            where = "standard output" if stream is not None else result.final
            raise unwritten(where, error) from error
        else:
            self._place(result)

    def _place(self, result: _Result) -> None:
        force = self._destination.force
        target = target_of(result.final, force=force)
        try:
            place(result.file.path, target, force=force)
        except FileExistsError:
            self._keep(result, f"{result.final} was taken by another run meanwhile")
        except OSError as error:
            self._keep(result, f"{result.final} cannot be written: {reason(error)}")

    def _keep(self, result: _Result, why: str) -> NoReturn:
        """Leave the picture under a free name beside the output; raises."""
        beside = result.final.with_suffix(SUFFIXES[result.kind])
        try:
            kept = place_beside(result.file.path, beside, "kept")
        except OSError as error:
            raise unwritten(result.final, error) from error
        failure = OutputError(
            f"{why}; the picture is kept as {kept}.",
            hint="It is whole: move it where you want it.",
            billed=Billed.YES,
        )
        failure.recovery = kept
        raise failure

    def _place_drafts(self, chosen: Arrival, final: Path) -> tuple[Path, ...]:
        """Give the drafts their names beside the output; a failure is a note."""
        placed: list[Path] = []
        for picture in self._ended:
            if picture is chosen:
                continue
            file, facts = picture.whole()
            suffix = SUFFIXES[format_of(facts.mime_type)]
            try:
                file.close()
                placed.append(
                    place_beside(file.path, final.with_suffix(suffix), "draft")
                )
            except OSError as error:
                self._note(f"A draft could not be saved: {reason(error)}.")
        return tuple(placed)

    def _note(self, sentence: str) -> None:
        self._notes.append(sentence)
        self._tell(sentence)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
