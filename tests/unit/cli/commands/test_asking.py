"""Questions before something is removed or stored."""

from __future__ import annotations

import io

import pytest

from nano_edit.cli.commands.asking import agreed, confirmed
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


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("typed", "answer"),
    [(b"y\n", True), (b"\n", True), (b"N\n", False), (b"what\n", False), (b"", False)],
)
def test_enter_agrees_and_the_end_of_the_input_does_not(
    typed: bytes, answer: object
) -> None:
    said = Screen()
    terminal = Terminal(Keyboard(typed), io.BytesIO(), said)
    assert agreed("Go on?", terminal) is answer
    assert said.getvalue() == "Go on? [Y/n] "


@pytest.mark.parametrize("keyboard", [io.BytesIO, Keyboard])
def test_where_nobody_watches_nothing_is_asked(keyboard: type[io.BytesIO]) -> None:
    said = io.StringIO() if keyboard is Keyboard else Screen()
    terminal = Terminal(keyboard(b"n\n"), io.BytesIO(), said)
    assert agreed("Go on?", terminal)
    assert not said.getvalue()
