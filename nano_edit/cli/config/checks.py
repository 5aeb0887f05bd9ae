"""Values from a configuration or a list, brought to what a command line would say.

Rules:
- A wrong type is an error, never bent: ``true`` is not a number, 1 is not ``true``.
- What a text or a number may be is checked as on the command line, by `coercion`.
- Which names may stand where follows from the table; there is no second list.
"""

from __future__ import annotations

import difflib
import os
from typing import TYPE_CHECKING, Any

from nano_edit.cli.coercion import coerced
from nano_edit.cli.option_table import EDIT, ROWS, rows_of
from nano_edit.cli.options import Setting, kind_of
from nano_edit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from nano_edit.cli.option_table import Row

# Variables beside the table's.
NO_ROW = ("NANO_EDIT_API_KEY", "NANO_EDIT_STATE_DIR", "NANO_EDIT_LEDGER")
CONFIGURABLE = frozenset(
    row.name for row in ROWS if row.variable and row.name != "config"
)
_ROWS: dict[str, Row] = {row.name: row for row in (*ROWS, *rows_of(EDIT))}


def from_config(settings: Mapping[str, Setting], folder: Path) -> dict[str, Setting]:
    """Return the settings with their values checked and their paths anchored."""
    found = {}
    for name, setting in settings.items():
        value = checked(name, setting)
        if _ROWS[name].metavar.startswith(("FILE", "FOLDER")):
            value = str(folder / os.path.expanduser(value))  # noqa: PTH111 - leaves an unknown ~user alone
        found[name] = Setting(value, setting.where)
    return found


def checked(name: str, setting: Setting) -> Any:
    """Return the setting's value as the option takes it; raises UsageError."""
    try:
        return coerced(_ROWS[name], _plain(kind_of(name), setting.value))
    except ValueError as fault:
        said = str(fault).rstrip(".")
        end = "" if said.endswith("?") else "."
        raise UsageError(f"{setting.where}: {name}: {said}{end}") from None


def misspelt(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield a warning for each variable that is nearly one of ours."""
    known = {row.variable for row in ROWS if row.variable} | {*NO_ROW}
    for variable in sorted(environ):
        if variable.startswith("NANO_EDIT_") and variable not in known:
            for near in difflib.get_close_matches(variable, known, 1, 0.85):
                yield f"{variable} has no meaning. Did you mean {near}?"


def _plain(kind: type, value: Any) -> Any:
    """Return a TOML or JSON value as a command line would say it.

    Raises ValueError for the wrong type.
    """
    if kind is bool or isinstance(value, bool):
        if kind is bool and isinstance(value, bool):
            return value
        raise ValueError(f"{_wanted(kind)} is wanted, not {_said(value)}")
    if isinstance(value, str | int | float):
        return str(value) if kind is str else value
    raise ValueError(f"{_wanted(kind)} is wanted, not {_said(value)}")


def _wanted(kind: type) -> str:
    words: dict[type, str] = {bool: "true or false", str: "text"}
    return words.get(kind, "a number")


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    words: dict[type, str] = {dict: "a table", list: "a list"}
    return words.get(type(value)) or repr(value)
