"""``config show``: every setting, its value, and who said so.

Rules: of a key only whether one is found and where; a password that stands in a
URL is masked; what is shown is what the next run would use.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from nano_edit.cli.config.checks import CONFIGURABLE
from nano_edit.cli.config.folders import cache_folder
from nano_edit.cli.config.keys import key_state
from nano_edit.cli.config.settings import DEFAULT
from nano_edit.cli.options import NAMES
from nano_edit.engine.history.store import history_folder
from nano_edit.engine.money.ledger import ledger_path
from nano_edit.engine.prepare import timeout_for
from nano_edit.engine.replies.spool import state_folder
from nano_edit.wire.models import full_name
from nano_edit.wire.providers import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from nano_edit.cli.config.settings import Settings
    from nano_edit.cli.options import Options

WIDEST = 40  # characters; one long instruction must not push all origins away
_PASSWORD = re.compile(r"(?<=://)[^/@\s]*@")


def describe(settings: Settings, environ: Mapping[str, str]) -> dict[str, Any]:
    """Return ``settings``, ``key`` and ``paths`` as JSON holds them.

    What can be set for good is always shown; the rest only when it is given.
    """
    lasting = CONFIGURABLE | {"config"}
    return {
        "settings": {
            name: {
                "value": _masked(_effective(name, settings.options)),
                "origin": settings.origins[name],
            }
            for name in NAMES
            if name in lasting or settings.origins[name] != DEFAULT
        },
        "key": key_state(
            settings.options, PROVIDERS[settings.options.provider], environ
        ),
        "paths": {
            "config": str(settings.config_path),
            "state": str(state_folder()),
            "history": str(history_folder()),
            "ledger": str(ledger_path()),
            "cache": str(cache_folder(settings.options)),
        },
    }


def _effective(name: str, options: Options) -> Any:
    """Return the value that the next run would use, where None stands for another."""
    provider = PROVIDERS[options.provider]
    if name == "model":
        return full_name(options.model or provider.default_model, provider.name)
    if name == "timeout":
        return options.timeout or timeout_for(options.size, options.tier)
    if name == "base_url":
        return options.base_url or provider.base_url
    return getattr(options, name)


def as_text(description: Mapping[str, Any]) -> str:
    """Return the description as aligned lines: name, value, origin."""
    key, paths = description["key"], description["paths"]
    settings = [
        (name, _word(each["value"]), each["origin"])
        for name, each in description["settings"].items()
    ]
    state = "found" if key["found"] else "none"
    rows = [*settings, ("key", state, key["origin"] or key["message"])]
    places = [(f"{name} is in", place) for name, place in paths.items()]
    return "\n".join([*_aligned(rows), "", *_aligned(places)])


def _masked(value: Any) -> Any:
    return _PASSWORD.sub("****@", value) if isinstance(value, str) else value


def _word(value: Any) -> str:
    """Return a value in one line, as it would be written in a configuration."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return " ".join(value)
    return " ".join(str(value).split())


def _aligned(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Yield the rows with their columns under each other."""
    table = list(rows)
    columns = zip(*table, strict=True)
    widths = [min(max(map(len, column)), WIDEST) for column in columns]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()
