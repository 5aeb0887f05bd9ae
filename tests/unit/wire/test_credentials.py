from __future__ import annotations

import pytest

from nano_edit.domain import ApiKey
from nano_edit.wire.credentials import mask


@pytest.mark.parametrize(
    ("key", "text", "masked"),
    [
        ("sk-12345", "key sk-12345, key=sk-12345&x", "key ****, key=****&x"),
        ("sk-1234567", "key sk-123456 is cut", "key sk-123456 is cut"),
        ("sk/12345=", "at ?key=sk%2F12345%3D and sk/12345=", "at ?key=**** and ****"),
        ("any", "Too many requests", "Too many requests"),
        ("1234567", "1234567", "1234567"),
        ("sk-12345", "", ""),
    ],
)
def test_a_whole_key_is_masked_wherever_it_stands(
    key: str, text: str, masked: str
) -> None:
    assert mask(text, ApiKey(key)) == masked


def test_without_a_key_nothing_is_masked() -> None:
    assert mask("Too many requests", None) == "Too many requests"
