"""``cache info``, ``cache clear``: what is kept so that an edit costs nothing again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nano_edit.cli.commands.asking import confirmed
from nano_edit.cli.config.folders import cache_folder
from nano_edit.cli.json_line import json_line
from nano_edit.engine.replies.cache import Cache, CacheInfo
from nano_edit.errors import InputError
from nano_edit.units import size_text

if TYPE_CHECKING:
    from nano_edit.cli.config.settings import Settings
    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal


def info(settings: Settings, terminal: Terminal) -> None:
    """Print folder, entries, size and limit."""
    options = settings.options
    held = _cache(options).info()
    if options.json:
        facts = {
            "folder": str(held.folder),
            "entries": held.entries,
            "bytes": held.size,
            "most_bytes": _most(options),
        }
        terminal.result(json_line(facts))
        return
    terminal.result(f"folder   {held.folder}")
    terminal.result(f"entries  {held.entries}")
    most = size_text(_most(options))
    terminal.result(f"size     {size_text(held.size)} of {most}")


def clear(settings: Settings, terminal: Terminal) -> None:
    """Remove all entries; asks first."""
    cache = _cache(settings.options)
    held = cache.info()
    if not held.entries:
        terminal.say("The cache is empty.")
        return
    question = f"Remove {_said(held)}, from {held.folder}?"
    if not settings.options.yes and not confirmed(question, terminal):
        terminal.say("Nothing was removed.")
        return
    try:
        removed = cache.clear()
    except OSError as fault:
        raise InputError(
            f"The cache in {held.folder} cannot be cleared: {fault.strerror}."
        ) from None
    terminal.say(f"Removed: {_said(removed)}.")


def _said(held: CacheInfo) -> str:
    word = "result" if held.entries == 1 else "results"
    return f"{held.entries} {word}, {size_text(held.size)}"


def _cache(options: Options) -> Cache:
    return Cache(cache_folder(options), _most(options))


def _most(options: Options) -> int:
    return int(options.cache_size * 1_000_000)
