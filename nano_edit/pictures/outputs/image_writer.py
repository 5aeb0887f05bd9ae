"""The pictures of one reply, and which of them is the result.

Several pictures may come in one reply: drafts, and the final one.  The last that
is no thought is the result, or a whole thought if there is no other; each streams
into a temporary file of its own beside the output, and one that is superseded is
removed at once, or kept to the end if drafts are wanted.

Rules:
- The first temporary file is made when the context is entered, so that a folder
  that takes no file is refused before anything is sent.
- Nothing raises while the reply streams: it must be read to its end all the same,
  for it is spooled and may hold a later, better picture.  A full disk or a broken
  picture is remembered, its file is removed at once (which gives its space back),
  and `ImageWriter.commit` tells of the fault of the picture that matters.
- Leaving the context without a commit removes every temporary file.
- What is done with the result is `nano_edit.pictures.outputs.finalize`'s.
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Self

from nano_edit.domain import Billed
from nano_edit.errors import ServerError
from nano_edit.pictures.outputs.destination import not_writable
from nano_edit.pictures.outputs.finalize import Finalizer, unwritten
from nano_edit.pictures.outputs.probe import ImageProbe
from nano_edit.pictures.slices import BrokenImage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nano_edit.atomic_file import AtomicFile
    from nano_edit.domain import Destination, Rework, WrittenImage
    from nano_edit.pictures.outputs.probe import ImageFacts


class IncomingImage:
    """A picture that streams into ``file``; nothing raises before `whole`."""

    __slots__ = ("_fault", "_file", "_folder", "_probe", "thought")

    def __init__(self, file: AtomicFile | OSError, folder: Path) -> None:
        self.thought = False
        self._folder = folder
        self._probe = ImageProbe()
        self._file: AtomicFile | None = None
        self._fault: OSError | BrokenImage | None = None
        if isinstance(file, OSError):
            self._fault = file
        else:
            self._file = file

    def write(self, data: bytes) -> None:
        """Take the next slice of the picture."""
        if self._file is None or self._fault is not None:
            return
        try:
            self._probe.feed(data)
            self._file.write(data)
        except (OSError, BrokenImage) as error:
            self._fault = error
            self._file.discard()

    @property
    def disk_fault(self) -> OSError | None:
        """Why it could not be written, if that is so."""
        return self._fault if isinstance(self._fault, OSError) else None

    @property
    def is_whole(self) -> bool:
        """Whether all bytes of a whole picture are in the file."""
        return self._fault is None and self._probe.is_whole

    def whole(self) -> tuple[AtomicFile, ImageFacts]:
        """Return the file and its facts; raises `OutputError` or `ServerError`."""
        if self.disk_fault is not None:
            raise unwritten(self._folder, self.disk_fault)
        try:
            facts = self._probe.close()
        except BrokenImage as fault:
            raise ServerError(
                f"The picture that came is not whole: {fault}.", billed=Billed.YES
            ) from None
        assert self._file is not None  # noqa: S101 - no file is an OSError, above
        return self._file, facts

    def give_up(self, device: int) -> bool:
        """Remove the file if it is on ``device``, which is full."""
        if self._file is None or self._fault is not None:
            return False
        if os.fstat(self._file.descriptor).st_dev != device:
            return False
        self._fault = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._file.discard()
        return True

    def discard(self) -> None:
        """Remove the file, unless it has been moved to its place."""
        if self._file is not None:
            self._file.discard()


class ImageWriter:
    """Takes the pictures of a reply as they stream in; `commit` places the result.

    ``salvage`` is for a reply that was cut off: then any whole picture may be the
    result, a thought if there is nothing better, and the one that was coming if
    all of it is there.  ``digest`` asks for the SHA-256 of the final bytes.
    ``placing`` is told of the result just before it is moved to its place.
    ``rework`` is asked what is to be made of it.
    ``note`` is told each sentence of `WrittenImage.notes` as soon as it is known.
    Entering the context raises `InputError` if no file can be made.
    """

    def __init__(
        self,
        destination: Destination,
        *,
        save_drafts: bool = False,
        digest: bool = False,
        salvage: bool = False,
        note: Callable[[str], None] = lambda _: None,
        placing: Callable[[WrittenImage], None] = lambda _: None,
        rework: Rework | None = None,
    ) -> None:
        self._finalizer = Finalizer(
            destination, digest=digest, note=note, placing=placing, rework=rework
        )
        self._save_drafts = save_drafts
        self._salvage = salvage
        self._first: AtomicFile | None = None  # until the first picture takes it
        self._coming: IncomingImage | None = None
        self._ended: list[IncomingImage] = []
        self._is_final_whole = False
        self._disk_fault: OSError | None = None  # what a picture was lost to

    def __enter__(self) -> Self:
        try:
            self._first = self._finalizer.new_file()
        except OSError as error:
            raise not_writable(self._finalizer.folder, error) from None
        return self

    def __exit__(self, *_: object) -> None:
        self._finalizer.discard()
        if self._first is not None:
            self._first.discard()
        if self._coming is not None:
            self._coming.discard()
        for picture in self._ended:
            picture.discard()

    @property
    def has_result(self) -> bool:
        """Whether a picture came that may be the result; `commit` knows if it is whole.

        One that is marked as a thought may be it only when it is whole and there is
        no other; with ``salvage`` only a whole one may be.
        """
        return self._chosen() is not None

    @property
    def has_whole_final(self) -> bool:
        """Whether the last picture that ended and is no thought is whole."""
        return self._is_final_whole

    @property
    def facts(self) -> ImageFacts | None:
        """What the result says of itself; None until a whole one is there."""
        chosen = self._chosen()
        return chosen.whole()[1] if chosen is not None and chosen.is_whole else None

    def image_started(self) -> None:
        """Begin a picture; one that never ended is removed."""
        if self._coming is not None:
            self._coming.discard()
        self._coming = IncomingImage(self._next_file(), self._finalizer.folder)

    def image_data(self, data: bytes) -> None:
        """Take the next decoded bytes of the picture that was begun."""
        if self._coming is not None:
            self._coming.write(data)

    def image_ended(self, *, thought: bool) -> None:
        """End the picture that was begun, and remove what it supersedes."""
        if self._coming is None:
            return
        self._coming.thought = thought
        if not thought:
            self._is_final_whole = self._coming.is_whole
        self._disk_fault = self._coming.disk_fault or self._disk_fault
        self._ended.append(self._coming)
        self._coming = None
        chosen = self._chosen()
        for picture in tuple(self._ended):
            is_draft = self._save_drafts and picture.is_whole
            if picture is not chosen and not is_draft:
                picture.discard()
                self._ended.remove(picture)

    def release(self, device: int) -> bool:
        """Give up every picture on a full ``device``; return whether there was one.

        The reply that is kept on it comes first: the pictures can be made from it.
        """
        pictures = [*self._ended, *filter(None, [self._coming])]
        given_up = [picture for picture in pictures if picture.give_up(device)]
        for picture in given_up:
            self._disk_fault = picture.disk_fault
        return bool(given_up)

    def commit(self) -> WrittenImage:
        """Put the result in its place, and say what it is and where.

        Raises `OutputError` when it cannot be written and `ServerError` when it
        is not whole; ``recovery`` names the picture where it could be kept.  A
        reader of standard output that went away is BrokenPipeError, as it comes.
        """
        chosen = self._chosen()
        if chosen is None and self._disk_fault is not None:
            raise unwritten(self._finalizer.folder, self._disk_fault)
        if chosen is None:
            raise ServerError("The reply holds no picture.", billed=Billed.YES)
        file, facts = chosen.whole()
        if chosen.thought:
            self._finalizer.note("The service marks this picture as a draft.")
        drafts = [picture.whole() for picture in self._ended if picture is not chosen]
        return self._finalizer.put(file, facts, drafts)

    def _next_file(self) -> AtomicFile | OSError:
        file, self._first = self._first, None
        if file is not None:
            return file
        try:
            return self._finalizer.new_file()
        except OSError as error:
            return error

    def _chosen(self) -> IncomingImage | None:
        whole = [picture for picture in self._ended if picture.is_whole]
        pictures = self._ended
        if self._salvage:
            if self._coming is not None and self._coming.is_whole:
                whole.append(self._coming)
            pictures = whole
        final = [picture for picture in pictures if not picture.thought] or whole
        return final[-1] if final else None
