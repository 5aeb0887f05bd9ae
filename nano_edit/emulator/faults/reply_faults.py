"""The faults whose answer is a reply with status 200: empty, odd or broken.

`refusals`, `odd_replies` and `broken_replies` build them, one room a table.
"""

from __future__ import annotations

from nano_edit.emulator.faults import broken, odd, refusals
from nano_edit.emulator.faults.kind import FaultKind

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
    summary = f"no picture, finishReason {name}"
    return FaultKind(name, summary, refusals.refused(name))


REFUSALS = (
    *map(finish_reason, FINISH_REASONS),
    FaultKind(
        "block",
        "no candidates, promptFeedback.blockReason ARG",
        refusals.blocked,
        argument="reason",
        default="PROHIBITED_CONTENT",
        is_number=False,
    ),
    FaultKind("candidates-null", "candidates: null", refusals.no_candidates),
    FaultKind("parts-null", "parts: null, yet STOP", refusals.content({"parts": None})),
    FaultKind("content-empty", "content: {}, yet STOP", refusals.content({})),
    FaultKind(
        "role-only",
        "content with a role and no parts",
        refusals.content({"role": "model"}),
    ),
    FaultKind(
        "no-image",
        "STOP after a part with empty words",
        refusals.content({"parts": [{"text": ""}], "role": "model"}),
    ),
    FaultKind("text-only", "STOP after words", refusals.words_only),
)

ODD = (
    FaultKind("empty-part", "{} and empty words before the picture", odd.empty_parts),
    FaultKind("drafts", "two drafts that do not say so, then the picture", odd.drafts),
    FaultKind(
        "drafts-thought",
        "words and drafts with thought: true (after the data), then the picture",
        odd.thoughts,
    ),
    FaultKind(
        "thought-last", "the picture, then a draft with thought: true", odd.thought_last
    ),
    FaultKind("wrong-mime", "mimeType image/png, bytes JPEG", odd.wrong_mime_type),
    FaultKind("png", "the picture as PNG", odd.in_format("PNG")),
    FaultKind("webp", "the picture as WebP", odd.in_format("WEBP")),
    FaultKind("data-url", "the picture as a data: URL in the words", odd.data_url),
    FaultKind("snake-case", "inline_data, mime_type, …", odd.snake_case),
    FaultKind("urlsafe", "URL-safe base64 without padding", odd.url_safe),
    FaultKind("escaped", r"base64 with `\/`, `\u002b` and `\u003d`", odd.escaped),
    FaultKind(
        "late-keys",
        "mimeType after data, thought after both, candidates last",
        odd.late_keys,
    ),
    FaultKind("compact", "on one line, the role before the parts", odd.compact),
    FaultKind("small", "imageSize dropped: 1K pixels", odd.smaller),
    FaultKind("square", "aspectRatio ignored: 1:1", odd.square),
    FaultKind(
        "terminal-escapes",
        "words with escape sequences, bidi controls, markup",
        odd.terminal_escapes,
    ),
)

BROKEN = (
    FaultKind(
        "truncated-json",
        "the JSON ends within the picture, the connection in order",
        broken.truncated_json,
    ),
    FaultKind(
        "truncated-tail",
        "the JSON ends behind the picture, the connection in order",
        broken.truncated_tail,
    ),
    FaultKind(
        "truncated-base64",
        "sound JSON, the base64 cut to a length there is not",
        broken.truncated_base64,
    ),
    FaultKind(
        "truncated-image", "sound base64 of half of the file", broken.truncated_image
    ),
    FaultKind("not-an-image", "sound base64 of words", broken.not_an_image),
    FaultKind("bad-utf8", "words that are no UTF-8", broken.bad_utf8),
    FaultKind(
        "deep-nesting",
        "so many arrays within each other before the candidates",
        broken.deep_nesting,
        argument="arrays",
        default="100",
    ),
    FaultKind(
        "huge",
        "so much white space before the candidates",
        broken.huge,
        argument="bytes",
        default="600000000",
    ),
    FaultKind(
        "huge-text",
        "words of so many bytes before the picture",
        broken.huge_text,
        argument="bytes",
        default="600000000",
    ),
    FaultKind(
        "gzip-bomb",
        "gzip of so much white space, asked for or not",
        broken.gzip_bomb,
        argument="MB",
        default="1000",
    ),
)
