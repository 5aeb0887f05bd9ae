"""What ``-v`` and ``-vv`` tell: the request, the status, the time of each phase.

Lines begin as curl's do: ``>`` goes out, ``<`` comes in, ``*`` is about both.
A line is told when its phase is over, so a failure shows how far it came.

Rules:
- The key is never here: what is shown is made with another one, and the events
  come with the key masked.
- Instruction and pictures are told by their sizes, not shown.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nano_edit.domain import (
    AttemptStarted,
    BytesReceived,
    Connected,
    EditEvent,
    Finishing,
    ReplyStarted,
    RequestSent,
    RetryScheduled,
    shown_source,
)
from nano_edit.engine.describe import MASK, masked_headers
from nano_edit.wire.service import endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nano_edit.cli.display.progress import EditDisplay
    from nano_edit.domain import EditRequest, EditResult, ImageInput, Usage
    from nano_edit.wire.service import Service


class Trace:
    """Follows one edit; `observe` passes every event on to ``display``."""

    def __init__(
        self,
        level: int,
        request: EditRequest,
        service: Service,
        display: EditDisplay,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._headers = level > 1
        self._request = request
        self._service = service
        self._display = display
        self._clock = clock
        self._mark = clock()  # when the phase that is under way began
        self._received = 0

    def observe(self, event: EditEvent) -> None:
        """Tell what is to be told of an event."""
        if isinstance(event, BytesReceived):
            self._received = event.received
        else:
            self._tell(event)
        self._display.observe(event)

    def _tell(self, event: EditEvent) -> None:
        match event:
            case AttemptStarted(number, total):
                self._attempt(number, total)
            case Connected():
                self._phase("connect")
            case RequestSent():
                self._phase("send")
            case ReplyStarted():
                self._phase("wait")
                self._reply(event)
            case Finishing():
                self._phase("receive", f"  {self._received:,} bytes")
            case RetryScheduled():
                self._phase("fail")
            case _:
                pass

    def result(self, result: EditResult) -> None:
        """Tell of an edit that has succeeded: the last phase and the tokens."""
        self._phase("write", f"  {result.image.size:,} bytes")
        self._display.note(f"* {tokens_text(result.reply.usage)}")

    def _attempt(self, number: int, total: int) -> None:
        self._received = 0
        if number == 1:
            for line in request_lines(self._request, self._service, total):
                self._display.note(f"> {line}")
            for line in header_lines(self._service, total, values=self._headers):
                self._display.note(f"> {line}")
        else:
            self._display.note(f"> attempt {number}")
        self._mark = self._clock()

    def _phase(self, name: str, more: str = "") -> None:
        now = self._clock()
        self._display.note(f"* {name:<8}{now - self._mark:>8.2f} s{more}")
        self._mark = now

    def _reply(self, reply: ReplyStarted) -> None:
        self._display.note(f"< HTTP {reply.http_status}")
        for name, value in reply.headers if self._headers else ():
            self._display.note(f"< {name}: {value}")


def request_lines(request: EditRequest, service: Service, total: int) -> Iterator[str]:
    """Yield what is asked: URL, model, each part with its size, all ``total`` bytes."""
    yield f"POST {endpoint(service.base_url, request.model)}"
    asked = {"size": request.image_size, "aspect ratio": request.aspect_ratio}
    yield "  ".join(
        [
            f"model {request.model}",
            *(f"{name} {value}" for name, value in asked.items() if value),
        ]
    )
    for turn in request.turns:
        yield from _said(turn.instruction, turn.images)
        yield f"the model's answer  {turn.reply.length:,} bytes"
    yield from _said(request.instruction, request.new_images)
    yield f"{total:,} bytes in all"


def _said(instruction: str, images: tuple[ImageInput, ...]) -> Iterator[str]:
    yield f"text  {len(instruction.encode()):,} bytes"
    for image in images:
        pixels, source = f"{image.width}x{image.height}", shown_source(image.source)
        yield f"{image.mime_type}  {pixels}  {image.size:,} bytes  {source}"


def header_lines(service: Service, total: int, *, values: bool) -> Iterator[str]:
    """Yield the request's headers, the key masked; without ``values`` in one line."""
    masked = masked_headers(service, total)
    if values:
        yield from (f"{name}: {value}" for name, value in masked.items())
        return
    yield "headers  " + ", ".join(
        f"{name}: {value}" if MASK in value else name for name, value in masked.items()
    )


def tokens_text(usage: Usage) -> str:
    """Return the tokens that were counted, each with its name."""
    counts = {
        "prompt": usage.prompt_tokens,
        "picture": usage.candidates_tokens,
        "thoughts": usage.thoughts_tokens,
        "total": usage.total_tokens,
    }
    told = [f"{name} {count:,}" for name, count in counts.items() if count is not None]
    return "tokens  " + (", ".join(told) or "not told")
