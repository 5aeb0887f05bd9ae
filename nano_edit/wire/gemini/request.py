"""The request body: JSON around base64, made while it is sent.

Strategy: the JSON is written once with a number where each picture and each earlier
reply belongs, and cut at the numbers; they are read from disk, a block at a time,
between the pieces.  Iterating again gives the same bytes again, for another attempt.

Rules: the length is exact and known before the first byte; a file that has
changed since then is an InputError, never a body of another length.  An earlier
reply's parts go back byte for byte: neither parsed nor decoded.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nano_edit.domain import FileSpan, shown_source
from nano_edit.errors import InputError
from nano_edit.wire.codec.base64_stream import Encoder, encoded_length

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nano_edit.domain import EditRequest, ImageInput

BLOCK = 96 * 1024  # bytes read at a time; whole groups of three


def pieces_of(request: EditRequest) -> tuple[ImageInput | FileSpan, ...]:
    """Return what is read from disk, in the order of the body: pictures, replies."""
    pieces: list[ImageInput | FileSpan] = []
    for turn in request.turns:
        pieces += [*turn.images, turn.reply]
    return (*pieces, *request.new_images)


def request_json(request: EditRequest, data: list[Any]) -> dict[str, Any]:
    """Return the request as JSON data; ``data`` stands for each of `pieces_of`."""
    config: dict[str, Any] = {
        "responseModalities": ["TEXT", "IMAGE"] if request.text else ["IMAGE"]
    }
    image_config = {
        "aspectRatio": request.aspect_ratio,
        "imageSize": request.image_size,
    }
    if chosen := {name: value for name, value in image_config.items() if value}:
        config["imageConfig"] = chosen
    left = iter(data)
    contents: list[Any] = []
    for turn in request.turns:
        contents.append(_user(turn.instruction, turn.images, left, role="user"))
        contents.append({"role": "model", "parts": next(left)})
    role = {"role": "user"} if contents else {}
    contents.append(_user(request.instruction, request.new_images, left, **role))
    tier = {"serviceTier": request.tier} if request.tier else {}
    return {"contents": contents, "generationConfig": config, **tier}


def _user(
    instruction: str, images: tuple[ImageInput, ...], data: Iterator[Any], **role: str
) -> dict[str, Any]:
    parts: list[Any] = [{"text": instruction}]
    for image in images:
        inline = {"mimeType": image.mime_type, "data": next(data)}
        parts.append({"inlineData": inline})
    return {**role, "parts": parts}


class RequestBody:
    """An edit as the bytes of its POST body.

    Iterate for the bytes, as often as needed; ``content_length`` is their number.
    """

    def __init__(self, request: EditRequest) -> None:
        self._pieces = pieces_of(request)
        marks = [index for index, _ in enumerate(self._pieces)]
        whole = json.dumps(
            request_json(request, marks), ensure_ascii=False, separators=(",", ":")
        )
        self._literals = _cut(whole, self._pieces)
        self.content_length = sum(map(len, self._literals)) + sum(
            map(_length, self._pieces)
        )

    def __iter__(self) -> Iterator[bytes]:
        yield self._literals[0]
        for piece, literal in zip(self._pieces, self._literals[1:], strict=True):
            if isinstance(piece, FileSpan):
                yield from read_reply(piece)
                yield literal
                continue
            encoder = Encoder()
            for block in read_content(piece):
                if encoded := encoder.feed(block):
                    yield encoded
            yield encoder.flush() + literal


def _length(piece: ImageInput | FileSpan) -> int:
    if isinstance(piece, FileSpan):
        return piece.length
    return encoded_length(piece.size)


def _cut(whole: str, pieces: Sequence[ImageInput | FileSpan]) -> list[bytes]:
    """Cut the JSON where each of ``pieces`` stands as its number."""
    literals: list[bytes] = []
    for index, piece in enumerate(pieces):
        is_reply = isinstance(piece, FileSpan)
        key, quote = ('"parts":', "") if is_reply else ('"data":', '"')
        before, whole = whole.split(f"{key}{index}}}", 1)
        literals.append(f"{before}{key}{quote}".encode())
        whole = quote + "}" + whole
    return [*literals, whole.encode()]


def read_piece(piece: ImageInput | FileSpan) -> Iterator[bytes]:
    """Yield the bytes of a picture or of a reply, as they lie on disk."""
    return read_reply(piece) if isinstance(piece, FileSpan) else read_content(piece)


def read_reply(span: FileSpan) -> Iterator[bytes]:
    """Yield an earlier reply's parts in blocks; raises InputError."""
    return _read_span(span, "An earlier reply")


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
