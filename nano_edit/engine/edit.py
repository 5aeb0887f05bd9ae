"""One edit from request to picture in place: attempts, and the rest between them.

Rules:
- An attempt that fails is dropped whole; see `nano_edit.engine.attempt`.
- Nothing is tried again unless `retry.next_delay` says so.
- What came is held against what was asked; a difference is a warning, or with
  ``strict`` an error that names the picture.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nano_edit.domain import AttemptStarted, Billed, EditResult, RetryScheduled
from nano_edit.engine.attempt import Found, Run, interrupted
from nano_edit.engine.retry import next_delay
from nano_edit.errors import InterruptedEdit, NanoEditError, RefusedError
from nano_edit.pictures.expectation import mismatch
from nano_edit.wire.request import RequestBody

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nano_edit.domain import Destination, EditRequest, ReplyEnded, WrittenImage
    from nano_edit.engine.means import Means, Options


def edit(
    request: EditRequest,
    destination: Destination,
    means: Means,
    options: Options,
) -> EditResult:
    """Ask for one edit and put the picture in place.

    Raises NanoEditError; its ``billed``, ``attempts`` and ``recovery`` are set.
    """
    began = time.monotonic()
    run = Run(request, destination, means, options)
    attempts, found = 0, run.from_cache()
    cached = found is not None
    if found is None:
        attempts, found = _attempts(run, means)
    result = EditResult(
        image=found.image,
        model=request.model,
        reply=found.ended,
        text=found.words,
        attempts=attempts,
        elapsed=time.monotonic() - began,
        warnings=tuple(_warnings(request, found.image, found.ended)),
        cached=cached,
    )
    return _strictly(result) if options.strict else result


def _attempts(run: Run, means: Means) -> tuple[int, Found]:
    """Try until it works or may not be tried again; also return how often."""
    body = RequestBody(run.request)
    attempt = 0
    while True:
        try:
            with means.pace.turn():
                attempt += 1
                means.observe(AttemptStarted(attempt, body.content_length))
                return attempt, run.attempt(body)
        except NanoEditError as error:
            error.attempts = attempt
            if error.billed is Billed.NO:
                error.billed = run.owed
            run.owed = error.billed
            delay = next_delay(means.policy, attempt, error, means.draw())
            if delay is None:
                raise
            means.observe(RetryScheduled(attempt, delay, error.message))
            _pause(means, delay, error)


# --- what an edit ends with --------------------------------------------------


def _pause(means: Means, delay: float, error: NanoEditError) -> None:
    try:
        try:
            means.pace.pause(delay, error)
        except KeyboardInterrupt as stop:
            raise interrupted(stop, error.billed) from stop
    except InterruptedEdit as ended:
        ended.billed, ended.attempts = error.billed, error.attempts
        raise


def _warnings(
    request: EditRequest, image: WrittenImage, ended: ReplyEnded
) -> Iterator[str]:
    yield from min(
        (
            mismatch(
                image.width,
                image.height,
                image_size=request.image_size,
                aspect_ratio=request.aspect_ratio,
                source=(source.width, source.height),
            )
            # The model may follow the last of several pictures, or the first.
            for source in (request.images[0], request.images[-1])
        ),
        key=len,
    )
    if ended.finish_reason not in {None, "STOP"}:
        yield f"The model ended with {ended.finish_reason}, not STOP."


def _strictly(result: EditResult) -> EditResult:
    if not result.warnings:
        return result
    error = RefusedError(
        "What came is not what was asked for. " + " ".join(result.warnings),
        hint="The picture is kept; leave --strict out to take it as it is.",
        billed=Billed.YES,
        http_status=200,
    )
    error.recovery = result.image.path
    error.attempts = result.attempts
    raise error
