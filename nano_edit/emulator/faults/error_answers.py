"""The answers of the table's errors: Google's, the gateway's, a proxy's.

Functions that are called in the table return an answer's builder; the others
are one.  A builder takes the scene and the fault's argument.
"""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import TYPE_CHECKING

from nano_edit.emulator.answers import Answer
from nano_edit.emulator.errors import (
    HELP,
    QUOTA_METRIC,
    Document,
    error_answer,
    error_info,
    gateway_error,
    google_error,
    localized,
    model_not_found,
    quota_failure,
    retry_info,
)

if TYPE_CHECKING:
    from nano_edit.emulator.faults.kind import Build
    from nano_edit.emulator.replies import Scene

_BAD_KEY = "API key not valid. Please pass a valid API key."
_PER_MINUTE = "GenerateRequestsPerMinutePerProjectPerModel"
_PER_DAY = "GenerateRequestsPerDayPerProjectPerModel"


def fixed(status: int, document: Document) -> Build:
    """Return the builder of one answer for all requests."""
    answer = error_answer(status, document)
    return lambda _scene, _argument: answer


def google(status: int, message: str) -> Build:
    """Return the builder of Google's error without details."""
    return fixed(status, google_error(status, message))


def gateway(status: int, message: str, code: str) -> Build:
    """Return the builder of the gateway's error, the status within as well."""
    return fixed(status, gateway_error(message, code, status_code=status))


def html(status: int, title: str) -> Build:
    """Return the builder of an edge proxy's page."""
    page = (
        f"<html>\r\n<head><title>{status} {title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{status} {title}</h1></center>\r\n<hr><center>edge</center>\r\n"
        "</body>\r\n</html>\r\n"
    ).encode()
    return lambda _scene, _argument: Answer(status, (page,), "text/html")


def bad_key() -> Document:
    """Return Google's document for a key that it does not know."""
    details = error_info("API_KEY_INVALID"), localized(_BAD_KEY)
    return google_error(400, _BAD_KEY, *details)


def no_money() -> Document:
    """Return the gateway's document for an account that is spent."""
    document = gateway_error(
        "user [10001] quota [1200] preConsumedQuota [154000] is not enough",
        "insufficient_user_quota",
    )
    document["error"]["localized_message"] = "Insufficient user quota"
    return document


def not_found(scene: Scene, _argument: str) -> Answer:
    """Say that there is no such model."""
    return model_not_found(scene.request.name).answer


def _quota(scene: Scene, quota_id: str, limit: str, delay: str) -> Answer:
    """Return a 429 as Google writes it; ``delay`` is seconds."""
    model = scene.request.name
    message = (
        "You exceeded your current quota, please check your plan and billing details."
        f" \n* Quota exceeded for metric: {QUOTA_METRIC}, limit: {limit},"
        f" model: {model}\nPlease retry in {delay}s."
    )
    details = HELP, quota_failure(quota_id, model, limit), retry_info(f"{delay}s")
    return error_answer(429, google_error(429, message, *details))


def rate_limit(scene: Scene, argument: str) -> Answer:
    """Name a wait of ``argument`` seconds."""
    return _quota(scene, _PER_MINUTE, "20", argument)


def daily_quota(scene: Scene, _argument: str) -> Answer:
    """Name a quota that comes back tomorrow."""
    return _quota(scene, _PER_DAY, "250", "39600")


def zero_quota(scene: Scene, _argument: str) -> Answer:
    """Name a quota that is nothing, and a wait that would not help."""
    return _quota(scene, _PER_MINUTE + "-FreeTier", "0", "18.5")


def retry_after(_scene: Scene, argument: str) -> Answer:
    """Name the wait in a header, in seconds."""
    document = gateway_error("Too many requests", "rate_limit_exceeded")
    return error_answer(429, document, ("Retry-After", argument))


def retry_after_date(_scene: Scene, argument: str) -> Answer:
    """Name the wait in a header, as the moment of its end."""
    date = formatdate(time.time() + float(argument), usegmt=True)
    document = gateway_error("Too many requests", "rate_limit_exceeded")
    return error_answer(429, document, ("Retry-After", date))


def unavailable(_scene: Scene, argument: str) -> Answer:
    """Say that the model is overloaded, and for how long if that is known."""
    details = [retry_info(f"{argument}s")] if argument else []
    message = "The model is overloaded. Please try again later."
    return error_answer(503, google_error(503, message, *details))


def redirect(_scene: Scene, argument: str) -> Answer:
    """Send the client elsewhere."""
    return Answer(302, (b"",), "text/html", (("Location", argument),))
