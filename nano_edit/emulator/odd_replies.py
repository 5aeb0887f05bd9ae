"""Whole replies in odd clothes: every shape here is legal, or has been seen.

A client that means well by its user takes the picture out of each.  Each takes
the scene and the fault's argument, so that all fit in one table.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

from nano_edit.emulator.answers import Answer, Blob, write_json

if TYPE_CHECKING:
    from nano_edit.emulator.fault_kinds import Build
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


def _reply(scene: Scene, parts: list[Part]) -> Answer:
    return Answer(200, write_json(scene.document(parts)))


def _inline(part: Part) -> dict[str, Any]:
    inline: dict[str, Any] = part["inlineData"]
    return inline


def empty_parts(scene: Scene, _: str) -> Answer:
    """Put a part without fields and one with empty words before the picture."""
    picture = scene.image_part(scene.picture())
    return _reply(scene, [{}, {"text": ""}, picture])


def drafts(scene: Scene, _: str) -> Answer:
    """Send two drafts that do not say so, then the picture."""
    files = (scene.picture(label=label) for label in ("draft 1", "draft 2", ""))
    return _reply(scene, [scene.image_part(file) for file in files])


def thoughts(scene: Scene, _: str) -> Answer:
    """Send a thought in words, a draft that says so at its end, the picture."""
    words = {"text": "**Considering the light**\n\n", "thought": True}
    draft = scene.image_part(scene.picture(label="draft"))
    draft["thought"] = True
    return _reply(scene, [words, draft, scene.image_part(scene.picture())])


def wrong_mime_type(scene: Scene, _: str) -> Answer:
    """Claim PNG for a JPEG, or JPEG for a PNG."""
    claimed = "image/png" if scene.format == "JPEG" else "image/jpeg"
    return _reply(scene, [scene.image_part(scene.picture(), claimed)])


def in_format(image_format: str) -> Build:
    """Return an answer in another format than the model's, truly named."""

    def answer(scene: Scene, _: str) -> Answer:
        picture = scene.picture(image_format)
        part = scene.image_part(picture, f"image/{image_format.lower()}")
        return _reply(scene, [part])

    return answer


def data_url(scene: Scene, _: str) -> Answer:
    """Send the picture as Markdown in the words, as some gateways do."""
    encoded = base64.b64encode(scene.picture())
    head = f"![image](data:image/{scene.format.lower()};base64,".encode()
    return _reply(scene, [{"text": Blob(head + encoded + b")")}])


def url_safe(scene: Scene, _: str) -> Answer:
    """Write the picture in base64's other alphabet, without padding."""
    picture = scene.picture()
    part = scene.image_part(picture)
    _inline(part)["data"] = Blob(base64.urlsafe_b64encode(picture).rstrip(b"="))
    return _reply(scene, [part])


def escaped(scene: Scene, _: str) -> Answer:
    r"""Escape what need not be escaped: ``\/``, ``\u002b``, ``\u003d``."""
    part = scene.image_part(scene.picture())
    data = _inline(part)["data"].data
    _inline(part)["data"] = Blob(
        re.sub(rb"[/+=]", lambda found: _ESCAPES[found[0]], data)
    )
    return _reply(scene, [part])


def late_keys(scene: Scene, _: str) -> Answer:
    """Say last what is wanted first: types, thoughts, the candidates."""
    parts = []
    for label in ("draft", ""):
        inline = _inline(scene.image_part(scene.picture(label=label)))
        late = {"data": inline["data"], "mimeType": inline["mimeType"]}
        parts.append({"inlineData": late, "thought": bool(label)})
    document = scene.document(parts)
    candidate = dict(reversed(document.pop("candidates")[0].items()))
    return Answer(200, write_json({**document, "candidates": [candidate]}))


def snake_case(scene: Scene, _: str) -> Answer:
    """Write every name in snake_case, as clients of protocol buffers may."""
    return Answer(200, write_json(_in_snake_case(scene.document(scene.parts()))))


def _in_snake_case(value: Any) -> Any:
    if isinstance(value, list):
        return [_in_snake_case(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        re.sub(r"[A-Z]", lambda letter: "_" + letter[0].lower(), name): _in_snake_case(
            item
        )
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
    return _reply(scene, [scene.image_part(picture)])


def square(scene: Scene, _: str) -> Answer:
    """Ignore the ratio: the answer is 1:1."""
    picture = scene.picture(size=scene.request.pixels_of(ratio="1:1"))
    return _reply(scene, [scene.image_part(picture)])


def terminal_escapes(scene: Scene, _: str) -> Answer:
    """Say things that no terminal should be shown, then send the picture."""
    return _reply(scene, [{"text": ESCAPES}, scene.image_part(scene.picture())])
