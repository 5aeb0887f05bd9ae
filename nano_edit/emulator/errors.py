"""Google's error documents, as the service refuses with them.

Shapes and texts follow recorded errors.  A `Refusal` carries one out of the
depths of a check to the place where responses are sent.
"""

from __future__ import annotations

from typing import Any

from nano_edit.emulator.responses import Response, write_json

Document = dict[str, Any]
TYPE = "type.googleapis.com/google.rpc."

STATUS_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    413: "INVALID_ARGUMENT",
    416: "OUT_OF_RANGE",
    429: "RESOURCE_EXHAUSTED",
    414: "INVALID_ARGUMENT",
    431: "INVALID_ARGUMENT",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    505: "INVALID_ARGUMENT",
}


class Refusal(Exception):  # noqa: N818 - it is what the service does, not a failure
    """The service will not do it: an error response to be sent."""

    def __init__(self, response: Response, reason: str) -> None:
        super().__init__(reason)
        self.response = response


def google_error(status: int, message: str, *details: Document) -> Document:
    """Return Google's error document; ``details`` are typed entries."""
    error: Document = {
        "code": status,
        "message": message,
        "status": STATUS_NAMES[status],
    }
    if details:
        error["details"] = list(details)
    return {"error": error}


def error_response(
    status: int, document: Document, *headers: tuple[str, str]
) -> Response:
    """Return a response that sends ``document`` with this HTTP status."""
    return Response(status, write_json(document), headers=headers)


def refuse(status: int, message: str, *details: Document) -> Refusal:
    """Return Google's error as a `Refusal` to raise."""
    document = google_error(status, message, *details)
    return Refusal(error_response(status, document), message)


def invalid(message: str, *, field: str | None = None) -> Refusal:
    """Return a 400 INVALID_ARGUMENT; ``field`` names what violates the contract."""
    if field is None:
        return refuse(400, message)
    return refuse(400, message, bad_request(field, message))


def bad_request(field: str, description: str) -> Document:
    """Return the detail that points at one field."""
    violation = {"field": field, "description": description}
    return {"@type": f"{TYPE}BadRequest", "fieldViolations": [violation]}


def model_not_found(model: str, version: str = "v1beta") -> Refusal:
    """Return the 404 for a model that the service does not have."""
    return refuse(
        404,
        f"models/{model} is not found for API version {version}, or is not supported"
        " for generateContent. Call ListModels to see the list of available models"
        " and their supported methods.",
    )
