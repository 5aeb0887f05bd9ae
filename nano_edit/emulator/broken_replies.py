"""Replies that hold no picture to be had, or are made to exhaust who reads them.

What is large is made as it is sent, so that a gigabyte costs no memory here.
Each takes the scene and the fault's argument, so that all fit in one table.
"""

from __future__ import annotations

import base64
import zlib
from itertools import repeat
from typing import TYPE_CHECKING

from nano_edit.emulator.answers import Answer, Blob, write_json
from nano_edit.emulator.delivery import compress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nano_edit.emulator.replies import Scene

_SPACES = b" " * 64 * 1024
DEPTH = 100  # arrays within each other


def truncated_json(scene: Scene, _: str) -> Answer:
    """End in the middle of the picture, as if that were the end."""
    part = scene.image_part(scene.picture())
    encoded: bytes = part["inlineData"]["data"].data
    body = b"".join(write_json(scene.document([part])))
    end = body.index(encoded) + len(encoded) // 2
    return Answer(200, (body[:end],))


def truncated_base64(scene: Scene, _: str) -> Answer:
    """Cut the picture's base64 at a length that no base64 has."""
    encoded = base64.b64encode(scene.picture())
    return _with_data(scene, encoded[: len(encoded) // 8 * 4 + 1])


def truncated_image(scene: Scene, _: str) -> Answer:
    """Send the first half of the picture's file, in sound base64."""
    picture = scene.picture()
    return _with_data(scene, base64.b64encode(picture[: len(picture) // 2]))


def not_an_image(scene: Scene, _: str) -> Answer:
    """Send words where the picture belongs, in sound base64."""
    return _with_data(scene, base64.b64encode(b"This is no picture.\n" * 20))


def _with_data(scene: Scene, encoded: bytes) -> Answer:
    part = scene.image_part(b"")
    part["inlineData"]["data"] = Blob(encoded)
    return Answer(200, write_json(scene.document([part])))


def bad_utf8(scene: Scene, _: str) -> Answer:
    """Put bytes that are no UTF-8 into the words before the picture."""
    words = {"text": Blob(b"Here it is \xff\xc3\x28: ")}
    document = scene.document([words, scene.image_part(scene.picture())])
    return Answer(200, write_json(document))


def deep_nesting(scene: Scene, _: str) -> Answer:
    """Open a hundred arrays before the candidates."""
    first, *rest = scene.ordinary().body
    nest = b'\n  "debug": ' + b"[" * DEPTH + b"]" * DEPTH + b","
    return Answer(200, (b"{" + nest + first[1:], *rest))


def huge(scene: Scene, argument: str) -> Answer:
    """Send so many bytes of white space before the candidates."""
    return Answer(200, _swollen(scene, int(float(argument))), may_gzip=False)


def gzip_bomb(scene: Scene, argument: str) -> Answer:
    """Send a little gzip that inflates to so many megabytes, asked for or not."""
    body = _swollen(scene, int(float(argument) * 1024 * 1024))
    packed = compress(body, zlib.Z_DEFAULT_STRATEGY)
    return Answer(200, packed, encoding="gzip", may_gzip=False)


def _swollen(scene: Scene, size: int) -> Iterator[bytes]:
    first, *rest = scene.ordinary().body
    yield b"{"
    yield from repeat(_SPACES, size // len(_SPACES))
    yield _SPACES[: size % len(_SPACES)] + first[1:]
    yield from rest
