"""From the options of one edit to what the engine takes: request, destination.

The order is that of cost: what the options alone tell is refused first, then
what the pictures tell, then what the disk tells; nothing has been sent by then.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nano_edit.cli.commands.instruction import read_instruction
from nano_edit.cli.config.service import base_url_of, model_of, provider_of
from nano_edit.engine.prepare import Wish, check_wish, prepare_request
from nano_edit.errors import UsageError
from nano_edit.pictures.formats import READ_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal
    from nano_edit.domain import Destination, EditRequest
    from nano_edit.engine.means import Options as EditOptions
    from nano_edit.pictures.inputs.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Job:
    """One edit, checked and ready to be sent."""

    request: EditRequest
    destination: Destination


def check_job(options: Options, instruction: str | None = None) -> None:
    """Raise UsageError for what the options alone show to be impossible."""
    if instruction and _is_picture(instruction):
        raise UsageError(
            f"{instruction} is a picture; the instruction comes first.",
            hint=f'Try: nano-edit "blur the background" {instruction} -o out.png',
        )
    check_wish(_wish(options, ""))
    if instruction == "@-" and "-" in (options.images or ()):
        raise UsageError("Standard input cannot be instruction and picture at once.")


def _is_picture(instruction: str) -> bool:
    is_named_so = instruction.lower().endswith(READ_SUFFIXES)
    return is_named_so and os.path.exists(instruction)  # noqa: PTH110 - Path.exists raises on a long name


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
    request = prepare_request(
        _wish(options, instruction),
        workspace=workspace,
        stdin=terminal.stdin,
        note=note,
    )
    return Job(request, destination_of(options, request, terminal, index=index))


def _wish(options: Options, instruction: str) -> Wish:
    return Wish(
        instruction=instruction,
        sources=options.images or (),
        provider=provider_of(options),
        base_url=base_url_of(options),
        model=model_of(options),
        aspect_ratio=options.aspect_ratio,
        image_size=options.size,
        text=options.text,
        keep_metadata=options.keep_metadata,
        max_side=options.max_side,
        downscale=options.downscale,
    )


def destination_of(
    options: Options,
    request: EditRequest,
    terminal: Terminal,
    *,
    index: int | None = None,
) -> Destination:
    """Decide where the result goes and prove that it can; see `plan_destination`."""
    from nano_edit.pictures.outputs.destination import plan_destination  # noqa: PLC0415

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


def edit_options(
    options: Options, *, digest: bool, index: int | None = None
) -> EditOptions:
    """Return the options that the engine takes."""
    from nano_edit.engine.means import Options as EditOptions  # noqa: PLC0415

    return EditOptions(
        save_drafts=options.save_drafts,
        strict=options.strict,
        digest=digest,
        variant=index or 0,
    )
