"""Responses with status 200 that hold no picture: refusals and empty replies.

All but the words of the text-only one follow recorded replies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nano_edit.emulator.faults.kind import TEXT, FaultKind, FaultSection

if TYPE_CHECKING:
    from nano_edit.emulator.faults.kind import Build
    from nano_edit.emulator.replies import ResponseBuilder
    from nano_edit.emulator.responses import Response

REFUSALS = FaultSection("No picture (status 200)")
_NO_RATINGS = {"promptFeedback": {"safetyRatings": None}}

FINISH_REASONS = (
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_OTHER",
    "IMAGE_RECITATION",
    "NO_IMAGE",
    "SAFETY",
    "PROHIBITED_CONTENT",
    "RECITATION",
    "BLOCKLIST",
    "SPII",
    "MAX_TOKENS",
    "MODEL_ARMOR",
    "OTHER",
    "MALFORMED_RESPONSE",
)


def finish_reason(name: str) -> FaultKind:
    """Return the fault that refuses with this ``finishReason``."""

    def refuse(builder: ResponseBuilder, _: str) -> Response:
        candidate = {
            "content": {"parts": None},
            "finishReason": name,
            "finishMessage": f"Unable to show the generated image ({name}).",
            "index": 0,
        }
        return builder.framed([{"candidates": [candidate], **builder.closing([])}])

    return FaultKind(name, f"no picture, finishReason {name}", refuse)


REFUSALS.kinds.extend(map(finish_reason, FINISH_REASONS))


@REFUSALS.fault(
    "block",
    "no candidates, promptFeedback.blockReason ARG",
    argument="reason",
    default="PROHIBITED_CONTENT",
    pattern=TEXT,
)
def _blocked(builder: ResponseBuilder, argument: str) -> Response:
    feedback = {
        "blockReason": argument,
        "blockReasonMessage": f"The prompt was blocked ({argument}).",
    }
    return builder.framed([{"promptFeedback": feedback, **builder.closing([])}])


@REFUSALS.fault("candidates-null", "candidates: null")
def _no_candidates(builder: ResponseBuilder, _: str) -> Response:
    return builder.framed([{"candidates": None, **_NO_RATINGS, **builder.closing([])}])


def _content(value: Any) -> Build:
    """Return a builder of a reply that stops as if all were well with this content."""

    def build(builder: ResponseBuilder, _: str) -> Response:
        candidate = {"content": value, "finishReason": "STOP", "index": 0}
        closing = builder.closing([])
        return builder.framed([{"candidates": [candidate], **_NO_RATINGS, **closing}])

    return build


REFUSALS.add("parts-null", "parts: null, yet STOP", _content({"parts": None}))
REFUSALS.add("content-empty", "content: {}, yet STOP", _content({}))
REFUSALS.add(
    "role-only", "content with a role and no parts", _content({"role": "model"})
)
REFUSALS.add(
    "no-image",
    "STOP after a part with empty words",
    _content({"parts": [{"text": ""}], "role": "model"}),
)


@REFUSALS.fault("text-only", "STOP after words")
def _words_only(builder: ResponseBuilder, _: str) -> Response:
    words = "I can help you with that! Which part of the picture do you mean?"
    return builder.reply([builder.text_part(words)])
