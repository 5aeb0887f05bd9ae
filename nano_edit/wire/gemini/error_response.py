"""What an error response says: Google's JSON, the gateway's JSON, or an HTML page.

Google's: ``{"error": {code, message, status, details[]}}``; the gateway's:
``{"error": {message, localized_message, type, code}}``.

Rules: pure; what cannot be read is left out, and nothing is ever raised; the API
key, which a service may repeat, is masked in all that is read.
"""

from __future__ import annotations

import json
import re
import time
from datetime import UTC
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from nano_edit.frozen import Frozen
from nano_edit.wire.credentials import mask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nano_edit.domain import ApiKey

YEAR = 366 * 86_400.0  # seconds; no longer wait is told, whatever the server names

_SECONDS = re.compile(r"[0-9]+(\.[0-9]*)?s")


class ErrorResponse(Frozen):
    """What an error response says; empty where it does not say it."""

    http_status: int
    is_own: bool = False  # it holds the service's own JSON error object
    message: str = ""
    code: str = ""  # the gateway's code, Google's status
    reasons: frozenset[str] = frozenset()  # ErrorInfo.reason
    quota_ids: tuple[str, ...] = ()
    retry_after: float | None = None
    redirects_to: str = ""  # the host
    is_html: bool = False
    model: str = ""
    with_key: bool = True  # the request had one


def read_error_response(
    http_status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    model: str = "",
    key: ApiKey | None = None,
    with_key: bool = True,
) -> ErrorResponse:
    """Return what can be read of an error response.

    ``headers`` has lower-case names; ``body`` may be cut, empty or no JSON; ``key``
    is masked.  ``with_key`` tells whether the request had one.
    """
    error, is_own = _error_object(body)
    details = [one for one in _list(error.get("details")) if isinstance(one, dict)]
    violations = [
        one
        for detail in details
        for one in _list(detail.get("violations"))
        if isinstance(one, dict)
    ]
    message = str(error.get("message") or error.get("localized_message") or "")
    message = message.encode(errors="replace").decode()  # JSON may hold half a pair
    return ErrorResponse(
        http_status=http_status,
        is_own=is_own,
        message=mask(message, key),
        code=str(error.get("status") or error.get("code") or ""),
        reasons=frozenset(str(one.get("reason")) for one in details),
        quota_ids=tuple(str(one.get("quotaId", "")) for one in violations),
        retry_after=_retry_after(headers.get("retry-after", ""), details),
        redirects_to=mask(_host(headers.get("location", "")), key),
        is_html=body.lstrip()[:1] == b"<",
        model=model,
        with_key=with_key,
    )


def _error_object(body: bytes) -> tuple[dict[str, Any], bool]:
    """Return the error object, and whether the service itself wrote it."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}, False
    if isinstance(document, list) and document:
        document = document[0]
    error = document.get("error") if isinstance(document, dict) else None
    if isinstance(error, dict):
        return error, bool(error)
    return {"message": error or ""}, False


def _host(location: str) -> str:
    try:
        return urlsplit(location).hostname or ""
    except ValueError:
        return ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _retry_after(header: str, details: list[dict[str, Any]]) -> float | None:
    """Return the seconds that the server asks for: RetryInfo, else the header."""
    named = (str(detail.get("retryDelay")) for detail in details)
    for delay in (*named, f"{header.strip()}s"):
        if _SECONDS.fullmatch(delay):
            return min(float(delay[:-1]), YEAR)
    if not header[:1].isalpha():
        return None
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - slow to load, rare

    try:
        when = parsedate_to_datetime(header)
        when = when.replace(tzinfo=when.tzinfo or UTC)  # HTTP knows no other zone
        left = when.timestamp() - time.time()
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(0.0, left), YEAR)
