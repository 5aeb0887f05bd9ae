"""``models``: what there is, what each takes, its state and its price."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nano_edit.cli.config.settings import DEFAULT
from nano_edit.cli.json_line import json_line
from nano_edit.wire.models import ALL_RATIOS, DEFAULT_SIZE, MODELS
from nano_edit.wire.prices import PriceBook
from nano_edit.wire.providers import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nano_edit.cli.config.settings import Settings
    from nano_edit.cli.terminal import Terminal
    from nano_edit.wire.models import Model
    from nano_edit.wire.providers import Provider

HEADINGS = ("MODEL", "SHORT", "IMAGES", "SIZES", "SHAPES", "THINKING", "DOLLARS")


def run(settings: Settings, terminal: Terminal) -> None:
    """Print the models of the provider that was named, or of each."""
    asked = settings.origins["provider"] != DEFAULT
    names = [settings.options.provider] if asked else list(PROVIDERS)
    book = PriceBook(settings.prices)
    for name in names:
        provider = PROVIDERS[name]
        if settings.options.json:
            for model in _served_by(provider):
                record = model_record(model, provider, book)
                terminal.result(json_line(record))
        else:
            for line in _table(provider, book):
                terminal.result(line)
    if not settings.options.json:
        terminal.result(
            "Dollars are estimates for one picture at each size. Any other model's "
            "name is passed on unchecked."
        )


def _served_by(provider: Provider) -> Iterator[Model]:
    for model in MODELS.values():
        if provider.name in model.providers:
            yield model


def model_record(model: Model, provider: Provider, book: PriceBook) -> dict[str, Any]:
    """Return what is known of the model at this provider, as JSON holds it."""
    dollars, read = _prices(model, provider, book)
    return {
        "model": model.name,
        "provider": provider.name,
        "default": model.name == provider.default_model,
        "short": model.short.get(provider.name),
        "max_images": model.max_images,
        "sizes": list(model.sizes),
        "aspect_ratios": list(model.ratios),
        "thinking": list(model.thinking),
        "default_thinking": model.default_thinking or None,
        "state": model.state,
        "since": model.since or None,
        "note": model.note or None,
        "successor": model.successor or None,
        "dollars": dollars or None,
        "price_read": read or None,
    }


def _prices(
    model: Model, provider: Provider, book: PriceBook
) -> tuple[dict[str, float], str]:
    """Return the dollars by size, and the day they were read; "" for one's own."""
    found: dict[str, float] = {}
    days = set()
    for size in model.sizes or (DEFAULT_SIZE,):
        dollars, read = book.listed(provider.name, model.name, size)
        if dollars is not None:
            found[size] = dollars
            days.add(read)
    return found, max(days, default="")


def _table(provider: Provider, book: PriceBook) -> Iterator[str]:
    models = list(_served_by(provider))
    rows = [HEADINGS, *(_row(model, provider, book) for model in models)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    yield f"{provider.name} (default: {provider.default_model})"
    for row, model in zip(rows, (None, *models), strict=True):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  " + "  ".join(cells).rstrip()
        if model and model.deprecated:
            yield f"    {_state(model)}"
    yield ""


def _row(model: Model, provider: Provider, book: PriceBook) -> tuple[str, ...]:
    dollars, _ = _prices(model, provider, book)
    return (
        model.name,
        model.short.get(provider.name, "-"),
        f"{model.max_images}",
        " ".join(model.sizes) or "-",
        "all 14" if model.ratios == ALL_RATIOS else f"{len(model.ratios)}",
        " ".join(model.thinking) or "-",
        " ".join(
            f"{dollars[size]:g}" if size in dollars else "?"
            for size in model.sizes or (DEFAULT_SIZE,)
        ),
    )


def _state(model: Model) -> str:
    since = f" since {model.since}" if model.since else ""
    use = f"; use {model.successor}" if model.successor else ""
    return f"deprecated{since}{use}"
