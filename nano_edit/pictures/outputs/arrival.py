"""One picture as it arrives: its part file, and the probe that follows its bytes.

A fault does not stop the stream.  The reply must be read to its end all the same,
for it is spooled and may hold a later, better picture; so a full disk or a broken
picture is remembered, the file is dropped at once (which gives its space back),
and the fault matters only if this picture turns out to be the result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nano_edit.domain import Billed
from nano_edit.errors import ServerError
from nano_edit.pictures.outputs.probe import ImageProbe
from nano_edit.pictures.part import PartFile, unwritten
from nano_edit.pictures.slices import BrokenImage

if TYPE_CHECKING:
    from pathlib import Path

    from nano_edit.pictures.outputs.probe import ImageFacts


class Arrival:
    """A picture that streams into ``folder``; nothing raises before `whole`."""

    __slots__ = ("_fault", "_file", "_folder", "_probe", "thought")

    def __init__(self, folder: Path, *, mode: int) -> None:
        self.thought = False
        self._folder = folder
        self._probe = ImageProbe()
        self._file: PartFile | None = None
        self._fault: OSError | BrokenImage | None = None
        try:
            self._file = PartFile(folder, mode=mode)
        except OSError as error:
            self._fault = error

    def write(self, data: bytes) -> None:
        """Take the next slice of the picture."""
        if self._file is None or self._fault is not None:
            return
        try:
            self._probe.feed(data)
            self._file.write(data)
        except (OSError, BrokenImage) as error:
            self._fault = error
            self._file.drop()

    @property
    def is_whole(self) -> bool:
        """Whether all bytes of a whole picture are in the file."""
        return self._fault is None and self._probe.is_whole

    def whole(self) -> tuple[PartFile, ImageFacts]:
        """Return the file and its facts; raises `OutputError` or `ServerError`."""
        if isinstance(self._fault, OSError):
            raise unwritten(self._folder, self._fault)
        try:
            facts = self._probe.close()
        except BrokenImage as fault:
            raise ServerError(
                f"The picture that came is not whole: {fault}.", billed=Billed.YES
            ) from None
        assert self._file is not None  # noqa: S101 - no file is an OSError, above
        return self._file, facts

    def drop(self) -> None:
        """Remove the file, unless it has been moved to its place."""
        if self._file is not None:
            self._file.drop()
