"""What a request is, without sending it: for ``--dry-run`` and for the trace.

Rules:
- The key is never here: headers are made with a mask in its place.
- The data of the pictures is left out; in its place stand type, pixels, bytes and
  SHA-256, by which two runs can be compared.
"""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING, Any

from nano_edit.domain import ApiKey, FileSpan
from nano_edit.wire.gemini.request import (
    RequestBody,
    pieces_of,
    read_piece,
    request_json,
)
from nano_edit.wire.service import endpoint

if TYPE_CHECKING:
    from nano_edit.domain import Destination, ImageInput, Prepared
    from nano_edit.wire.service import Service

MASK = "****"


def describe(prepared: Prepared, service: Service) -> dict[str, Any]:
    """Return what would be sent, as JSON data."""
    request = prepared.request
    length = RequestBody(request).content_length
    rework = prepared.rework
    return {
        "ok": True,
        "dry_run": True,
        "method": "POST",
        "url": endpoint(service.base_url, request.model),
        "headers": masked_headers(service, length),
        "body": request_json(
            request, [_without_data(each) for each in pieces_of(request)]
        ),
        "content_length": length,
        "output": output_of(prepared.destination),
        "rework": list(rework.plan_text()) if rework else [],
    }


def masked_headers(service: Service, content_length: int) -> dict[str, str]:
    """Return the request's headers with a mask in the place of the key, if any."""
    key = ApiKey(MASK) if service.key is not None else None
    return dataclasses.replace(service, key=key).headers(content_length)


def output_of(destination: Destination) -> str:
    """Return the output's path as far as it is known before the picture is."""
    if destination.stream is not None:
        return "-"
    return str(destination.folder / destination.name)


def _without_data(image: ImageInput | FileSpan) -> dict[str, Any]:
    digest = hashlib.sha256()
    for block in read_piece(image):
        digest.update(block)
    if isinstance(image, FileSpan):
        return {"bytes": image.length, "sha256": digest.hexdigest()}
    return {
        "source": image.source,
        "mime_type": image.mime_type,
        "width": image.width,
        "height": image.height,
        "bytes": image.size,
        "sha256": digest.hexdigest(),
    }
