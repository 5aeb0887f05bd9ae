"""Numbers for people: what stands in messages, in the log and in the report."""

from __future__ import annotations

import pytest

from nano_edit.units import duration, size_text


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
