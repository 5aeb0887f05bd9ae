"""``replies list``, ``recover``, ``rm``: what was paid for and has no picture yet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nano_edit.cli.commands.asking import confirmed
from nano_edit.cli.commands.edit import tell
from nano_edit.cli.config.keys import key_hider
from nano_edit.cli.display.live import display_for
from nano_edit.cli.display.messages import error_text
from nano_edit.cli.json_line import json_line
from nano_edit.engine.recover import recover
from nano_edit.engine.replies.kept import find_reply, list_kept, remove_reply
from nano_edit.engine.replies.spool import state_folder
from nano_edit.errors import InputError, NanoEditError, PartialError, UsageError
from nano_edit.pictures.outputs.destination import plan_destination
from nano_edit.units import size_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nano_edit.cli.config.settings import Settings
    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal
    from nano_edit.engine.replies.kept import KeptReply

LONGEST_SAID = 60  # characters of an instruction in the list


# --- list --------------------------------------------------------------------


def list_replies(settings: Settings, terminal: Terminal) -> None:
    """Print every kept reply: what stands for it, its age and size, what it was for."""
    kept = list_kept(state_folder())
    if settings.options.json:
        for reply in kept:
            terminal.result(json_line(_record(reply)))
        return
    for reply in kept:
        for line in _lines(reply):
            terminal.result(line)
    if not kept:
        _say_none(terminal)
        return
    terminal.say(
        "Make their pictures: nano-edit replies recover [REPLY...]\n"
        "They are never removed by themselves: nano-edit replies rm REPLY..."
    )


def _say_none(terminal: Terminal) -> None:
    terminal.say(f"No reply is kept in {state_folder()}.")


def _lines(reply: KeptReply) -> list[str]:
    state = "in use by a running nano-edit" if reply.in_use else _age(reply.age)
    whole = "whole" if reply.whole else "cut"
    meant = _from_here(reply.about.output) or reply.label
    lines = [f"{reply.id:9} {size_text(reply.size):>8}  {whole:5}  {state:16}  {meant}"]
    if said := " ".join(reply.about.instruction.split()):
        cut = f"{said[:LONGEST_SAID]}..." if len(said) > LONGEST_SAID else said
        lines.append(f'          "{cut}"')
    return [*lines, f"          {reply.reason}"] if reply.reason else lines


def _from_here(output: str) -> str:
    """Return the output's name as it is written from the current folder."""
    here = Path.cwd()
    path = Path(output)
    return str(path.relative_to(here)) if path.is_relative_to(here) else output


def _record(reply: KeptReply) -> dict[str, Any]:
    return {
        "reply": str(reply.path),
        "id": reply.id,
        "for": reply.about.output or reply.label,
        "instruction": reply.about.instruction or None,
        "model": reply.about.model or None,
        "reason": reply.reason or None,
        "whole": reply.whole,
        "bytes": reply.size,
        "age_s": round(reply.age, 3),
        "in_use": reply.in_use,
    }


def _age(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit} ago"
    return f"{seconds:.0f} s ago"


# --- recover -----------------------------------------------------------------


def recover_replies(settings: Settings, terminal: Terminal) -> None:
    """Make the pictures of the replies that are named, or of all.

    Raises PartialError when some of several cannot be made.
    """
    options = settings.options
    wanted = _wanted(options)
    if not wanted:
        _say_none(terminal)
    elif len(wanted) == 1:
        _recover(wanted[0], options.output, options, terminal)
    else:
        _recover_all(wanted, options, terminal)


def _wanted(options: Options) -> list[KeptReply]:
    """Return the replies that were named, or all that nobody is using."""
    if options.replies:
        return [find_reply(state_folder(), name) for name in options.replies]
    return [reply for reply in list_kept(state_folder()) if not reply.in_use]


def _recover_all(
    wanted: Sequence[KeptReply], options: Options, terminal: Terminal
) -> None:
    if options.output == "-":
        raise UsageError("Standard output takes one picture, not many.")
    if options.output:
        _make_folder(Path(options.output))
    failed = 0
    for reply in wanted:
        try:
            _recover(reply, options.output, options, terminal)
        except NanoEditError as error:
            failed += 1
            terminal.say(f"{reply.id}: {error_text(error)}")
    if failed:
        raise PartialError(
            f"{failed} of {len(wanted)} replies gave no picture; they stay.",
            hint="nano-edit replies list shows them.",
        )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise InputError(
            f"The folder {folder} cannot be made: {fault.strerror}.",
            hint="Several replies need a folder, for example: -o recovered/",
        ) from None


def _recover(
    reply: KeptReply, output: str | None, options: Options, terminal: Terminal
) -> None:
    """Make one picture; a whole reply goes when it is in place, a cut one stays.

    The picture goes where it was to go unless ``output`` names another place.
    """
    meant = reply.about.output
    if output is None and meant not in {"", "-"}:
        output = meant
    elif output and meant not in {"", "-"} and Path(output).is_dir():
        output = str(Path(output) / Path(meant).name)
    destination = plan_destination(
        output,
        first_source=reply.label or str(reply.path),
        format_name=options.format,
        force=options.force,
        inputs=[reply.path],
        stdout=terminal.stdout,
        stdout_is_tty=terminal.stdout_is_tty,
    )
    with display_for(options, terminal) as display:
        result = recover(
            reply.path,
            destination,
            display.observe,
            save_drafts=options.save_drafts,
            digest=options.json,
            hide=key_hider(options, terminal.environ),
        )
    if not result.warnings and remove_reply(reply.path, state_folder()):
        display.note(f"The reply is removed, for its picture is in place: {reply.id}")
    tell(result, options, terminal)


# --- remove ------------------------------------------------------------------


def remove_replies(settings: Settings, terminal: Terminal) -> None:
    """Remove the replies that are named, or all; asks first."""
    options = settings.options
    if not options.replies and not options.everything:
        raise UsageError(
            "There is no reply to remove.",
            hint="Name some, or say --all. nano-edit replies list shows them.",
        )
    wanted = _wanted(options)
    if not wanted:
        _say_none(terminal)
        return
    what = f"reply {wanted[0].id}" if len(wanted) == 1 else f"{len(wanted)} replies"
    question = f"Remove {what}, which may have been paid for?"
    if not options.yes and not confirmed(question, terminal):
        terminal.say("Nothing was removed.")
        return
    for reply in wanted:
        if not remove_reply(reply.path, state_folder()):
            raise InputError(f"{reply.path} is not a kept reply; nothing is removed.")
        meant = _from_here(reply.about.output) or reply.label
        terminal.say(f"Removed: {reply.id} ({meant})")
