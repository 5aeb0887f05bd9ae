"""Everything that can go wrong on demand: one table, read top to bottom.

A fault answers in another way, delivers in another way, or both.  The table
here is data; `error_answers` and `odd_replies` build the answers.  The page
about the emulator prints it, and a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nano_edit.emulator import error_answers as errors
from nano_edit.emulator import odd_replies as odd
from nano_edit.emulator.answers import Answer, Delivery
from nano_edit.emulator.replies import Scene

if TYPE_CHECKING:
    from collections.abc import Callable


def _ordinary(scene: Scene, _: str) -> Answer:
    return scene.ordinary()


def _at_once(_: str) -> Delivery:
    return Delivery()


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One row of the table: a name for lists, and what it does to a request."""

    name: str
    summary: str
    answer: Callable[[Scene, str], Answer] = _ordinary
    deliver: Callable[[str], Delivery] = _at_once
    argument: str = ""  # what ARG is; "": it takes none
    default: str = ""  # ARG when it is left out
    is_number: bool = True  # of ARG


def finish_reason(name: str) -> FaultKind:
    """Return the fault that refuses with this ``finishReason``."""
    return FaultKind(
        name,
        f"200 without a picture, finishReason {name}",
        lambda scene, _: odd.refused(scene, name),
    )


FINISH_REASONS = (
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_OTHER",
    "IMAGE_RECITATION",
    "NO_IMAGE",
    "SAFETY",
    "PROHIBITED_CONTENT",
    "RECITATION",
    "BLOCKLIST",
    "SPII",
    "MAX_TOKENS",
    "MODEL_ARMOR",
    "OTHER",
    "MALFORMED_RESPONSE",
)

_ERRORS = (
    FaultKind("ok", "no fault: the edited picture"),
    FaultKind("400", "Google's INVALID_ARGUMENT", errors.invalid_argument),
    FaultKind("400-key", "Google's bad key: reason API_KEY_INVALID", errors.bad_key),
    FaultKind("401", "the gateway's bad token", errors.unauthenticated),
    FaultKind("403", "Google's PERMISSION_DENIED", errors.permission_denied),
    FaultKind("403-quota", "the gateway's insufficient_user_quota", errors.no_money),
    FaultKind("404", "Google's NOT_FOUND for the model", errors.not_found),
    FaultKind("413", "the request is too large", errors.too_large),
    FaultKind(
        "429",
        "rate limit; RetryInfo names a wait",
        errors.rate_limit,
        argument="seconds",
        default="1",
    ),
    FaultKind("429-day", "a daily quota (…PerDay…) is used up", errors.daily_quota),
    FaultKind("429-limit-0", "a quota whose limit is 0", errors.zero_quota),
    FaultKind(
        "429-header",
        "rate limit; Retry-After in seconds",
        errors.retry_after,
        argument="seconds",
        default="1",
    ),
    FaultKind(
        "429-date",
        "rate limit; Retry-After as an HTTP date",
        errors.retry_after_date,
        argument="seconds",
        default="2",
    ),
    FaultKind("500", "Google's INTERNAL", errors.internal),
    FaultKind(
        "500-body-failed",
        "the gateway's write_response_body_failed: not billed",
        errors.body_failed,
    ),
    FaultKind(
        "503",
        "overloaded; with ARG, RetryInfo names a wait",
        errors.unavailable,
        argument="seconds",
    ),
    FaultKind("502-html", "a proxy's HTML page", errors.html(502, "Bad Gateway")),
    FaultKind("504-html", "a proxy's HTML page", errors.html(504, "Gateway Time-out")),
    FaultKind(
        "524-html", "a proxy's HTML page", errors.html(524, "A timeout occurred")
    ),
    FaultKind(
        "gateway-500", "one-api JSON with status_code at its top", errors.gateway
    ),
    FaultKind("gateway-empty", "500 whose message is empty", errors.gateway_empty),
    FaultKind(
        "redirect",
        "302 to another host",
        errors.redirect,
        argument="URL",
        default="http://127.0.0.1:9/elsewhere",
        is_number=False,
    ),
    FaultKind("html-200", "200 with an HTML page", errors.html(200, "Welcome")),
    FaultKind("200-error", "200 whose JSON is an error", errors.error_in_200),
)

_CONNECTIONS = (
    FaultKind(
        "reset",
        "the request is read, then the connection is reset",
        deliver=lambda _: Delivery(drop="reset"),
    ),
    FaultKind(
        "close",
        "the request is read, then the connection is closed",
        deliver=lambda _: Delivery(drop="close"),
    ),
    FaultKind(
        "refuse-upload",
        "reset while the request's body is still being sent",
        deliver=lambda _: Delivery(drop="upload"),
    ),
    FaultKind(
        "cut",
        "closed after so many bytes of the body, no last chunk",
        deliver=lambda arg: Delivery(cut=int(float(arg))),
        argument="bytes",
        default="100000",
    ),
    FaultKind(
        "drip",
        "the body comes at so many bytes a second",
        deliver=lambda arg: Delivery(rate=float(arg)),
        argument="bytes/s",
        default="1024",
    ),
    FaultKind(
        "slow",
        "silence before the first byte",
        deliver=lambda arg: Delivery(silence=float(arg)),
        argument="seconds",
        default="20",
    ),
    FaultKind(
        "stall",
        "half of the body, silence, the other half",
        deliver=lambda arg: Delivery(pause=float(arg)),
        argument="seconds",
        default="60",
    ),
    FaultKind(
        "tail-stall",
        "the whole body, then the closing chunk is withheld",
        deliver=lambda arg: Delivery(tail=float(arg)),
        argument="seconds",
        default="60",
    ),
)

FAULTS = {kind.name: kind for kind in (*_ERRORS, *_CONNECTIONS)}
