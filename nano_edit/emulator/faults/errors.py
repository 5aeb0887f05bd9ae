"""The faults whose answer is an error, in Google's, the gateway's or a proxy's form.

Shapes and texts follow recorded errors; what each means for money and for
another attempt is the client's to know.
"""

from __future__ import annotations

from nano_edit.emulator.errors import gateway_error
from nano_edit.emulator.faults import error_answers as errors
from nano_edit.emulator.faults.kind import FaultKind
from nano_edit.emulator.faults.odd import ESCAPES

_RESET = "write tcp 192.0.2.1:443->203.0.113.9:41872: write: connection reset by peer"
_BAD_STATUS = "bad_response_status_code"

ERRORS = (
    FaultKind(
        "400",
        "Google's INVALID_ARGUMENT",
        errors.google(400, "Request contains an invalid argument."),
    ),
    FaultKind(
        "400-escapes",
        "a message with escape sequences, bidi controls, markup",
        errors.google(400, ESCAPES),
    ),
    FaultKind(
        "400-key",
        "Google's bad key: reason API_KEY_INVALID",
        errors.fixed(400, errors.bad_key()),
    ),
    FaultKind(
        "401",
        "the gateway's bad token",
        errors.fixed(401, gateway_error("Invalid token", "invalid_token")),
    ),
    FaultKind(
        "403",
        "Google's PERMISSION_DENIED",
        errors.google(403, "The caller does not have permission"),
    ),
    FaultKind(
        "403-quota",
        "the gateway's insufficient_user_quota",
        errors.fixed(403, errors.no_money()),
    ),
    FaultKind("404", "Google's NOT_FOUND for the model", errors.not_found),
    FaultKind(
        "413",
        "the request is too large",
        errors.google(413, "Request payload size exceeds the limit: 104857600 bytes."),
    ),
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
    FaultKind(
        "500",
        "Google's INTERNAL",
        errors.google(500, "An internal error has occurred. Please retry."),
    ),
    FaultKind(
        "500-body-failed",
        "the gateway's write_response_body_failed: not billed",
        errors.gateway(500, _RESET, "write_response_body_failed"),
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
        "gateway-500",
        "one-api JSON with status_code at its top",
        errors.gateway(500, "bad response status code 500", _BAD_STATUS),
    ),
    FaultKind(
        "gateway-empty",
        "500 whose message is empty",
        errors.fixed(500, gateway_error("", _BAD_STATUS)),
    ),
    FaultKind(
        "redirect",
        "302 to another host",
        errors.redirect,
        argument="URL",
        default="http://127.0.0.1:9/elsewhere",
        is_number=False,
    ),
    FaultKind("html-200", "200 with an HTML page", errors.html(200, "Welcome")),
    FaultKind(
        "200-error",
        "200 whose JSON is an error",
        errors.fixed(200, gateway_error("upstream load saturated", _BAD_STATUS)),
    ),
)
