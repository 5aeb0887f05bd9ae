"""``history list``, ``show``, ``clear``: what was edited, and what came of it."""

from __future__ import annotations

import shlex
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nano_edit.cli.command_table import PROGRAM
from nano_edit.cli.commands.asking import confirmed
from nano_edit.cli.json_line import json_line
from nano_edit.cli.option_table import EDIT, rows_of
from nano_edit.engine.history.entry import Entry, digest_of
from nano_edit.engine.history.store import History, history_folder
from nano_edit.engine.history.tree import Tree
from nano_edit.errors import InputError, UsageError
from nano_edit.units import size_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nano_edit.cli.config.settings import Settings
    from nano_edit.cli.terminal import Terminal

_SHOWN = 8  # characters of an id in the list
_LONGEST = 60  # characters of an instruction in the list


def list_edits(settings: Settings, terminal: Terminal) -> None:
    """Print the edits, newest first, each below the one that it comes from."""
    history = History(history_folder())
    tree = Tree(history.entries())
    shown = _wanted(tree, settings.options.picture)
    rows = [(depth, entry) for depth, entry in tree.rows() if entry.id in shown]
    for depth, entry in rows:
        if settings.options.json:
            terminal.result(json_line(_record(entry, tree, history)))
        else:
            terminal.result(_line(depth, entry))
    if not rows:
        terminal.say(_nothing(settings.options.picture, history))


def _wanted(tree: Tree, picture: str | None) -> set[str]:
    if picture is None:
        return {*tree.by_id}
    return tree.related(digest_of(Path(picture)))


def _nothing(picture: str | None, history: History) -> str:
    if picture is not None:
        return f"{picture} has no history here."
    return f"No edit is noted in {history.folder}."


def _line(depth: int, entry: Entry) -> str:
    said = " ".join(entry.instruction.split())
    cut = f"{said[:_LONGEST]}..." if len(said) > _LONGEST else said
    time = _local(entry.time)
    below = "   " * (depth - 1) + "└─ " if depth else ""
    inputs = ", ".join(_name(image.path or image.name) for image in entry.images)
    came = "" if depth else f"{inputs} > "
    line = f'{entry.id[:_SHOWN]}  {time}  {below}{came}{_name(entry.output)}  "{cut}"'
    return line.replace("\n", "?").replace("\r", "?")  # names may hold either


def _local(time: str) -> str:
    """Return a time of an entry as this machine's clock shows it."""
    try:
        return f"{datetime.fromisoformat(time).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:
        return time


def _name(path: str) -> str:
    """Return a path as it is written from the current folder."""
    here = Path.cwd()
    full = Path(path)
    return str(full.relative_to(here)) if full.is_relative_to(here) else path


def _record(entry: Entry, tree: Tree, history: History) -> dict[str, Any]:
    told = entry.to_json()
    told["parent"] = tree.parents.get(entry.id)
    told["reply_kept"] = history.reply_of(entry.id) is not None
    return told


# --- show --------------------------------------------------------------------


def show(settings: Settings, terminal: Terminal) -> None:
    """Print the command that made the edit."""
    history = History(history_folder())
    tree = Tree(history.entries())
    entry = find_entry(tree, settings.options.entry)
    if settings.options.json:
        terminal.result(json_line(_record(entry, tree, history)))
    else:
        terminal.result(command_of(entry))


def find_entry(tree: Tree, word: str | None) -> Entry:
    """Return the edit whose id begins so; raises UsageError or InputError."""
    if not word:
        raise UsageError("There is no ID.", hint=f"Try: {PROGRAM} history")
    found = [entry for entry in tree.entries if entry.id.startswith(word)]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(entry.id for entry in found[:5])
        raise InputError(f"{word} may be any of: {ids}.", hint="Give more of the id.")
    raise InputError(
        f"There is no edit {word}.", hint=f"{PROGRAM} history shows them all."
    )


def command_of(entry: Entry) -> str:
    """Return the command line that makes such an edit."""
    words = [PROGRAM, "edit", entry.instruction]
    words += [image.path or image.name for image in entry.images]
    if entry.mask:
        words += ["--mask", entry.mask.path or entry.mask.name]
    told = dict(entry.options)
    if entry.model:
        told["model"] = entry.model
    if entry.provider:
        told["provider"] = entry.provider
    for row in rows_of(EDIT):
        if row.flags and row.name in told:
            words += _flag(row.flags[-1], row.negations, told[row.name])
    if entry.service == "emulator":
        words.append("--emulate")
    if entry.output:
        words += ["-o", entry.output]
    return shlex.join(words)


def _flag(flag: str, negations: tuple[str, ...], value: Any) -> Iterator[str]:
    if value is True:
        yield flag
    elif value is False:
        yield from negations
    elif isinstance(value, list):
        for each in value:
            yield from (flag, str(each))
    else:
        yield from (flag, str(value))


# --- clear -------------------------------------------------------------------


def clear(settings: Settings, terminal: Terminal) -> None:
    """Remove every line and reply; asks first."""
    history = History(history_folder())
    held = history.info()
    if not held.edits and not held.replies:
        terminal.say(f"No edit is noted in {history.folder}.")
        return
    edits = "1 edit" if held.edits == 1 else f"{held.edits:,} edits"
    what = f"{edits} and {size_text(held.size)} of replies"
    question = f"Remove {what}, from {held.folder}? Pictures stay."
    if not settings.options.yes and not confirmed(question, terminal):
        terminal.say("Nothing was removed.")
        return
    try:
        history.clear()
    except OSError as fault:
        raise InputError(
            f"The history in {held.folder} cannot be cleared: {fault.strerror}."
        ) from None
    terminal.say(f"Removed: {what}.")
