"""From settled options to the two nouns: the `Edit`, and the `Editor` that makes it.

Rules: the key is looked up as late as it can be and only when something is to
be sent; with ``--emulate`` there is none, and nothing leaves this machine.
"""

from __future__ import annotations

import dataclasses
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nano_edit.cli.config.folders import cache_folder
from nano_edit.cli.config.keys import find_key
from nano_edit.domain import ApiKey, Edit
from nano_edit.engine.editor import Editor
from nano_edit.engine.history.store import is_wanted
from nano_edit.engine.prepare import Pipes, timeout_for
from nano_edit.errors import UsageError
from nano_edit.pictures.formats import READ_SUFFIXES
from nano_edit.pictures.inputs.instruction import read_instruction
from nano_edit.wire.credentials import NoKeyError
from nano_edit.wire.providers import PROVIDERS
from nano_edit.wire.service import needs_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nano_edit.cli.config.settings import Settings
    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal
    from nano_edit.wire.providers import Provider

_FIELDS = {each.name for each in dataclasses.fields(Edit)}


_LIKE_THIS = 'nano-edit "blur the background" {} -o out.jpg'


def edit_of(options: Options, terminal: Terminal, like: str = _LIKE_THIS) -> Edit:
    """Return the edit that the options say; ``@FILE`` and ``@-`` are read here.

    ``like`` is a command to try, with a place for the picture.  Raises UsageError or
    InputError.
    """
    _check_instruction(options, like)
    return base_edit(
        options, read_instruction(options.instruction or "", terminal.stdin)
    )


def base_edit(options: Options, instruction: str) -> Edit:
    """Return an edit with ``instruction`` and the options' other values."""
    values = dataclasses.asdict(options)
    own = {name: value for name, value in values.items() if name in _FIELDS}
    return Edit(**{**own, "instruction": instruction, "images": options.images or ()})


def _check_instruction(options: Options, like: str) -> None:
    said = options.instruction
    if said is None:
        raise UsageError(
            "There is no instruction.",
            hint=f"Try: {like.replace('{}', 'in.jpg')}",
        )
    if said.lower().endswith(READ_SUFFIXES) and os.path.exists(said):  # noqa: PTH110 - Path.exists raises on a long name
        raise UsageError(
            f"{said} is a picture; the instruction comes first.",
            hint=f"Try: {like.replace('{}', said)}",
        )
    if said == "@-" and "-" in (options.images or ()):
        raise UsageError("Standard input cannot be instruction and picture at once.")


@contextmanager
def editor_for(
    settings: Settings, terminal: Terminal, note: Callable[[str], None]
) -> Iterator[Editor]:
    """Open the editor that the options describe, and the emulator if they ask for it.

    ``note`` is told sentences for the user.
    """
    options = settings.options
    if options.emulate and not options.dry_run:
        from nano_edit.emulator import Emulator  # noqa: PLC0415 - seldom needed

        with (
            Emulator() as emulator,
            _editor(settings, terminal, note, emulator.url) as editor,
        ):
            yield editor
    else:
        with _editor(settings, terminal, note, base_url_of(options)) as editor:
            if not options.dry_run:
                editor.warm_up()
            yield editor


def _editor(
    settings: Settings, terminal: Terminal, note: Callable[[str], None], base_url: str
) -> Editor:
    options = settings.options

    def key() -> ApiKey | None:
        if options.emulate:  # asked for behind all checks, when there is work to do
            note("Emulated: nothing is sent to the service, and the picture says so.")
            return ApiKey("emulated")
        try:
            found = find_key(options, provider_of(options), terminal.environ)
        except NoKeyError:
            if needs_key(base_url):
                raise
            return None
        for warning in found.warnings:
            note(warning)
        return found.key

    return Editor(
        provider=options.provider,
        base_url=base_url,
        api_key=key,
        timeout=options.timeout,
        connect_timeout=options.connect_timeout,
        max_reply=int(options.max_reply * 1_000_000),
        retries=options.retries,
        max_wait=options.max_wait,
        retry_unknown=options.retry_unknown,
        rpm=options.rpm,
        prices=settings.prices,
        budget=options.budget,
        monthly_budget=options.monthly_budget,
        cache=str(cache_folder(options)) if options.cache else None,
        cache_bytes=int(options.cache_size * 1_000_000),
        digest=options.json or is_many(options),
        emulated=options.emulate,
        history=is_wanted(terminal.environ)
        if options.history is None
        else options.history,
        history_bytes=int(options.history_size * 1_000_000),
        pipes=Pipes(terminal.stdin, terminal.stdout, terminal.stdout_is_tty),
    )


def is_many(options: Options) -> bool:
    """Whether the options ask for many edits."""
    return bool(options.batch or options.each or options.count)


def provider_of(options: Options) -> Provider:
    """Return the provider that was chosen."""
    return PROVIDERS[options.provider]


def model_of(options: Options) -> str:
    """Return the model that was chosen, or the provider's own."""
    return options.model or provider_of(options).default_model


def timeout_of(options: Options) -> float:
    """Return the seconds that one attempt may take."""
    return options.timeout or timeout_for(options.size, options.tier)


def base_url_of(options: Options) -> str:
    """Return the base URL that was chosen, or the provider's own."""
    return options.base_url or provider_of(options).base_url
