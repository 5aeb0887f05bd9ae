"""``--dry-run`` for a person: everything is checked and shown, nothing is sent."""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import Any

from nano_edit.units import size_text


def dry_run_text(record: dict[str, Any]) -> str:
    """Return the same for a person."""
    headers = "\n".join(f"{name}: {value}" for name, value in record["headers"].items())
    body = json.dumps(record["body"], ensure_ascii=False, indent=2)
    emulated = " (--emulate: to the emulator instead)" if record["emulated"] else ""
    return (
        f"POST {record['url']}{emulated}\n{headers}\n\n{body}\n\n"
        f"{size_text(record['content_length'])} in all would be sent; nothing was. "
        f"{_place(record['output'])}"
        + "".join(f"\n{sentence}" for sentence in record["rework"])
    )


def _place(output: str) -> str:
    is_whole = output == "-" or PurePath(output).suffix
    more = "" if is_whole else ", with the suffix of the format that comes"
    return f"The picture would go to {output}{more}."


def dry_run_total(edits: str, size: int) -> str:
    """Return the last line for ``edits``, "2 edits", of ``size`` bytes together."""
    return f"{edits}: {size_text(size)} in all would be sent; nothing was."
