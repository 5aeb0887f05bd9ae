"""Option values that come from a short list, and what is said to a near miss.

Strategy: each list has a name, which the rows of `option_table` use.  A value that
can only mean one of the list is taken for it; for any other the nearest is named.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from nano_edit.wire.models import (
    ALL_RATIOS,
    MODELS,
    SERVICE_TIERS,
    SIZES,
    near_ratios,
    near_sizes,
    ratio_named,
    short_names,
    size_named,
)
from nano_edit.wire.providers import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Callable

SHELLS = ("bash", "zsh", "fish", "powershell")
FORMATS = ("png", "jpg", "webp", "avif", "tif")
# Columns and rows of one picture.
GRIDS = tuple(
    f"{columns}x{rows}"
    for columns in range(1, 10)
    for rows in range(1, 10)
    if 2 <= columns * rows <= 9
)
_ALIASES = {
    "format": {"jpeg": "jpg", "tiff": "tif"},
    "shell": {"pwsh": "powershell"},
}
_SHORT = dict.fromkeys(name for each in PROVIDERS for name in short_names(each))
VALUES: dict[str, tuple[str, ...]] = {
    "ratio": ("auto", "match", *ALL_RATIOS),
    "size": SIZES,
    "provider": tuple(PROVIDERS),
    "format": FORMATS,
    "shell": SHELLS,
    "tier": SERVICE_TIERS,
    "grid": GRIDS,
    "by": ("day", "model", "provider"),
    "model": (*_SHORT, *MODELS),
}
OPEN = ("model",)  # lists that do not hold all there is
_NAMED: dict[str, Callable[[str], str | None]] = {
    "ratio": ratio_named,
    "size": size_named,
}
_NEAR: dict[str, Callable[[str], tuple[str, ...]]] = {
    "ratio": near_ratios,
    "size": near_sizes,
}


def one_of(name: str, text: str) -> str:
    """Return the value of the list called ``name`` that ``text`` means.

    Raises ValueError, with the nearest values, where it means none.
    """
    if name in OPEN:
        return text
    values, word = VALUES[name], text.strip().casefold().removeprefix(".")
    for value in values:
        if word == value.casefold():
            return value
    if word in _ALIASES.get(name, {}):
        return _ALIASES[name][word]
    if name in _NAMED and (meant := _NAMED[name](text)):
        return meant
    raise ValueError(f"{text!r} is not one of {' '.join(values)}.{_near(name, word)}")


def _near(name: str, word: str) -> str:
    """Return ' Did you mean ...?' where some value is near, else nothing."""
    near = _NEAR[name](word) if name in _NEAR else ()
    near = near or tuple(get_close_matches(word, VALUES[name], 1))
    return f" Did you mean {' or '.join(near)}?" if near else ""
