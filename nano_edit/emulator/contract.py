"""The request's contract: bytes in, a `GenerateRequest` or a `Refusal` out.

Strict where the service is, and where it is undefined a little stricter.  It
reads with `json` alone, so that no slip of the client's own encoder can pass
unseen here.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nano_edit.emulator.contents import (
    asked,
    check_signatures,
    pictures_to_edit,
    read_contents,
)
from nano_edit.emulator.errors import Refusal, invalid, model_not_found, refuse
from nano_edit.emulator.fields import choice, fields_of, load_json
from nano_edit.emulator.models import (
    LONG_RATIOS,
    RATIOS,
    SIZES,
    EmulatedModel,
    find_model,
)

if TYPE_CHECKING:
    from nano_edit.emulator.contents import Turn
    from nano_edit.emulator.received import ReceivedImage

TIERS = ("standard", "flex", "priority")
MAX_IMAGES = 100 * 1024 * 1024  # bytes of all pictures, before base64
MAX_BODY = 144 * 1024 * 1024  # bytes of JSON that can hold them

_TOP = {"contents", "generation_config", "safety_settings", "system_instruction"}
_TOP |= {"tools", "tool_config", "cached_content", "labels", "model", "service_tier"}
_CONFIG = {"response_modalities", "image_config", "temperature", "top_p", "top_k"}
_CONFIG |= {"seed", "candidate_count", "max_output_tokens", "stop_sequences"}
_CONFIG |= {"thinking_config", "media_resolution", "response_mime_type"}
_CONFIG |= {"presence_penalty", "frequency_penalty", "response_logprobs", "logprobs"}
_WHERE = "generation_config"


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """A request that the service would carry out."""

    name: str  # the model's, as it was asked for
    model: EmulatedModel
    instruction: str = ""
    images: tuple[ReceivedImage, ...] = ()  # those that are to be edited
    data: tuple[bytes, ...] = ()  # the images' bytes, decoded
    sent_images: int = 0  # in all turns
    turns: int = 1
    aspect_ratio: str | None = None
    image_size: str | None = None
    modalities: tuple[str, ...] = ("TEXT", "IMAGE")
    tier: str = "standard"  # the serviceTier that is asked for
    digest: bytes = bytes(32)  # SHA-256 of what was asked; seeds what is answered

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
            RATIOS, key=lambda ratio: abs(math.log(width / height / _value_of(ratio)))
        )
        return by_distance[1]


def _value_of(ratio: str) -> float:
    """Return width divided by height of ``"16:9"``."""
    width, height = map(int, ratio.split(":"))
    return width / height


def read_request(
    body: bytes, name: str, *, version: str, signed: bool
) -> GenerateRequest:
    """Return what ``body`` asks of the model ``name``; `Refusal` if it may not.

    ``signed`` is whether the model's own turns must carry their signatures.
    """
    model = find_model(name)
    if model is None:
        raise model_not_found(name, version)
    top = fields_of(load_json(body), "", _TOP)
    turns = read_contents(top.get("contents"))
    config = fields_of(top.get("generation_config", {}), _WHERE, _CONFIG)
    ratio, size = _image_config(config.get("image_config", {}), model)
    _check_candidates(config)
    _check_thinking(config.get("thinking_config", {}), model)
    sent = _check_pictures(turns, name, model)
    if signed and model.signs:
        check_signatures(turns, name)
    instruction = "\n".join(text for turn in asked(turns) for text in turn.texts)
    if not instruction:
        raise invalid(
            "Unable to submit request because it has an empty text parameter."
        )
    pictures = pictures_to_edit(turns)
    return GenerateRequest(
        name=name,
        model=model,
        instruction=instruction,
        images=tuple(picture.facts for picture in pictures),
        data=tuple(picture.data for picture in pictures),
        sent_images=sent,
        turns=len(turns),
        aspect_ratio=ratio,
        image_size=size,
        modalities=_modalities(config.get("response_modalities")),
        tier=_tier(top.get("service_tier")),
        digest=hashlib.sha256(name.encode() + b"\0" + body).digest(),
    )


def _check_pictures(turns: tuple[Turn, ...], name: str, model: EmulatedModel) -> int:
    """Return how many pictures there are in all turns."""
    pictures = [picture for turn in turns for picture in turn.pictures]
    if len(pictures) > model.images:
        raise invalid(
            f"The model {name} takes at most {model.images} input images, but"
            f" {len(pictures)} were given."
        )
    if sum(len(picture.data) for picture in pictures) > MAX_IMAGES:
        raise too_large()
    return len(pictures)


def too_large() -> Refusal:
    """Return the 413 for a request over the total limit."""
    return refuse(413, f"Request payload size exceeds the limit: {MAX_IMAGES} bytes.")


# --- the configuration ------------------------------------------------------


def _image_config(value: Any, model: EmulatedModel) -> tuple[str | None, str | None]:
    where = f"{_WHERE}.image_config"
    config = fields_of(value, where, {"aspect_ratio", "image_size"})
    ratio = choice(config, "aspect_ratio", where, RATIOS + LONG_RATIOS, model.ratios)
    return ratio, choice(config, "image_size", where, SIZES, model.sizes)


def _check_candidates(config: dict[str, Any]) -> None:
    if config.get("candidate_count", 1) != 1:
        raise invalid("Multiple candidates is not enabled for this model")


def _check_thinking(value: Any, model: EmulatedModel) -> None:
    where = f"{_WHERE}.thinking_config"
    known = {"thinking_level", "thinking_budget", "include_thoughts"}
    level = fields_of(value, where, known).get("thinking_level")
    if level is None:
        return
    if not model.thinking:
        raise invalid("Thinking level is not supported for this model.")
    if str(level).lower() not in model.thinking:
        raise invalid(f"Thinking level {level} is not supported for this model.")


def _tier(value: Any) -> str:
    """Return the service tier that is asked for; `Refusal` for one there is not."""
    tier = "standard" if value is None else str(value).lower()
    if tier == "unspecified":
        return "standard"
    if tier not in TIERS:
        raise invalid(f"Invalid value at 'service_tier': {value!r}.")
    return tier


def _modalities(value: Any) -> tuple[str, ...]:
    """Return what is asked for, in capitals; Google's samples write ``Image``."""
    if not value:
        return ("TEXT", "IMAGE")
    if isinstance(value, list):
        asked_for = tuple(str(each).upper() for each in value)
        if set(asked_for) <= {"TEXT", "IMAGE"}:
            return asked_for
    raise invalid(
        f"Invalid value at '{_WHERE}.response_modalities': only TEXT and IMAGE are"
        " supported.",
        field=f"{_WHERE}.response_modalities",
    )
