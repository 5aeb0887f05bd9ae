"""The reply that the service gives: its JSON document and the picture in it.

Layout, key order and figures follow recorded replies.  A `ResponseBuilder`
is made for one valid request; what a fault changes it changes by building its
document from the same pieces.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nano_edit.emulator.contents import part_seal, sign
from nano_edit.emulator.drift import NO_DRIFT, Drift
from nano_edit.emulator.models import INPUT_TOKENS
from nano_edit.emulator.received import URL_SAFE
from nano_edit.emulator.responses import (
    Blob,
    Response,
    array_stream,
    event_stream,
    write_json,
)

if TYPE_CHECKING:
    from types import ModuleType

    from nano_edit.emulator.contract import GenerateRequest

Part = dict[str, Any]
Document = dict[str, Any]

MIME_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


@dataclass(frozen=True, slots=True)
class ResponseBuilder:
    """One valid request, and how large a signature its reply is to carry."""

    request: GenerateRequest
    drift: Drift = NO_DRIFT
    stream: str | None = None  # "sse" or "array": parts come one by one
    mark: bool = True  # say on the picture that no model made it
    signature_size: int | None = None  # characters; None: as the service does

    @property
    def format(self) -> str:
        """The format that this model answers in, by Pillow's name."""
        return self.request.model.format

    def picture(
        self,
        image_format: str | None = None,
        *,
        size: tuple[int, int] | None = None,
        label: str = "",
    ) -> bytes:
        """Return the edited picture's file, ``size`` pixels (as asked for)."""
        drawing, _ = _painters()
        request, drift = self.request, self.drift
        size = size or self._size()
        picture = drawing.render(
            request.data,
            request.instruction,
            size,
            drift=drift,
            seed=request.digest,
            mark=f"emulated {label}".strip() if self.mark else "",
        )
        made: bytes = drawing.encode(picture, image_format or self.format)
        return made

    def _size(self) -> tuple[int, int]:
        if self.drift.wrong_ratio:
            return self.request.pixels_of(ratio=self.request.other_ratio())
        return self.request.pixels

    def text_part(self, text: str) -> Part:
        """Return a part with words."""
        return {"text": text}

    def image_part(self, picture: bytes, mime_type: str | None = None) -> Part:
        """Return a part with a picture; its type is the model's if not given."""
        return self.data_part(base64.b64encode(picture), mime_type)

    def data_part(self, data: bytes, mime_type: str | None = None) -> Part:
        """Return a picture's part whose base64 is ``data``, whatever that holds."""
        claimed = mime_type or MIME_TYPES[self.format]
        return {"inlineData": {"mimeType": claimed, "data": Blob(data)}}

    def signed(self, parts: list[Part]) -> list[Part]:
        """Return a reply's parts, each with the signature for its place."""
        return [self._signed(part, place) for place, part in enumerate(parts)]

    def _signed(self, part: Part, place: int) -> Part:
        """Return a part with its signature behind what is signed, if any."""
        seal = _seal_of(part, place)
        seed = self.request.digest + bytes([place])
        size = self.signature_size
        if size is None:
            size = 1_100_000 + int.from_bytes(seed[:4], "big") % 400_000
        if seal is None or size // 4 == 0:
            return part
        signature = sign(seed, self.request.name, size // 4 * 3, seal)
        first, *rest = part.items()
        sealed = ("thoughtSignature", Blob(base64.b64encode(signature)))
        return dict((first, sealed, *rest))

    def words(self) -> str:
        """Return what the model says about its edit."""
        instruction = self.request.instruction
        asked = "".join(c if c.isprintable() else " " for c in instruction)
        _, edits = _painters()
        return f"{edits.describe(instruction)} You asked: <{asked}>\n\n"

    def parts(self) -> list[Part]:
        """Return the parts of the ordinary reply: words if asked for, a picture."""
        asked = self.request.modalities
        words = [self.text_part(self.words())] if "TEXT" in asked else []
        images = [self.image_part(self.picture())] if "IMAGE" in asked else []
        return words + images

    def document(self, parts: list[Part]) -> Document:
        """Return the reply's document around ``parts``, in Google's key order."""
        content = {"parts": self.signed(parts), "role": "model"}
        candidate = {"content": content, "finishReason": "STOP", "index": 0}
        return {"candidates": [candidate], **self.closing(parts)}

    def stream_documents(self, parts: list[Part]) -> list[Document]:
        """Return the reply as a stream: a document for each part, and the end."""
        closing = self.closing(parts)
        end = {"parts": [{"text": ""}], "role": "model"}
        contents = [{"parts": [part], "role": "model"} for part in self.signed(parts)]
        documents = [
            {"candidates": [{"content": content, "index": 0}], **closing}
            for content in contents
        ]
        last = {"content": end, "finishReason": "STOP", "index": 0}
        return [*documents, {"candidates": [last], **closing}]

    def closing(self, parts: list[Part]) -> Document:
        """Return what follows the candidates: figures, model, identifier."""
        return {
            "usageMetadata": self.usage(parts),
            "modelVersion": self.request.name,
            "responseId": base64.urlsafe_b64encode(self.request.digest)[:22].decode(),
        }

    def usage(self, parts: list[Part]) -> Document:
        """Return the tokens of a reply with these parts."""
        request = self.request
        text = len(request.instruction) // 4 + 1
        images = request.sent_images * INPUT_TOKENS
        made = sum("inlineData" in part for part in parts)
        made *= request.model.picture_tokens(request.image_size)
        words = sum(_length(part.get("text", "")) for part in parts) // 4
        thoughts = 120 + request.digest[0]
        details = [{"modality": "TEXT", "tokenCount": text}]
        if images:
            details.append({"modality": "IMAGE", "tokenCount": images})
        return {
            "promptTokenCount": text + images,
            "candidatesTokenCount": made + words,
            "totalTokenCount": text + images + made + words + thoughts,
            "promptTokensDetails": details,
            "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": made}],
            "thoughtsTokenCount": thoughts,
            "serviceTier": request.tier,
        }

    def reply(self, parts: list[Part]) -> Response:
        """Return the reply whose parts these are."""
        if self.stream is None:
            return self.framed([self.document(parts)])
        return self.framed(self.stream_documents(parts))

    def framed(self, documents: list[Document]) -> Response:
        """Return one document as it is, or documents as the stream that was asked."""
        if self.stream == "sse":
            response = event_stream(documents)
        elif self.stream == "array":
            response = array_stream(documents)
        else:
            (document,) = documents
            response = Response(200, write_json(document))
        usage = documents[-1].get("usageMetadata")
        return replace(response, usage=usage, pictures=int(_has_picture(documents)))

    def ordinary(self) -> Response:
        """Return the reply as the service gives it when all is well."""
        return self.reply(self.parts())


