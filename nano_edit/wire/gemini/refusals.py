"""A whole reply without a picture: why, in words, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nano_edit.domain import Billed
from nano_edit.errors import RefusedError
from nano_edit.wire.gemini.errors import quoted_words

if TYPE_CHECKING:
    from nano_edit.domain import ReplyEnded

_REFUSALS = {
    "SAFETY": "the safety filter stopped it",
    "IMAGE_SAFETY": "the safety filter stopped the picture",
    "PROHIBITED_CONTENT": "it counts as prohibited content",
    "IMAGE_PROHIBITED_CONTENT": "the picture counts as prohibited content",
    "RECITATION": "it would repeat protected material",
    "IMAGE_RECITATION": "the picture would repeat protected material",
    "BLOCKLIST": "it holds a word on a block list",
    "SPII": "it would show personal data",
    "MAX_TOKENS": "the model ran out of tokens before the picture",
    "NO_IMAGE": "the model made no picture",
    "IMAGE_OTHER": "the model could not make the picture",
    "MALFORMED_RESPONSE": "the model's answer was malformed",
    "MODEL_ARMOR": "the account's own content policy stopped it",
    "STOP": "the model answered in words alone",
}
_REWORD = "Reword the instruction or use another picture; the same one fails again."


def refusal_of(ended: ReplyEnded, text: str) -> RefusedError:
    """Return the error for a whole reply without a usable picture.

    ``text`` is what the model said instead, if anything.
    """
    reason = ended.block_reason or ended.finish_reason or "no reason given"
    why = _REFUSALS.get(reason, "the service gave no picture")
    said = ended.block_message or ended.finish_message or text
    quoted = quoted_words(said)
    hint = _REWORD
    if reason == "STOP":
        hint = "Ask for a picture in so many words, or read what the model says."
    return RefusedError(
        f"No picture came: {why} ({reason}).{quoted}",
        hint=hint,
        billed=Billed.UNKNOWN,
        http_status=200,
    )
