"""Reply bodies in the service's shape, made for a test; see also the emulator."""

from __future__ import annotations

import base64
import json
from typing import Any


def image_part(data: bytes, mime_type: str = "image/png", **more: Any) -> Any:
    """Return a part that holds a picture."""
    encoded = base64.b64encode(data).decode()
    return {"inlineData": {"mimeType": mime_type, "data": encoded}, **more}


def reply(*parts: Any, finish_reason: str | None = "STOP", **more: Any) -> Any:
    """Return a whole reply with these parts, in Google's layout."""
    candidate: dict[str, Any] = {"content": {"parts": list(parts)}}
    if finish_reason:
        candidate["finishReason"] = finish_reason
    return {
        "candidates": [candidate],
        "usageMetadata": {"promptTokenCount": 7, "totalTokenCount": 9},
        "modelVersion": "gemini-3-pro-image",
        "responseId": "abc",
        **more,
    }


def body(document: Any, indent: int | None = 2) -> bytes:
    """Return the document's bytes."""
    return json.dumps(document, indent=indent).encode()
