"""The answers of the table's errors: Google's, the gateway's, a proxy's.

Each takes the scene and the fault's argument, so that all fit in one table.
"""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import TYPE_CHECKING

from nano_edit.emulator.answers import Answer
from nano_edit.emulator.errors import (
    HELP,
    QUOTA_METRIC,
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
    from collections.abc import Callable

    from nano_edit.emulator.replies import Scene

_PER_MINUTE = "GenerateRequestsPerMinutePerProjectPerModel"
_PER_DAY = "GenerateRequestsPerDayPerProjectPerModel"


def _google(status: int, message: str) -> Answer:
    return error_answer(status, google_error(status, message))


def invalid_argument(_scene: Scene, _argument: str) -> Answer:
    return _google(400, "Request contains an invalid argument.")


def bad_key(_scene: Scene, _argument: str) -> Answer:
    message = "API key not valid. Please pass a valid API key."
    details = error_info("API_KEY_INVALID"), localized(message)
    return error_answer(400, google_error(400, message, *details))


def unauthenticated(_scene: Scene, _argument: str) -> Answer:
    document = gateway_error("Invalid token", "invalid_token")
    return error_answer(401, document)


def permission_denied(_scene: Scene, _argument: str) -> Answer:
    return _google(403, "The caller does not have permission")


def no_money(_scene: Scene, _argument: str) -> Answer:
    document = gateway_error(
        "user [10001] quota [1200] preConsumedQuota [154000] is not enough",
        "insufficient_user_quota",
    )
    document["error"]["localized_message"] = "Insufficient user quota"
    return error_answer(403, document)


def not_found(scene: Scene, _argument: str) -> Answer:
    return model_not_found(scene.request.name).answer


def too_large(_scene: Scene, _argument: str) -> Answer:
    return _google(413, "Request payload size exceeds the limit: 104857600 bytes.")


def _quota(scene: Scene, quota_id: str, limit: str, delay: str | None) -> Answer:
    """Return a 429 as Google writes it; ``delay`` is seconds, None names no wait."""
    model = scene.request.name
    message = (
        "You exceeded your current quota, please check your plan and billing details."
        f" \n* Quota exceeded for metric: {QUOTA_METRIC}, limit: {limit},"
        f" model: {model}"
    )
    details = [HELP, quota_failure(quota_id, model, limit)]
    if delay is not None:
        message += f"\nPlease retry in {delay}s."
        details.append(retry_info(f"{delay}s"))
    return error_answer(429, google_error(429, message, *details))


def rate_limit(scene: Scene, argument: str) -> Answer:
    return _quota(scene, _PER_MINUTE, "20", argument)


def daily_quota(scene: Scene, _argument: str) -> Answer:
    return _quota(scene, _PER_DAY, "250", "39600")


def zero_quota(scene: Scene, _argument: str) -> Answer:
    return _quota(scene, _PER_MINUTE + "-FreeTier", "0", "18.5")


def retry_after(_scene: Scene, argument: str) -> Answer:
    document = gateway_error("Too many requests", "rate_limit_exceeded")
    return error_answer(429, document, ("Retry-After", argument))


def retry_after_date(_scene: Scene, argument: str) -> Answer:
    date = formatdate(time.time() + float(argument), usegmt=True)
    document = gateway_error("Too many requests", "rate_limit_exceeded")
    return error_answer(429, document, ("Retry-After", date))


def internal(_scene: Scene, _argument: str) -> Answer:
    return _google(500, "An internal error has occurred. Please retry.")


def body_failed(_scene: Scene, _argument: str) -> Answer:
    document = gateway_error(
        "write tcp 192.0.2.1:443->203.0.113.9:41872: write: connection reset by peer",
        "write_response_body_failed",
        status_code=500,
    )
    return error_answer(500, document)


def unavailable(_scene: Scene, argument: str) -> Answer:
    details = [retry_info(f"{argument}s")] if argument else []
    message = "The model is overloaded. Please try again later."
    return error_answer(503, google_error(503, message, *details))


def gateway(_scene: Scene, _argument: str) -> Answer:
    document = gateway_error(
        "bad response status code 500", "bad_response_status_code", status_code=500
    )
    return error_answer(500, document)


def gateway_empty(_scene: Scene, _argument: str) -> Answer:
    return error_answer(500, gateway_error("", "bad_response_status_code"))


def error_in_200(_scene: Scene, _argument: str) -> Answer:
    document = gateway_error("upstream load saturated", "bad_response_status_code")
    return error_answer(200, document)


def redirect(_scene: Scene, argument: str) -> Answer:
    return Answer(302, (b"",), "text/html", (("Location", argument),))


def html(status: int, title: str) -> Callable[[Scene, str], Answer]:
    """Return an answer of the table: an edge proxy's page."""
    page = (
        f"<html>\r\n<head><title>{status} {title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{status} {title}</h1></center>\r\n<hr><center>edge</center>\r\n"
        "</body>\r\n</html>\r\n"
    ).encode()
    return lambda _scene, _argument: Answer(status, (page,), "text/html")
