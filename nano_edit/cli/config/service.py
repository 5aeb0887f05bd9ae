"""From options to a service that can be asked: provider, model, key, emulator.

Rules: the key is looked up as late as it can be and only when something is to
be sent; with ``--emulate`` there is none, and nothing leaves this machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nano_edit.domain import ApiKey
from nano_edit.engine.prepare import timeout_for
from nano_edit.wire.providers import PROVIDERS
from nano_edit.wire.service import Service

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack

    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal
    from nano_edit.domain import Observe
    from nano_edit.engine.means import Means
    from nano_edit.engine.rate_gate import Pace
    from nano_edit.engine.replies.cache import Cache
    from nano_edit.wire.http.client import Client
    from nano_edit.wire.http.tls import Trust
    from nano_edit.wire.providers import Provider


def provider_of(options: Options) -> Provider:
    """Return the provider that was chosen."""
    return PROVIDERS[options.provider]


def model_of(options: Options) -> str:
    """Return the model that was chosen, or the provider's own."""
    return options.model or provider_of(options).default_model


def timeout_of(options: Options) -> float:
    """Return the seconds that one attempt may take."""
    return options.timeout or timeout_for(options.size)


def base_url_of(options: Options) -> str:
    """Return the base URL that was chosen, or the provider's own."""
    return options.base_url or provider_of(options).base_url


@dataclass(frozen=True, slots=True)
class Connection:
    """A client for the service, and the options it was made from."""

    client: Client
    service: Service


def begin_trust(options: Options) -> Trust | None:
    """Begin to make the TLS context that `connect` will want."""
    if options.emulate or options.dry_run:
        return None
    from nano_edit.wire.http.tls import Trust  # noqa: PLC0415 - when it is sent

    return Trust(base_url_of(options))


def connect(
    options: Options,
    terminal: Terminal,
    stack: ExitStack,
    note: Callable[[str], None],
    trust: Trust | None = None,
) -> Connection:
    """Open what an edit needs of the service; ``stack`` closes it.

    Raises AuthError when no key is found.
    """
    from nano_edit.wire.http.client import Client  # noqa: PLC0415 - loads httpx

    base_url, key = base_url_of(options), ApiKey("emulated")
    if options.emulate:
        from nano_edit.emulator import Emulator  # noqa: PLC0415 - seldom needed

        base_url = stack.enter_context(Emulator()).url
        note("Emulated: nothing is sent to the service, and the picture says so.")
    else:
        key = _found_key(options, terminal, note)
    service = Service(
        provider=provider_of(options),
        base_url=base_url,
        key=key,
        timeout=timeout_of(options),
        connect_timeout=options.connect_timeout,
        max_reply=int(options.max_reply * 1_000_000),
    )
    return Connection(stack.enter_context(Client(service, trust)), service)


def means_of(
    options: Options, connection: Connection, observe: Observe, pace: Pace | None = None
) -> Means:
    """Return what the engine needs of the world for edits with these options."""
    from nano_edit.engine.means import Means  # noqa: PLC0415
    from nano_edit.engine.rate_gate import Alone  # noqa: PLC0415
    from nano_edit.engine.replies.spool import state_folder  # noqa: PLC0415
    from nano_edit.engine.retry import RetryPolicy  # noqa: PLC0415

    return Means(
        client=connection.client,
        spools=state_folder(),
        observe=observe,
        policy=RetryPolicy(options.retries, options.max_wait, options.retry_unknown),
        pace=pace or Alone(),
        timeout=timeout_of(options),
        cache=_cache_of(options),
    )


def _cache_of(options: Options) -> Cache | None:
    # The emulator's answers cost nothing and must not pass for the service's.
    if not options.cache or options.emulate:
        return None
    from pathlib import Path  # noqa: PLC0415

    from nano_edit.engine.replies.cache import Cache  # noqa: PLC0415

    folder = options.cache_dir
    if folder is None:
        from platformdirs import user_cache_path  # noqa: PLC0415

        folder = str(user_cache_path("nano-edit", appauthor=False) / "replies")
    return Cache(Path(folder), int(options.cache_size * 1_000_000))


def _found_key(
    options: Options, terminal: Terminal, note: Callable[[str], None]
) -> ApiKey:
    from nano_edit.cli.config.keys import find_key  # noqa: PLC0415 - not for the emulator

    found = find_key(options, provider_of(options), terminal.environ)
    for warning in found.warnings:
        note(warning)
    return found.key
