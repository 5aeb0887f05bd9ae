"""The pictures of one reply, and which of them is the result.

Several pictures may come in one reply: drafts, and the final one.  The last that
is no thought is the result; each streams into a part file of its own beside the
output, and one that is superseded is removed at once, or kept to the end if drafts
are wanted.

Rules:
- Nothing raises while the reply streams; `ImageWriter.commit` tells of the fault
  of the picture that matters.
- Leaving the context without a commit removes every part file.
- What is done with the result is `nano_edit.pictures.outputs.finalize`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from nano_edit.domain import Billed
from nano_edit.errors import ServerError
from nano_edit.pictures.outputs.arrival import Arrival
from nano_edit.pictures.outputs.finalize import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable

    from nano_edit.domain import Destination, WrittenImage
    from nano_edit.pictures.outputs.probe import ImageFacts


class ImageWriter:
    """Takes the pictures of a reply as they stream in; `commit` places the result.

    ``salvage`` is for a reply that was cut off: then any whole picture may be the
    result, a thought if there is nothing better, and the one that was coming if
    all of it is there.  ``digest`` asks for the SHA-256 of the final bytes.
    ``note`` is told each sentence of `WrittenImage.notes` as soon as it is known.
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
        self._delivery = Delivery(destination, digest=digest, note=note)
        self._save_drafts = save_drafts
        self._salvage = salvage
        self._coming: Arrival | None = None
        self._ended: list[Arrival] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._delivery.drop()
        if self._coming is not None:
            self._coming.drop()
        for picture in self._ended:
            picture.drop()

    @property
    def has_result(self) -> bool:
        """Whether a picture came that is no thought; `commit` knows if it is whole.

        With ``salvage``: whether any whole picture came.
        """
        return self._chosen() is not None

    @property
    def facts(self) -> ImageFacts | None:
        """What the result says of itself; None until a whole one is there."""
        chosen = self._chosen()
        return chosen.whole()[1] if chosen is not None and chosen.is_whole else None

    def image_started(self) -> None:
        """Begin a picture; one that never ended is dropped."""
        if self._coming is not None:
            self._coming.drop()
        self._coming = Arrival(self._delivery.folder, mode=self._delivery.mode)

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

    def commit(self) -> WrittenImage:
        """Put the result in its place, and say what it is and where.

        Raises `OutputError` when it cannot be written and `ServerError` when it
        is not whole; ``recovery`` names the picture where it could be kept.  A
        reader of standard output that went away is BrokenPipeError, as it comes.
        """
        chosen = self._chosen()
        if chosen is None:
            raise ServerError("The reply holds no picture.", billed=Billed.YES)
        file, facts = chosen.whole()
        if chosen.thought:
            self._delivery.note("Only a draft of the picture is whole.")
        drafts = [picture.whole() for picture in self._ended if picture is not chosen]
        return self._delivery.put(file, facts, drafts)

    def _chosen(self) -> Arrival | None:
        final = [picture for picture in self._ended if not picture.thought]
        if self._salvage:
            whole = [picture for picture in self._ended if picture.is_whole]
            if self._coming is not None and self._coming.is_whole:
                whole.append(self._coming)
            final = [picture for picture in whole if not picture.thought] or whole
        return final[-1] if final else None
