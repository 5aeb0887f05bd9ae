"""What a command line says, brought to an option's type without loading pydantic.

Typer hands every value to pydantic, whose import takes longer than all else
before the request is sent.  This table knows five types of value, so five rules
do; they replace Typer's through `get_runtime_param`, the method by which its
parameters look their own up.  Should a later Typer look elsewhere, its own rules
apply again: slower, with the same values.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

_TRUE = frozenset("1 true t yes y on".split())
_FALSE = frozenset("0 false f no n off".split())


def lighten(parameters: Iterable[Any]) -> None:
    """Let Typer's ``parameters`` use the rules here."""
    for parameter in parameters:
        light = _Light(parameter.type_descriptor)
        parameter.get_runtime_param = lambda light=light: light


@dataclass(frozen=True, slots=True)
class _Light:
    """The rule of one parameter, in the shape that Typer calls."""

    descriptor: Any

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the value in its type; raise BadParameter for what is none."""
        if value is None:
            return () if self.descriptor.is_list else None
        try:
            return self._coerced(value)
        except typer.BadParameter as fault:
            raise typer.BadParameter(fault.message, ctx, param) from None
        except ValueError as fault:
            raise typer.BadParameter(str(fault), ctx, param) from None

    def _coerced(self, value: Any) -> Any:
        if self.descriptor.is_list:
            return [str(item) for item in value]
        info, kind = self.descriptor.parameter_info, self.descriptor.annotation
        if info.parser is not None:
            return info.parser(str(value))
        if kind is bool:
            return _bool(value)
        if kind in {int, float}:
            return _at_least(info.min, _number(kind, value))
        return str(value)


def _bool(value: Any) -> bool:
    word = str(value).strip().lower()
    if word in _TRUE | _FALSE:
        return word in _TRUE
    raise ValueError(f"{value!r} is neither true nor false.")


def _number(kind: type[int | float], value: Any) -> int | float:
    what = "a whole number" if kind is int else "a number"
    try:
        number = kind(value)
    except (ValueError, OverflowError):
        raise ValueError(f"{value!r} is not {what}.") from None
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is not {what}.")
    return number


def _at_least(least: float | None, number: float) -> float:
    if least is not None and number < least:
        raise ValueError(f"{number:g} is less than {least:g}, the least it takes.")
    return number
