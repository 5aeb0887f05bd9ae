"""The models: what each takes, its state, its price; checks and short names.

Strategy: the facts lie in ``models.json`` beside this module and are read once, at
import; checks, completion, help, documents and estimates all come from them.  JSON
and named tuples, because ``--help`` loads this module and both are quick to load.

Rules:
- Sources: the vendors' model pages and price lists; a price carries the day it was
  read.  What is not known is left out; where sources differ the higher price counts.
- A model that is not in the table passes unchecked, so that a new one can be used
  on the day it comes out.
- Everything here is a pure function of its arguments and the table.
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from nano_edit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Price(NamedTuple):
    """What a provider asks for one picture, by size.

    One that bills by token has ``tokens``; the dollars of other tokens are there
    where they are known.
    """

    dollars: Mapping[str, float]  # by size; a model without sizes has only "1K"
    read: str  # the day or month the price was read: 2026-11-06, 2026-11
    source: str
    tokens: Mapping[str, int] = _NOTHING  # of a picture that is made, by size
    input_token: float = 0.0  # dollars for one that is sent
    text_token: float = 0.0  # dollars for one of words or thinking
    thinking: int = 0  # tokens that one edit usually takes


class Model(NamedTuple):
    """What one model takes, and its state."""

    name: str
    providers: tuple[str, ...]  # that serve it under this name
    max_images: int
    sizes: tuple[str, ...]  # () : it takes no size
    ratios: tuple[str, ...]
    state: str  # "current" or "deprecated"
    since: str = ""  # the day that state began, where known: 2026-10-06
    note: str = ""  # half a sentence about the state
    successor: str = ""  # the model to use in its place
    thinking: tuple[str, ...] = ()  # levels; () : it takes none
    default_thinking: str = ""
    short: Mapping[str, str] = _NOTHING  # its short name, by provider: "pro"
    prices: Mapping[str, Price] = _NOTHING  # by provider, where known

    @property
    def deprecated(self) -> bool:
        """Whether the model is to be replaced by another."""
        return self.state == "deprecated"


def _read_table() -> dict[str, Any]:
    text = Path(__file__).with_name("models.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


def _models(table: dict[str, Any]) -> Iterable[Model]:
    for row in table["models"]:
        facts: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in row.items()
        }
        facts["ratios"] = tuple(table["ratios"][row["ratios"]])
        facts["prices"] = {
            price["provider"]: Price(**{name: price[name] for name in names})
            for price in table["prices"]
            if row["name"] in price["models"]
            and (names := price.keys() - {"provider", "models"})
        }
        yield Model(**facts)


_TABLE = _read_table()
TEN_RATIOS: tuple[str, ...] = tuple(_TABLE["ratios"]["ten"])
ALL_RATIOS: tuple[str, ...] = tuple(_TABLE["ratios"]["all"])
MODELS: dict[str, Model] = {model.name: model for model in _models(_TABLE)}
SIZES = ("512", "1K", "2K", "4K")
DEFAULT_SIZE = "1K"  # what the models make when no size is asked for
SERVICE_TIERS = ("standard", "flex", "priority")  # that a request may ask for
# By provider: what the price is multiplied by; a provider without tiers is left out.
TIERS: Mapping[str, Mapping[str, float]] = _TABLE["tiers"]

# --- names ---------------------------------------------------------------------


def find_model(name: str) -> Model | None:
    """Return the model of this full name; None when the table does not know it."""
    return MODELS.get(name)


def short_names(provider: str) -> dict[str, str]:
    """Return the short names that ``provider`` has, each with its full name."""
    return {
        model.short[provider]: model.name
        for model in MODELS.values()
        if provider in model.short
    }


def full_name(name: str, provider: str) -> str:
    """Return the model's name as the provider knows it: "pro", "flash", "lite".

    Any other name is returned as it is.
    """
    return short_names(provider).get(name.lower(), name)


# --- what a model takes -----------------------------------------------------------


def ratios_of(model: str) -> tuple[str, ...]:
    """Return the aspect ratios that the model is known to take."""
    known = find_model(model)
    return known.ratios if known else TEN_RATIOS


def check_model_options(
    name: str, size: str | None, ratio: str | None, images: int
) -> None:
    """Raise UsageError for what the model called ``name`` does not take."""
    model = find_model(name)
    if model is None:
        return
    if size and size not in model.sizes:
        takes = " ".join(model.sizes)
        raise UsageError(
            f"{name} does not take --size {size}.",
            hint=f"It takes {takes}." if takes else "Leave --size out for this model.",
        )
    if ratio and ratio not in model.ratios:
        raise UsageError(
            f"{name} does not take --aspect-ratio {ratio}.",
            hint=f"It takes {' '.join(model.ratios)}.",
        )
    if images > model.max_images:
        raise UsageError(
            f"{name} takes {model.max_images} pictures at most; {images} were given.",
            hint="Leave some out, or edit each by itself with --each.",
        )


def model_note(name: str, provider: str) -> str:
    """Return a sentence for a model that should not be used; "" for any other.

    That is one which is deprecated, or which ``provider`` is not known to serve.
    """
    model = find_model(name)
    if model is None:
        return ""
    note = f" ({model.note})" if model.note else ""
    if provider not in model.providers:
        return f"{provider} is not known to serve {name}{note}."
    if not model.deprecated:
        return ""
    since = f" since {model.since}" if model.since else ""
    return f"{name} is deprecated{since}{note}; use -m {model.successor}."


def price_of(name: str, provider: str, size: str | None) -> float | None:
    """Return the estimated dollars for one picture; None when it is not known.

    ``size`` None is the size that the model makes when none is asked for.
    """
    model = find_model(name)
    price = model.prices.get(provider) if model else None
    return price.dollars.get(size or DEFAULT_SIZE) if price else None


# --- near misses --------------------------------------------------------------------

# Patterns as text: they are compiled when an option is read, not by --help.
_RATIO = r"(?i)(\d{1,6})\s*[:x/\xd7*-]\s*(\d{1,6})"
_PIXELS = r"(?i)(\d{1,6})(?:\s*px|\s*[x\xd7]\s*(\d{1,6}))?"
_KILO = r"(?i)(\d{1,3}(?:\.\d+)?)\s*k"
_SIDES = {"512": 512, "1K": 1024, "2K": 2048, "4K": 4096}  # pixels


def ratio_named(text: str) -> str | None:
    """Return the aspect ratio that ``text`` can only mean: "16x9" is "16:9".

    None when no ratio of the table is the same; see `near_ratios`.
    """
    ratio = _ratio(text)
    return next((one for one in ALL_RATIOS if _ratio(one) == ratio), None)


def near_ratios(text: str) -> tuple[str, ...]:
    """Return the two ratios nearest to the one in ``text``; () when there is none."""
    ratio = _ratio(text)
    if ratio is None:
        return ()
    return tuple(sorted(ALL_RATIOS, key=lambda one: _distance(_ratio(one), ratio))[:2])


def size_named(text: str) -> str | None:
    """Return the size that ``text`` can only mean: "1024" and "1k" are "1K".

    None when no size of the table is the same; see `near_sizes`.
    """
    side = _side(text)
    return next((name for name, pixels in _SIDES.items() if pixels == side), None)


def near_sizes(text: str) -> tuple[str, ...]:
    """Return the sizes below and above the one in ``text``; () when there is none."""
    side = _side(text)
    if not side:
        return ()
    below = [name for name, pixels in _SIDES.items() if pixels <= side]
    above = [name for name, pixels in _SIDES.items() if pixels > side]
    return (*below[-1:], *above[:1])


def _ratio(text: str) -> tuple[int, int] | None:
    """Return width and height in lowest terms."""
    found = re.fullmatch(_RATIO, text.strip())
    if found is None:
        return None
    width, height = int(found[1]), int(found[2])
    if not width or not height:
        return None
    common = math.gcd(width, height)
    return width // common, height // common


def _distance(ratio: tuple[int, int] | None, other: tuple[int, int]) -> float:
    width, height = ratio or other
    return abs(math.log(width / height) - math.log(other[0] / other[1]))


def _side(text: str) -> float | None:
    """Return the pixels of the longer side that ``text`` names."""
    if kilo := re.fullmatch(_KILO, text.strip()):
        return float(kilo[1]) * 1024
    if pixels := re.fullmatch(_PIXELS, text.strip()):
        return max(int(pixels[1]), int(pixels[2] or 0))
    return None
