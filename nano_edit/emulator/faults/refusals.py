"""Answers with status 200 that hold no picture: refusals, and emptiness.

All but the words of the text-only one follow recorded replies.  Each takes the
scene and the fault's argument, so that all fit in one table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nano_edit.emulator.answers import Answer, write_json

if TYPE_CHECKING:
    from nano_edit.emulator.faults.kind import Build
    from nano_edit.emulator.replies import Scene

_NO_RATINGS = {"promptFeedback": {"safetyRatings": None}}


def refused(reason: str) -> Build:
    """Return an answer with this ``finishReason``."""

    def answer(scene: Scene, _: str) -> Answer:
        candidate = {
            "content": {"parts": None},
            "finishReason": reason,
            "finishMessage": f"Unable to show the generated image ({reason}).",
            "index": 0,
        }
        return _reply({"candidates": [candidate], **scene.closing([])})

    return answer


def blocked(scene: Scene, argument: str) -> Answer:
    """Refuse the prompt itself, for the reason that ``argument`` names."""
    feedback = {
        "blockReason": argument,
        "blockReasonMessage": f"The prompt was blocked ({argument}).",
    }
    return _reply({"promptFeedback": feedback, **scene.closing([])})


def no_candidates(scene: Scene, _: str) -> Answer:
    """Give ``candidates`` as null."""
    return _reply({"candidates": None, **_NO_RATINGS, **scene.closing([])})


def content(value: Any) -> Build:
    """Return an answer that stops as if all were well around this ``content``."""

    def answer(scene: Scene, _: str) -> Answer:
        candidate = {"content": value, "finishReason": "STOP", "index": 0}
        return _reply({"candidates": [candidate], **_NO_RATINGS, **scene.closing([])})

    return answer


def words_only(scene: Scene, _: str) -> Answer:
    """Talk about the picture and send none."""
    words = "I can help you with that! Which part of the picture do you mean?"
    return scene.reply([scene.text_part(words)])


def _reply(document: dict[str, Any]) -> Answer:
    return Answer(200, write_json(document))
