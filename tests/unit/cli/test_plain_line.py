"""A plain command line means the same with and without Typer."""

from __future__ import annotations

import os

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nano_edit.cli.option_table import BATCH, EDIT, ROWS, rows_of
from nano_edit.cli.parser import AskedAtOnce, parse
from nano_edit.cli.plain_line import read_plain
from nano_edit.errors import UsageError

COMMANDS = (EDIT, BATCH, "replies recover", "replies rm", "auth status", "models")
FLAGS = sorted({flag for row in ROWS for flag in (*row.flags, *row.negations)})
WORDS = (
    *("blur it", "in.jpg", "-", "", "@prompt.txt", "a=b", "--", "-x", "-1", "-fq"),
    *("-o=x", "-oout.png", "--nope", "-vv", "--size=1K", "--output=", "--json=1"),
    *("16:9", "16x9", "1K", "4k", "3", "0", "1e400", "2.5", "png", "google", "true"),
)
LINES = st.lists(st.sampled_from((*WORDS, *FLAGS)), max_size=7)


@given(st.sampled_from(COMMANDS), LINES)
@example(EDIT, ["blur", "in.jpg", "-o", "-"])
@example(EDIT, ["--no-downscale", "blur", "-v", "in.jpg", "--size=4k"])
def test_a_line_that_is_read_is_read_as_typer_reads_it(
    command: str, line: list[str]
) -> None:
    found = read_plain(command, line, {})
    if found is not None:
        assert found == parse(command, line)


@pytest.mark.parametrize(
    "line",
    [
        "blur in.jpg -o out.png",
        "blur a.jpg b.jpg -a 16:9 -s 4K --output=wide.png",
        "blur - -o -",
        "@prompt.txt in.jpg --emulate --json -q",
        "blur in --each -o out -j 30 --report r.html",
        "blur in.jpg -f --timeout 30 --base-url http://127.0.0.1:8787 -v",
        "blur in.jpg --no-downscale",
        "blur in.jpg --region 10%,10%,5%,5% --max-change 0",
    ],
)
def test_the_lines_of_every_day_need_no_typer(line: str) -> None:
    assert read_plain(EDIT, line.split(), os.environ) == parse(EDIT, line.split())


@pytest.mark.parametrize(
    "line",
    [
        "blur in.jpg --nope",
        "blur in.jpg --outpu x",
        "blur in.jpg -fq",
        "blur in.jpg -oout.png",
        "blur in.jpg -o=out.png",
        "blur in.jpg -o",
        "blur in.jpg -o -x",
        "blur in.jpg -s 3K",
        "blur in.jpg -j 0",
        "blur in.jpg -f -f",
        "blur in.jpg -v -v",
        "blur in.jpg --force=yes",
        "-- blur in.jpg",
        "blur in.jpg --help",
        "-V",
    ],
)
def test_a_line_that_leaves_a_doubt_is_left_to_typer(line: str) -> None:
    assert read_plain(EDIT, line.split(), {}) is None


def test_too_many_arguments_are_left_to_typer() -> None:
    assert read_plain(BATCH, ["edits.jsonl", "blur", "more"], {}) is None
    with pytest.raises(UsageError):
        parse(BATCH, ["edits.jsonl", "blur", "more"])
    with pytest.raises(AskedAtOnce):
        parse(EDIT, ["--help"])


@pytest.mark.parametrize(
    "variable", sorted({row.variable for row in rows_of(EDIT) if row.variable})
)
def test_a_variable_that_is_set_is_left_to_typer(variable: str) -> None:
    assert read_plain(EDIT, ["blur", "in.jpg"], {variable: ""}) is None
