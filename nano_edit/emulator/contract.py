"""The request's contract: bytes in, a `GenerateRequest` or a `Refusal` out.

Strict where the service is, and a little stricter where it is undefined: one
turn, the instruction first, every other part one picture.  Field names are
read in camelCase and snake_case alike and told in snake_case, as Google does.
It reads with `json` alone, so that no slip of the client's own encoder can pass
unseen here.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import dataclass
from typing import Any

from nano_edit.emulator.errors import Refusal, invalid, model_not_found, refuse
from nano_edit.emulator.models import LONG_RATIOS, RATIOS, SIZES, Model, find_model
from nano_edit.emulator.received import ReceivedImage, decode, examine

MAX_IMAGES = 100 * 1024 * 1024  # bytes of all pictures, before base64
MAX_BODY = 144 * 1024 * 1024  # bytes of JSON that can hold them

_TOP = {"contents", "generation_config", "safety_settings", "system_instruction"}
_TOP |= {"tools", "tool_config", "cached_content", "labels", "model"}
_CONFIG = {"response_modalities", "image_config", "temperature", "top_p", "top_k"}
_CONFIG |= {"seed", "candidate_count", "max_output_tokens", "stop_sequences"}
_CONFIG |= {"thinking_config", "media_resolution"}


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """A request that the service would carry out."""

    name: str  # the model's, as it was asked for
    model: Model
    instruction: str
    images: tuple[ReceivedImage, ...]
    data: tuple[bytes, ...]  # the images' bytes, decoded
    aspect_ratio: str | None
    image_size: str | None
    modalities: tuple[str, ...]
    digest: bytes  # SHA-256 of what was asked; seeds what is answered

    @property
    def pixels(self) -> tuple[int, int]:
        """The size of the picture that is asked for: (width, height)."""
        return self.pixels_of()

    def pixels_of(
        self, *, ratio: str | None = None, size: str | None = None
    ) -> tuple[int, int]:
        """Return what the size would be with this ratio or size instead."""
        last = self.images[-1] if self.images else None
        source = (last.width, last.height) if last else None
        ratio, size = ratio or self.aspect_ratio, size or self.image_size
        return self.model.pixels(ratio, size, source)

    def other_ratio(self) -> str:
        """Return the ratio of the table that is next to the right one."""
        width, height = self.pixels
        by_distance = sorted(
            RATIOS, key=lambda ratio: abs(math.log(width / height / value_of(ratio)))
        )
        return by_distance[1]


def value_of(ratio: str) -> float:
    """Return width divided by height of ``"16:9"``."""
    width, height = map(int, ratio.split(":"))
    return width / height


def read_request(body: bytes, name: str, *, version: str) -> GenerateRequest:
    """Return what ``body`` asks of the model ``name``; `Refusal` if it may not."""
    model = find_model(name)
    if model is None:
        raise model_not_found(name, version)
    top = _fields(_load(body), "", _TOP)
    instruction, parts = _parts(top.get("contents"))
    config = _fields(top.get("generation_config", {}), "generation_config", _CONFIG)
    ratio, size = _image_config(config.get("image_config", {}), model)
    if len(parts) > model.images:
        raise invalid(
            f"The model {name} takes at most {model.images} input images, but"
            f" {len(parts)} were given."
        )
    data, images = _images(parts)
    return GenerateRequest(
        name=name,
        model=model,
        instruction=instruction,
        images=images,
        data=data,
        aspect_ratio=ratio,
        image_size=size,
        modalities=_modalities(config.get("response_modalities")),
        digest=hashlib.sha256(name.encode() + b"\0" + body).digest(),
    )


def _load(body: bytes) -> Any:
    try:
        return json.loads(str(body, "utf-8"))  # bytes may be UTF-16 to `json`
    except (ValueError, RecursionError) as error:
        raise invalid(f"Invalid JSON payload received. {error}") from None


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda letter: "_" + letter[0].lower(), name)


def _fields(value: Any, where: str, known: set[str]) -> dict[str, Any]:
    """Return an object's fields by their snake_case names, or refuse it."""
    if not isinstance(value, dict):
        raise invalid(f"Invalid value at '{where}', an object was expected.")
    fields: dict[str, Any] = {}
    for name, content in value.items():
        snake = _snake(name)
        if snake not in known:
            place = f" at '{where}'" if where else ""
            raise invalid(
                f'Invalid JSON payload received. Unknown name "{name}"{place}: Cannot'
                " find field.",
                field=where,
            )
        if snake in fields:
            raise invalid(f"Invalid value at '{where}', {snake} is given twice.")
        fields[snake] = content
    return fields


