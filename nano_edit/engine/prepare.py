"""From an `Edit` to its request and destination: checked, and pictures made ready.

Rules: the order is that of cost - what the words alone tell is refused first,
then what the pictures tell, then what the disk tells; nothing is sent here.
"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

from nano_edit.domain import AUTO, MATCH, EditRequest, Prepared
from nano_edit.errors import UsageError
from nano_edit.frozen import Frozen
from nano_edit.pictures.inputs.instruction import checked_instruction
from nano_edit.pictures.inputs.prepare_images import Preparation, prepare_inputs
from nano_edit.pictures.inputs.sources import STDIN
from nano_edit.pictures.outputs.conformance import nearest_ratio
from nano_edit.pictures.outputs.destination import plan_destination, possible_files
from nano_edit.pictures.region.wish import check_wish, is_restored
from nano_edit.wire.http.download import download
from nano_edit.wire.models import (
    ALL_RATIOS,
    SERVICE_TIERS,
    SIZES,
    TIERS,
    check_model_options,
    full_name,
    ratios_of,
)
from nano_edit.wire.service import endpoint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import BinaryIO

    from nano_edit.domain import Destination, Edit
    from nano_edit.engine.restoring import Restoring
    from nano_edit.pictures.inputs.workspace import Workspace
    from nano_edit.wire.providers import Provider

FLEX = "flex"
TIMEOUT = 300.0  # seconds
TIMEOUT_FLEX = 900.0  # seconds; flex takes one to fifteen minutes
TIMEOUT_4K = 600.0  # seconds; a 4K picture is silent for up to 150 s


class Pipes(Frozen):
    """The streams that ``-`` stands for; where there is none, ``-`` is refused."""

    stdin: BinaryIO | None = None
    stdout: BinaryIO | None = None
    stdout_is_tty: bool = False


def timeout_for(size: str | None, tier: str | None = None) -> float:
    """Return the seconds that one attempt may take when nobody says otherwise."""
    if tier == FLEX:
        return TIMEOUT_FLEX
    return TIMEOUT_4K if size == "4K" else TIMEOUT


def model_of(edit: Edit, provider: Provider) -> str:
    """Return the full name of the model that the edit is for."""
    return (
        full_name(edit.model, provider.name) if edit.model else provider.default_model
    )


def no_picture() -> UsageError:
    """Return the error for an edit without a picture."""
    return UsageError(
        "There is no picture to edit.",
        hint='Try: nano-edit "blur the background" in.jpg -o out.jpg',
    )


def check_edit(edit: Edit, provider: Provider, base_url: str) -> None:
    """Raise UsageError for what the words alone show to be impossible.

    The ratio for `MATCH` is not known before the first picture is.
    """
    checked_instruction(edit.instruction)
    if edit.after:
        raise UsageError(
            f"It goes on from {edit.after}: that is for a list of edits made at once.",
            hint="Editor.again goes on from a picture.",
        )
    if not edit.images:
        raise no_picture()
    _check_choice("aspect_ratio", edit.aspect_ratio, (AUTO, MATCH, *ALL_RATIOS))
    _check_choice("size", edit.size, (None, *SIZES))
    _check_tier(edit, provider)
    model = model_of(edit, provider)
    endpoint(base_url, model)
    check_wish(edit)
    ratio = edit.aspect_ratio if edit.aspect_ratio in ALL_RATIOS else None
    check_model_options(model, edit.size, ratio, len(edit.images))


def prepare(
    edit: Edit,
    provider: Provider,
    base_url: str,
    *,
    workspace: Workspace,
    pipes: Pipes,
    note: Callable[[str], None],
    go_on: Callable[[], None],
    prove: bool = True,
) -> Prepared:
    """Make the pictures ready; return the request and where its result goes.

    Without ``prove`` the output's folder may still be missing; for the rest see
    `request_of`.  Raises UsageError, InputError or OutputError.
    """
    request, restoring = request_of(
        edit,
        provider,
        base_url,
        workspace=workspace,
        pipes=pipes,
        note=note,
        go_on=go_on,
    )
    inputs = [image.path for image in request.images if image.path]
    destination = destination_of(edit, inputs, pipes, prove=prove)
    if restoring is None:
        return Prepared(edit, request, destination)
    restoring.check(destination.format)
    return Prepared(edit, request, destination, restoring.task)


def request_of(
    edit: Edit,
    provider: Provider,
    base_url: str,
    *,
    workspace: Workspace,
    pipes: Pipes,
    note: Callable[[str], None],
    go_on: Callable[[], None] = lambda: None,
) -> tuple[EditRequest, Restoring | None]:
    """Make the pictures ready; return the request, and what is kept of the first one.

    The pictures' bytes may lie in ``workspace``, which must outlive the request.
    ``go_on`` is called now and then; what it raises ends the preparation.
    Raises UsageError or InputError.
    """
    check_edit(edit, provider, base_url)
    if STDIN in edit.images and pipes.stdin is None:
        raise UsageError("A picture is a path or a URL here, not standard input.")
    model = model_of(edit, provider)
    stdin = pipes.stdin or io.BytesIO()
    restoring = None
    if is_restored(edit) or edit.copy_metadata:
        from nano_edit.engine import restoring as heavy  # noqa: PLC0415 - and rare

        restoring = heavy.Restoring.begin(edit, model, workspace, stdin)
    images = prepare_inputs(
        restoring.sources if restoring else edit.images,
        Preparation(
            keep_metadata=edit.send_metadata,
            max_side=edit.max_side,
            downscale=edit.downscale,
            max_pixels=_pixels(edit),
            max_image_bytes=provider.max_image_bytes,
            max_request_bytes=provider.max_request_bytes,
        ),
        workspace=workspace,
        stdin=stdin,
        fetch=download,
        note=restoring.renaming(note) if restoring else note,
        go_on=go_on,
    )
    if restoring:
        images = restoring.named(images)
        for text in restoring.notes(provider.name):
            note(text)
    request = EditRequest(
        instruction=checked_instruction(edit.instruction)
        + (restoring.sentence if restoring else ""),
        images=images,
        model=model,
        aspect_ratio=restoring.task.plan.ratio
        if restoring and is_restored(edit)
        else _ratio(edit, model, images[0].width, images[0].height),
        image_size=edit.size,
        text=edit.text,
        tier=edit.tier,
    )
    return request, restoring


def destination_of(
    edit: Edit, inputs: list[Path], pipes: Pipes, *, prove: bool = True
) -> Destination:
    """Decide where the result goes and prove that it can; see `plan_destination`."""
    plan = plan_destination(
        edit.output,
        first_source=edit.images[0],
        format_name=edit.format,
        force=edit.force,
        inputs=inputs,
        stdout=pipes.stdout,
        stdout_is_tty=pipes.stdout_is_tty,
        suffix_index=edit.variant or None,
        stem=edit.stem or None,
        prove=prove,
    )
    return replace(plan, max_pixels=_pixels(edit))


def possible_outputs(edit: Edit) -> tuple[Path, ...]:
    """Return every file that the edit's result could become."""
    return possible_files(
        edit.output,
        first_source=(edit.images or ("",))[0],
        format_name=edit.format,
        suffix_index=edit.variant or None,
        stem=edit.stem or None,
    )


def _pixels(edit: Edit) -> int | None:
    return edit.max_pixels * 1_000_000 if edit.max_pixels else None


def _ratio(edit: Edit, model: str, width: int, height: int) -> str | None:
    """Return the ratio to send: none for auto, the nearest one for match."""
    if edit.aspect_ratio == MATCH:
        return nearest_ratio(width, height, ratios_of(model))
    return None if edit.aspect_ratio == AUTO else edit.aspect_ratio


def _check_tier(edit: Edit, provider: Provider) -> None:
    if edit.tier is None:
        return
    _check_choice("tier", edit.tier, SERVICE_TIERS)
    if provider.name not in TIERS:
        raise UsageError(
            f"{provider.name} has no tiers, so --tier {edit.tier} cannot be had there.",
            hint=f"Leave --tier out, or use --provider {' or '.join(TIERS)}.",
        )


def _check_choice(
    name: str, value: str | None, choices: tuple[str | None, ...]
) -> None:
    if value not in choices:
        listed = " ".join(choice for choice in choices if choice)
        raise UsageError(f"{name}: {value!r} is not one of {listed}.")
