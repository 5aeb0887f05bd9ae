"""Whole replies in odd clothes: every shape here is legal, or has been seen.

A client that means well by its user takes the picture out of each.  Each takes
the scene and the fault's argument, so that all fit in one table.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

from nano_edit.emulator.answers import Answer, Blob, write_json
from nano_edit.emulator.replies import MIME_TYPES

if TYPE_CHECKING:
    from nano_edit.emulator.faults.kind import Build
    from nano_edit.emulator.replies import Part, Scene

_ESCAPES = {b"/": rb"\/", b"+": rb"\u002b", b"=": rb"\u003d"}

# What a terminal, a bidirectional layout or a markup reader might obey: colour, a
# title, the clipboard, a link, a cleared screen, an 8-bit CSI, overtyped words, a
# line turned around, tags.
ESCAPES = (
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b]52;c;aGk=\x07"
    " \x1b]8;;http://127.0.0.1:9/\x1b\\link\x1b]8;;\x1b\\ \x1b[2J\x1b[H\x9b1m\x7f"
    " done\rfail\b\b\b\b \u202egpj.exe\u202c \u2066isolated\u2069\u200b"
    " [bold red]markup[/bold red] [link=http://127.0.0.1:9/]here[/link] [/]\n"
)


def _with_words(scene: Scene, *parts: Part) -> Answer:
    """Answer with ``parts``, and before them the words, if they were asked for."""
    asked = "TEXT" in scene.request.modalities
    words = [scene.text_part(scene.words())] if asked else []
    return scene.reply([*words, *parts])


def _final(scene: Scene) -> Part:
    return scene.image_part(scene.picture())


def _draft(scene: Scene, number: int) -> Part:
    picture = scene.picture(label=f"draft {number}")
    return scene.image_part(picture, number=1 + number)


def empty_parts(scene: Scene, _: str) -> Answer:
    """Put a part without fields and one with empty words before the picture."""
    return _with_words(scene, {}, {"text": ""}, _final(scene))


def drafts(scene: Scene, _: str) -> Answer:
    """Send two drafts that do not say so, then the picture."""
    return _with_words(scene, _draft(scene, 1), _draft(scene, 2), _final(scene))


def thoughts(scene: Scene, _: str) -> Answer:
    """Send a thought in words and two drafts that say so at their end."""
    words = {"text": "**Considering the light**\n\n", "thought": True}
    first, second = ({**_draft(scene, n), "thought": True} for n in (1, 2))
    return _with_words(scene, words, first, second, _final(scene))


def thought_last(scene: Scene, _: str) -> Answer:
    """Send the picture, then a draft that says so."""
    return _with_words(scene, _final(scene), {**_draft(scene, 1), "thought": True})


def wrong_mime_type(scene: Scene, _: str) -> Answer:
    """Claim PNG for a JPEG, or JPEG for a PNG."""
    claimed = "image/png" if scene.format == "JPEG" else "image/jpeg"
    return _with_words(scene, scene.image_part(scene.picture(), claimed))


def in_format(image_format: str) -> Build:
    """Return an answer in another format than the model's, truly named."""

    def answer(scene: Scene, _: str) -> Answer:
        picture = scene.picture(image_format)
        part = scene.image_part(picture, MIME_TYPES[image_format])
        return _with_words(scene, part)

    return answer


def data_url(scene: Scene, _: str) -> Answer:
    """Send the picture as Markdown in the words, as some gateways do."""
    mime_type = MIME_TYPES[scene.format].encode()
    encoded = base64.b64encode(scene.picture())
    words = b"Here it is:\\n\\n![image](data:%b;base64,%b)\\n" % (mime_type, encoded)
    return scene.reply([{"text": Blob(words)}])


def url_safe(scene: Scene, _: str) -> Answer:
    """Write the picture in base64's other alphabet, without padding."""
    encoded = base64.urlsafe_b64encode(scene.picture())
    return _with_words(scene, scene.data_part(encoded.rstrip(b"=")))


def escaped(scene: Scene, _: str) -> Answer:
    r"""Escape what need not be escaped: ``\/``, ``\u002b``, ``\u003d``."""
    encoded = base64.b64encode(scene.picture())
    for plain, escape in _ESCAPES.items():
        encoded = encoded.replace(plain, escape)
    return _with_words(scene, scene.data_part(encoded))


def late_keys(scene: Scene, _: str) -> Answer:
    """Say last what is wanted first: types, thoughts, the candidates."""
    draft, final = _late(_draft(scene, 1)), _late(_final(scene))
    document = scene.document([{**draft, "thought": True}, final])
    candidate = dict(reversed(document.pop("candidates")[0].items()))
    return Answer(200, write_json({**document, "candidates": [candidate]}))


def _late(part: Part) -> Part:
    return {**part, "inlineData": dict(reversed(part["inlineData"].items()))}


def snake_case(scene: Scene, _: str) -> Answer:
    """Write every name in snake_case, as clients of protocol buffers may."""
    return Answer(200, write_json(_in_snake_case(scene.document(scene.parts()))))


def _in_snake_case(value: Any) -> Any:
    if isinstance(value, list):
        return [_in_snake_case(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        re.sub("(?=[A-Z])", "_", name).lower(): _in_snake_case(item)
        for name, item in value.items()
    }


def compact(scene: Scene, _: str) -> Answer:
    """Write the reply on one line, the role first, as a gateway does anew."""
    document = scene.document(scene.parts())
    (candidate,) = document["candidates"]
    candidate["content"] = dict(reversed(candidate["content"].items()))
    document["promptFeedback"] = {"safetyRatings": None}
    return Answer(200, write_json(document, indent=None))


def smaller(scene: Scene, _: str) -> Answer:
    """Drop ``imageSize`` on the way: the answer has the pixels of 1K."""
    picture = scene.picture(size=scene.request.pixels_of(size="1K"))
    return _with_words(scene, scene.image_part(picture))


def square(scene: Scene, _: str) -> Answer:
    """Ignore the ratio: the answer is 1:1."""
    picture = scene.picture(size=scene.request.pixels_of(ratio="1:1"))
    return _with_words(scene, scene.image_part(picture))


def terminal_escapes(scene: Scene, _: str) -> Answer:
    """Say things that no terminal should be shown, then send the picture."""
    return scene.reply([scene.text_part(ESCAPES), _final(scene)])
