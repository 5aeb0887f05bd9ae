"""What a run of many edits ends with."""

from __future__ import annotations

import pytest

from nano_edit.engine.batch.summary import Summary
from nano_edit.engine.records import record_of_error
from nano_edit.errors import InputError


@pytest.mark.parametrize(
    ("total", "left"),
    [(1, ""), (2, " 1 was not begun."), (3, " 2 were not begun.")],
)
def test_what_was_not_begun_is_counted(total: int, left: str) -> None:
    summary = Summary(total)
    failure = InputError("no picture")
    summary.add(record_of_error(failure), failure)
    error = summary.error()
    assert error is not None
    assert str(error).endswith(f"failed.{left}")
