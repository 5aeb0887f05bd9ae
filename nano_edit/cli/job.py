"""From the options of one edit to what the engine takes: request, destination.

The order is that of cost: what the options alone tell is refused first, then
what the pictures tell, then what the disk tells; nothing has been sent by then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nano_edit.cli.instruction import read_instruction
from nano_edit.cli.service import check_service, model_of, provider_of
from nano_edit.domain import EditRequest
from nano_edit.errors import UsageError
from nano_edit.wire.providers import ALL_RATIOS, MODELS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal
    from nano_edit.domain import Destination
    from nano_edit.engine.means import Options as EditOptions
    from nano_edit.pictures.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Job:
    """One edit, checked and ready to be sent."""

    request: EditRequest
    destination: Destination


def check_job(options: Options, instruction: str | None = None) -> None:
    """Raise UsageError for what the options alone show to be impossible."""
    if not options.images:
        raise UsageError(
            "There is no picture to edit.",
            hint='Try: nano-edit "blur the background" in.jpg -o out.png',
        )
    if instruction == "@-" and "-" in options.images:
        raise UsageError("Standard input cannot be instruction and picture at once.")
    check_service(options, len(options.images))


def prepare_job(
    options: Options,
    terminal: Terminal,
    workspace: Workspace,
    note: Callable[[str], None],
    *,
    index: int | None = None,
) -> Job:
    """Read, check and prepare one edit; ``index`` numbers a variant's output.

    Raises UsageError, InputError or OutputError; nothing is sent.
    """
    check_job(options, options.instruction)
    instruction = read_instruction(options.instruction, terminal.stdin)
    request = _request(options, instruction, terminal, workspace, note)
    return Job(request, destination_of(options, request, terminal, index=index))


def _request(
    options: Options,
    instruction: str,
    terminal: Terminal,
    workspace: Workspace,
    note: Callable[[str], None],
) -> EditRequest:
    from nano_edit.pictures.inputs import (  # noqa: PLC0415 - loads Pillow
        Preparation,
        prepare_inputs,
    )
    from nano_edit.wire.download import download  # noqa: PLC0415

    provider = provider_of(options)
    images = prepare_inputs(
        options.images or (),
        Preparation(
            keep_metadata=options.keep_metadata,
            max_side=options.max_side,
            downscale=options.downscale,
            max_image_bytes=provider.max_image_bytes,
            max_request_bytes=provider.max_request_bytes,
        ),
        workspace=workspace,
        stdin=terminal.stdin,
        fetch=download,
        note=note,
    )
    first = images[0]
    return EditRequest(
        instruction=instruction,
        images=images,
        model=model_of(options),
        aspect_ratio=_ratio(options, first.width, first.height),
        image_size=options.size,
        text=options.text,
    )


def _ratio(options: Options, width: int, height: int) -> str | None:
    """Return the ratio to send: none for auto, the nearest one for match."""
    if options.aspect_ratio == "match":
        from nano_edit.pictures.expectation import nearest_ratio  # noqa: PLC0415

        model = MODELS.get(model_of(options))
        return nearest_ratio(width, height, model.ratios if model else ALL_RATIOS[:10])
    return None if options.aspect_ratio == "auto" else options.aspect_ratio


def destination_of(
    options: Options,
    request: EditRequest,
    terminal: Terminal,
    *,
    index: int | None = None,
) -> Destination:
    """Decide where the result goes and prove that it can; see `plan_destination`."""
    from nano_edit.pictures.destination import plan_destination  # noqa: PLC0415

    inputs: list[Path] = [image.path for image in request.images if image.path]
    return plan_destination(
        options.output,
        first_source=request.images[0].source,
        format_name=options.format,
        force=options.force,
        inputs=inputs,
        stdout=terminal.stdout,
        stdout_is_tty=terminal.stdout_is_tty,
        suffix_index=index,
    )


def edit_options(options: Options, *, digest: bool) -> EditOptions:
    """Return the options that the engine takes."""
    from nano_edit.engine.means import Options as EditOptions  # noqa: PLC0415

    return EditOptions(
        save_drafts=options.save_drafts, strict=options.strict, digest=digest
    )
