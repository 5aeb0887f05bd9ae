"""``auth login``, ``status``, ``logout``: the providers' keys."""

from __future__ import annotations

import getpass
import warnings
from typing import TYPE_CHECKING, Any

from nano_edit.cli.commands.asking import confirmed
from nano_edit.cli.config.keys import find_key, forget, key_state, store
from nano_edit.cli.config.settings import DEFAULT
from nano_edit.cli.json_line import json_line
from nano_edit.errors import AuthError, NanoEditError, NetworkError, UsageError
from nano_edit.wire.credentials import LONGEST, checked_key, key_in_environment
from nano_edit.wire.http.key_check import check_key
from nano_edit.wire.providers import PROVIDERS, provider_like
from nano_edit.wire.service import Service

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import BinaryIO

    from nano_edit.cli.config.settings import Settings
    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal
    from nano_edit.domain import ApiKey
    from nano_edit.wire.providers import Provider


def login(settings: Settings, terminal: Terminal) -> None:
    """Ask for the provider's key and store it."""
    provider = PROVIDERS[settings.options.provider]
    key = read_key(provider, stdin=terminal.stdin)
    if not settings.options.yes:
        _check_owner(key, provider, terminal)
    stored = store(provider, key)
    terminal.say(f"The key for {provider.name} is stored in {stored}.")
    terminal.say(f"To remove it: nano-edit auth logout --provider {provider.name}")


def read_key(provider: Provider, *, stdin: BinaryIO) -> ApiKey:
    """Ask for the provider's key, or read it from a pipe.

    A terminal is asked without echo.  The key is not tried.  Raises UsageError for
    no key or what cannot be one.
    """
    text = _asked(provider) if stdin.isatty() else _piped(stdin)
    if not text.strip():
        raise UsageError(
            "No key was given; nothing is stored.",
            hint=f"Get one at {provider.key_page}.",
        )
    try:
        return checked_key(text, "What was given")
    except AuthError as fault:
        raise UsageError(fault.message, hint=fault.hint) from None


def _asked(provider: Provider) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass(f"Key for {provider.name} (not shown): ")
        except EOFError:
            return ""
        except getpass.GetPassWarning:
            raise UsageError(
                "This terminal cannot hide what is typed.",
                hint="Give the key through a pipe: nano-edit auth login < FILE",
            ) from None


def _piped(stdin: BinaryIO) -> str:
    return stdin.readline(LONGEST + 2).decode("utf-8-sig", "replace")


def _check_owner(key: ApiKey, provider: Provider, terminal: Terminal) -> None:
    """Ask about a key that looks like another provider's; refuse where nobody can."""
    likely = provider_like(key)
    if likely is None or likely is provider:
        return
    said = f"This looks like a key for {likely.name}, not for {provider.name}."
    question = f"{said} Store it for {provider.name} nevertheless?"
    if not terminal.stdin.isatty() or not confirmed(question, terminal):
        raise UsageError(
            f"{said} Nothing is stored.",
            hint=f"Give --provider {likely.name}, or --yes to store it nevertheless.",
        )


def logout(settings: Settings, terminal: Terminal) -> None:
    """Remove the provider's key from wherever `login` puts it."""
    provider = PROVIDERS[settings.options.provider]
    removed = forget(provider)
    for where in removed:
        terminal.say(f"The key for {provider.name} is removed from {where}.")
    if not removed:
        terminal.say(f"No key for {provider.name} is stored.")
    if left := key_in_environment(terminal.environ, provider):
        terminal.say(f"{left[1]} still gives one.")


def status(settings: Settings, terminal: Terminal) -> None:
    """Say of each provider whether there is a key and where it comes from.

    With ``--check`` each service is asked whether it takes its key; raises AuthError
    when one does not, or when there is no key at all.
    """
    options = settings.options
    asked = settings.origins["provider"] != DEFAULT
    names = [options.provider] if asked else list(PROVIDERS)
    states = [_state(options, PROVIDERS[name], terminal.environ) for name in names]
    for state in states:
        if options.json:
            terminal.result(json_line(state))
        else:
            terminal.result(_line(state))
    if options.check:
        _raise_refusal(states)


def _state(
    options: Options, provider: Provider, environ: Mapping[str, str]
) -> dict[str, Any]:
    state = key_state(options, provider, environ)
    if not options.check:
        return state
    state["accepted"] = None
    if state["found"]:
        key = find_key(options, provider, environ).key
        url = options.base_url or provider.base_url
        try:
            check_key(Service(provider, url, key, timeout=options.connect_timeout))
        except NanoEditError as error:
            state["accepted"] = False if isinstance(error, AuthError) else None
            state["message"] = error.message
        else:
            state["accepted"] = True
    return state


def _line(state: Mapping[str, Any]) -> str:
    if not state["found"]:
        return f"{state['provider']:8}{state['message']}"
    accepted = ""
    if state.get("accepted") is not None:
        accepted = ", accepted" if state["accepted"] else ", refused"
    more = f": {state['message']}" if state["message"] else ""
    return f"{state['provider']:8}key from {state['origin']}{accepted}{more}"


def _raise_refusal(states: Sequence[Mapping[str, Any]]) -> None:
    """Raise for a key that does not work, or that nobody could say it does."""
    found = [state for state in states if state["found"]]
    if not found:
        raise AuthError("There is no key.", hint="nano-edit auth login stores one.")
    if any(state["accepted"] is False for state in found):
        raise AuthError(
            "A key is refused.", hint="Get another, then: nano-edit auth login"
        )
    if any(state["accepted"] is None for state in found):
        raise NetworkError("A service could not be asked about its key.")
