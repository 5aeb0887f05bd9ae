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
from nano_edit.emulator.connection import compress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nano_edit.emulator.replies import Scene

_PIECE = 64 * 1024  # bytes made at once


def truncated_json(scene: Scene, _: str) -> Answer:
    """End in the middle of the picture, as if that were the end."""
    encoded = base64.b64encode(scene.picture())
    pieces = write_json(scene.document([scene.data_part(encoded)]))
    before = pieces[: pieces.index(encoded)]
    return Answer(200, (*before, encoded[: len(encoded) // 2]))


def truncated_tail(scene: Scene, _: str) -> Answer:
    """End behind the picture, before what closes the JSON."""
    *pieces, last, _end = scene.ordinary().body
    return Answer(200, (*pieces, last[: last.index(b"]")]))


def truncated_base64(scene: Scene, _: str) -> Answer:
    """Cut the picture's base64 at a length that no base64 has."""
    encoded = base64.b64encode(scene.picture())
    return scene.reply([scene.data_part(encoded[: len(encoded) // 8 * 4 + 1])])


def truncated_image(scene: Scene, _: str) -> Answer:
    """Send the first half of the picture's file, in sound base64."""
    picture = scene.picture()
    return scene.reply([scene.image_part(picture[: len(picture) // 2])])


def not_an_image(scene: Scene, _: str) -> Answer:
    """Send words where the picture belongs, in sound base64."""
    return scene.reply([scene.image_part(b"This is no picture.\n" * 20)])


def bad_utf8(scene: Scene, _: str) -> Answer:
    """Put bytes that are no UTF-8 into the words before the picture."""
    words = {"text": Blob(b"Here it is \xff\xc3\x28: ")}
    return scene.reply([words, scene.image_part(scene.picture())])


def deep_nesting(scene: Scene, argument: str) -> Answer:
    """Open so many arrays within each other before the candidates."""
    first, *rest = scene.ordinary().body
    depth = int(float(argument))
    nest = b'\n  "debug": ' + b"[" * depth + b"]" * depth + b","
    return Answer(200, (b"{" + nest + first[1:], *rest))


def huge(scene: Scene, argument: str) -> Answer:
    """Send so many bytes of white space before the candidates."""
    return Answer(200, _swollen(scene, int(float(argument))), may_gzip=False)


def huge_text(scene: Scene, argument: str) -> Answer:
    """Send words so many bytes long before the picture."""
    return Answer(200, _wordy(scene, int(float(argument))), may_gzip=False)


def gzip_bomb(scene: Scene, argument: str) -> Answer:
    """Send a little gzip that inflates to so many megabytes, asked for or not."""
    body = _swollen(scene, int(float(argument) * 1024 * 1024))
    packed = compress(body, zlib.Z_DEFAULT_STRATEGY)
    return Answer(200, packed, encoding="gzip", may_gzip=False)


def _swollen(scene: Scene, size: int) -> Iterator[bytes]:
    first, *rest = scene.ordinary().body
    yield b"{"
    yield from _run(b" ", size)
    yield first[1:]
    yield from rest


def _wordy(scene: Scene, size: int) -> Iterator[bytes]:
    words = {"text": Blob(b"")}
    reply = scene.reply([words, scene.image_part(scene.picture())])
    first, _, *rest = reply.body
    yield first
    yield from _run(b"A", size)
    yield from rest


def _run(byte: bytes, size: int) -> Iterator[bytes]:
    whole, rest = divmod(size, _PIECE)
    yield from repeat(byte * _PIECE, whole)
    yield byte * rest
