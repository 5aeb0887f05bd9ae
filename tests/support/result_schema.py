"""``docs/result.schema.json``, and whether what a run printed is as it says."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA = Path(__file__).resolve().parent.parent.parent / "docs" / "result.schema.json"
OTHER_COMMANDS = {
    "config",
    "auth",
    "models",
    "cache",
    "diff",
    "history",
    "spend",
    "undo",
    "redo",
}  # print objects of their own


@functools.cache
def validator() -> Draft202012Validator:
    """Return the validator, its schema checked."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def validated(line: str | bytes) -> dict[str, Any]:
    """Return the object in a line; raises for what the schema does not allow."""
    record: dict[str, Any] = json.loads(line)
    validator().validate(record)
    return record


def check_output(arguments: Iterable[str], out: bytes) -> None:
    """Raise unless a run with ``--json`` printed objects of the schema alone."""
    given = [*arguments]
    if "--json" in given and given[0] not in OTHER_COMMANDS:
        for line in out.splitlines():
            validated(line)
