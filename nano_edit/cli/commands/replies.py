"""``--recover``: what is kept of paid replies, and the picture made from one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nano_edit.errors import InputError, UsageError
from nano_edit.units import size_text

if TYPE_CHECKING:
    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal
    from nano_edit.domain import EditResult
    from nano_edit.engine.replies.kept import KeptReply

NEXT = "nano-edit --recover '{path}' -o out.png"


def run_recovery(options: Options, terminal: Terminal) -> None:
    """List what is kept, or make the picture from what is named."""
    if options.instruction is None:
        list_kept(terminal, as_json=options.json)
        return
    from nano_edit.cli.commands.edit import tell  # noqa: PLC0415

    tell(recover_picture(options, terminal), options, terminal)


def list_kept(terminal: Terminal, *, as_json: bool = False) -> None:
    """Print the path of every reply that is kept, and tell what each was for."""
    from nano_edit.engine.replies.kept import list_kept  # noqa: PLC0415
    from nano_edit.engine.replies.spool import state_folder  # noqa: PLC0415

    kept = list_kept(state_folder())
    for spool in kept:
        terminal.result(_as_json(spool) if as_json else str(spool.path))
        age = _age_text(spool.age)
        state = "in use by a running nano-edit" if spool.in_use else f"{age} old"
        terminal.say(f"  for {spool.label}, {size_text(spool.size)}, {state}")
    if not kept:
        terminal.say(f"No reply is kept in {state_folder()}.")
        return
    terminal.say(
        "Make a picture from one: " + NEXT.format(path=kept[-1].path) + "\n"
        "They are never deleted by themselves; remove the file to let one go."
    )


def _as_json(spool: KeptReply) -> str:
    import json  # noqa: PLC0415

    facts = {
        "reply": str(spool.path),
        "for": spool.label,
        "bytes": spool.size,
        "age_s": round(spool.age, 3),
        "in_use": spool.in_use,
    }
    return json.dumps(facts, ensure_ascii=False)


def _age_text(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def recover_picture(options: Options, terminal: Terminal) -> EditResult:
    """Make the picture from the kept reply that the first argument names.

    A whole reply is removed once its picture is in place; a cut one stays.
    Raises InputError when there is no such reply, UsageError for more than one.
    """
    from nano_edit.cli.display.choice import display_for  # noqa: PLC0415
    from nano_edit.engine.recover import recover  # noqa: PLC0415
    from nano_edit.engine.replies.kept import remove_reply  # noqa: PLC0415
    from nano_edit.engine.replies.spool import state_folder  # noqa: PLC0415
    from nano_edit.pictures.outputs.destination import plan_destination  # noqa: PLC0415

    spool = Path(options.instruction or "")
    if options.images:
        raise UsageError(
            "--recover takes one reply and no pictures.",
            hint="Try: " + NEXT.format(path=spool),
        )
    _check_kept(spool)
    destination = plan_destination(
        options.output,
        first_source=str(spool),
        format_name=options.format,
        force=options.force,
        inputs=[spool],
        stdout=terminal.stdout,
        stdout_is_tty=terminal.stdout_is_tty,
    )
    with display_for(options, terminal) as display:
        result = recover(
            spool,
            destination,
            display.observe,
            save_drafts=options.save_drafts,
            digest=options.json,
        )
    if not result.warnings and remove_reply(spool, state_folder()):
        display.note(f"The reply is removed, for its picture is in place: {spool}")
    return result


def _check_kept(spool: Path) -> None:
    try:
        with spool.open("rb"):
            return
    except OSError as fault:
        raise InputError(
            f"{spool} cannot be read: {fault.strerror}.",
            hint="nano-edit --recover alone lists what is kept.",
        ) from None
