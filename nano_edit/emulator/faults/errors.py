"""Error responses: Google's, the gateway's, a proxy's.

Shapes and texts follow recorded errors; what each means for money and for
another attempt is the client's to know.
"""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from nano_edit.emulator.errors import (
    TYPE,
    Document,
    error_response,
    google_error,
    invalid,
    model_not_found,
)
from nano_edit.emulator.faults.kind import TEXT, FaultSection
from nano_edit.emulator.faults.odd import ESCAPES
from nano_edit.emulator.responses import Response

if TYPE_CHECKING:
    from nano_edit.emulator.faults.kind import Build
    from nano_edit.emulator.replies import ResponseBuilder

ERRORS = FaultSection("Error responses")
_SECONDS = {"argument": "seconds", "default": "1"}


# --- documents --------------------------------------------------------------


def _gateway_error(message: str, code: str, **more: Any) -> Document:
    """Return the gateway's error document; ``more`` joins it at the top level."""
    error = {"message": message, "type": "shell_api_error", "param": "", "code": code}
    return {**more, "error": error}


def _error_info(reason: str) -> Document:
    """Return the detail that names a reason, such as API_KEY_INVALID."""
    return {
        "@type": f"{TYPE}ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": {"service": "generativelanguage.googleapis.com"},
    }


def _localized(message: str) -> Document:
    """Return the detail that repeats the message for people."""
    return {"@type": f"{TYPE}LocalizedMessage", "locale": "en-US", "message": message}


def _retry_info(delay: str) -> Document:
    """Return the detail that names a wait, such as ``"48s"``."""
    return {"@type": f"{TYPE}RetryInfo", "retryDelay": delay}


def _quota_failure(quota_id: str, model: str, limit: str) -> Document:
    """Return the detail that names the quota which is used up."""
    violation = {
        "quotaMetric": _QUOTA_METRIC,
        "quotaId": quota_id,
        "quotaDimensions": {"model": model, "location": "global"},
        "quotaValue": limit,
    }
    return {"@type": f"{TYPE}QuotaFailure", "violations": [violation]}


_QUOTA_METRIC = "generativelanguage.googleapis.com/generate_content_requests"
_HELP = {
    "@type": f"{TYPE}Help",
    "links": [
        {
            "description": "Learn more about Gemini API quotas",
            "url": "https://ai.google.dev/gemini-api/docs/rate-limits",
        }
    ],
}


def _fixed(status: int, document: Document) -> Build:
    """Return a builder of the same error response for all requests."""
    response = error_response(status, document)
    return lambda _builder, _argument: response


def _google(status: int, message: str) -> Build:
    return _fixed(status, google_error(status, message))


def _gateway(message: str, code: str) -> Build:
    """Return a builder of the gateway's 500, its status in the document as well."""
    return _fixed(500, _gateway_error(message, code, status_code=500))


def _html(status: int, title: str) -> Build:
    """Return a builder of an edge proxy's page."""
    page = (
        f"<html>\r\n<head><title>{status} {title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{status} {title}</h1></center>\r\n<hr><center>edge</center>\r\n"
        "</body>\r\n</html>\r\n"
    ).encode()
    return lambda _builder, _argument: Response(status, (page,), "text/html")


# --- 4xx --------------------------------------------------------------------

ERRORS.add(
    "400",
    "Google's INVALID_ARGUMENT",
    _google(400, "Request contains an invalid argument."),
)
ERRORS.add(
    "400-escapes",
    "a message with escape sequences, bidi controls, markup",
    _google(400, ESCAPES),
)


@ERRORS.fault(
    "signature-invalid", "Invalid thought signature, for a request of several turns"
)
def _invalid_signature(builder: ResponseBuilder, _argument: str) -> Response:
    if builder.request.turns == 1:
        return builder.ordinary()
    return invalid("Invalid thought signature.").response


_BAD_KEY = "API key not valid. Please pass a valid API key."
ERRORS.add(
    "400-key",
    "Google's bad key: reason API_KEY_INVALID",
    _fixed(
        400,
        google_error(
            400, _BAD_KEY, _error_info("API_KEY_INVALID"), _localized(_BAD_KEY)
        ),
    ),
)
ERRORS.add(
    "401",
    "the gateway's bad token",
    _fixed(401, _gateway_error("Invalid token", "invalid_token")),
)
ERRORS.add(
    "403",
    "Google's PERMISSION_DENIED",
    _google(403, "The caller does not have permission"),
)


def _no_money() -> Document:
    document = _gateway_error(
        "user [10001] quota [1200] preConsumedQuota [154000] is not enough",
        "insufficient_user_quota",
    )
    document["error"]["localized_message"] = "Insufficient user quota"
    return document


ERRORS.add(
    "403-quota", "the gateway's insufficient_user_quota", _fixed(403, _no_money())
)


@ERRORS.fault("404", "Google's NOT_FOUND for the model")
def _not_found(builder: ResponseBuilder, _argument: str) -> Response:
    return model_not_found(builder.request.name).response


