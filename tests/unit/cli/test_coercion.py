"""Values of options: wrong ones are refused in a sentence, whatever their size."""

from __future__ import annotations

import pytest

from nano_edit.cli.coercion import LONGEST_SHOWN, coerced
from nano_edit.cli.option_table import ROWS

BY_NAME = {row.name: row for row in ROWS}


@pytest.mark.parametrize("text", ["9" * 400, "9" * 5000, "-" + "9" * 400, "x" * 400])
@pytest.mark.parametrize("name", ["max_side", "timeout", "strict"])
def test_a_value_of_any_length_is_refused_in_a_short_sentence(
    name: str, text: str
) -> None:
    with pytest.raises(ValueError, match=r"is (not|neither)") as told:
        coerced(BY_NAME[name], text)
    assert len(str(told.value)) < LONGEST_SHOWN + 40
