"""``--dry-run`` for a person: everything is checked and shown, nothing is sent."""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import Any

from nano_edit.units import money, size_text


def dry_run_text(record: dict[str, Any]) -> str:
    """Return the same for a person."""
    headers = "\n".join(f"{name}: {value}" for name, value in record["headers"].items())
    body = json.dumps(record["body"], ensure_ascii=False, indent=2)
    emulated = " (--emulate: to the emulator instead)" if record["emulated"] else ""
    return (
        f"POST {record['url']}{emulated}\n{headers}\n\n{body}\n\n"
        f"{_sum(1, record['content_length'], record['cost']['dollars'])} "
        f"{_place(record)}" + "".join(f"\n{sentence}" for sentence in record["rework"])
    )


def _place(record: dict[str, Any]) -> str:
    output: str = record["output"]
    is_whole = output == "-" or PurePath(output).suffix
    more = "" if is_whole else ", with the suffix of the format that comes"
    if several := record.get("outputs"):
        return f"The pictures would go to {several[0]} ... {several[-1]}{more}."
    return f"The picture would go to {output}{more}."


def dry_run_total(edits: str, requests: int, size: int, dollars: float | None) -> str:
    """Return the last line for ``edits``, "2 edits", of ``size`` bytes together."""
    return f"{edits}: {_sum(requests, size, dollars)}"


def _sum(requests: int, size: int, dollars: float | None) -> str:
    """Return how much would be sent, and what it is likely to cost."""
    count = "1 request" if requests == 1 else f"{requests} requests"
    cost = "at an unknown price" if dollars is None else f"about {money(dollars)}"
    return f"{count}, {cost}; {size_text(size)} in all would be sent; nothing was."
