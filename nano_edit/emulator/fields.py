"""Objects of a request: their fields by name, as protocol buffers read JSON.

Names are read in camelCase and snake_case alike, and told in snake_case, as
Google does.
"""

from __future__ import annotations

import json
import re
from typing import Any

from nano_edit.emulator.errors import invalid


def load_json(body: bytes) -> Any:
    """Return the document that ``body`` holds; `Refusal` if it is invalid."""
    try:
        return json.loads(str(body, "utf-8"))  # bytes may be UTF-16 to `json`
    except (ValueError, RecursionError) as error:
        raise invalid(f"Invalid JSON payload received. {error}") from None


def fields_of(value: Any, where: str, known: set[str]) -> dict[str, Any]:
    """Return an object's fields by their snake_case names, or refuse it."""
    if not isinstance(value, dict):
        raise invalid(f"Invalid value at '{where}', an object was expected.")
    fields: dict[str, Any] = {}
    for name, content in value.items():
        snake = _snake(name)
        if snake not in known:
            place = f" at '{where}'" if where else ""
            raise invalid(
                f'Invalid JSON payload received. Unknown name "{name}"{place}: Cannot'
                " find field.",
                field=where,
            )
        if snake in fields:
            raise invalid(f"Invalid value at '{where}', {snake} is given twice.")
        fields[snake] = content
    return fields


def choice(
    config: dict[str, Any],
    name: str,
    where: str,
    known: tuple[str, ...],
    taken: tuple[str, ...],
) -> str | None:
    """Return a field that must be one of ``known``, and one the model takes."""
    value = config.get(name)
    if value is None:
        return None
    if value not in known:
        choices = ", ".join(f"'{one}'" for one in known)
        raise invalid(f"{name} must be one of {choices}.", field=f"{where}.{name}")
    if value not in taken:
        choices = ", ".join(taken) or "none"
        raise invalid(
            f"{name} {value} is not supported by this model; it takes: {choices}.",
            field=f"{where}.{name}",
        )
    return str(value)


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda letter: "_" + letter[0].lower(), name)