ERRORS.add(
    "413",
    "the request is too large",
    _google(413, "Request payload size exceeds the limit: 104857600 bytes."),
)

# --- 429 --------------------------------------------------------------------

_PER_MINUTE = "GenerateRequestsPerMinutePerProjectPerModel"
_PER_DAY = "GenerateRequestsPerDayPerProjectPerModel"


def _quota(builder: ResponseBuilder, quota_id: str, limit: str, delay: str) -> Response:
    """Return a 429 as Google writes it; ``delay`` is seconds."""
    model = builder.request.name
    message = (
        "You exceeded your current quota, please check your plan and billing details."
        f" \n* Quota exceeded for metric: {_QUOTA_METRIC}, limit: {limit},"
        f" model: {model}\nPlease retry in {delay}s."
    )
    details = _HELP, _quota_failure(quota_id, model, limit), _retry_info(f"{delay}s")
    return error_response(429, google_error(429, message, *details))


@ERRORS.fault("429", "rate limit; RetryInfo names a wait", **_SECONDS)
def _rate_limit(builder: ResponseBuilder, argument: str) -> Response:
    return _quota(builder, _PER_MINUTE, "20", argument)


@ERRORS.fault("429-day", "a daily quota (…PerDay…) is used up")
def _daily_quota(builder: ResponseBuilder, _argument: str) -> Response:
    return _quota(builder, _PER_DAY, "250", "39600")


@ERRORS.fault("429-limit-0", "a quota whose limit is 0")
def _zero_quota(builder: ResponseBuilder, _argument: str) -> Response:
    # It names a wait, as the service does, though waiting does not help.
    return _quota(builder, _PER_MINUTE + "-FreeTier", "0", "18.5")


@ERRORS.fault("429-header", "rate limit; Retry-After in seconds", **_SECONDS)
def _retry_after(_builder: ResponseBuilder, argument: str) -> Response:
    document = _gateway_error("Too many requests", "rate_limit_exceeded")
    return error_response(429, document, ("Retry-After", argument))


@ERRORS.fault(
    "429-date",
    "rate limit; Retry-After as an HTTP date",
    argument="seconds",
    default="2",
)
def _retry_after_date(_builder: ResponseBuilder, argument: str) -> Response:
    date = formatdate(time.time() + float(argument), usegmt=True)
    document = _gateway_error("Too many requests", "rate_limit_exceeded")
    return error_response(429, document, ("Retry-After", date))


# --- 5xx --------------------------------------------------------------------

_RESET = "write tcp 192.0.2.1:443->203.0.113.9:41872: write: connection reset by peer"
_BAD_STATUS = "bad_response_status_code"

ERRORS.add(
    "500",
    "Google's INTERNAL",
    _google(500, "An internal error has occurred. Please retry."),
)
ERRORS.add(
    "500-body-failed",
    "the gateway's write_response_body_failed: not billed",
    _gateway(_RESET, "write_response_body_failed"),
)


@ERRORS.fault("503", "overloaded; with ARG, RetryInfo names a wait", argument="seconds")
def _unavailable(_builder: ResponseBuilder, argument: str) -> Response:
    details = [_retry_info(f"{argument}s")] if argument else []
    message = "The model is overloaded. Please try again later."
    return error_response(503, google_error(503, message, *details))


ERRORS.add("503-html", "a proxy's HTML page", _html(503, "Service Unavailable"))


@ERRORS.fault("503-envoy", "Envoy: disconnect or reset before headers, as text")
def _envoy(_builder: ResponseBuilder, _argument: str) -> Response:
    words = (
        b"upstream connect error or disconnect/reset before headers. reset reason:"
        b" connection termination"
    )
    return Response(503, (words,), "text/plain")


ERRORS.add("502-html", "a proxy's HTML page", _html(502, "Bad Gateway"))
ERRORS.add("504-html", "a proxy's HTML page", _html(504, "Gateway Time-out"))
ERRORS.add("524-html", "a proxy's HTML page", _html(524, "A timeout occurred"))
ERRORS.add(
    "gateway-500",
    "one-api JSON with status_code at its top",
    _gateway("bad response status code 500", _BAD_STATUS),
)
ERRORS.add(
    "gateway-empty",
    "500 whose message is empty",
    _fixed(500, _gateway_error("", _BAD_STATUS)),
)

# Behind these the picture was made, and lost on its way.
LOST = (
    *("500", "502-html", "503-html", "503-envoy", "504-html", "524-html"),
    *("gateway-500", "gateway-empty"),
)

# --- neither ----------------------------------------------------------------


@ERRORS.fault(
    "redirect",
    "302 to another host",
    argument="URL",
    default="http://127.0.0.1:9/elsewhere",
    pattern=TEXT,
)
def _redirect(_builder: ResponseBuilder, argument: str) -> Response:
    return Response(302, (b"",), "text/html", (("Location", argument),))


ERRORS.add("html-200", "200 with an HTML page", _html(200, "Welcome"))
ERRORS.add(
    "200-error",
    "200 whose JSON is an error",
    _fixed(200, _gateway_error("upstream load saturated", _BAD_STATUS)),
)
