"""The providers: base URL, the header that carries the key, limits.

Sources: the vendors' API pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from nano_edit.domain import ApiKey


class Provider(NamedTuple):
    """One company's address of the service, and how it takes the key."""

    name: str
    base_url: str
    key_header: str
    key_scheme: str  # what stands before the key in its header
    default_model: str
    key_variables: tuple[str, ...]  # environment variables, first one wins
    key_page: str  # where a person gets a key
    key_begins: tuple[str, ...]  # how its keys begin, as far as is known
    bills_by_call: bool  # not by token: an answer without a picture costs the same
    max_image_bytes: int = 7_000_000  # one picture, before base64
    max_request_bytes: int = 100_000_000  # all pictures, before base64
    has_batches: bool = False  # it makes edits later, at half the price

    def headers(self, key: ApiKey) -> dict[str, str]:
        """Return the header that carries the key."""
        return {self.key_header: self.key_scheme + key.reveal()}


PROVIDERS = {
    provider.name: provider
    for provider in (
        Provider(
            name="apiyi",
            base_url="https://api.apiyi.com",
            key_header="Authorization",
            key_scheme="Bearer ",
            default_model="gemini-3-pro-image-preview",
            key_variables=("APIYI_API_KEY",),
            key_page="https://api.apiyi.com/token",
            key_begins=("sk-",),
            bills_by_call=True,
        ),
        Provider(
            name="google",
            base_url="https://generativelanguage.googleapis.com",
            key_header="x-goog-api-key",
            key_scheme="",
            default_model="gemini-3-pro-image",
            key_variables=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
            key_page="https://aistudio.google.com/apikey",
            key_begins=("AIza", "AQ."),
            bills_by_call=False,
            has_batches=True,
        ),
    )
}


def provider_like(key: ApiKey) -> Provider | None:
    """Return the provider whose keys begin like this one; None where none does."""
    for provider in PROVIDERS.values():
        if key.reveal().startswith(provider.key_begins):
            return provider
    return None
