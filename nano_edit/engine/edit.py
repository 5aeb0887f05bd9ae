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

from nano_edit.domain import Billed, EditResult, RetryScheduled
from nano_edit.engine.attempt import Found, Run, interrupted
from nano_edit.engine.retry import next_delay
from nano_edit.errors import NanoEditError, RefusedError
from nano_edit.pictures.outputs.conformance import mismatch
from nano_edit.wire.gemini.request import RequestBody

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
    cached = run.from_cache()
    found = cached or _asked(run, means)
    result = EditResult(
        image=found.image,
        model=request.model,
        reply=found.ended,
        text=found.words,
        attempts=run.begun,
        elapsed=time.monotonic() - began,
        warnings=tuple(_warnings(request, found.image, found.ended)),
        cached=cached is not None,
    )
    return _strictly(result) if options.strict else result


def _asked(run: Run, means: Means) -> Found:
    """Ask until it works or may not be tried again; the error knows all attempts."""
    try:
        try:
            return _attempts(run, means)
        except KeyboardInterrupt as stop:
            raise interrupted(stop, run.owed) from stop
    except NanoEditError as error:
        error.attempts = run.begun
        if error.billed is Billed.NO:
            error.billed = run.owed
        raise


def _attempts(run: Run, means: Means) -> Found:
    body = RequestBody(run.request)
    while True:
        try:
            with means.pace.turn():
                return run.attempt(body)
        except NanoEditError as error:
            error.message = means.client.hide_key(error.message)
            error.args = (error.message,)
            delay = next_delay(means.policy, run.begun, error, means.draw())
            if delay is None:
                raise
            if error.billed is not Billed.NO:
                run.owed = error.billed
            means.observe(RetryScheduled(run.begun, delay, error.message))
            means.pace.pause(delay, error)


# --- what an edit ends with --------------------------------------------------


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
