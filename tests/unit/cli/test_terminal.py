"""What may be printed, and that nothing ends because nobody can be told."""

from __future__ import annotations

import io
import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nano_edit.cli.json_line import json_line
from nano_edit.cli.terminal import UNSAFE, OutputLost, Terminal, clean

HOSTILE = "a\x1b[31mb\x9b2Jc\u202egpj.d\x7fe\x00f"


class Screen(io.BytesIO):
    def isatty(self) -> bool:
        return True


class Full(io.BytesIO):
    """A stream whose disk is full."""

    def write(self, _: object) -> int:
        raise OSError(28, "No space left on device")


def terminal(stdout: io.BytesIO, stderr: io.TextIOBase | None = None) -> Terminal:
    return Terminal(io.BytesIO(), stdout, stderr or io.StringIO(), {})  # type: ignore[arg-type]


def test_a_terminal_gets_results_cleaned_and_a_pipe_as_they_are() -> None:
    screen, pipe = Screen(), io.BytesIO()
    terminal(screen).result(HOSTILE)
    terminal(pipe).result(HOSTILE)
    assert screen.getvalue() == b"a[31mb2Jcgpj.def\n"
    assert pipe.getvalue() == f"{HOSTILE}\n".encode()


def test_a_name_that_is_not_utf8_goes_through_a_pipe_unchanged() -> None:
    pipe = io.BytesIO()
    terminal(pipe).result(os.fsdecode(b"caf\xe9.jpg"))
    assert pipe.getvalue() == b"caf\xe9.jpg\n"


@given(st.text())
def test_cleaning_leaves_nothing_unsafe_and_all_the_rest(text: str) -> None:
    assert clean(text) == "".join(each for each in text if ord(each) not in UNSAFE)


@given(st.text(st.characters(categories=("Cs", "Cc", "Cf", "Ll"))))
def test_json_escapes_what_could_steer_and_reads_back_the_same(text: str) -> None:
    line = json_line({"name": text})
    assert not {ord(each) for each in line} & UNSAFE
    assert line.isascii() or line.encode()
    assert json.loads(line) == json.loads(json.dumps({"name": text}))


def test_standard_error_that_fails_ends_nothing_and_is_left_alone() -> None:
    class Dying(io.StringIO):
        def __init__(self) -> None:
            super().__init__()
            self.asked = 0

        def write(self, _: str) -> int:
            self.asked += 1
            raise BrokenPipeError

    dying = Dying()
    where = terminal(io.BytesIO(), dying)
    where.say("one")
    where.say("two")
    assert dying.asked == 1


def test_standard_error_that_is_closed_ends_nothing() -> None:
    closed = io.StringIO()
    closed.close()
    terminal(io.BytesIO(), closed).ask("one")


def test_standard_output_that_fails_says_what_it_was_to_hold() -> None:
    with pytest.raises(OutputLost) as caught:
        terminal(Full()).result("out.png")
    assert caught.value.line == "out.png"
    assert caught.value.reason == "No space left on device"
    assert not caught.value.reader_gone


def test_what_standard_error_cannot_encode_is_escaped() -> None:
    raw = io.BytesIO()
    narrow = io.TextIOWrapper(raw, encoding="ascii")
    terminal(io.BytesIO(), narrow).say("é\x1b")
    assert raw.getvalue() == b"\\xe9\n"
