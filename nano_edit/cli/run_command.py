"""One run of a command: parse, settle, hand over to the command's module.

Rules: a command's module is imported once, here, by the name in the table; a near
miss of a command's name is answered with the command that was meant.
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nano_edit.cli.command_line import plain
from nano_edit.cli.command_table import BY_NAME, GROUPS, PROGRAM, chosen, members
from nano_edit.cli.config.effects import check_effects
from nano_edit.cli.config.settings import settle
from nano_edit.cli.help.answers import asked
from nano_edit.cli.option_table import AGAIN, BATCH, EDIT, RECOVER
from nano_edit.cli.plain_line import read_plain
from nano_edit.cli.signals import raise_in_main_thread
from nano_edit.cli.suggestions import command_like, member_like, misspelt, unquoted
from nano_edit.cli.terminal import OutputLost
from nano_edit.errors import Terminated, UsageError
from nano_edit.wire.models import full_name, model_note

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nano_edit.cli.config.settings import Settings
    from nano_edit.cli.help.pages import Page
    from nano_edit.cli.terminal import Terminal
    from nano_edit.errors import NanoEditError

MAKING = (EDIT, BATCH, RECOVER, AGAIN)  # commands that make pictures
COMMANDS = "nano_edit.cli.commands"


def run_command(
    arguments: Sequence[str],
    terminal: Terminal,
    page: Page,
    told_in_json: Callable[[bool], None],
) -> str:
    """Run what the arguments name; return an answer to be printed, or "".

    ``told_in_json`` learns whether a failure is to be told as JSON.  Raises
    NanoEditError.
    """
    name, rest = chosen(plain(arguments))
    if name == "help":
        name, rest = " ".join(rest), ["--help"]
    if name not in BY_NAME:
        raise _unknown(name, rest)
    if BY_NAME[name].parses_itself:
        answer: str = _function_of(name)(rest, page)
        return answer
    given = read_plain(name, rest, terminal.environ)
    if given is None:
        # Loaded only now: this loads Typer, which plain lines do without.
        from nano_edit.cli.parser import AskedAtOnce, parse  # noqa: PLC0415

        try:
            given = parse(name, rest)
        except AskedAtOnce as question:
            return asked(question.name, arguments, page)
        except UsageError as fault:
            raise _with_way_out(fault, name, rest) from None
    settings = settle(name, given, terminal.environ, terminal.stdin)
    told_in_json(settings.options.json)
    _check(name, settings, terminal)
    ended = _run(name, settings, terminal)
    if ended is not None:
        told_in_json(False)  # each edit's own object has told it
        raise ended
    return ""


def _check(name: str, settings: Settings, terminal: Terminal) -> None:
    """Raise UsageError for what cannot be meant; give the warnings there are."""
    if name == EDIT:
        _check_words(settings)
    if name == BATCH and settings.options.batch is None:
        raise UsageError(
            "There is no list of edits.", hint=f"Try: {PROGRAM} batch edits.jsonl"
        )
    check_effects(name, settings)
    if settings.options.output == "-" and 1 in terminal.closed:
        raise UsageError("Standard output is closed, and the picture was to go there.")
    if settings.options.quiet:
        return
    for warning in (*settings.warnings, *_about_model(name, settings)):
        terminal.say(f"warning: {warning}")
    if settings.options.verbose and "only key" in settings.origins["provider"]:
        terminal.say(
            f"Provider: {settings.options.provider} ({settings.origins['provider']})."
        )


def _about_model(name: str, settings: Settings) -> tuple[str, ...]:
    """Return what is to be said of the model: that it is deprecated or misspelt."""
    options = settings.options
    if name not in {EDIT, BATCH, AGAIN} or options.model is None:
        return ()
    model = full_name(options.model, options.provider)
    note = model_note(model, options.provider) or misspelt(model, options.provider)
    return (note,) if note else ()


def _run(name: str, settings: Settings, terminal: Terminal) -> NanoEditError | None:
    """Run the command; return an error that its results have told already."""
    run = _function_of(_kind(name, settings))
    if settings.options.defer:
        run = import_module(f"{COMMANDS}.deferred").run_deferred
    elif settings.options.grid and name == EDIT:
        run = import_module(f"{COMMANDS}.grid").run_grid
    raise_in_main_thread(Terminated)
    try:
        ended: NanoEditError | None = run(settings, terminal)
    except OutputLost as fault:
        fault.paid = name in MAKING and not settings.options.dry_run
        raise
    return ended


def _kind(name: str, settings: Settings) -> str:
    """Return the command whose module does the work: many edits are a batch."""
    options = settings.options
    return BATCH if name == EDIT and (options.each or options.count) else name


def _function_of(name: str) -> Callable[..., Any]:
    command = BY_NAME[name]
    module = import_module(f"{COMMANDS}.{command.module}")
    run: Callable[..., Any] = getattr(module, command.function)
    return run


def _unknown(name: str, rest: Sequence[str]) -> UsageError:
    """Return the error for a word that is no command: of a group, or asked of help."""
    if name in GROUPS:
        verbs = ", ".join(each.name.split()[1] for each in members(name))
        return UsageError(
            f"There is no command {PROGRAM} {name} {rest[0]}.",
            hint=_meant(member_like(name, rest[0])) or f"There are: {verbs}.",
        )
    meant = command_like(name)
    return UsageError(
        f"There is no command {name!r}.",
        hint=_meant(meant and f"help {meant}") or f"{PROGRAM} --help names them.",
    )


def _meant(command: str | None) -> str:
    return f"Did you mean: {PROGRAM} {command}" if command else ""


def _with_way_out(fault: UsageError, name: str, rest: Sequence[str]) -> UsageError:
    """Add what to do where the command's word was meant as an instruction."""
    if name != EDIT and any(Path(each).is_file() for each in rest):
        fault.hint += f' To mean the word itself: {PROGRAM} edit "{name}" IMAGE...'
    return fault


def _check_words(settings: Settings) -> None:
    """Raise UsageError for a command's name or a sentence taken for an instruction."""
    options = settings.options
    said = options.instruction or ""
    if not options.images and said and " " not in said and not os.path.exists(said):  # noqa: PTH110 - Path's raises on a long name
        meant = command_like(said)
        if meant:
            raise UsageError("There is no picture to edit.", hint=_meant(meant))
    for image in options.images or ():
        if image.lower().endswith((".csv", ".tsv", ".jsonl")):
            raise UsageError(
                f"{image} is a list, not a picture.",
                hint=f"Did you mean: {PROGRAM} batch {image}",
            )
    if options.images and " " not in said and (line := unquoted(said, options.images)):
        raise UsageError(
            f"There is no picture called {options.images[0]}.",
            hint=f"Did you forget the quotes? {line}",
        )
