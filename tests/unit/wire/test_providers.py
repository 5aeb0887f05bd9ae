"""Which provider a key looks like."""

from __future__ import annotations

import pytest

from nano_edit.domain import ApiKey
from nano_edit.wire.providers import provider_like


@pytest.mark.parametrize(
    ("key", "name"), [("AIzaSyExample", "google"), ("sk-example", "apiyi"), ("x", None)]
)
def test_a_key_looks_like_its_providers(key: str, name: str | None) -> None:
    provider = provider_like(ApiKey(key))
    assert (provider.name if provider else None) == name
