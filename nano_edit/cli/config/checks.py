"""The table's rows as Typer's own parameters, for values from anywhere.

A value in a configuration or a batch line is a TOML or JSON value; here it is
brought to what a command line would say, and then checked by the very parameter
that checks the flag, so that a message is the same everywhere.

Rules:
- A wrong type is an error, never bent: ``true`` is no number, 1 is not ``true``.
- Which names may stand where follows from the table; there is no second list.
"""

from __future__ import annotations

import difflib
import functools
import os
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

import typer

from nano_edit.cli.config.toml_file import Setting
from nano_edit.cli.help.plain_help import PlainCommand
from nano_edit.cli.options import OUTPUT, PICTURE, WHAT, Options, command_signature
from nano_edit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

NO_ROW = ("NANO_EDIT_API_KEY", "NANO_EDIT_STATE_DIR")  # variables beside the table's


class Rows:
    """The table's rows as Typer's parameters, which check what they are given."""

    def __init__(self, context: typer.Context) -> None:
        self._context = context
        self._parameters: dict[str, Any] = {
            each.name: each for each in context.command.get_params(context)
        }

    @classmethod
    @functools.cache
    def of_table(cls) -> Rows:
        """Return the rows for values that come without a command line."""
        app = typer.Typer(add_completion=False)
        app.command(cls=PlainCommand)(command_signature(lambda context, **values: None))  # noqa: ARG005 - never called
        return cls(typer.Context(typer.main.get_command(app)))

    @property
    def configurable(self) -> set[str]:
        """The names that may stand in a configuration: those with a variable."""
        return {n for n, row in self._parameters.items() if row.envvar} - {"config"}

    @property
    def of_one_edit(self) -> set[str]:
        """The names that may stand in a batch line: what differs from edit to edit.

        Where a key is sent is no matter of a list of edits.
        """
        panels, run = {WHAT, PICTURE, OUTPUT}, {"preset", "json", "show", "show_both"}
        rows = self._parameters.items()
        return {n for n, row in rows if row.rich_help_panel in panels} - run | {"model"}

    def given(self, name: str, value: Any) -> Setting | None:
        """Return what a flag, an argument or a variable said, with its name."""
        row, source = self._parameters[name], self._context.get_parameter_source(name)
        if source is None or source.name not in {"COMMANDLINE", "ENVIRONMENT"}:
            return None
        if source.name == "ENVIRONMENT":
            return Setting(value, row.envvar)
        if row.param_type_name == "argument":
            return Setting(value, row.metavar)
        flags = row.secondary_opts if value is False else row.opts
        return Setting(value, max(flags, key=len))

    def from_config(
        self, settings: Mapping[str, Setting], folder: Path
    ) -> dict[str, Setting]:
        """Return the settings with their values checked and their paths anchored."""
        found = {}
        for name, setting in settings.items():
            value = self.checked(name, setting)
            if self._parameters[name].metavar in {"FILE", "FOLDER"}:
                value = str(folder / os.path.expanduser(value))  # noqa: PTH111 - leaves an unknown ~user alone
            found[name] = Setting(value, setting.where)
        return found

    def checked(self, name: str, setting: Setting) -> Any:
        """Return the value as the option's own parameter takes it."""
        try:
            plain = _plain(_kind(name), setting.value)
            return self._parameters[name].process_value(self._context, plain)
        except typer.BadParameter as fault:
            said = fault.message.rstrip(".")
        except ValueError as fault:
            said = str(fault)
        raise UsageError(f"{setting.where}: {name}: {said}.")

    def misspelt(self, environ: Mapping[str, str]) -> Iterator[str]:
        """Yield a warning for each variable that is nearly one of ours."""
        known = {row.envvar for row in self._parameters.values() if row.envvar}
        known.update(NO_ROW)
        for variable in sorted(environ):
            if variable.startswith("NANO_EDIT_") and variable not in known:
                for near in difflib.get_close_matches(variable, known, 1, 0.85):
                    yield f"{variable} has no meaning. Did you mean {near}?"


@functools.cache
def _kind(name: str) -> type:
    """Return bool, int, float, str or list: what the option holds when it is set."""
    hint = _hints()[name]
    kind = next(each for each in (*get_args(hint), hint) if each is not type(None))
    found: type = get_origin(kind) or kind
    return found


@functools.cache
def _hints() -> dict[str, Any]:
    return get_type_hints(Options)


def _plain(kind: type, value: Any) -> Any:
    """Return a TOML or JSON value as a command line would hand it to Typer.

    Raises ValueError for the wrong type, which Typer would bend into another.
    """
    if kind is bool or isinstance(value, bool):
        if kind is bool and isinstance(value, bool):
            return value
        raise ValueError(f"{_wanted(kind)} is wanted, not {_said(value)}")
    if kind is list:
        texts = [value] if isinstance(value, str) else value
        if isinstance(texts, list) and all(isinstance(text, str) for text in texts):
            return texts
    elif isinstance(value, str | int | float):
        return str(value) if kind is str else value
    raise ValueError(f"{_wanted(kind)} is wanted, not {_said(value)}")


def _wanted(kind: type) -> str:
    words: dict[type, str] = {
        bool: "true or false",
        str: "text",
        list: "a list of texts",
    }
    return words.get(kind, "a number")


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    words: dict[type, str] = {dict: "a table", list: "a list"}
    return words.get(type(value)) or repr(value)
