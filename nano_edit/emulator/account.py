"""What the emulated service would bill: its own prices, and the account of requests.

Google bills by token, a gateway by call; which one is asked shows in the header that
brought the key.  Prices are this module's own, in dollars.

Rules:
- A request is billed once it is answered with 200, and also when the answer is lost
  on its way or behind a proxy: the picture was made.
- Google's refusals cost the tokens that they took, a gateway's the whole call.
- A price that is not known is null in the account, never 0.
"""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

GOOGLE, GATEWAY = "google", "gateway"
TIERS = {"standard": 1.0, "flex": 0.5, "priority": 2.0, "batch": 0.5}
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Rates:
    """Dollars for a million tokens."""

    picture: float
    sent: float = 0.0  # words and pictures that were sent
    words: float = 0.0  # that came back, thinking included


RATES = {
    "gemini-3-pro-image": Rates(120, 2, 12),
    "gemini-nano-banana-2.1": Rates(30),
    "gemini-3.1-flash-image": Rates(60, 0.5, 3),
    "gemini-3.1-flash-lite-image": Rates(30),
    "gemini-2.5-flash-image": Rates(30, 0.3, 2.5),
}
_NANO_4K = 45  # sources conflict: the higher
PER_CALL = {
    "gemini-3-pro-image": 0.09,
    "gemini-3-pro-image-preview": 0.09,
    "gemini-nano-banana-2.1": 0.05,
    "gemini-3.1-flash-image": 0.055,
    "gemini-3.1-flash-image-preview": 0.055,
    "gemini-2.5-flash-image": 0.02,
}


@dataclass(frozen=True, slots=True)
class Charge:
    """One billed request."""

    number: int  # of its log entry
    provider: str  # "google" or "gateway"
    model: str
    size: str | None
    tier: str  # that served it
    pictures: int
    dollars: float | None  # None: not known
    response_id: str | None


class Account:
    """The charges so far; safe to be read while requests are answered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._charges: list[Charge] = []

    @property
    def charges(self) -> tuple[Charge, ...]:
        """Every charge, in order."""
        with self._lock:
            return tuple(self._charges)

    def add(
        self,
        *,
        number: int,
        provider: str,
        model: str,
        size: str | None,
        usage: Mapping[str, Any],
        pictures: int,
        tier: str = "standard",
        response_id: str | None = None,
    ) -> None:
        """Bill a request whose tokens are ``usage``, as ``usageMetadata`` has them."""
        dollars = price(provider, model, size, usage, tier)
        charge = Charge(
            number, provider, model, size, tier, pictures, dollars, response_id
        )
        with self._lock:
            self._charges.append(charge)

    def clear(self) -> None:
        """Forget every charge."""
        with self._lock:
            self._charges.clear()

    def to_json(self) -> dict[str, Any]:
        """Return the sums and the charges as JSON's types."""
        charges = self.charges
        known = [each.dollars for each in charges if each.dollars is not None]
        return {
            "requests": len(charges),
            "pictures": sum(each.pictures for each in charges),
            "dollars": round(sum(known), 6),
            "unknown": len(charges) - len(known),
            "charges": [asdict(each) for each in charges],
        }


def price(
    provider: str, model: str, size: str | None, usage: Mapping[str, Any], tier: str
) -> float | None:
    """Return the dollars of one request; None: not known."""
    if provider == GATEWAY:
        return PER_CALL.get(model)
    rates = RATES.get(model)
    if rates is None:
        return None
    details = usage.get("candidatesTokensDetails", ())
    pictures = sum(
        each["tokenCount"] for each in details if each["modality"] == "IMAGE"
    )
    words = usage["candidatesTokenCount"] - pictures + usage["thoughtsTokenCount"]
    is_nano_4k = model == "gemini-nano-banana-2.1" and size == "4K"
    rate = _NANO_4K if is_nano_4k else rates.picture
    sent: int = usage["promptTokenCount"]
    dollars = pictures * rate + sent * rates.sent + words * rates.words
    return float(dollars) * TIERS[tier] / _MILLION
