"""What -v and -vv tell, and that neither tells the key."""

from __future__ import annotations

import io
import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from nano_edit.cli.display.progress import EditDisplay
from nano_edit.cli.display.trace import (
    Trace,
    header_lines,
    request_lines,
    tokens_text,
)
from nano_edit.cli.options import Options
from nano_edit.cli.terminal import Terminal
from nano_edit.domain import (
    ApiKey,
    AttemptStarted,
    BytesReceived,
    BytesSent,
    Connected,
    EditRequest,
    EditResult,
    FileSpan,
    Finishing,
    ImageInput,
    Note,
    ReplyEnded,
    ReplyStarted,
    RequestSent,
    RetryScheduled,
    Turn,
    Usage,
    WrittenImage,
)
from nano_edit.wire.providers import PROVIDERS
from nano_edit.wire.service import Service

KEY = "canary-key-4711"
URL = (
    "https://generativelanguage.googleapis.com"
    "/v1beta/models/gemini-3-pro-image:generateContent"
)
OTHERS = "Content-Type, Content-Length, Accept, Accept-Encoding, Connection, User-Agent"
REQUEST = EditRequest(
    "Blur the background",
    (ImageInput("in.jpg", "image/jpeg", 4000, 3000, (b"x" * 1234,)),),
    "gemini-3-pro-image",
    aspect_ratio="16:9",
    image_size="2K",
)
RESULT = EditResult(
    WrittenImage(Path("out.png"), "image/png", 9, 9, 5000, None, "image/jpeg"),
    "gemini-3-pro-image",
    ReplyEnded(usage=Usage(1120, 1210, 180, 2510)),
    "",
    1,
    3.0,
)
HEADERS = (("server", "front\x1b[2J"), ("x-echo", "an echo"))


def service(provider: str = "google", key: str = KEY) -> Service:
    chosen = PROVIDERS[provider]
    return Service(chosen, chosen.base_url, ApiKey(key))


def test_a_conversation_is_told_turn_by_turn(tmp_path: Path) -> None:
    turn = Turn("sepia", REQUEST.images, FileSpan(tmp_path / "reply.json", 0, 5000))
    longer = replace(REQUEST, turns=(turn,), first_is_known=True)
    assert list(request_lines(longer, service(), 6300))[2:] == [
        "text  5 bytes",
        "image/jpeg  4000x3000  1,234 bytes  in.jpg",
        "the model's answer  5,000 bytes",
        "text  19 bytes",
        "6,300 bytes in all",
    ]


def told(level: int, *, key: str = KEY) -> list[str]:
    """The lines of an edit in two attempts, every phase of which lasts 2 s."""
    stream = io.StringIO()
    display = EditDisplay(Options(), Terminal(io.BytesIO(), io.BytesIO(), stream, {}))
    ticks = itertools.count(step=2.0)
    trace = Trace(level, REQUEST, service(key=key), display, lambda: next(ticks))
    for event in (
        AttemptStarted(1, 1850),
        RetryScheduled(1, 1.0, "Busy."),
        AttemptStarted(2, 1850),
        Connected(),
        BytesSent(1850),
        RequestSent(),
        ReplyStarted(200, None, HEADERS),
        BytesReceived(4_150_000),
        Note("A note."),
        Finishing(),
    ):
        trace.observe(event)
    trace.result(RESULT)
    return stream.getvalue().splitlines()


def test_the_request_is_told_by_its_parts() -> None:
    assert told(1)[:6] == [
        f"> POST {URL}",
        "> model gemini-3-pro-image  size 2K  aspect ratio 16:9",
        "> text  19 bytes",
        "> image/jpeg  4000x3000  1,234 bytes  in.jpg",
        "> 1,850 bytes in all",
        f"> headers  x-goog-api-key: ****, {OTHERS}",
    ]


def test_each_phase_is_timed_and_each_attempt_told() -> None:
    assert told(1)[6:] == [
        "* fail        2.00 s",
        "Attempt 1 failed: Busy. Attempt 2 begins in 1.0 s.",
        "> attempt 2",
        "* connect     2.00 s",
        "* send        2.00 s",
        "* wait        2.00 s",
        "< HTTP 200",
        "A note.",
        "* receive     2.00 s  4,150,000 bytes",
        "* write       2.00 s  5,000 bytes",
        "* tokens  prompt 1,120, picture 1,210, thoughts 180, total 2,510",
    ]


def test_twice_verbose_tells_both_sides_headers() -> None:
    lines = told(2)
    assert "> x-goog-api-key: ****" in lines
    assert "> Content-Length: 1850" in lines
    assert "< server: front[2J" in lines  # without its escape


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("values", [True, False])
def test_no_provider_shows_its_key(provider: str, *, values: bool) -> None:
    text = "\n".join(header_lines(service(provider), 10, values=values))
    assert KEY not in text
    assert "****" in text


def test_tokens_that_were_not_counted_are_not_told() -> None:
    assert tokens_text(Usage(total_tokens=5)) == "tokens  total 5"
    assert tokens_text(Usage()) == "tokens  not told"
