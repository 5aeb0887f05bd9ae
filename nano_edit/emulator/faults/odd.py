"""Unusual replies with a whole picture: legal, or seen of gateways.

A client takes the picture out of each.
"""

from __future__ import annotations

import base64
import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nano_edit.emulator.faults.kind import FaultSection
from nano_edit.emulator.replies import MIME_TYPES
from nano_edit.emulator.responses import Blob, Response, event_stream, write_json

if TYPE_CHECKING:
    from nano_edit.emulator.faults.kind import Build
    from nano_edit.emulator.replies import Part, ResponseBuilder

ODD = FaultSection("A whole picture in an unusual reply")

# What a terminal, a bidirectional layout or a markup reader might obey: colour, a
# title, the clipboard, a link, a cleared screen, an 8-bit CSI, overtyped words, a
# line turned around, tags.
ESCAPES = (
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b]52;c;aGk=\x07"
    " \x1b]8;;http://127.0.0.1:9/\x1b\\link\x1b]8;;\x1b\\ \x1b[2J\x1b[H\x9b1m\x7f"
    " done\rfail\b\b\b\b \u202egpj.exe\u202c \u2066isolated\u2069\u200b"
    " [bold red]markup[/bold red] [link=http://127.0.0.1:9/]here[/link] [/]\n"
)


def with_words(builder: ResponseBuilder, *parts: Part) -> Response:
    """Reply with ``parts``, and before them the words, if they were asked for."""
    asked = "TEXT" in builder.request.modalities
    words = [builder.text_part(builder.words())] if asked else []
    return builder.reply([*words, *parts])


def _final(builder: ResponseBuilder) -> Part:
    return builder.image_part(builder.picture())


def _draft(builder: ResponseBuilder, number: int) -> Part:
    return builder.image_part(builder.picture(label=f"draft {number}"))


# --- which parts ------------------------------------------------------------


@ODD.fault("empty-part", "{} and empty words before the picture")
def _empty_parts(builder: ResponseBuilder, _: str) -> Response:
    return with_words(builder, {}, {"text": ""}, _final(builder))


@ODD.fault("drafts", "two drafts that do not say so, then the picture")
def _drafts(builder: ResponseBuilder, _: str) -> Response:
    drafts = (_draft(builder, number) for number in (1, 2))
    return with_words(builder, *drafts, _final(builder))


@ODD.fault(
    "drafts-thought",
    "words and drafts with thought: true (after the data), then the picture",
)
def _thoughts(builder: ResponseBuilder, _: str) -> Response:
    words = {"text": "**Considering the light**\n\n", "thought": True}
    first, second = ({**_draft(builder, n), "thought": True} for n in (1, 2))
    return with_words(builder, words, first, second, _final(builder))


@ODD.fault("thought-last", "the picture, then a draft with thought: true")
def _thought_last(builder: ResponseBuilder, _: str) -> Response:
    return with_words(builder, _final(builder), {**_draft(builder, 1), "thought": True})


@ODD.fault("thought-only", "the only picture has thought: true")
def _thought_only(builder: ResponseBuilder, _: str) -> Response:
    return with_words(builder, {**_final(builder), "thought": True})