def _has_picture(documents: list[Document]) -> bool:
    candidates = [each for one in documents for each in one.get("candidates") or ()]
    contents = [each.get("content") or {} for each in candidates]
    parts = [part for each in contents for part in each.get("parts") or ()]
    return any("inlineData" in part for part in parts)


def _painters() -> tuple[ModuleType, ModuleType]:
    """Return the modules that draw; Pillow is loaded at the first edit."""
    from nano_edit.emulator import drawing, edits  # noqa: PLC0415 - starting is cheap

    return drawing, edits


def _length(text: str | Blob) -> int:
    """Return the characters of words; a picture among them counts for none."""
    return len(text) if isinstance(text, str) else 0


def _seal_of(part: Part, place: int) -> bytes | None:
    """Return what a part's signature is bound to; None: there is nothing to sign."""
    if "inlineData" in part:
        inline = part["inlineData"]
        return part_seal(place, _file(inline["data"].data), inline["mimeType"])
    text = part.get("text", "")
    if isinstance(text, Blob):
        text = json.loads(b'"%b"' % text.data.decode(errors="replace").encode())
    return part_seal(place, text) if text else None


def _file(encoded: bytes) -> bytes:
    """Return the file that base64 as it stands in JSON holds, or the base64."""
    try:
        text = json.loads(b'"%b"' % encoded) if b"\\" in encoded else encoded.decode()
        plain = text.translate(URL_SAFE).rstrip("=")
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except ValueError:
        return encoded
