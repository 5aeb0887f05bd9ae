"""What an edit that keeps the rest sends in place of its first picture.

Loaded only for such edits: it needs the optional packages.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nano_edit.errors import UsageError
from nano_edit.pictures.inputs.sniff import PictureFormat
from nano_edit.pictures.inputs.sources import locate, refuse_unusable
from nano_edit.pictures.region.task import SIDES, Task
from nano_edit.pictures.region.wish import MASK_SENTENCE, has_blocks_package
from nano_edit.wire.http.download import download
from nano_edit.wire.models import DEFAULT_SIZE, find_model, price_of, ratios_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from nano_edit.domain import Edit, ImageInput
    from nano_edit.pictures.inputs.sources import Source
    from nano_edit.pictures.inputs.workspace import Workspace

_FINER = 1.25  # a frame that is larger than the result by this factor loses detail


@dataclass(frozen=True, slots=True)
class Restoring:
    """The task, and the pictures that are sent for it."""

    edit: Edit
    model: str
    task: Task
    source: Source
    sources: tuple[str, ...]
    has_mask: bool

    @classmethod
    def begin(
        cls, edit: Edit, model: str, workspace: Workspace, stdin: BinaryIO
    ) -> Restoring:
        """Look at the first picture and write what is sent.  Raises InputError."""
        refuse_unusable(edit.images)
        source, mask = (
            None
            if name is None
            else locate(name, workspace=workspace, stdin=stdin, fetch=download)
            for name in (edit.images[0], edit.mask)
        )
        assert source is not None  # noqa: S101 - an edit has a picture
        task = Task.of(edit, source, ratios_of(model), mask=mask)
        known = find_model(model)
        room = known is None or len(edit.images) < known.max_images
        view = task.view(workspace, with_mask=room, side=_side(edit))
        first = str(view.picture or source.file)
        masks = (str(view.mask),) if view.mask else ()
        sources = (first, *masks, *edit.images[1:])
        return cls(edit, model, task, source, sources, bool(masks))

    @property
    def sentence(self) -> str:
        """What is added to the instruction."""
        return f"\n{MASK_SENTENCE}" if self.has_mask else ""

    def named(self, images: tuple[ImageInput, ...]) -> tuple[ImageInput, ...]:
        """Return the inputs with the first one called what the user called it."""
        first = dataclasses.replace(
            images[0], source=self.source.given, path=self.source.path
        )
        rest = list(images[1:])
        if self.has_mask:
            name = self.edit.mask or "the region"
            rest[0] = dataclasses.replace(rest[0], source=name, path=None)
        return (first, *rest)

    def renaming(self, note: Callable[[str], None]) -> Callable[[str], None]:
        """Return what tells notes with the picture's own name in them."""
        return lambda text: note(text.replace(self.sources[0], self.source.name))

    def notes(self, provider: str) -> list[str]:
        """Return what the user should know of the frame before it is sent."""
        frame, side = self.task.plan.frame, _side(self.edit)
        if self.task.exact and frame.area > (side * _FINER) ** 2:
            finer = _finer(self.model, provider, frame.area)
            sent = f"{frame.width}x{frame.height} pixels are sent"
            back = f"a picture of about {_megapixels(side)} comes back"
            return [f"{sent}, and {back}{finer}."]
        return []

    def check(self, wanted: str | None) -> None:
        """Raise UsageError when the result cannot be made here."""
        task = self.task
        is_jpeg = task.original.format is PictureFormat.JPEG
        if not (task.exact and is_jpeg) or has_blocks_package():
            return
        if task.format_for(wanted, "jpeg") == "jpeg":
            raise UsageError(
                "Keeping a JPEG's blocks needs the package jpeglib, which is not"
                " installed.",
                hint="Name a .png, or: pip install jpeglib",
            )


def _side(edit: Edit) -> int:
    return SIDES[edit.size or DEFAULT_SIZE]


def _megapixels(side: int) -> str:
    count = max(1, round(side * side / 1e6))
    return f"{count} megapixel{'s' if count > 1 else ''}"


def _finer(model: str, provider: str, area: int) -> str:
    """Say which size would keep the detail, and what it costs."""
    known = find_model(model)
    sizes = [
        size for size in (known.sizes if known else ()) if SIDES[size] ** 2 >= area
    ]
    best = sizes[0] if sizes else (known.sizes[-1] if known and known.sizes else "")
    if not best:
        return ""
    price = price_of(model, provider, best)
    cost = f", about ${price:g}" if price is not None else ""
    verb = "keeps the detail" if sizes else "keeps more detail"
    return f"; -s {best} {verb}{cost}"
