"""The command line, parsed by Typer: one Typer command from the rows of one command.

Strategy: the rows become a function's signature, which is what Typer reads.  What
comes back is only what was given, by flag, by place or by variable, with its name;
defaults and the configuration are the business of `config.settings`.

Rules:
- Values are checked by `coercion`, not by Typer's pydantic (see there).
- A complaint of Typer's becomes a `UsageError` in our words.
"""

from __future__ import annotations

import inspect
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from nano_edit.cli.coercion import coerced
from nano_edit.cli.command_table import PROGRAM
from nano_edit.cli.option_table import AT_ONCE, rows_of
from nano_edit.cli.options import FIELDS, Setting, kind_of
from nano_edit.cli.suggestions import SURE, command_called, command_like
from nano_edit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nano_edit.cli.option_table import Row

# What Typer raises for a command line it cannot parse; it has no public name.
_ParseError: type[Exception] = typer.BadParameter.__mro__[1]


_EXTRA = re.compile(r"Got unexpected extra argument(?:s|\(s\))? \((.*)\)", re.DOTALL)


class AskedAtOnce(Exception):  # noqa: N818 - no error, a way out of the parser
    """``--help``, ``--help-all`` or ``--version`` stands on the command line."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def parse(command: str, arguments: Sequence[str]) -> dict[str, Setting]:
    """Return what arguments and variables give to the options of ``command``.

    Raises UsageError, and AskedAtOnce where an answer is wanted and no run.
    """
    rows = {row.name: row for row in rows_of(command)}
    program = _typer_command(command, rows)
    try:
        with program.make_context(f"{PROGRAM} {command}", list(arguments)) as context:
            values: dict[str, Any] = program.invoke(context)
            found = {name: _given(rows, name, values, context) for name in values}
    except _ParseError as fault:
        raise _usage_error(fault, command) from None
    return {name: setting for name, setting in found.items() if setting}


def _given(
    rows: dict[str, Row], name: str, values: dict[str, Any], context: Any
) -> Setting | None:
    source = context.get_parameter_source(name)
    if source is None or source.name not in {"COMMANDLINE", "ENVIRONMENT"}:
        return None
    value = values[name]
    row = rows.get(name)
    if row is None:  # --show-both
        return Setting(value, "--show=both")
    if source.name == "ENVIRONMENT":
        return Setting(value, str(row.variable))
    if row.is_argument:
        return Setting(value, row.metavar)
    return Setting(value, max(row.negations if value is False else row.flags, key=len))


# --- from rows to Typer ------------------------------------------------------


class _Command(TyperCommand):
    """A Typer command whose values are checked by `coerced`."""

    def get_params(self, ctx: Any) -> Any:
        """Return the parameters, each with our rule in the place of Typer's.

        `get_runtime_param` is the method by which Typer's parameters look their rule
        up.  Should a later Typer look elsewhere, its own rules apply again: slower.
        """
        parameters: list[Any] = [*super().get_params(ctx)]
        for each in parameters:
            rule = _Rule(self.rows.get(each.name))
            each.get_runtime_param = lambda rule=rule: rule
        return parameters

    rows: dict[str, Row]


class _Rule:
    """The check of one parameter, in the shape that Typer calls."""

    def __init__(self, row: Row | None) -> None:
        self._row = row

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the value in its type; raise BadParameter where it has another."""
        if value is None:
            return () if param.nargs == -1 else None
        try:
            return coerced(self._row, value) if self._row else value
        except ValueError as fault:
            raise typer.BadParameter(str(fault), ctx, param) from None


def _typer_command(command: str, rows: dict[str, Row]) -> _Command:
    app = typer.Typer(
        add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
    )
    app.command(cls=_Command, add_help_option=False)(_signed(rows))
    program = typer.main.get_command(app)
    assert isinstance(program, _Command)  # noqa: S101 - the class asked for above
    program.rows = rows
    program.name = command
    return program


def _signed(rows: dict[str, Row]) -> Any:
    """Return a function whose parameters are the rows; it returns their values."""

    def values_of(**values: Any) -> dict[str, Any]:
        return values

    parameters = [_parameter(row) for row in rows.values()]
    for row in rows.values():
        if row.value:  # --show=both is --show-both inside, and hidden
            flag = typer.Option(f"{row.flags[-1]}-{row.value}", hidden=True)
            parameters.append(_named(f"{row.name}_{row.value}", bool, flag, False))
    values_of.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # what inspect reads
    values_of.__annotations__ = {each.name: each.annotation for each in parameters}
    return values_of


def _parameter(row: Row) -> inspect.Parameter:
    if row.name in AT_ONCE:

        def ask(value: bool) -> None:
            if value:
                raise AskedAtOnce(row.name)

        at_once = typer.Option(*row.flags, is_eager=True, callback=ask)
        return _named(row.name, bool, at_once, False)
    default = FIELDS[row.name].default
    kind: Any = kind_of(row.name)
    if row.is_argument:
        kind = list[str] if kind is list else str
        return _named(
            row.name, kind | None, typer.Argument(metavar=row.metavar), default
        )
    info = typer.Option(
        *row.flags[:-1],
        "/".join((row.flags[-1], *row.negations)),
        metavar=row.metavar or None,
        envvar=row.variable,
        count=kind is int and not row.metavar,
    )
    if kind is list:
        kind = list[str]
    return _named(row.name, kind if kind is bool else kind | None, info, default)


def _named(name: str, kind: Any, info: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind, info],
    )


# --- complaints --------------------------------------------------------------


def _usage_error(fault: Any, command: str) -> UsageError:
    """Return Typer's complaint in our words: the option, then what is wrong."""
    hint = f"See {PROGRAM} help {command}."
    parameter = getattr(fault, "param", None)
    if parameter is not None and fault.message:
        source = fault.ctx.get_parameter_source(parameter.name) if fault.ctx else None
        is_variable = source is not None and source.name == "ENVIRONMENT"
        name = parameter.envvar if is_variable else max(parameter.opts, key=len)
        return UsageError(f"{name}: {fault.message}", hint=hint)
    if hasattr(fault, "possibilities"):
        return _unknown_option(fault.option_name, command, hint)
    said = fault.format_message().rstrip(".")
    if extra := _EXTRA.fullmatch(said):
        return UsageError(
            f"{PROGRAM} {command} takes no further argument: {extra[1]}.", hint=hint
        )
    return UsageError(f"{said}.", hint=hint)


def _unknown_option(name: str, command: str, hint: str) -> UsageError:
    flags = [flag for row in rows_of(command) for flag in (*row.flags, *row.negations)]
    near = get_close_matches(name, flags, 1, SURE)
    bare = name.lstrip("-")
    meant = command_called(bare) or command_like(bare)
    if near and not command_called(bare):
        hint = f"Did you mean {near[0]}? {hint}"
    elif meant:
        hint = f"Did you mean: {PROGRAM} {meant}"
    return UsageError(f"No such option: {name}.", hint=hint)
