"""One edit from request to picture in place: attempts, and the rest between them.

Rules:
- An attempt that fails is dropped whole; see `nano_edit.engine.attempt`.
- Nothing is tried again unless `retry.next_delay` says so.
- What came is held against what was asked; a difference is a warning, or with
  ``strict`` an error that names the picture.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from nano_edit.domain import Billed, EditResult, Note, RetryScheduled
from nano_edit.engine.attempt import Attempts, interrupted
from nano_edit.engine.retry import next_delay
from nano_edit.errors import NanoEditError, RefusedError, SignatureError
from nano_edit.pictures.outputs.conformance import mismatch
from nano_edit.wire.gemini.request import RequestBody

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nano_edit.domain import EditRequest, Prepared
    from nano_edit.engine.attempt import Dependencies
    from nano_edit.engine.receive import Received

TURNS_REFUSED = (
    "The service no longer accepts the earlier turns. The picture is sent as a new one."
)
FROM_KEPT = (
    "The picture comes from a reply that an earlier run paid for and kept; nothing "
    "was sent."
)


def send(prepared: Prepared, dependencies: Dependencies) -> EditResult:
    """Ask for one edit and put the picture in place.

    Raises NanoEditError; its ``billed``, ``attempts`` and ``recovery`` are set.
    """
    return _made(prepared, dependencies, _asked)


def remembered(prepared: Prepared, dependencies: Dependencies) -> EditResult | None:
    """Make an edit whose reply was kept or cached; None where there is none."""
    try:
        return _made(prepared, dependencies, _not_asked)
    except _NotRememberedError:
        return None


def _not_asked(*_: object) -> Received:
    raise _NotRememberedError


class _NotRememberedError(Exception):
    """Nothing was kept of the edit."""


def _made(
    prepared: Prepared,
    dependencies: Dependencies,
    ask: Callable[[Attempts, Dependencies], Received],
) -> EditResult:
    began = time.monotonic()
    attempts = Attempts(prepared, dependencies)
    cached = attempts.from_cache()
    kept = None if cached else attempts.from_kept()
    if kept:
        dependencies.observe(Note(FROM_KEPT))
    received = cached or kept or ask(attempts, dependencies)
    differences = tuple(_differences(prepared.request, received))
    result = EditResult(
        image=received.image,
        model=prepared.request.model,
        reply=received.ended,
        text=received.words,
        attempts=attempts.begun,
        elapsed=time.monotonic() - began,
        cost=attempts.cost,
        tier=attempts.tier,
        warnings=(*received.warnings, *differences, *_downgrade(prepared, attempts)),
        cached=cached is not None,
        recovered=kept is not None,
        id=attempts.note.id,
    )
    attempts.note.add(
        result,
        attempts.request,
        service=dependencies.service,
        provider=dependencies.provider,
        cost=None if dependencies.emulated else result.cost.dollars,
    )
    if prepared.edit.strict and differences:
        raise _different(result, differences)
    _raise_if_changed(result, prepared.edit.max_change)
    return result


def _asked(attempts: Attempts, dependencies: Dependencies) -> Received:
    """Ask until it works or may not be tried again; the error knows all attempts."""
    try:
        try:
            return _tried(attempts, dependencies)
        except KeyboardInterrupt as stop:
            raise interrupted(stop, attempts.owed) from stop
    except NanoEditError as error:
        error.attempts = attempts.begun
        error.cost = attempts.cost
        if error.billed is Billed.NO:
            error.billed = attempts.owed
        raise


def _tried(attempts: Attempts, dependencies: Dependencies) -> Received:
    body = RequestBody(attempts.request)
    refused = 0  # times that the earlier turns were
    gate, policy = dependencies.gate, dependencies.policy
    while True:
        try:
            with gate.slot():
                return attempts.attempt(body)
        except NanoEditError as error:
            error.message = dependencies.client.hide_key(error.message)
            error.args = (error.message,)
            if isinstance(error, SignatureError) and attempts.request.turns:
                refused += 1
                dependencies.observe(RetryScheduled(attempts.begun, 0.0, error.message))
                if refused > 1:
                    body = _begun_anew(attempts, dependencies)
                continue
            delay = next_delay(policy, attempts.begun, error, dependencies.jitter())
            if delay is None:
                raise
            if error.billed is not Billed.NO:
                attempts.owed = error.billed
            dependencies.observe(RetryScheduled(attempts.begun, delay, error.message))
            gate.pause(delay, error)


def _begun_anew(attempts: Attempts, dependencies: Dependencies) -> RequestBody:
    """Leave the earlier turns out; the last picture is sent as any other."""
    attempts.request = replace(attempts.request, turns=(), first_is_known=False)
    dependencies.observe(Note(TURNS_REFUSED))
    return RequestBody(attempts.request)


# --- what an edit ends with --------------------------------------------------


def _differences(request: EditRequest, received: Received) -> Iterator[str]:
    image = received.image
    width, height = image.source_size or (image.width, image.height)
    yield from min(
        (
            mismatch(
                width,
                height,
                image_size=request.image_size,
                aspect_ratio=request.aspect_ratio,
                source=(source.width, source.height),
            )
            # The model may follow the last of several pictures, or the first.
            for source in (request.images[0], request.images[-1])
        ),
        key=len,
    )
    if received.ended.finish_reason not in {None, "STOP"}:
        yield f"The model ended with {received.ended.finish_reason}, not STOP."


def _downgrade(prepared: Prepared, attempts: Attempts) -> Iterator[str]:
    wanted, served = prepared.edit.tier, attempts.tier
    if wanted and served and served != wanted:
        yield f"The service used the {served} tier, not {wanted}, and bills that."


def _different(result: EditResult, differences: tuple[str, ...]) -> RefusedError:
    error = RefusedError(
        "What came is not what was asked for. " + " ".join(differences),
        hint="The picture is kept; leave --strict out to take it as it is.",
        billed=Billed.YES,
        http_status=200,
    )
    error.recovery = result.image.path
    error.attempts, error.cost = result.attempts, result.cost
    return error


def _raise_if_changed(result: EditResult, most: float | None) -> None:
    change = result.image.change
    if change is None or most is None or change.outside <= most:
        return
    error = RefusedError(
        f"{change.outside:g} % of the pixels outside changed; at most {most:g} % may.",
        hint="The picture is kept; name a .png, or allow more with --max-change.",
        billed=Billed.YES,
        http_status=200,
    )
    error.recovery = result.image.path
    error.attempts, error.cost = result.attempts, result.cost
    raise error
