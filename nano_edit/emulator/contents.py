"""The turns of a request: who said what, and with which pictures.

A request holds one turn or several, of the user and of the model, and ends with
the user's.  Texts and pictures stand in any order.  What the model said goes back
as it came, each part with its signature.
"""

from __future__ import annotations

import binascii
import hashlib
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from nano_edit.emulator.errors import invalid
from nano_edit.emulator.fields import fields_of
from nano_edit.emulator.received import URL_SAFE, ReceivedImage, decode, examine

if TYPE_CHECKING:
    from collections.abc import Iterator

_SEAL = 24  # bytes of a signature that name it; the rest follows from them


@dataclass(frozen=True, slots=True)
class SentPicture:
    """A picture as it came in a part."""

    facts: ReceivedImage
    data: bytes


@dataclass(frozen=True, slots=True)
class SentPart:
    """A text or a picture; exactly one of them is there."""

    text: str | None
    picture: SentPicture | None
    signature: str | None


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side said at once."""

    role: str  # "user" or "model"
    parts: tuple[SentPart, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts that are not blank, in order."""
        texts = (part.text or "" for part in self.parts)
        return tuple(text for text in texts if text.strip())

    @property
    def pictures(self) -> tuple[SentPicture, ...]:
        """The pictures, in order."""
        return tuple(part.picture for part in self.parts if part.picture)


def read_contents(value: Any) -> tuple[Turn, ...]:
    """Return a request's turns; `Refusal` if they break the contract."""
    if not isinstance(value, list) or not value:
        raise invalid("* GenerateContentRequest.contents: contents is not specified\n")
    turns = tuple(
        _turn(content, f"contents[{number}]") for number, content in enumerate(value)
    )
    if turns[-1].role != "user":
        raise invalid("Please ensure that multiturn requests end with a user turn.")
    return turns


def _turn(content: Any, where: str) -> Turn:
    fields = fields_of(content, where, {"role", "parts"})
    role = fields.get("role", "user")
    if role not in {"user", "model"}:
        raise invalid("Please use a valid role: user, model.")
    parts = fields.get("parts")
    if not isinstance(parts, list) or not parts:
        raise invalid(
            f"* GenerateContentRequest.{where}.parts: contents.parts must not be"
            " empty.\n"
        )
    own = role == "model"
    return Turn(
        role,
        tuple(
            _part(part, f"{where}.parts[{number}]", own=own)
            for number, part in enumerate(parts)
        ),
    )


def _part(part: Any, where: str, *, own: bool) -> SentPart:
    fields = fields_of(
        part, where, {"text", "inline_data", "thought", "thought_signature"}
    )
    signature = fields.get("thought_signature")
    if signature is not None and not isinstance(signature, str):
        raise invalid(f"Invalid value at '{where}.thought_signature' (TYPE_BYTES).")
    if len(fields.keys() & {"text", "inline_data"}) != 1:
        raise invalid(
            f"Invalid value at '{where}' (oneof), oneof field 'data' must be set once:"
            " a part holds either text or inline_data.",
            field=where,
        )
    if "text" in fields:
        if not isinstance(fields["text"], str):
            raise invalid(f"Invalid value at '{where}.text' (TYPE_STRING).")
        return SentPart(fields["text"], None, signature)
    picture = _picture(fields["inline_data"], f"{where}.inline_data", own=own)
    return SentPart(None, picture, signature)


def _picture(value: Any, where: str, *, own: bool) -> SentPicture:
    """Return a part's picture; ``own`` is one that the model made, of any size."""
    fields = fields_of(value, where, {"mime_type", "data"})
    # Taken out of the document, so that a large request's base64 is let go at once.
    text = fields.pop("data", None)
    value.clear()
    data = decode(text, where=where)
    return SentPicture(
        examine(fields.get("mime_type"), data, where=where, own=own), data
    )


# --- what is to be done -----------------------------------------------------


def asked(turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    """Return the user's turns at the end: the request that is to be answered."""
    last = tuple(takewhile(lambda turn: turn.role == "user", reversed(turns)))
    return last[::-1]


def pictures_to_edit(turns: tuple[Turn, ...]) -> tuple[SentPicture, ...]:
    """Return the pictures of the request, else the last one before it, if any."""
    given = tuple(picture for turn in asked(turns) for picture in turn.pictures)
    earlier = [picture for turn in turns for picture in turn.pictures]
    return given or tuple(earlier[-1:])


# --- signatures -------------------------------------------------------------


def sign(seed: bytes, model: str, size: int) -> bytes:
    """Return a thoughtSignature of ``size`` bytes that `check_signatures` accepts.

    It does not compress, and holds for this model alone.
    """
    seal = hashlib.sha256(seed).digest()[:_SEAL]
    return seal[:size] + _rest(seal, model, max(0, size - _SEAL))


def _rest(seal: bytes, model: str, size: int) -> bytes:
    return hashlib.shake_256(seal + model.encode()).digest(size)


def check_signatures(turns: tuple[Turn, ...], model: str) -> None:
    """Refuse a model's turn whose parts lack their signatures, or have others'."""
    for number, part, turn in _own_parts(turns):
        if part.signature is None:
            kind = "Image" if part.picture else "Text"
            raise invalid(
                f"{kind} part is missing a thought_signature in content position"
                f" {turn}, part position {number}."
            )
        signature = _decoded(part.signature)
        seal, rest = signature[:_SEAL], signature[_SEAL:]
        if rest != _rest(seal, model, len(rest)):
            raise invalid("Invalid thought signature.")


def _decoded(text: str) -> bytes:
    """Return a signature's bytes, written in either alphabet, padded or not."""
    plain = text.translate(URL_SAFE).rstrip("=")
    try:
        padded = plain + "=" * (-len(plain) % 4)
        return binascii.a2b_base64(padded, strict_mode=True)
    except ValueError:
        raise invalid("Corrupted thought signature.") from None


def _own_parts(turns: tuple[Turn, ...]) -> Iterator[tuple[int, SentPart, int]]:
    """Yield the model's parts with their positions and their turns', from 1."""
    for position, turn in enumerate(turns, start=1):
        if turn.role == "model":
            for number, part in enumerate(turn.parts, start=1):
                yield number, part, position
