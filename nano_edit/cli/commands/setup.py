"""The jobs beside editing: show the settings, store a key, install completion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nano_edit.cli.config.service import provider_of

if TYPE_CHECKING:
    from typer.core import TyperCommand

    from nano_edit.cli.config.settings import Resolved
    from nano_edit.cli.terminal import Terminal


def run_chore(resolved: Resolved, terminal: Terminal, command: TyperCommand) -> None:
    """Do the one that was asked for; raises NanoEditError."""
    if resolved.options.show_config:
        _show_config(resolved, terminal)
    elif resolved.options.login:
        _login(resolved, terminal)
    else:
        from nano_edit.cli.commands.completion import (  # noqa: PLC0415
            install_completion,
        )

        install_completion(command, terminal.environ, terminal.say)


def _show_config(resolved: Resolved, terminal: Terminal) -> None:
    import json  # noqa: PLC0415

    from nano_edit.cli.config.show import as_text, describe  # noqa: PLC0415

    description = describe(resolved, terminal.environ)
    if resolved.options.json:
        terminal.result(json.dumps(description, ensure_ascii=False))
    else:
        terminal.result(as_text(description))


def _login(resolved: Resolved, terminal: Terminal) -> None:
    from nano_edit.cli.config.keys import login  # noqa: PLC0415

    provider = provider_of(resolved.options)
    stored = login(provider, stdin=terminal.stdin)
    terminal.say(f"The key for {provider.name} is stored in {stored.where}.")
    terminal.say(stored.removal)
