"""Option values that come from a short list, and what to say to a near miss."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence


class OneOf:
    """A Typer parser for a fixed set of values; any case, `x` for `:`.

    ``values`` is read by the help, the completions and the man page.
    """

    def __init__(self, name: str, values: Sequence[str]) -> None:
        self.__name__ = name
        self.values = tuple(values)

    def __call__(self, text: str) -> str:
        """Return the value as listed; raise BadParameter with the nearest one."""
        for value in self.values:
            if text.casefold() == value.casefold():
                return value
        raise typer.BadParameter(
            f"{text!r} is not one of {' '.join(self.values)}.{_near(text, self.values)}"
        )


def _near(text: str, values: Sequence[str]) -> str:
    """Return ' Did you mean ...?' when one value is close, else nothing."""
    folded = {value.casefold(): value for value in values}
    guess = text.casefold().replace("x", ":").replace("/", ":").strip()
    found = [guess] if guess in folded else difflib.get_close_matches(guess, folded, 1)
    return f" Did you mean {folded[found[0]]}?" if found else ""
