"""Guesses at what was meant, as a table."""

from __future__ import annotations

import pytest

from nano_edit.cli.suggestions import misspelt


@pytest.mark.parametrize(
    ("model", "near"),
    [
        ("flsh", "flash"),
        ("gemini-3-pro-imag", "gemini-3-pro-image"),
        ("gemini-3-pro-image", ""),
        ("gemini-9-pro-image", ""),
        ("entirely-new", ""),
    ],
)
def test_a_model_that_is_nearly_known_has_a_note(model: str, near: str) -> None:
    note = misspelt(model, "google")
    assert note.endswith(f"Near: {near}.") if near else not note
