"""What is told while an edit runs: in a log, on a terminal, and by nobody."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING, Any

import pytest
from support.terminals import WHOLE, stream_of, terminal

from nano_edit.cli.display.drawing import facts_of, line_of
from nano_edit.cli.display.live import LiveArea, LiveDisplay, display_for, usual_wait
from nano_edit.cli.display.progress import (
    EditDisplay,
    LogDisplay,
    Phase,
    Progress,
    Stage,
    Watch,
    retry_text,
)
from nano_edit.cli.options import Options
from nano_edit.domain import (
    AttemptStarted,
    BytesSent,
    Connected,
    EditEvent,
    Finishing,
    Note,
    Preparing,
    ReplyStarted,
    RequestSent,
    RetryScheduled,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from nano_edit.cli.terminal import Terminal

SOON = 20.0  # seconds after which a test gives up


# --- which display -----------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "where", "kind"),
    [
        (Options(), terminal(tty=True), LiveDisplay),
        (Options(), terminal(tty=False), LogDisplay),
        (Options(), terminal(tty=True, TERM="dumb"), LogDisplay),
        (Options(), terminal(tty=False, FORCE_COLOR="1"), LogDisplay),
        (Options(), terminal(tty=False, GITHUB_ACTIONS="true"), LogDisplay),
        (Options(quiet=True), terminal(tty=True), EditDisplay),
        (Options(quiet=True), terminal(tty=False), EditDisplay),
    ],
)
def test_the_display_suits_the_stream(
    options: Options, where: Terminal, kind: type
) -> None:
    assert type(display_for(options, where)) is kind


def test_quiet_tells_nothing() -> None:
    where = terminal(tty=True)
    with display_for(Options(quiet=True), where) as display:
        for event in (*WHOLE, Note("a note"), RetryScheduled(1, 2.0, "Busy.")):
            display.observe(event)
    assert stream_of(where).getvalue() == ""


# --- stages ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "phase", "total"),
    [
        (AttemptStarted(1, 500), Phase.CONNECTING, None),
        (Preparing(), Phase.PREPARING, None),
        (Connected(), Phase.SENDING, 500),
        (RequestSent(), Phase.WAITING, None),
        (ReplyStarted(200, 900), Phase.RECEIVING, 900),
        (ReplyStarted(200, None), Phase.RECEIVING, None),
        (Finishing(), Phase.FINISHING, None),
        (RetryScheduled(1, 4.0, "Busy."), Phase.PAUSING, 4.0),
    ],
)
def test_an_event_begins_its_stage(
    event: EditEvent, phase: Phase, total: float | None
) -> None:
    progress = Progress(print)
    progress.observe(AttemptStarted(1, 500))
    progress.observe(event)
    assert (progress.stage.phase, progress.stage.total) == (phase, total)


def test_bytes_are_noted_in_their_stage() -> None:
    progress = Progress(print)
    for event in WHOLE[:3]:
        progress.observe(event)
    assert progress.stage.done == 2_500_000


def test_the_attempt_after_a_retry_is_counted() -> None:
    progress = Progress(print)
    progress.observe(RetryScheduled(2, 4.0, "Busy."))
    assert progress.stage.attempt == 3


@pytest.mark.parametrize(
    ("delay", "words"),
    [
        *((0.44, "in 0.4 s."), (9.96, "in 10.0 s."), (48.2, "in 48 s.")),
        (0.0, "begins at once."),
    ],
)
def test_a_retry_says_why_how_long_and_which_attempt(delay: float, words: str) -> None:
    text = retry_text(1, delay, "The service is busy.")
    assert text.startswith("Attempt 1 failed: The service is busy. Attempt 2 begins ")
    assert text.endswith(words)


# --- a log -------------------------------------------------------------------


def test_a_log_gets_a_line_for_every_interval_of_waiting() -> None:
    where = terminal()
    with LogDisplay(Options(), where, interval=0.02) as display:
        display.observe(AttemptStarted(1, 10))
        display.observe(RequestSent())
        stream_of(where).until("still waiting for the model, ", times=3)


def test_a_log_says_which_stage_lasts() -> None:
    where = terminal()
    with LogDisplay(Options(), where, interval=0.02) as display:
        for event in WHOLE:
            display.observe(event)
        told = stream_of(where).until("still checking and saving the picture, ")
    assert "\x1b" not in told


def test_a_log_is_silent_about_what_is_over_soon() -> None:
    where = terminal()
    with LogDisplay(Options(), where) as display:
        for event in WHOLE:
            display.observe(event)
    assert stream_of(where).getvalue() == ""


def test_a_log_names_retries_and_notes() -> None:
    where = terminal()
    with LogDisplay(Options(), where) as display:
        display.observe(Note("a \x1b[31mred\x1b[0m [bold]note[/bold]"))
        display.observe(RetryScheduled(1, 2.0, "Busy."))
    assert stream_of(where).getvalue() == (
        "a [31mred[0m [bold]note[/bold]\n"
        "Attempt 1 failed: Busy. Attempt 2 begins in 2.0 s.\n"
    )


@pytest.mark.parametrize("display", [LogDisplay, LiveDisplay])
def test_no_thread_outlives_the_display(
    display: Callable[[Options, Terminal], EditDisplay],
) -> None:
    def interrupted() -> None:
        with display(Options(), terminal(tty=True)) as it:
            it.observe(AttemptStarted(1, 10))
            assert progress_threads()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not progress_threads()


def progress_threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "progress"]


def test_a_display_that_was_told_nothing_starts_no_thread() -> None:
    for kind in (LogDisplay, LiveDisplay):
        with kind(Options(), terminal(tty=True)):
            assert not progress_threads()


def test_a_stream_that_is_gone_ends_the_watch_quietly() -> None:
    left = threading.Event()

    def look(woken: bool) -> None:
        raise BrokenPipeError(woken)

    watch = Watch(0.01, look, left.set)
    assert left.wait(SOON)
    watch.end()


@pytest.mark.parametrize("fault", [BrokenPipeError(), OSError(28, ""), ValueError()])
def test_a_terminal_that_is_gone_ends_nothing(fault: Exception) -> None:
    where = terminal(tty=True)
    with LiveArea(where) as area:
        area.draw(lambda screen: screen.show_line(Stage(Phase.WAITING, 0.0), 1, ""))
        written = stream_of(where).getvalue()
        stream_of(where).fault = fault
        area.say("a note")
        area.draw(lambda screen: screen.show_line(Stage(Phase.WAITING, 0.0), 2, ""))
        area.result("out.jpg")
    assert stream_of(where).getvalue() == written
    assert where.stdout.getvalue() == b"out.jpg\n"  # type: ignore[attr-defined] # a BytesIO


# --- a terminal --------------------------------------------------------------


def shown(stage: Stage, after: float, usual: str = "", *, width: int = 100) -> str:
    """The line for a stage ``after`` seconds, as text."""
    from rich.console import Console  # noqa: PLC0415 - as the program does

    console = Console(width=width, file=io.StringIO(), _environ={})
    with console.capture() as captured:
        console.print(line_of(stage, stage.began + after, usual, console))
    return captured.get().rstrip()


def test_sending_shows_bytes_and_a_bar() -> None:
    line = shown(Stage(Phase.SENDING, 0.0, total=5_400_000, done=1_200_000), 1.0)
    assert "Sending" in line
    assert "━" in line
    assert line.endswith("1.2 MB of 5.4 MB")


def test_waiting_shows_the_time_and_what_is_usual() -> None:
    line = shown(Stage(Phase.WAITING, 0.0), 12.4, "20-30 s at 1K")
    assert line.endswith("Waiting for the model 12 s  (usually 20-30 s at 1K)")


def test_receiving_shows_bytes_and_speed() -> None:
    line = shown(Stage(Phase.RECEIVING, 0.0, done=3_000_000), 2.0)
    assert line.endswith("Receiving 3.0 MB  1.5 MB/s")
    assert "━" not in line


def test_receiving_shows_a_bar_when_the_length_is_known() -> None:
    stage = Stage(Phase.RECEIVING, 0.0, total=6_000_000, done=3_000_000)
    assert "━" in shown(stage, 2.0)


def test_the_first_moment_has_no_speed() -> None:
    assert facts_of(Stage(Phase.RECEIVING, 0.0, done=64_000), 0.01, "") == "64 kB"


def test_a_pause_counts_down_to_its_attempt() -> None:
    stage = Stage(Phase.PAUSING, 0.0, attempt=2, total=48.0)
    assert shown(stage, 12.0).endswith(
        "Waiting for the next attempt 36 s left  attempt 2"
    )
    assert facts_of(stage, 50.0, "").startswith("0 s left")


@pytest.mark.parametrize("phase", Phase)
def test_the_line_is_never_wider_than_the_terminal(phase: Phase) -> None:
    stage = Stage(phase, 0.0, attempt=2, total=5e6, done=2_000_000)
    line = shown(stage, 100.0, "35-140 s with several pictures", width=30)
    assert "\n" not in line
    assert len(line) <= 30


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (Options(), "20-30 s at 1K"),
        (Options(size="512"), "20-30 s at 1K, less at 512"),
        (Options(size="2K"), "20-30 s at 1K, more at 2K"),
        (Options(size="4K", images=["a", "b"]), "30-150 s at 4K"),
        (Options(images=["a", "b"]), "35-140 s with several pictures"),
    ],
)
def test_the_usual_wait_is_that_of_the_size(options: Options, words: str) -> None:
    assert usual_wait(options) == words


def live(where: Terminal, *events: EditEvent, **options: Any) -> LiveDisplay:
    display = LiveDisplay(Options(**options), where)
    for event in events:
        display.observe(event)
    return display


def test_the_line_appears_and_is_taken_away() -> None:
    where = terminal(tty=True)
    with live(where, *WHOLE[:4]):
        stream_of(where).until("Waiting for the model")
    told = stream_of(where).getvalue()
    assert told.index("\x1b[?25l") < told.rindex("\x1b[?25h")
    assert told.endswith("\x1b[1A\x1b[2K")  # up, and erased


def test_the_cursor_comes_back_when_the_edit_fails() -> None:
    where = terminal(tty=True)

    def interrupted() -> None:
        with live(where, *WHOLE[:4]):
            stream_of(where).until("Waiting for the model")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    told = stream_of(where).getvalue()
    assert told.rindex("\x1b[?25l") < told.rindex("\x1b[?25h")


def test_what_is_over_soon_shows_no_line() -> None:
    where = terminal(tty=True)
    with live(where, *WHOLE):
        pass
    assert stream_of(where).getvalue() == ""


def test_notes_are_printed_above_the_line_as_they_are() -> None:
    where = terminal(tty=True)
    with live(where, *WHOLE[:4]) as display:
        stream_of(where).until("Waiting for the model")
        display.note("[bold]a\x1b[2J note[/bold] :smile: " + "long " * 40)
        display.observe(RetryScheduled(1, 30.0, "Busy."))
        told = stream_of(where).until("Waiting for the next attempt")
    assert "[bold]a[2J note[/bold] :smile: long" in told
    assert told.count("long long\n") == 2  # wrapped at the terminal's width
    assert "Attempt 1 failed: Busy. Attempt 2 begins in 30 s.\n" in told


def test_a_note_before_the_line_is_a_plain_one() -> None:
    where = terminal(tty=True)
    with live(where) as display:
        display.note("early")
    assert stream_of(where).getvalue() == "early\n"


def test_the_line_goes_on_changing() -> None:
    where = terminal(tty=True)
    with live(where, *WHOLE[:2], emulate=True) as display:
        stream_of(where).until("0 B of 5.0 MB")
        display.observe(BytesSent(2_500_000))
        stream_of(where).until("2.5 MB of 5.0 MB")
        display.observe(RequestSent())
        told = stream_of(where).until("Waiting for the model")
    assert "usually" not in told  # the emulator's time is its own


def test_without_colour_the_line_still_changes() -> None:
    where = terminal(tty=True, NO_COLOR="1")
    with live(where, *WHOLE[:4]):
        told = stream_of(where).until("Waiting for the model")
    assert "\x1b[?25l" in told
    assert "\x1b[36m" not in told


def test_a_terminal_without_unicode_gets_ascii() -> None:
    where = terminal(tty=True, encoding="ascii")
    with live(where, *WHOLE[:3]) as display:
        told = stream_of(where).until("Sending")
        display.note("für")
        told = stream_of(where).until("f\\xfcr")
    assert told.isascii()
