"""What a request costs: estimated before it is sent, counted from tokens after.

Strategy: a price is a row of ``models.json``, or the user's own in its place.  Where
the provider bills by token, ``usageMetadata`` tells what was used, and the picture's
price divided by its tokens is the price of a token.

Rules:
- What is not known is None, never 0.
- The user's own price holds for each request, whatever tokens it takes.
- Everything here is a pure function of its arguments and the tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nano_edit.domain import Cost
from nano_edit.wire.models import DEFAULT_SIZE, TIERS, Price, find_model, full_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nano_edit.domain import Usage

    # By provider and model: dollars for any size, or by size.
    OwnPrices = Mapping[str, Mapping[str, float | Mapping[str, float]]]

STANDARD = "standard"
BATCH = "batch"  # the tier of deferred batches
INPUT_TOKENS = 560  # of one picture that is sent
MOST_TOKENS = 10_000_000  # a count above this is no count
# What is reserved for a request that is billed by token, over its estimate: the
# tokens of thinking and words vary.
MARGIN = 1.05


class PriceBook:
    """The prices that hold for a run: the table's, and the user's own over them."""

    def __init__(self, own: OwnPrices | None = None) -> None:
        self._own = {
            (provider, full_name(model, provider)): price
            for provider, models in (own or {}).items()
            for model, price in models.items()
        }

    def estimate(
        self,
        provider: str,
        model: str,
        size: str | None = None,
        *,
        images: int = 1,
        tier: str = STANDARD,
    ) -> float | None:
        """Return the dollars that one request is likely to cost; None: not known.

        ``images`` is how many pictures are sent; ``size`` None is the model's own.
        """
        factor = factor_of(provider, tier)
        if factor is None:
            return None
        own = self._own_price(provider, model, size)
        if own is not None:
            return own * factor
        price = _row(provider, model)
        dollars = price and price.dollars.get(size or DEFAULT_SIZE)
        if not price or not dollars:
            return None
        sent = images * INPUT_TOKENS * price.input_token
        return (dollars + sent + price.thinking * price.text_token) * factor

    def most(
        self,
        provider: str,
        model: str,
        size: str | None = None,
        *,
        images: int = 1,
        tier: str = STANDARD,
    ) -> float | None:
        """Return the dollars to reserve for one request; None: not known."""
        dollars = self.estimate(provider, model, size, images=images, tier=tier)
        if dollars is None or not self._by_token(provider, model, size):
            return dollars
        return dollars * MARGIN

    def cost(
        self,
        provider: str,
        model: str,
        size: str | None = None,
        *,
        images: int = 1,
        tier: str = STANDARD,
        usage: Usage | None = None,
    ) -> Cost:
        """Return what one request that was answered cost: counted if it can be."""
        factor = factor_of(provider, tier)
        counted = self._counted(provider, model, size, usage) if usage else None
        if counted is not None and factor is not None:
            return Cost(counted * factor, counted=True)
        return Cost(self.estimate(provider, model, size, images=images, tier=tier))

    def listed(
        self, provider: str, model: str, size: str | None = None
    ) -> tuple[float | None, str]:
        """Return the dollars of one picture, and the day they were read.

        The day is "" for the user's own; the dollars are None where not known.
        """
        own = self._own_price(provider, model, size)
        if own is not None:
            return own, ""
        price = _row(provider, model)
        if price is None:
            return None, ""
        return price.dollars.get(size or DEFAULT_SIZE), price.read

    def _own_price(self, provider: str, model: str, size: str | None) -> float | None:
        own = self._own.get((provider, model))
        if own is None or isinstance(own, int | float):
            return own
        return own.get(size or DEFAULT_SIZE)

    def _by_token(self, provider: str, model: str, size: str | None) -> bool:
        price = _row(provider, model)
        is_own = self._own_price(provider, model, size) is not None
        return bool(price and price.tokens) and not is_own

    def _counted(
        self, provider: str, model: str, size: str | None, usage: Usage
    ) -> float | None:
        """Return the dollars of the tokens, before the tier; None: not to be told."""
        price, size = _row(provider, model), size or DEFAULT_SIZE
        if not price or not self._by_token(provider, model, size):
            return None
        made, sent = usage.candidates_tokens, usage.prompt_tokens
        if made is None or size not in price.tokens:
            return None
        images = made if usage.image_tokens is None else usage.image_tokens
        sent, thoughts = sent or 0, usage.thoughts_tokens or 0
        if not all(0 <= each <= MOST_TOKENS for each in (made, images, sent, thoughts)):
            return None
        words = max(made - images, 0) + thoughts
        return (
            images * price.dollars[size] / price.tokens[size]
            + sent * price.input_token
            + words * price.text_token
        )


def factor_of(provider: str, tier: str) -> float | None:
    """Return what a tier multiplies the price by; None: the provider has none such."""
    tiers = TIERS.get(provider, {STANDARD: 1.0})
    return tiers.get(tier)


def _row(provider: str, model: str) -> Price | None:
    known = find_model(model)
    return known.prices.get(provider) if known else None
