"""``again``, ``undo``, ``redo``: on from an edit, back before it, and forth."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nano_edit.cli.commands.edit import make_one
from nano_edit.cli.config.service import edit_of
from nano_edit.cli.config.settings import DEFAULT
from nano_edit.cli.json_line import json_line
from nano_edit.domain import Destination, Edit
from nano_edit.engine.again import find_start, next_edit, prepare_next
from nano_edit.engine.history.store import History, history_folder
from nano_edit.engine.history.tree import Tree
from nano_edit.engine.history.undo import Swapped, redo, undo
from nano_edit.engine.recover import recover
from nano_edit.errors import InputError, NanoEditError
from nano_edit.pictures.formats import FORMATS
from nano_edit.pictures.inputs.workspace import Workspace
from nano_edit.wire.providers import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from nano_edit.cli.config.settings import Settings
    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal
    from nano_edit.engine.history.entry import Entry

_LIKE_THIS = 'nano-edit again "warmer" {}'
_OWN = {"instruction", "images", "output"}


def run_again(settings: Settings, terminal: Terminal) -> None:
    """Make the edit that goes on from another; raises NanoEditError."""
    options = settings.options
    picture = options.images[0] if options.images else None
    more = (options.images or [])[1:]
    start = find_start(History(history_folder()), picture, Path.cwd())
    options = _of_same_model(settings, start.entry)
    said = replace(options, images=[start.picture, *more])
    following = next_edit(
        start,
        edit_of(said, terminal, _LIKE_THIS).instruction,
        images=more,
        output=options.output,
        changes=_said_anew(settings, options, start.entry),
        whole=options.whole,
        from_original=options.from_original,
    )
    make_one(
        replace(settings, options=options),
        terminal,
        lambda editor, observe, prove: prepare_next(
            editor, following, observe, prove=prove
        ),
    )


def _of_same_model(settings: Settings, entry: Entry | None) -> Options:
    """Return the options, with provider and model as before unless others are said."""
    options = settings.options
    if entry is None:
        return options
    if not _is_said(settings, "provider") and entry.provider in PROVIDERS:
        options = replace(options, provider=entry.provider)
    if not _is_said(settings, "model") and entry.provider == options.provider:
        options = replace(options, model=entry.model)
    return options


def _said_anew(
    settings: Settings, options: Options, entry: Entry | None
) -> dict[str, Any]:
    """Return the fields of the edit that are not to be as they were.

    What a variable or the configuration says holds where the last edit said nothing.
    """
    names = {*Edit.__match_args__} & {*options.__match_args__} - _OWN
    before = {*entry.options} if entry else set()
    said = {
        name
        for name in names
        if _is_said(settings, name)
        or (settings.origins[name] != DEFAULT and name not in before)
    }
    return {name: getattr(options, name) for name in {*said, "model"}}


def _is_said(settings: Settings, name: str) -> bool:
    """Whether the command line says it."""
    return settings.origins[name].startswith("-")


# --- undo, redo --------------------------------------------------------------


def run_undo(settings: Settings, terminal: Terminal) -> None:
    """Put back what a picture was made from."""
    history = History(history_folder())
    with Workspace() as workspace:

        def swap(tree: Tree, picture: Path) -> Swapped:
            return undo(tree, picture, lambda entry: _remade(entry, history, workspace))

        _swap(swap, "undone", settings, terminal)


def _remade(entry: Entry, history: History, workspace: Workspace) -> Path | None:
    """Return a file with an edit's result, made from its reply if that is kept."""
    reply = history.reply_of(entry.id)
    suffix = Path(entry.output).suffix
    if reply is None or suffix.lower() not in FORMATS:
        return None
    file = workspace.new_file(suffix)
    destination = Destination(file.parent, file.name, FORMATS[suffix.lower()])
    with suppress(NanoEditError, OSError):
        recover(reply, destination, lambda _: None)
        return file
    return None


def run_redo(settings: Settings, terminal: Terminal) -> None:
    """Take back the last undo."""
    _swap(redo, "redone", settings, terminal)


def _swap(
    swap: Callable[[Tree, Path], Swapped],
    word: str,
    settings: Settings,
    terminal: Terminal,
) -> None:
    tree = Tree(History(history_folder()).entries())
    picture = settings.options.picture or _last_here(tree)
    done = swap(tree, Path(picture))
    if settings.options.json:
        kept = str(done.kept) if done.kept else None
        told = {"ok": True, "output": picture, "kept": kept, word: done.entry.id}
        terminal.result(json_line(told))
        return
    terminal.result(picture)
    said = " ".join(done.entry.instruction.split())
    terminal.say(f'{word.capitalize()}: "{said}".')
    if done.kept:
        terminal.say(f"The picture that was there is now {done.kept}.")


def _last_here(tree: Tree) -> str:
    here = Path.cwd()
    for entry in reversed(tree.entries):
        path = Path(entry.output)
        if path.parent == here and path.exists():
            return path.name
    raise InputError(
        "There is no edit in this folder.",
        hint="Name the picture: nano-edit undo PICTURE",
    )
