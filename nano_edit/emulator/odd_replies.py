"""Replies with status 200 that are not the ordinary one.

Each takes the scene and the fault's argument, so that all fit in one table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nano_edit.emulator.answers import Answer, write_json

if TYPE_CHECKING:
    from nano_edit.emulator.replies import Scene


def refused(scene: Scene, reason: str) -> Answer:
    """Answer with a ``finishReason`` and no picture."""
    candidate = {
        "content": {"parts": None},
        "finishReason": reason,
        "finishMessage": f"Unable to show the generated image ({reason}).",
        "index": 0,
    }
    document = {"candidates": [candidate], **scene.closing([])}
    return Answer(200, write_json(document))
