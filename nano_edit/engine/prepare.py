"""From what a person wishes to the request: pictures made ready, the ratio settled.

Rules: the order is that of cost - what the words alone tell is refused first,
then what the pictures tell; nothing is sent here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nano_edit.domain import EditRequest
from nano_edit.errors import UsageError
from nano_edit.wire.models import ALL_RATIOS, check_model_options, ratios_of
from nano_edit.wire.service import endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

    from nano_edit.pictures.inputs.workspace import Workspace
    from nano_edit.wire.providers import Provider

AUTO, MATCH = "auto", "match"  # aspect ratios that are no ratio
TIMEOUT = 300.0  # seconds
TIMEOUT_4K = 600.0  # seconds; a 4K picture is silent for up to 150 s


@dataclass(frozen=True, slots=True)
class Wish:
    """One edit as its user describes it, before any picture is looked at."""

    instruction: str
    sources: Sequence[str]  # paths, https:// URLs, "-"
    provider: Provider
    base_url: str
    model: str
    aspect_ratio: str | None = AUTO  # or "match", or "16:9"
    image_size: str | None = None  # "512", "1K", "2K", "4K"
    text: bool = False
    keep_metadata: bool = False
    max_side: int | None = None  # pixels
    downscale: bool = True


def timeout_for(image_size: str | None) -> float:
    """Return the seconds that one attempt may take when nobody says otherwise."""
    return TIMEOUT_4K if image_size == "4K" else TIMEOUT


def checked_instruction(text: str) -> str:
    """Return the instruction without the space around it.

    Raises UsageError for an empty one, and for what is no Unicode text.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError("The instruction is not valid UTF-8.") from None
    if not text.strip():
        raise UsageError(
            "The instruction is empty.", hint="Say in words what is to be done."
        )
    return text.strip()


def check_wish(wish: Wish) -> None:
    """Raise UsageError for what the words alone show to be impossible.

    The ratio for `MATCH` is not known before the first picture is.
    """
    if not wish.sources:
        raise UsageError(
            "There is no picture to edit.",
            hint='Try: nano-edit "blur the background" in.jpg -o out.png',
        )
    endpoint(wish.base_url, wish.model)
    ratio = wish.aspect_ratio if wish.aspect_ratio in ALL_RATIOS else None
    check_model_options(wish.model, wish.image_size, ratio, len(wish.sources))


def prepare_request(
    wish: Wish,
    *,
    workspace: Workspace,
    stdin: BinaryIO,
    note: Callable[[str], None],
) -> EditRequest:
    """Make the pictures ready and return the request; see `prepare_inputs`.

    The pictures' bytes may lie in ``workspace``, which must outlive the request.
    Raises UsageError or InputError.
    """
    check_wish(wish)
    from nano_edit.pictures.inputs.prepare_images import (  # noqa: PLC0415 - after the cheap checks
        Preparation,
        prepare_inputs,
    )
    from nano_edit.wire.http.download import download  # noqa: PLC0415 - likewise

    preparation = Preparation(
        keep_metadata=wish.keep_metadata,
        max_side=wish.max_side,
        downscale=wish.downscale,
        max_image_bytes=wish.provider.max_image_bytes,
        max_request_bytes=wish.provider.max_request_bytes,
    )
    images = prepare_inputs(
        wish.sources,
        preparation,
        workspace=workspace,
        stdin=stdin,
        fetch=download,
        note=note,
    )
    return EditRequest(
        instruction=wish.instruction,
        images=images,
        model=wish.model,
        aspect_ratio=_ratio(wish, images[0].width, images[0].height),
        image_size=wish.image_size,
        text=wish.text,
    )


def _ratio(wish: Wish, width: int, height: int) -> str | None:
    """Return the ratio to send: none for auto, the nearest one for match."""
    if wish.aspect_ratio == MATCH:
        from nano_edit.pictures.outputs.conformance import nearest_ratio  # noqa: PLC0415

        return nearest_ratio(width, height, ratios_of(wish.model))
    return None if wish.aspect_ratio == AUTO else wish.aspect_ratio
