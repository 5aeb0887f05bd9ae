"""Owns the preparation of pictures: from what the user named to an `ImageInput`.

Strategy: make every input a regular file, tell what it is from its bytes, walk
it to its end; then send it unchanged whenever that is possible, and convert it
only for a reason: it is turned, it is of a format or mode that the service does
not take, or it is too large.

Rules:
- Every input is looked at before the first one is converted: a bad last
  picture costs no work on the good ones.
- JPEG and PNG that need nothing keep their pixels byte for byte; private
  metadata is not sent either way, unless it was asked for.
- A picture that is made smaller than the user gave it is told in a note.
- Pillow is loaded only when a picture must be decoded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, BinaryIO

from nano_edit.domain import FileSpan, ImageInput
from nano_edit.frozen import Frozen
from nano_edit.pictures.inputs.examine import (
    Original,
    examine,
    too_large,
    too_large_together,
)
from nano_edit.pictures.inputs.limits import check_pixels
from nano_edit.pictures.inputs.sniff import PictureFormat
from nano_edit.pictures.inputs.sources import Source, locate, refuse_unusable
from nano_edit.units import size_text

if TYPE_CHECKING:
    from nano_edit.pictures.inputs.survey import Survey
    from nano_edit.pictures.inputs.workspace import Workspace

Fetch = Callable[[str, BinaryIO], None]
_MIME_TYPES = {PictureFormat.JPEG: "image/jpeg", PictureFormat.PNG: "image/png"}


class Preparation(Frozen):
    """What the user and the provider ask of the pictures that are sent."""

    keep_metadata: bool = False
    max_side: int | None = None  # px, longer side
    downscale: bool = True  # False: over a limit is an InputError
    max_pixels: int | None = None  # None: the usual limits; see `limits`
    max_image_bytes: int = 7_000_000  # of one picture, before base64
    max_request_bytes: int = 100_000_000  # of all pictures together


class _Limit(Frozen):
    """How many bytes one picture may have, and why, for a message."""

    size: int
    reason: str


def prepare_inputs(
    sources: Sequence[str],
    preparation: Preparation,
    *,
    workspace: Workspace,
    stdin: BinaryIO,
    fetch: Fetch,
    note: Callable[[str], None],
    go_on: Callable[[], None] = lambda: None,
) -> tuple[ImageInput, ...]:
    """Make every source ready to be sent, in order.

    A source is a path, ``-`` for ``stdin``, or an ``https`` URL that ``fetch``
    streams into a file.  ``note`` is told, in one sentence each, what the user
    would not expect; ``go_on`` is called now and then, and what it raises ends the
    work.  The pictures' bytes stay on disk, some of them in
    ``workspace``, which must outlive the result.  Raises InputError.
    """
    refuse_unusable(sources)
    located = [
        locate(source, workspace=workspace, stdin=stdin, fetch=fetch)
        for source in sources
    ]
    preparer = _Preparer(preparation, workspace, [], go_on)
    pairs = [(source, examine(source)) for source in located]
    for _, original in pairs:
        if survey := original.survey:
            size = (survey.width, survey.height)
            check_pixels(original.name, size, preparation.max_pixels)
    limit = _limit(preparation.max_image_bytes, "a picture")
    images = [preparer.ready(source, original, limit) for source, original in pairs]
    within = preparer.within_request(pairs, images)
    for text in dict.fromkeys(preparer.notes):
        note(text)
    return within


def _limit(size: int, unit: str, share: int | None = None) -> _Limit:
    """At most ``size`` bytes ``unit``; ``share`` of them where it is divided."""
    return _Limit(share or size, f"the service takes at most {size_text(size)} {unit}")


class _Preparer(Frozen):
    """Makes pictures ready, and gathers what is to be told about it."""

    preparation: Preparation
    workspace: Workspace
    notes: list[str]
    go_on: Callable[[], None]

    def ready(self, source: Source, original: Original, limit: _Limit) -> ImageInput:
        """Send the picture unchanged when that is possible, else converted."""
        survey = original.survey
        if survey and survey.animated:
            self._note_animation(original)
        if survey and _goes_unchanged(survey, self.preparation.max_side):
            image = _unchanged(source, original, survey, self.preparation)
            if image.size <= limit.size:
                return image
            if not self.preparation.downscale:
                shape = (image.width, image.height)
                raise too_large(original.name, shape, image.size, limit.reason)
            return self._converted(source, original, limit, oversize=True)
        return self._converted(source, original, limit, oversize=False)

    def within_request(
        self, pairs: list[tuple[Source, Original]], images: list[ImageInput]
    ) -> tuple[ImageInput, ...]:
        """Shrink the largest pictures just enough when the sum is too much."""
        most = self.preparation.max_request_bytes
        sizes = [image.size for image in images]
        if sum(sizes) <= most:
            return tuple(images)
        if not self.preparation.downscale:
            raise too_large_together(sum(sizes), most)
        limit = _limit(most, "a request", fair_share(sizes, most))
        return tuple(
            image if image.size <= limit.size else self.ready(*pair, limit)
            for pair, image in zip(pairs, images, strict=True)
        )

    def _converted(
        self, source: Source, original: Original, limit: _Limit, *, oversize: bool
    ) -> ImageInput:
        # Pillow takes as long to load as the rest of the program.
        from nano_edit.pictures.inputs.convert import Goal, convert  # noqa: PLC0415 - late

        goal = Goal(
            max_side=self.preparation.max_side,
            max_bytes=limit.size,
            reason=limit.reason,
            downscale=self.preparation.downscale,
            keep_metadata=self.preparation.keep_metadata,
            max_pixels=self.preparation.max_pixels,
        )
        converted = convert(original, goal, self.workspace, self.go_on)
        if converted.animated:
            self._note_animation(original)
        if oversize or converted.squeezed:
            self.notes.append(f"{original.name}: {converted.change}: {limit.reason}.")
        elif converted.reduced:
            self.notes.append(
                f"{original.name}: {converted.change}: it had to be encoded anew and "
                "is sent with at most 4,096 pixels a side; --no-downscale sends all."
            )
        return ImageInput(
            source=source.given,
            mime_type=converted.mime_type,
            width=converted.width,
            height=converted.height,
            content=(FileSpan(converted.file, 0, converted.size),),
            path=source.path,
            preview=converted.file,
        )

    def _note_animation(self, original: Original) -> None:
        self.notes.append(
            f"{original.name} holds more than one frame; the first is sent."
        )


def fair_share(sizes: Sequence[int], total: int) -> int:
    """Find the size that the larger ones must come down to, to fit ``total``.

    What is smaller than an equal share leaves its rest to the others, so only
    the largest pictures give way.
    """
    left = total
    for position, size in enumerate(sorted(sizes)):
        share = left // (len(sizes) - position)
        if size > share:
            return share
        left -= size
    return max(sizes)


def _goes_unchanged(survey: Survey, max_side: int | None) -> bool:
    fits = max_side is None or max(survey.width, survey.height) <= max_side
    return survey.plain and survey.orientation == 1 and fits


def _unchanged(
    source: Source, original: Original, survey: Survey, preparation: Preparation
) -> ImageInput:
    whole = (FileSpan(original.file, 0, original.size),)
    return ImageInput(
        source=source.given,
        mime_type=_MIME_TYPES[original.format],
        width=survey.width,
        height=survey.height,
        content=whole if preparation.keep_metadata else survey.stripped,
        path=source.path,
        preview=original.file,
    )
