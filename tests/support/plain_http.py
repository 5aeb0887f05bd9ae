"""A client that shares nothing with ours: `http.client`, and JSON as it is written.

Rules:
- What is sent and what came are seen whole; nothing is followed or tried again.
- A picture is taken out of a reply by `json` and `base64` alone.
"""

from __future__ import annotations

import base64
import gzip
import http.client
import json
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

    from nano_edit.emulator import Emulator

MODEL = "gemini-3-pro-image"
KEY = "sk-canary-0123456789abcdef"
WITH_KEY = {"x-goog-api-key": KEY}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its head, and its body as it came."""

    status: int
    headers: dict[str, str]  # lower-case names
    body: bytes

    @property
    def text(self) -> bytes:
        """The body, decompressed if it came so."""
        packed = self.headers.get("content-encoding") == "gzip"
        return gzip.decompress(self.body) if packed else self.body

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.text)
        return document

    @property
    def error(self) -> dict[str, Any]:
        error: dict[str, Any] = self.document["error"]
        return error

    @property
    def parts(self) -> list[dict[str, Any]]:
        parts: list[dict[str, Any]] = self.document["candidates"][0]["content"]["parts"]
        return parts

    @property
    def file(self) -> bytes:
        """The last picture's bytes."""
        *_, part = (part for part in self.parts if "inlineData" in part)
        return base64.b64decode(part["inlineData"]["data"], validate=True)

    @property
    def picture(self) -> Image.Image:
        """The last picture, decoded whole."""
        return decoded(self.file)


def decoded(file: bytes) -> Image.Image:
    picture = Image.open(BytesIO(file))
    picture.load()
    return picture


def connect(emulator: Emulator, timeout: float = 60) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(emulator.url).netloc, timeout=timeout)


def path_of(model: str = MODEL, version: str = "v1beta") -> str:
    return f"/{version}/models/{model}:generateContent"


def edit_of(
    *pictures: bytes | Path, text: str = "sepia", only_image: bool = True, **config: str
) -> dict[str, Any]:
    """A request's document; ``config`` is of the ``imageConfig``."""
    parts: list[dict[str, Any]] = [{"text": text}]
    parts += [{"inlineData": inline(picture)} for picture in pictures]
    generation: dict[str, Any] = {"imageConfig": config} if config else {}
    if only_image:
        generation["responseModalities"] = ["IMAGE"]
    return {"contents": [{"parts": parts}], "generationConfig": generation}


def inline(picture: bytes | Path) -> dict[str, str]:
    data = picture if isinstance(picture, bytes) else picture.read_bytes()
    kinds = {b"\xff\xd8": "image/jpeg", b"\x89P": "image/png", b"RI": "image/webp"}
    return {
        "mimeType": kinds.get(data[:2], "image/jpeg"),
        "data": base64.b64encode(data).decode(),
    }


def ask(
    emulator: Emulator,
    document: object = None,
    *,
    method: str = "POST",
    path: str = path_of(),
    headers: dict[str, str] | None = None,
) -> Reply:
    """Send one request on a connection of its own and return the whole answer.

    ``document`` goes as JSON, bytes as they are, None is no body.
    """
    body = document
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    connection = connect(emulator)
    try:
        connection.request(method, path, body, WITH_KEY if headers is None else headers)
        return read_reply(connection)
    finally:
        connection.close()


def read_reply(connection: http.client.HTTPConnection) -> Reply:
    """Return the answer to the request that the connection has sent."""
    answer = connection.getresponse()
    headers = {name.lower(): value for name, value in answer.getheaders()}
    return Reply(answer.status, headers, answer.read())
