"""What costs nothing: the list of models, one model, and counted tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from nano_edit.emulator.contents import read_contents
from nano_edit.emulator.errors import invalid, model_not_found
from nano_edit.emulator.fields import fields_of, load_json
from nano_edit.emulator.models import INPUT_TOKENS, MODELS, find_model

if TYPE_CHECKING:
    from nano_edit.emulator.errors import Document

_PAGE = 50  # models on one page if nothing is said
_MOST = 1000
_COUNTED = {"contents", "generate_content_request", "system_instruction", "tools"}
_COUNTED |= {"generation_config"}


def list_models(query: str) -> Document:
    """Return a page of the models, by ``pageSize`` and ``pageToken``."""
    fields = parse_qs(query, keep_blank_values=True)
    size = _number(fields.get("pageSize", ["0"])[-1]) or _PAGE
    start = _number(fields.get("pageToken", [""])[-1] or "0")
    names = list(MODELS)
    end = start + min(size, _MOST)
    page: Document = {"models": [_document(name) for name in names[start:end]]}
    if end < len(names):
        page["nextPageToken"] = str(end)
    return page


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise invalid("Page size and page token must be numbers.")
    return int(text)


def get_model(name: str, version: str) -> Document:
    """Return one model; `Refusal` (404) for one that the service does not have."""
    if find_model(name) is None:
        raise model_not_found(name, version)
    return _document(name)


def _document(name: str) -> Document:
    return {
        "name": f"models/{name}",
        "version": "emulated",
        "displayName": name.replace("-", " ").title(),
        "description": "Emulated: no model, no cost.",
        "inputTokenLimit": 65536,
        "outputTokenLimit": 32768,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
    }


def count_tokens(body: bytes, name: str, version: str) -> Document:
    """Return how many tokens a request would be."""
    if find_model(name) is None:
        raise model_not_found(name, version)
    fields = fields_of(load_json(body), "", _COUNTED)
    request: Any = fields.get("generate_content_request", fields)
    if not isinstance(request, dict):
        raise invalid("Invalid value at 'generate_content_request'.")
    turns = read_contents(request.get("contents"))
    text = sum(len(text) // 4 + 1 for turn in turns for text in turn.texts)
    images = INPUT_TOKENS * sum(len(turn.pictures) for turn in turns)
    details = [{"modality": "TEXT", "tokenCount": text}]
    if images:
        details.append({"modality": "IMAGE", "tokenCount": images})
    return {"totalTokens": text + images, "promptTokensDetails": details}