@ODD.fault("bad-draft", "a draft that is half of a file, then the picture")
def _bad_draft(builder: ResponseBuilder, _: str) -> Response:
    draft = builder.picture(label="draft")
    half = builder.image_part(draft[: len(draft) // 2])
    return with_words(builder, half, _final(builder))


@ODD.fault("bad-draft-base64", "a draft of invalid base64, then the picture")
def _bad_draft_base64(builder: ResponseBuilder, _: str) -> Response:
    draft = base64.b64encode(builder.picture(label="draft"))
    bad = builder.data_part(draft[:1000] + b"?!" + draft[1000:])
    return with_words(builder, bad, _final(builder))


# --- which picture ----------------------------------------------------------


@ODD.fault("wrong-mime", "mimeType image/png, bytes JPEG")
def _wrong_mime_type(builder: ResponseBuilder, _: str) -> Response:
    claimed = "image/png" if builder.format == "JPEG" else "image/jpeg"
    return with_words(builder, builder.image_part(builder.picture(), claimed))


def _in_format(image_format: str) -> Build:
    """Return a builder that replies in another format than the model's."""

    def build(builder: ResponseBuilder, _: str) -> Response:
        picture = builder.picture(image_format)
        part = builder.image_part(picture, MIME_TYPES[image_format])
        return with_words(builder, part)

    return build


ODD.add("png", "the picture as PNG", _in_format("PNG"))
ODD.add("webp", "the picture as WebP", _in_format("WEBP"))


@ODD.fault("downgrade", "served at the standard tier, whatever was asked for")
def _downgraded(builder: ResponseBuilder, _: str) -> Response:
    request = replace(builder.request, tier="standard")
    return replace(builder, request=request).ordinary()


@ODD.fault("data-url", "the picture as a data: URL in the words")
def _data_url(builder: ResponseBuilder, _: str) -> Response:
    mime_type = MIME_TYPES[builder.format].encode()
    encoded = base64.b64encode(builder.picture())
    # Markdown, as some gateways write it.
    words = b"Here it is:\\n\\n![image](data:%b;base64,%b)\\n" % (mime_type, encoded)
    return builder.reply([{"text": Blob(words)}])


# --- how it is written ------------------------------------------------------


@ODD.fault("snake-case", "inline_data, mime_type, …")
def _snake_case(builder: ResponseBuilder, _: str) -> Response:
    # As clients of protocol buffers may.
    return Response(200, write_json(_in_snake_case(builder.document(builder.parts()))))


def _in_snake_case(value: Any) -> Any:
    if isinstance(value, list):
        return [_in_snake_case(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        re.sub("(?=[A-Z])", "_", name).lower(): _in_snake_case(item)
        for name, item in value.items()
    }


@ODD.fault("urlsafe", "URL-safe base64 without padding")
def _url_safe(builder: ResponseBuilder, _: str) -> Response:
    encoded = base64.urlsafe_b64encode(builder.picture())
    return with_words(builder, builder.data_part(encoded.rstrip(b"=")))


@ODD.fault("escaped", r"base64 with `\/`, `\u002b` and `\u003d`")
def _escaped(builder: ResponseBuilder, _: str) -> Response:
    encoded = base64.b64encode(builder.picture())
    for plain, escape in ((b"/", rb"\/"), (b"+", rb"\u002b"), (b"=", rb"\u003d")):
        encoded = encoded.replace(plain, escape)
    return with_words(builder, builder.data_part(encoded))


@ODD.fault("late-keys", "mimeType after data, thought after both, candidates last")
def _late_keys(builder: ResponseBuilder, _: str) -> Response:
    draft, final = _late(_draft(builder, 1)), _late(_final(builder))
    document = builder.document([{**draft, "thought": True}, final])
    candidate = dict(reversed(document.pop("candidates")[0].items()))
    body = write_json({**document, "candidates": [candidate]})
    return Response(200, body, usage=document["usageMetadata"])


def _late(part: Part) -> Part:
    return {**part, "inlineData": dict(reversed(part["inlineData"].items()))}


@ODD.fault("compact", "on one line, the role before the parts")
def _compact(builder: ResponseBuilder, _: str) -> Response:
    # As a gateway writes that reads the reply and writes it anew.
    document = builder.document(builder.parts())
    (candidate,) = document["candidates"]
    candidate["content"] = dict(reversed(candidate["content"].items()))
    document["promptFeedback"] = {"safetyRatings": None}
    return Response(200, write_json(document, indent=None))


@ODD.fault("bom", "a byte order mark before the JSON")
def _byte_order_mark(builder: ResponseBuilder, _: str) -> Response:
    return Response(200, (b"\xef\xbb\xbf", *builder.ordinary().body))


@ODD.fault("array", "the reply as the only entry of an array")
def _array(builder: ResponseBuilder, _: str) -> Response:
    return Response(200, (b"[", *builder.ordinary().body, b"]"))


@ODD.fault("sse", "the reply as one server-sent event")
def _one_event(builder: ResponseBuilder, _: str) -> Response:
    return event_stream([builder.document(builder.parts())])


@ODD.fault("sse-parts", "server-sent events, a part of the reply in each")
def _event_per_part(builder: ResponseBuilder, _: str) -> Response:
    return event_stream(builder.stream_documents(builder.parts()))


# --- something beside the picture -------------------------------------------


def _beside(builder: ResponseBuilder, **fields: Any) -> Response:
    """Reply with these fields before the candidates."""
    document = builder.document(builder.parts())
    return Response(200, write_json({**fields, **document}))


@ODD.fault("error-empty", '"error": {} beside the picture')
def _empty_error(builder: ResponseBuilder, _: str) -> Response:
    return _beside(builder, error={})


@ODD.fault("error-warning", "an error object that only warns, beside the picture")
def _error_that_warns(builder: ResponseBuilder, _: str) -> Response:
    message = "The model is deprecated; the picture was made all the same."
    return _beside(builder, error={"code": 0, "message": message, "status": "OK"})


@ODD.fault("warning", "a warning object beside the picture")
def _warning(builder: ResponseBuilder, _: str) -> Response:
    return _beside(builder, warning={"message": "The model is deprecated."})


@ODD.fault("nan", "NaN where a number belongs, before the picture")
def _nan(builder: ResponseBuilder, _: str) -> Response:
    document = builder.document(builder.parts())
    (candidate,) = document["candidates"]
    document["candidates"] = [{"avgLogprobs": math.nan, **candidate}]
    return Response(200, write_json(document))


@ODD.fault("half-surrogate", r"words with half a surrogate pair, `\ud83d`")
def _half_surrogate(builder: ResponseBuilder, _: str) -> Response:
    return builder.reply([{"text": Blob(rb"Done \ud83d!")}, _final(builder)])


@ODD.fault(
    "long-number",
    "a number of ARG digits before the candidates",
    argument="digits",
    default="5000",
)
def _long_number(builder: ResponseBuilder, argument: str) -> Response:
    first, *rest = builder.ordinary().body
    number = b'\n  "elapsed": ' + b"1" * int(float(argument)) + b","
    return Response(200, (b"{" + number + first[1:], *rest))


@ODD.fault(
    "deep-beside",
    "ARG nested arrays beside the picture, in its part",
    argument="arrays",
    default="10000",
)
def _deep_beside(builder: ResponseBuilder, argument: str) -> Response:
    depth = int(float(argument))
    pieces = write_json(builder.document([{**_final(builder), "debug": Blob(b"")}]))
    *before, quote, _empty, after = pieces[:-1]
    nest = quote[:-1] + b"[" * depth + b"]" * depth + after[1:]
    return Response(200, (*before, nest, *pieces[-1:]))


@ODD.fault("bad-char", "a control character in a string behind the picture")
def _bad_character(builder: ResponseBuilder, _: str) -> Response:
    document = builder.document(builder.parts())
    version = document["modelVersion"].encode()
    return Response(
        200, write_json({**document, "modelVersion": Blob(version + b"\x01")})
    )


# --- another status ---------------------------------------------------------


def _with_status(status: int) -> Build:
    """Return a builder of the ordinary reply with another status."""
    return lambda builder, _: replace(builder.ordinary(), status=status)


ODD.add("201", "status 201 with the picture", _with_status(201))
ODD.add("203", "status 203 with the picture", _with_status(203))

# --- not what was asked for -------------------------------------------------


@ODD.fault("small", "imageSize dropped: 1K pixels")
def _smaller(builder: ResponseBuilder, _: str) -> Response:
    picture = builder.picture(size=builder.request.pixels_of(size="1K"))
    return with_words(builder, builder.image_part(picture))


@ODD.fault("square", "aspectRatio ignored: 1:1")
def _square(builder: ResponseBuilder, _: str) -> Response:
    picture = builder.picture(size=builder.request.pixels_of(ratio="1:1"))
    return with_words(builder, builder.image_part(picture))


@ODD.fault("terminal-escapes", "words with escape sequences, bidi controls, markup")
def _terminal_escapes(builder: ResponseBuilder, _: str) -> Response:
    return builder.reply([builder.text_part(ESCAPES), _final(builder)])
