"""The shape of a reply: which keys matter, and what stands there.

Source: the vendors' reference of ``generateContent``, and recorded replies.  What
is not named here is read past.
"""

from __future__ import annotations

from dataclasses import field

from nano_edit.frozen import Frozen


class Node(Frozen):
    """A place in the reply: what stands there and what its members are.

    ``kind`` is "object", "array", "picture" (base64), "text", "word" or "scalar".
    A ``strict`` place holds the picture's way: its type must be right.
    """

    kind: str
    name: str = ""  # where a word or scalar is filed, "part.thought"
    members: dict[str, Node] = field(default_factory=dict)
    strict: bool = False

    def member(self, key: str) -> Node | None:
        """Return the place that ``key`` leads to; snake_case counts as camelCase."""
        return self.members.get(key.replace("_", "").lower())


def _object(name: str = "", *, strict: bool = False, **members: Node) -> Node:
    return Node("object", name, members, strict)


def _word(name: str) -> Node:
    return Node("word", name)


ITEM = "[]"


def _array(item: Node) -> Node:
    return Node("array", "", {ITEM: item}, strict=True)


_PICTURE = _object(
    strict=True,
    mimetype=_word("part.mime_type"),
    data=Node("picture", strict=True),
)
PART = _object(
    "part",
    strict=True,
    text=Node("text"),
    thought=Node("scalar", "part.thought"),
    inlinedata=_PICTURE,
)
_CANDIDATE = _object(
    strict=True,
    content=_object(strict=True, parts=_array(PART)),
    finishreason=_word("finish_reason"),
    finishmessage=_word("finish_message"),
)
DETAIL = _object(
    modality=_word("detail.modality"),
    tokencount=Node("scalar", "detail.tokens"),
)
SHAPE = _object(
    candidates=_array(_CANDIDATE),
    promptfeedback=_object(
        blockreason=_word("block_reason"),
        blockreasonmessage=_word("block_message"),
    ),
    usagemetadata=_object(
        prompttokencount=Node("scalar", "usage.prompt_tokens"),
        candidatestokencount=Node("scalar", "usage.candidates_tokens"),
        thoughtstokencount=Node("scalar", "usage.thoughts_tokens"),
        totaltokencount=Node("scalar", "usage.total_tokens"),
        candidatestokensdetails=Node("array", "", {ITEM: DETAIL}),
    ),
    responseid=_word("response_id"),
    modelversion=_word("model_version"),
    error=_object("error"),
)

# How a kind is called in a complaint.
KIND_NAMES = {
    "object": "an object",
    "array": "a list",
    "picture": "a string",
    "scalar": "a bare value",
}
