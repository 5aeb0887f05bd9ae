"""One kind of fault: what it is called, what it answers, how that is delivered.

The tables of kinds stand in `error_faults`, `reply_faults` and `faults`; each
row is data, and what it does to an answer is built elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from nano_edit.emulator.answers import Answer, Delivery

if TYPE_CHECKING:
    from collections.abc import Callable

    from nano_edit.emulator.replies import Scene

Build: TypeAlias = "Callable[[Scene, str], Answer]"


def ordinary(scene: Scene, _: str) -> Answer:
    """Answer as if nothing were wrong."""
    return scene.ordinary()


def at_once(_: str) -> Delivery:
    """Deliver without any delay."""
    return Delivery()


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One row of the table: a name for lists, and what it does to a request."""

    name: str
    summary: str
    answer: Build = ordinary
    deliver: Callable[[str], Delivery] = at_once
    argument: str = ""  # what ARG is; "": it takes none
    default: str = ""  # ARG when it is left out
    is_number: bool = True  # of ARG
