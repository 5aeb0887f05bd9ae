"""Numbers for people: what stands in messages, in the log and in the report."""

from __future__ import annotations

import pytest

from nano_edit.units import duration, money, size_text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (812, "812 B"),
        (999.5, "1 kB"),
        (1000, "1 kB"),
        (24_400, "24 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (1_500_000, "1.5 MB"),
        (27_700_000, "27.7 MB"),
        (999_949_999, "999.9 MB"),
        (999_950_000, "1.0 GB"),
        (2_048_000_000, "2.0 GB"),
    ],
)
def test_a_number_of_bytes_in_words(size: float, text: str) -> None:
    assert size_text(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0.0 s"),
        (4.21, "4.2 s"),
        (59.94, "59.9 s"),
        (59.97, "1 min 0 s"),
        (72, "1 min 12 s"),
        (3599.4, "59 min 59 s"),
        (3599.6, "1 h 0 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_a_time_in_words(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("dollars", "text"),
    [
        (None, "unknown"),
        (0, "$0.00"),
        (0.00001, "<$0.0001"),
        (0.00112, "$0.0011"),
        (0.0336, "$0.0336"),
        (0.09, "$0.09"),
        (0.09949, "$0.0995"),
        (0.138, "$0.138"),
        (0.5, "$0.50"),
        (0.994, "$0.994"),
        (0.995, "$0.99"),
        (6.432, "$6.43"),
        (1234.5, "$1,234.50"),
    ],
)
def test_dollars_in_words(dollars: float | None, text: str) -> None:
    assert money(dollars) == text
