"""API keys: what one may look like, the variables that may hold it, its masking.

Rules: the first variable that holds anything counts, and a broken key is an
error, so that none is passed over for another account's; no message holds any
part of a key.  A service may repeat the key in whatever it answers, so all text
of its own goes through `mask` before it is cut, shown or written anywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from nano_edit.domain import ApiKey
from nano_edit.errors import AuthError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nano_edit.wire.providers import Provider

OWN_VARIABLE = "NANO_EDIT_API_KEY"
LONGEST = 4096  # bytes; no service's key is a tenth of it
SHORTEST_MASKED = 8  # characters; a shorter key may stand in any word
MASK = "****"


def key_in_environment(
    environ: Mapping[str, str], provider: Provider
) -> tuple[ApiKey, str] | None:
    """Return the key and the variable that holds it; None when none does.

    Raises AuthError for what cannot be a key.
    """
    for variable in (OWN_VARIABLE, *provider.key_variables):
        if environ.get(variable, "").strip():
            return checked_key(environ[variable], variable), variable
    return None


def checked_key(text: str, origin: str) -> ApiKey:
    """Return the key without the space around it; raises AuthError for another thing.

    ``origin`` begins the message: a variable, a file, "What was given".
    """
    key = text.strip()
    one_word = key.isascii() and key.isprintable() and " " not in key
    if not key or not one_word or len(key) > LONGEST:
        raise AuthError(
            f"{origin} is not a valid key: a key is one word of ASCII characters.",
            hint="Copy only the key again, without quotes or a name before it.",
        )
    return ApiKey(key)


def mask(text: str, key: ApiKey | None) -> str:
    """Return ``text`` with every whole occurrence of the key masked.

    The key may stand there as it is or as URLs quote it.  A key of fewer than
    `SHORTEST_MASKED` characters is left: it would be found in ordinary words.
    """
    value = key.reveal() if key else ""
    if len(value) < SHORTEST_MASKED:
        return text
    return text.replace(value, MASK).replace(quote(value, safe=""), MASK)


class NoKeyError(AuthError):
    """There is no key anywhere."""


def no_key(provider: Provider, *more: str) -> NoKeyError:
    """Return the error for no key at all; ``more`` are sentences that explain it."""
    variables = " or ".join((*provider.key_variables, OWN_VARIABLE))
    return NoKeyError(
        " ".join((f"There is no key for {provider.name}: set {variables}.", *more)),
        hint=f"Get a key at {provider.key_page}; nano-edit auth login stores it. "
        "To try without a key: --emulate.",
    )
