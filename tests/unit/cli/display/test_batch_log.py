"""What is told of many edits: in lines to a log, on a board to a person."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from support.terminals import WHOLE, stream_of, terminal

from nano_edit.cli.display.batch_live import LiveBatchDisplay, batch_display_for
from nano_edit.cli.display.batch_log import BatchDisplay
from nano_edit.cli.display.drawing import board_of, console_of
from nano_edit.cli.display.messages import sums
from nano_edit.cli.display.progress import Phase, Progress, Stage
from nano_edit.cli.options import Options
from nano_edit.cli.terminal import Terminal
from nano_edit.domain import (
    Billed,
    Edit,
    Note,
    Preparing,
    RetryScheduled,
)
from nano_edit.engine.batch.runner import Outcome
from nano_edit.engine.batch.summary import Summary
from nano_edit.errors import (
    InputError,
    NanoEditError,
    RefusedError,
    UnknownOutcomeError,
)

if TYPE_CHECKING:
    from pathlib import Path


DONE: dict[str, Any] = {
    "ok": True,
    "output": "out/a.png",
    "width": 1248,
    "height": 832,
    "bytes": 30_100,
    "elapsed_s": 21.34,
    "cached": False,
    "attempts": 1,
    "recovered": False,
    "usage": {"total_tokens": 1500},
}


def edit(name: str = "a.jpg") -> Edit:
    return Edit("sepia", (name,))


def display_of(
    where: Terminal, total: int, kind: type[BatchDisplay] = BatchDisplay, **options: Any
) -> BatchDisplay:
    display = kind(Options(**options), where)
    display.summary = Summary(total)
    return display


def end(
    display: BatchDisplay,
    edit: Edit,
    record: dict[str, Any] | None = None,
    error: NanoEditError | None = None,
) -> None:
    """End an edit as a batch does: counted first, then told."""
    record = record or {"ok": False, "output": None}
    display.summary.add(record, error)
    display.ended(Outcome(edit, record, error=error))


def written(where: Terminal) -> str:
    assert isinstance(where.stdout, io.BytesIO)
    return where.stdout.getvalue().decode()


# --- sums --------------------------------------------------------------------


def test_the_sums_count_what_each_edit_came_to() -> None:
    summary = Summary(9)
    summary.add(DONE, None)
    summary.add({**DONE, "cached": True}, None)
    summary.add({"ok": True, "skipped": True, "output": "b.png"}, None)
    summary.add({}, RefusedError("No.", billed=Billed.UNKNOWN))
    summary.add({}, RefusedError("No."))
    summary.add({}, InputError("No."))
    assert sums(summary, 75.0) == [
        ("done", "2"),
        ("from the cache", "1"),
        ("skipped", "1"),
        ("failed", "3 (2 refused, 1 input)"),
        ("not begun", "3"),
        ("tokens", "1,500"),  # the cached one's were paid before
        ("time", "1 min 15 s"),
    ]
    assert summary.billed == Billed.UNKNOWN


def test_an_edit_without_usage_counts_no_tokens() -> None:
    summary = Summary(1)
    summary.add({**DONE, "usage": {"total_tokens": None}}, None)
    assert (summary.done, summary.tokens, summary.billed) == (1, 0, Billed.YES)


# --- which display -----------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "where", "kind"),
    [
        (Options(), terminal(tty=True), LiveBatchDisplay),
        (Options(), terminal(tty=False), BatchDisplay),
        (Options(), terminal(tty=True, TERM="dumb"), BatchDisplay),
        (Options(), terminal(tty=False, FORCE_COLOR="1"), BatchDisplay),
        (Options(quiet=True), terminal(tty=True), BatchDisplay),
    ],
)
def test_the_display_suits_the_stream(
    options: Options, where: Terminal, kind: type
) -> None:
    assert type(batch_display_for(options, where)) is kind


# --- lines -------------------------------------------------------------------


def tell_three(display: BatchDisplay) -> None:
    done, skipped, failed = edit(), edit("b.jpg"), edit("c.jpg")
    with display:
        display.observe(done, Preparing())
        for event in WHOLE:
            display.observe(done, event)
        end(display, done, DONE)
        there = {"ok": True, "skipped": True, "output": "out/b.png"}
        end(display, skipped, there)
        display.observe(failed, Preparing())
        error = RefusedError("No picture came.", billed=Billed.UNKNOWN)
        end(display, failed, error=error)


def test_a_log_gets_a_line_for_each_edit_and_one_for_all() -> None:
    where = terminal()
    tell_three(display_of(where, 3))
    *lines, sums_line = stream_of(where).getvalue().splitlines()
    assert lines == [
        "[1/3] out/a.png  1248x832  30 kB  21.3 s  1,500 tokens",
        "[2/3] out/b.png  exists already, skipped",
        "[3/3] c.jpg: refused: No picture came. (billed: unknown)",
    ]
    assert sums_line.startswith(
        "3 edits  done: 1, skipped: 1, failed: 1 (1 refused), tokens: 1,500, time: "
    )
    assert written(where) == "out/a.png\nout/b.png\n"


def test_quiet_tells_the_failures_alone() -> None:
    where = terminal()
    display = display_of(where, 3, quiet=True)
    display.note("a note")
    tell_three(display)
    assert stream_of(where).getvalue() == (
        "[3/3] c.jpg: refused: No picture came. (billed: unknown)\n"
    )
    assert written(where) == "out/a.png\nout/b.png\n"


def test_json_gives_an_object_a_line_for_failures_too() -> None:
    where = terminal()
    tell_three(display_of(where, 3, json=True))
    records = [json.loads(line) for line in written(where).splitlines()]
    assert [record["ok"] for record in records] == [True, True, False]


def test_a_cached_edit_says_so() -> None:
    where = terminal()
    with display_of(where, 1) as display:
        end(display, edit(), {**DONE, "cached": True})
    assert "30 kB  from the cache\n" in stream_of(where).getvalue()


def test_a_hint_is_given_once_and_what_is_kept_each_time(tmp_path: Path) -> None:
    where = terminal()
    with display_of(where, 2) as display:
        for name in ("a.jpg", "b.jpg"):
            error = UnknownOutcomeError("Cut.", hint="Try it.", billed=Billed.YES)
            error.recovery = tmp_path / f"reply-{name}"
            end(display, edit(name), error=error)
    told = stream_of(where).getvalue()
    assert told.count("  Try it.\n") == 1
    for name in ("a.jpg", "b.jpg"):
        assert f"  Kept: {tmp_path / f'reply-{name}'}\n" in told


def test_what_was_never_sent_is_not_said_to_be_unbilled() -> None:
    where = terminal()
    with display_of(where, 1) as display:
        end(display, edit(), error=InputError("a.jpg: It is empty."))
    assert "[1/1] a.jpg: input: It is empty.\n" in stream_of(where).getvalue()


def test_notes_and_retries_name_their_edit() -> None:
    where = terminal()
    one = edit()
    with display_of(where, 1) as display:
        display.observe(one, Preparing())
        display.observe(one, Note("turned \x1b[31mupright"))
        display.observe(one, RetryScheduled(1, 2.0, "Busy."))
    assert (
        stream_of(where)
        .getvalue()
        .startswith(
            "a.jpg: turned [31mupright\n"
            "a.jpg: Attempt 1 failed: Busy. Attempt 2 begins in 2.0 s.\n"
        )
    )


def test_a_note_that_begins_with_the_name_does_not_repeat_it() -> None:
    where = terminal()
    one = edit()
    with display_of(where, 1) as display:
        display.observe(one, Preparing())
        display.observe(one, Note("a.jpg: 9000x6000 -> 4096x2731"))
        display.observe(one, Note("a.jpg holds more than one frame."))
    said = stream_of(where).getvalue()
    assert said.startswith(
        "a.jpg: 9000x6000 -> 4096x2731\na.jpg holds more than one frame.\n"
    )


def test_a_log_hears_that_a_long_run_is_alive() -> None:
    where = terminal()
    display = BatchDisplay(Options(), where, interval=0.02)
    display.summary = Summary(7)
    with display:
        one = edit()
        display.observe(one, Preparing())
        stream_of(where).until("still 1 under way, 0 of 7 ended, ", times=3)
        end(display, one, DONE)


def test_a_sign_of_life_waits_while_lines_come() -> None:
    where = terminal()
    with display_of(where, 2) as display:
        display.observe(edit(), Preparing())
        display._look(woken=True)  # noqa: SLF001 - as the watch calls it
        assert stream_of(where).getvalue() == ""


def test_a_run_that_breaks_off_gives_no_sums() -> None:
    where = terminal()
    with pytest.raises(InputError), display_of(where, 1):
        raise InputError("no")
    assert stream_of(where).getvalue() == ""


# --- a board -----------------------------------------------------------------


def board(
    summary: Summary,
    running: list[tuple[str, Stage]],
    *,
    width: int = 80,
    height: int = 12,
) -> str:
    """The board as text, as it is 61 s after the run began."""
    from rich.text import Text  # noqa: PLC0415 - as the program does

    console = console_of(terminal(tty=True), width=width, height=height)
    shown, rows = board_of(running, summary, 1e9, 61.0, console)
    with console.capture() as captured:
        console.print(shown)
    lines = captured.get().splitlines()
    assert len(lines) == rows
    return "\n".join(Text.from_ansi(line).plain.rstrip() for line in lines)


def under_way(*names: str) -> list[tuple[str, Stage]]:
    return [(name, Stage(Phase.PREPARING, 1e9)) for name in names]


def test_a_board_has_a_line_for_each_edit_and_one_for_all() -> None:
    waiting = ("in/0.jpg", Stage(Phase.WAITING, 1e9 - 12))
    lines = board(Summary(100), [waiting, *under_way("in/1.jpg")]).splitlines()
    assert lines[0] == "in/0.jpg  waiting for the model  12 s"
    assert lines[1] == "in/1.jpg  preparing              0 s"
    assert lines[2].endswith("0 of 100    1 min 1 s")
    assert len(lines) == 3


def test_a_board_names_how_many_failed() -> None:
    summary = Summary(100)
    summary.add({}, RefusedError("No."))
    assert board(summary, []).endswith("1 of 100  1 failed  1 min 1 s")


@pytest.mark.parametrize("count", [1, 8, 9, 10, 11, 100])
@pytest.mark.parametrize("height", [4, 5, 12])
def test_a_board_is_never_taller_than_the_terminal(count: int, height: int) -> None:
    running = under_way(*(f"in/{number}.jpg" for number in range(count)))
    lines = board(Summary(100), running, height=height).splitlines()
    assert len(lines) < height
    shown = sum(line.startswith("in/") for line in lines)
    more = [line for line in lines if line.startswith("and ")]
    assert more == ([f"and {count - shown} more"] if shown < count else [])


@pytest.mark.parametrize("width", [20, 40, 80])
def test_a_board_is_never_wider_than_the_terminal(width: int) -> None:
    from rich.cells import cell_len  # noqa: PLC0415 - as the program does

    progress = Progress(print)
    progress.observe(RetryScheduled(1, 30.0, "Busy."))
    name = "in/a very long name of a picture indeed 画像.jpg" * 2
    running = [(name, progress.stage)]
    lines = board(Summary(100), running, width=width).splitlines()
    assert len(lines) == 2
    assert max(map(cell_len, lines)) <= width


def test_names_are_cleaned_and_never_markup() -> None:
    where = terminal(tty=True)
    with live(where) as display:
        display.observe(edit("[bold red]a[/]\x1b[2J\n\tb\u202e.jpg"), Preparing())
        stream_of(where).until("[bold red]a[/][2J b.jpg  preparing")


def live(where: Terminal, **options: Any) -> LiveBatchDisplay:
    display = LiveBatchDisplay(Options(**options), where)
    display.summary = Summary(3)
    display._due = 0.0  # noqa: SLF001 - without waiting for it
    return display


def test_a_board_comes_and_goes_and_leaves_the_sums() -> None:
    from rich.text import Text  # noqa: PLC0415 - as the program does

    where = terminal(tty=True)
    display = live(where)
    one = edit()
    with display:
        display.observe(one, Preparing())
        stream_of(where).until("a.jpg")
        end(display, one, DONE)
    told = stream_of(where).getvalue()
    assert told.index("\x1b[?25l") < told.rindex("\x1b[?25h")
    after = Text.from_ansi(told[told.rindex("\x1b[?25h") :]).plain
    assert [line.split() for line in after.splitlines()[-4:-1]] == [
        ["done", "1"],
        ["not", "begun", "2"],
        ["tokens", "1,500"],
    ]
    assert "[1/3]" not in told
    assert written(where) == "out/a.png\n"


def test_failures_are_printed_above_the_board_as_they_are() -> None:
    from rich.text import Text  # noqa: PLC0415 - as the program does

    where = terminal(tty=True)
    with live(where) as display:
        one = edit("[bold]x\x1b[2J[/].jpg")
        display.observe(one, Preparing())
        stream_of(where).until("preparing")
        end(display, one, error=RefusedError("No [red]picture[/] came."))
        stream_of(where).until("came.")
        told = Text.from_ansi(stream_of(where).getvalue()).plain
        assert "[1/3] [bold]x[2J[/].jpg: refused: No [red]picture[/] came." in told
        assert "\x1b[31m[1/3] [bold]x[2J[/].jpg: refused:\x1b[0m" in (
            stream_of(where).getvalue()
        )


def test_results_on_the_same_terminal_stand_above_the_board() -> None:
    where = terminal(tty=True)
    shared = Terminal(where.stdin, SameTerminal(where), where.stderr, where.environ)
    with live(shared) as display:
        one, other = edit(), edit("other.jpg")
        display.observe(one, Preparing())
        display.observe(other, Preparing())
        stream_of(where).until("other.jpg")
        end(display, one, DONE)
        told = stream_of(where).getvalue()
        result = told.index("out/a.png\n")
        assert told.rfind("\x1b[2K", 0, result) > told.rfind("a.jpg", 0, result)
        assert "other.jpg" in told[result:]


class SameTerminal(io.BytesIO):
    """Standard output on the terminal that standard error is on."""

    def __init__(self, where: Terminal) -> None:
        super().__init__()
        self._where = where

    def isatty(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._where.stderr.write(bytes(data).decode())
        return len(data)


def test_what_is_over_soon_has_sums_but_no_board() -> None:
    where = terminal(tty=True)
    with display_of(where, 1, LiveBatchDisplay) as display:
        display.note("early")
        display.observe(edit(), Preparing())
        display._look(woken=False)  # noqa: SLF001 - as the watch calls it
    told = stream_of(where).getvalue()
    assert told.startswith("early\n")
    assert "\x1b[?25l" not in told
    assert "not begun" in told


def test_a_terminal_without_unicode_gets_ascii() -> None:
    where = terminal(tty=True, encoding="ascii")
    with live(where) as display:
        one = edit("für.jpg" * 30)
        display.observe(one, Preparing())
        told = stream_of(where).until("preparing")
    assert told.isascii()
