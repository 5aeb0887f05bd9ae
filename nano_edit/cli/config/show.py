"""``--show-config``: every setting, its value, and who said so.

Rules: of a key only whether one is found and where; a password that stands in a
URL is masked; what is shown is what the next run would use.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from nano_edit.cli.config.checks import Rows
from nano_edit.cli.config.keys import find_key
from nano_edit.cli.config.settings import DEFAULT
from nano_edit.cli.options import NAMES
from nano_edit.errors import AuthError
from nano_edit.wire.credentials import OWN_VARIABLE
from nano_edit.wire.providers import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from nano_edit.cli.config.settings import Resolved
    from nano_edit.cli.options import Options

WIDEST = 40  # characters; one long instruction must not push all origins away
_PASSWORD = re.compile(r"(?<=://)[^/@\s]*@")


def describe(resolved: Resolved, environ: Mapping[str, str]) -> dict[str, Any]:
    """Return ``settings``, ``key`` and ``paths`` as JSON holds them.

    What can be set for good is always shown; the rest only when it is given.
    """
    lasting = Rows.of_table().configurable | {"config"}
    return {
        "settings": {
            name: {
                "value": _masked(getattr(resolved.options, name)),
                "origin": resolved.origins[name],
            }
            for name in NAMES
            if name in lasting or _is_given(name, resolved)
        },
        "key": _key(resolved.options, environ),
        "paths": _paths(resolved),
    }


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


def _is_given(name: str, resolved: Resolved) -> bool:
    return resolved.origins[name] != DEFAULT and name != "show_config"


def _masked(value: Any) -> Any:
    return _PASSWORD.sub("****@", value) if isinstance(value, str) else value


def _key(options: Options, environ: Mapping[str, str]) -> dict[str, Any]:
    """Return whether a key is found and where, never the key."""
    provider = PROVIDERS[options.provider]
    variables = [OWN_VARIABLE, *provider.key_variables]
    try:
        found = find_key(options, provider, environ)
    except AuthError as error:
        state = {"found": False, "origin": None, "message": error.message}
    else:
        said = " ".join(found.warnings) or None
        state = {"found": True, "origin": found.origin, "message": said}
    return {**state, "provider": provider.name, "variables": variables}


def _paths(resolved: Resolved) -> dict[str, str]:
    from platformdirs import user_cache_path  # noqa: PLC0415 - not for --help

    from nano_edit.engine.replies.spool import state_folder  # noqa: PLC0415 - likewise

    cache = resolved.options.cache_dir or user_cache_path("nano-edit", appauthor=False)
    return {
        "config": str(resolved.config_path),
        "state": str(state_folder()),
        "cache": str(cache),
    }


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
