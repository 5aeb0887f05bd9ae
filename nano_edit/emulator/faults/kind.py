"""One kind of fault: its name, how it responds, how the response is delivered.

Each module of this folder fills a `FaultSection`: a fault's row and the function
that builds its response stand side by side.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from nano_edit.emulator.responses import Delivery, Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from nano_edit.emulator.replies import ResponseBuilder

NUMBER = r"\d{1,12}(?:\.\d+)?"
TEXT = r"[^,\x00-\x1f]*?"
# Takes the fault's argument as it was written.
Build: TypeAlias = "Callable[[ResponseBuilder, str], Response]"


class FaultListError(ValueError):
    """The fault list is not in the grammar, or names what there is not."""


def ordinary(builder: ResponseBuilder, _: str) -> Response:
    """Respond as if nothing were wrong."""
    return builder.ordinary()


def at_once(_: str) -> Delivery:
    """Deliver without any delay."""
    return Delivery()


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One row of the table: a name for fault lists, and what it does to a request."""

    name: str
    summary: str  # ARG in it stands for the argument
    build: Build = ordinary
    deliver: Callable[[str], Delivery] = at_once
    argument: str = ""  # what ARG is; "": it takes none
    default: str = ""  # ARG when it is left out
    pattern: str = NUMBER  # that ARG matches
    stage: str = ""  # the step of deferred work that it is for; "": an edit

    def complaint(self) -> str:
        """Return what is wrong with an argument that does not match."""
        if not self.argument:
            return f"{self.name} takes no argument"
        number = "a number of " if self.pattern == NUMBER else ""
        example = f", such as {self.default}" if not number else ""
        return f"{self.name} takes {number}{self.argument}{example}"


@dataclass(frozen=True, slots=True)
class FaultSection:
    """A part of the table: its title, and its rows in order."""

    title: str
    kinds: list[FaultKind] = field(default_factory=list)

    def add(self, name: str, summary: str, build: Build, **more: Any) -> None:
        """Append a row; ``more`` are further fields of `FaultKind`."""
        self.kinds.append(FaultKind(name, summary, build, **more))

    def fault(self, name: str, summary: str, **more: Any) -> Callable[[Build], Build]:
        """Return a decorator: the function builds the response of this row."""

        def enter(build: Build) -> Build:
            self.add(name, summary, build, **more)
            return build

        return enter