def _parts(contents: Any) -> tuple[str, list[dict[str, Any]]]:
    """Return the instruction, and the inline data of every other part."""
    if not isinstance(contents, list) or not contents:
        raise invalid("* GenerateContentRequest.contents: contents is not specified\n")
    if len(contents) > 1:
        raise invalid("An edit is one turn: contents must hold exactly one entry.")
    content = _fields(contents[0], "contents[0]", {"role", "parts"})
    if content.get("role", "user") != "user":
        raise invalid("Please use a valid role: user, model.")
    parts = content.get("parts")
    if not isinstance(parts, list) or not parts:
        raise invalid(
            "* GenerateContentRequest.contents[0].parts: contents.parts must not be"
            " empty.\n"
        )
    read = [_part(part, f"contents[0].parts[{i}]") for i, part in enumerate(parts)]
    instruction, *images = read
    if not isinstance(instruction, str):
        raise invalid("The first part must be the text part with the instruction.")
    if any(isinstance(part, str) for part in images):
        raise invalid("There must be one text part, and it must come first.")
    if not instruction.strip():
        raise invalid(
            "Unable to submit request because it has an empty text parameter."
        )
    return instruction, [part for part in images if isinstance(part, dict)]


def _part(part: Any, where: str) -> str | dict[str, Any]:
    fields = _fields(part, where, {"text", "inline_data"})
    if len(fields) != 1:
        raise invalid(
            f"Invalid value at '{where}' (oneof), oneof field 'data' must be set once:"
            " a part holds either text or inline_data.",
            field=where,
        )
    if "inline_data" in fields:
        where += ".inline_data"
        return _fields(fields["inline_data"], where, {"mime_type", "data"})
    if not isinstance(fields["text"], str):
        raise invalid(f"Invalid value at '{where}.text' (TYPE_STRING).")
    return str(fields["text"])


def _images(
    parts: list[dict[str, Any]],
) -> tuple[tuple[bytes, ...], tuple[ReceivedImage, ...]]:
    data: list[bytes] = []
    images: list[ReceivedImage] = []
    for number, part in enumerate(parts, start=1):
        where = f"contents[0].parts[{number}].inline_data"
        # Popped, so that a large request's base64 is let go as it is decoded.
        content = decode(part.pop("data", None), where=where)
        images.append(examine(part.get("mime_type"), content, where=where))
        data.append(content)
    if sum(map(len, data)) > MAX_IMAGES:
        raise too_large()
    return tuple(data), tuple(images)


def too_large() -> Refusal:
    """Return the 413 for a request over the total limit."""
    return refuse(413, f"Request payload size exceeds the limit: {MAX_IMAGES} bytes.")


def _image_config(value: Any, model: Model) -> tuple[str | None, str | None]:
    where = "generation_config.image_config"
    config = _fields(value, where, {"aspect_ratio", "image_size"})
    ratio = _choice(config, "aspect_ratio", where, RATIOS + LONG_RATIOS, model.ratios)
    return ratio, _choice(config, "image_size", where, SIZES, model.sizes)


def _choice(
    config: dict[str, Any],
    name: str,
    where: str,
    known: tuple[str, ...],
    taken: tuple[str, ...],
) -> str | None:
    """Return a field that must be one of ``known``, and one the model takes."""
    value = config.get(name)
    if value is None:
        return None
    if value not in known:
        choices = ", ".join(f"'{choice}'" for choice in known)
        raise invalid(f"{name} must be one of {choices}.", field=f"{where}.{name}")
    if value not in taken:
        choices = ", ".join(taken) or "none"
        raise invalid(
            f"{name} {value} is not supported by this model; it takes: {choices}.",
            field=f"{where}.{name}",
        )
    return str(value)


def _modalities(value: Any) -> tuple[str, ...]:
    if not value:
        return ("TEXT", "IMAGE")
    if not isinstance(value, list) or not set(map(str, value)) <= {"TEXT", "IMAGE"}:
        raise invalid(
            "Invalid value at 'generation_config.response_modalities': only TEXT and"
            " IMAGE are supported.",
            field="generation_config.response_modalities",
        )
    return tuple(map(str, value))
