"""What may be printed, and that nothing ends because nobody can be told."""

from __future__ import annotations

import io
import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import terminals

from nano_edit.cli.json_line import json_line
from nano_edit.cli.terminal import UNSAFE, OutputLost, Terminal, clean, wrapped

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


def test_a_control_byte_in_a_name_that_is_not_utf8_is_cleaned() -> None:
    assert (
        clean(b"a\x9b31m\xe9.jpg".decode(errors="surrogateescape")) == "a31m\udce9.jpg"
    )


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


# --- wrapped, and coloured ---------------------------------------------------------


@given(st.text("ab -é\u3000", max_size=80), st.integers(1, 30))
def test_wrapping_breaks_at_spaces_alone_and_loses_no_word(
    line: str, width: int
) -> None:
    parts = wrapped(line, width).split("\n")
    assert [word for part in parts for word in part.split(" ") if word] == [
        word for word in line.split(" ") if word
    ]
    margin = len(line) - len(line.lstrip(" "))
    for part in parts:
        assert len(part.rstrip(" ")) <= width or " " not in part[margin:].strip(" ")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("short", ["short"]),
        ("a sentence of some words", ["a sentence of some", "words"]),
        ("exactly twenty chars", ["exactly twenty chars"]),
        ("head\n  a hint of many words", ["head", "  a hint of many", "  words"]),
        ("see /a/very/long/path/out.png", ["see", "/a/very/long/path/out.png"]),
        ("two  spaces  stay", ["two  spaces  stay"]),
        ("", [""]),
    ],
)
def test_a_person_gets_lines_as_wide_as_the_terminal(
    text: str, lines: list[str]
) -> None:
    where = terminals.terminal(tty=True, COLUMNS="20")
    where.say(text)
    assert terminals.stream_of(where).getvalue().splitlines() == lines
    pipe = terminals.terminal(COLUMNS="20")
    pipe.say(text)
    assert terminals.stream_of(pipe).getvalue() == f"{text}\n"


def test_a_terminal_that_does_not_say_how_wide_it_is_is_not_wrapped_for() -> None:
    where = terminals.terminal(tty=True, COLUMNS="")
    where.say("word " * 100)
    assert terminals.stream_of(where).getvalue() == "word " * 100 + "\n"


@pytest.mark.parametrize(
    ("where", "begins"),
    [
        (terminals.terminal(tty=True), "\x1b[31mnano-edit:\x1b[0m It failed."),
        (terminals.terminal(tty=True, NO_COLOR="1"), "nano-edit: It failed."),
        (terminals.terminal(tty=True, NO_COLOR=""), "\x1b[31mnano-edit:\x1b[0m It"),
        (terminals.terminal(tty=True, TERM="dumb"), "nano-edit: It failed."),
        (terminals.terminal(), "nano-edit: It failed."),
        (terminals.terminal(FORCE_COLOR="1"), "nano-edit: It failed."),
    ],
)
def test_an_error_begins_in_red_where_colours_are_wanted(
    where: Terminal, begins: str
) -> None:
    where.say("nano-edit: It failed.", "nano-edit:")
    assert terminals.stream_of(where).getvalue().startswith(begins)


def test_what_comes_from_outside_colours_nothing() -> None:
    where = terminals.terminal(tty=True)
    where.say("\x1b[31ma.jpg: \x1b[1mno", "\x1b[31ma.jpg:")
    told = terminals.stream_of(where).getvalue()
    assert told == "\x1b[31m[31ma.jpg:\x1b[0m [1mno\n"
