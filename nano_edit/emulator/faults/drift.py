"""What a real model does to a whole picture, besides the edit that was asked for.

Each is a fault for one request, and a list combines several for all requests:
``shift=2:-1,zoom=1.006,recolour=1.02:1:0.98``.  See
`nano_edit.emulator.drift`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nano_edit.emulator.drift import NO_DRIFT, Drift
from nano_edit.emulator.faults.kind import FaultListError, FaultSection

if TYPE_CHECKING:
    from collections.abc import Callable

    from nano_edit.emulator.replies import ResponseBuilder
    from nano_edit.emulator.responses import Response

DRIFT = FaultSection("The whole picture is changed (status 200)")
_NUMBER = r"\d{1,6}(?:\.\d{1,6})?"
_SIGNED = rf"-?{_NUMBER}"


def _numbers(argument: str) -> tuple[float, ...]:
    return tuple(map(float, argument.split(":")))


_FIELDS: dict[str, Callable[[str], dict[str, Any]]] = {}


def _kind(
    name: str,
    summary: str,
    read: Callable[[str], dict[str, Any]],
    **more: Any,
) -> None:
    """Enter a row whose argument is read as fields of `Drift`."""
    _FIELDS[name] = read

    def build(builder: ResponseBuilder, argument: str) -> Response:
        drift = replace(builder.drift, **read(argument))
        return replace(builder, drift=drift).ordinary()

    DRIFT.add(name, summary, build, **more)


_kind(
    "shift",
    "everything is ARG pixels further to the right and down",
    lambda argument: {"shift": _numbers(argument)},
    argument="DX:DY",
    default="2:-1",
    pattern=f"{_SIGNED}:{_SIGNED}",
)
_kind(
    "zoom",
    "everything is larger, about the middle, by the factor ARG",
    lambda argument: {"zoom": float(argument)},
    argument="factor",
    default="1.006",
    pattern=r"(?:0\.[5-9]\d{0,5}|1(?:\.\d{1,6})?)",
)
_kind(
    "recolour",
    "red, green and blue are multiplied by ARG",
    lambda argument: {"recolour": _numbers(argument)},
    argument="R:G:B",
    default="1.03:1:0.97",
    pattern=f"{_NUMBER}:{_NUMBER}:{_NUMBER}",
)
_kind(
    "soften",
    "fine detail is lost: a blur of ARG pixels",
    lambda argument: {"soften": float(argument)},
    argument="pixels",
    default="0.8",
)
_kind(
    "scatter",
    "ARG small changes at places that nobody named",
    lambda argument: {"scatter": int(float(argument))},
    argument="places",
    default="12",
)
_kind(
    "repaint",
    "the scene is painted anew: its parts wander by up to ARG percent",
    lambda argument: {"repaint": float(argument)},
    argument="percent",
    default="4",
)
_kind(
    "wrong-ratio",
    "another aspect ratio than asked for, the sides cut off",
    lambda _: {"wrong_ratio": True},
)


def parse_drift(text: str) -> Drift:
    """Return the changes that a list names; `FaultListError` if it is invalid."""
    drift = NO_DRIFT
    kinds = {kind.name: kind for kind in DRIFT.kinds}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, _, argument = entry.partition("=")
        if name not in kinds:
            known = ", ".join(kinds)
            raise FaultListError(f"{name!r} is not one of {known}")
        kind = kinds[name]
        argument = argument or kind.default
        if not re.fullmatch(kind.pattern if kind.argument else "", argument):
            raise FaultListError(kind.complaint())
        drift = replace(drift, **_FIELDS[name](argument))
    return drift
