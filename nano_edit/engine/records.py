"""A result or an error as the JSON object that scripts read.

One object for one edit, the same in ``--json``, in the manifest and in the
report; its schema is ``docs/result.schema.json``.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from nano_edit.domain import Billed, Cost

if TYPE_CHECKING:
    from nano_edit.domain import Change, EditResult
    from nano_edit.errors import NanoEditError

Record = dict[str, Any]


def record_of_result(result: EditResult) -> Record:
    """Return the object for an edit that succeeded."""
    image, reply = result.image, result.reply
    return {
        "ok": True,
        "output": str(image.path) if image.path else "-",
        "mime_type": image.mime_type,
        "width": image.width,
        "height": image.height,
        "bytes": image.size,
        "sha256": image.sha256,
        "source_mime_type": image.source_mime_type,
        "drafts": [str(draft) for draft in image.drafts],
        "model": result.model,
        "model_version": reply.model_version,
        "response_id": reply.response_id,
        "finish_reason": reply.finish_reason,
        "text": result.text,
        "usage": dataclasses.asdict(reply.usage),
        "change": _change(image.change),
        "attempts": result.attempts,
        "elapsed_s": round(result.elapsed, 3),
        "cost": record_of_cost(result.cost),
        "tier": result.tier,
        "cached": result.cached,
        "recovered": result.recovered,
        "warnings": [*image.notes, *result.warnings],
    }


def _change(change: Change | None) -> Record | None:
    if change is None:
        return None
    return {"threshold": 2.3} | {
        each.name: getattr(change, each.name) for each in dataclasses.fields(change)
    }


def record_of_error(error: NanoEditError, output: str | None = None) -> Record:
    """Return the object for an edit that failed."""
    return {
        "ok": False,
        "output": output,
        "error": {
            "code": error.exit_status.code,
            "exit_status": int(error.exit_status),
            "message": error.message,
            "hint": error.hint,
            "http_status": error.http_status,
            "billed": error.billed.value,
            "recovery": str(error.recovery) if error.recovery else None,
        },
        "attempts": error.attempts,
        "cost": record_of_cost(_cost_of(error)),
    }


def _cost_of(error: NanoEditError) -> Cost:
    if error.cost is not None:
        return error.cost
    return Cost(0.0) if error.billed is Billed.NO else Cost(None)


def record_of_cost(cost: Cost) -> Record:
    """Return the object of a cost: dollars, null where the price is not known."""
    dollars = None if cost.dollars is None else round(cost.dollars, 6)
    return {"dollars": dollars, "estimated": bool(dollars != 0) and not cost.counted}
