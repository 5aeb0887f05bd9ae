"""Questions before something is removed or stored."""

from __future__ import annotations

import io

import pytest

from nano_edit.cli.commands.asking import confirmed
from nano_edit.cli.terminal import Terminal
from nano_edit.errors import UsageError


class Keyboard(io.BytesIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        (b"y\n", True),
        (b" YES \n", True),
        (b"n\n", False),
        (b"\n", False),
        (b"", False),
        (b"\xff\n", False),
    ],
)
def test_only_yes_is_yes(typed: bytes, answer: object) -> None:
    said = io.StringIO()
    terminal = Terminal(Keyboard(typed), io.BytesIO(), said)
    assert confirmed("Remove it?", terminal) is answer
    assert said.getvalue() == "Remove it? [y/N] "


def test_nobody_can_answer_in_a_pipe() -> None:
    terminal = Terminal(io.BytesIO(b"y\n"), io.BytesIO(), io.StringIO())
    with pytest.raises(UsageError, match="nobody to ask") as caught:
        confirmed("Remove it?", terminal)
    assert "--yes" in caught.value.hint
