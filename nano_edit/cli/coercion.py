"""A value from anywhere, brought to the type of its option and checked.

Typer hands every value to pydantic, whose import takes longer than all else before
the request is sent.  The options have five types, so five rules do; the parser and
the configuration use the same ones, so that a message is the same everywhere.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from nano_edit.cli.choices import one_of
from nano_edit.cli.options import kind_of

if TYPE_CHECKING:
    from nano_edit.cli.option_table import Row

LONGEST_SHOWN = 60  # characters of a wrong value in a message

_TRUE = frozenset("1 true t yes y on".split())
_FALSE = frozenset("0 false f no n off".split())


def coerced(row: Row, value: Any) -> Any:
    """Return what ``row`` holds for ``value``, a text or already of its type.

    Raises ValueError with a sentence about what is wrong.
    """
    kind = kind_of(row.name)
    if kind is list:
        return [str(item) for item in value]
    if row.one_of:
        return one_of(row.one_of, str(value))
    if kind is bool:
        return _bool(value)
    if kind in {int, float}:
        return _at_least(row.least, _number(kind, value))
    return str(value)


def _bool(value: Any) -> bool:
    word = str(value).strip().lower()
    if word in _TRUE | _FALSE:
        return word in _TRUE
    raise ValueError(f"{_quoted(value)} is neither true nor false.")


def _number(kind: type[int | float], value: Any) -> int | float:
    what = "a whole number" if kind is int else "a number"
    try:
        number = kind(value)
        is_one = math.isfinite(number)  # OverflowError: more than any float
    except (ValueError, OverflowError):
        is_one = False
    if not is_one or (isinstance(value, float) and number != value):
        raise ValueError(f"{_quoted(value)} is not {what}.")
    return number


def _quoted(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


def _at_least(least: float | None, number: float) -> float:
    if least is not None and number < least:
        raise ValueError(f"{number:g} is less than {least:g}, the least it takes.")
    return number
