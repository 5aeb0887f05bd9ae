"""The request body: JSON around base64, made while it is sent.

Strategy: the JSON is written once with a number where each picture belongs and
cut at the numbers; the pictures are read from disk, a block at a time, between
the pieces.  Iterating again gives the same bytes again, for another attempt.

Rules: the length is exact and known before the first byte; a file that has
changed since then is an InputError, never a body of another length.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nano_edit.domain import shown_source
from nano_edit.errors import InputError
from nano_edit.wire.codec.base64_stream import Encoder, encoded_length

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nano_edit.domain import EditRequest, FileSpan, ImageInput

BLOCK = 96 * 1024  # bytes read at a time; whole groups of three


def request_json(request: EditRequest, data: list[Any]) -> dict[str, Any]:
    """Return the request as JSON data, ``data`` standing for each picture's bytes."""
    config: dict[str, Any] = {
        "responseModalities": ["TEXT", "IMAGE"] if request.text else ["IMAGE"]
    }
    image_config = {
        "aspectRatio": request.aspect_ratio,
        "imageSize": request.image_size,
    }
    if chosen := {name: value for name, value in image_config.items() if value}:
        config["imageConfig"] = chosen
    images = [
        {"inlineData": {"mimeType": image.mime_type, "data": one}}
        for image, one in zip(request.images, data, strict=True)
    ]
    parts = [{"text": request.instruction}, *images]
    return {"contents": [{"parts": parts}], "generationConfig": config}


class RequestBody:
    """An edit as the bytes of its POST body.

    Iterate for the bytes, as often as needed; ``content_length`` is their number.
    """

    def __init__(self, request: EditRequest) -> None:
        marks = [index for index, _ in enumerate(request.images)]
        whole = json.dumps(
            request_json(request, marks), ensure_ascii=False, separators=(",", ":")
        )
        self._images = request.images
        self._literals = _cut(whole, len(marks))
        self.content_length = sum(map(len, self._literals)) + sum(
            encoded_length(image.size) for image in request.images
        )

    def __iter__(self) -> Iterator[bytes]:
        yield self._literals[0]
        for image, literal in zip(self._images, self._literals[1:], strict=True):
            encoder = Encoder()
            for block in read_content(image):
                if encoded := encoder.feed(block):
                    yield encoded
            yield encoder.flush() + literal


def _cut(whole: str, count: int) -> list[bytes]:
    """Cut the JSON where picture 0, 1, ... ``count - 1`` stands as a number."""
    literals: list[bytes] = []
    for index in range(count):
        before, whole = whole.split(f'"data":{index}}}', 1)
        literals.append(f'{before}"data":"'.encode())
        whole = '"}' + whole
    return [*literals, whole.encode()]


def read_content(image: ImageInput) -> Iterator[bytes]:
    """Yield the picture's bytes in blocks of at most `BLOCK`.

    Raises InputError when its file no longer holds what it did.
    """
    for piece in image.content:
        if isinstance(piece, bytes):
            yield piece
        else:
            yield from _read_span(piece, shown_source(image.source))


def _read_span(span: FileSpan, source: str) -> Iterator[bytes]:
    left = span.length
    try:
        with span.path.open("rb", buffering=0) as file:
            file.seek(span.offset)
            while left and (block := file.read(min(BLOCK, left))):
                left -= len(block)
                yield block
    except OSError as fault:
        raise InputError(f"{source}: {fault.strerror or fault}.") from fault
    if left:
        raise InputError(
            f"{source}: it became shorter while it was being sent.",
            hint="Run the command again when nothing writes to the file.",
        )
