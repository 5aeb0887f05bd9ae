"""A line of the results in the place of the service: what asks it gets that answer.

An edit is made of it by the very code that makes one of a direct reply, from the
spool to the picture in place.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from nano_edit.domain import Connected, ReplyStarted, RequestSent
from nano_edit.engine.replies.kept import LARGEST
from nano_edit.errors import Retry
from nano_edit.wire.codec.content_coding import ContentDecoder
from nano_edit.wire.gemini.batch_jobs import error_document
from nano_edit.wire.gemini.errors import error_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nano_edit.domain import Observe
    from nano_edit.engine.deferred.results import ResultLine
    from nano_edit.wire.gemini.request import RequestBody

HINT = "--retry-failed asks for it again."


class LineClient:
    """Answers one request with one line; stands where a `Client` does."""

    def __init__(self, line: ResultLine, hide: Callable[[str], str]) -> None:
        self._line = line
        self._hide = hide

    def hide_key(self, text: str) -> str:
        """Return the text without the key."""
        return self._hide(text)

    @contextmanager
    def send(
        self,
        model: str,
        body: RequestBody,
        observe: Observe,
        timeout: float | None = None,
    ) -> Iterator[LineReply]:
        """Give the line as the reply; raises what the error of a failed line means."""
        del body, timeout
        observe(Connected())
        observe(RequestSent())
        error = self._line.error
        if error is not None:
            status, document = error_document(error)
            failure = error_of(status, {}, document, model=model)
            failure.retry = Retry.NEVER  # not by itself: it would be a direct request
            failure.hint = HINT
            raise failure
        observe(ReplyStarted(200, None))
        yield LineReply(self._line)


class LineReply:
    """The response of a line, as `Reply` gives one."""

    def __init__(self, line: ResultLine) -> None:
        self.coding = ""
        self.limit = LARGEST
        self.decoder = ContentDecoder("", LARGEST)
        self._line = line

    def blocks(self) -> Iterator[bytes]:
        """Yield the response's bytes."""
        yield from self._line.response()
