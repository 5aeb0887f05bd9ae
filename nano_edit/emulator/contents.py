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

_NAME = 24  # bytes of a signature that name it; the rest follows from them


@dataclass(frozen=True, slots=True)
class SentPicture:
    """A picture as it came in a part."""

    facts: ReceivedImage
    data: bytes


@dataclass(frozen=True, slots=True)
class SentPart:
    """A text or a picture; the model's own parts may also be empty."""

    text: str | None
    picture: SentPicture | None
    signature: str | None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing that a signature could stand for."""
        return not self.picture and not self.text and self.signature is None

    def seal(self, place: int) -> bytes:
        """Return what this part's signature must be bound to."""
        if self.picture is None:
            return part_seal(place, self.text or "")
        return part_seal(place, self.picture.data, self.picture.facts.mime_type)


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
    if own and not fields:
        return SentPart(None, None, None)
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
    if own and isinstance(text, str):
        text += "=" * (-len(text) % 4)  # it goes back as it was sent
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


def part_seal(place: int, data: str | bytes, mime_type: str = "") -> bytes:
    """Return what a signature is bound to: a part's place in its turn, and content.

    ``place`` counts from 0; ``data`` is a text, or a picture's file.
    """
    if isinstance(data, str):
        data = data.encode(errors="surrogatepass")
    head = f"{place} {mime_type}\0".encode()
    return hashlib.sha256(head + hashlib.sha256(data).digest()).digest()


def sign(seed: bytes, model: str, size: int, seal: bytes) -> bytes:
    """Return a thoughtSignature of ``size`` bytes that `check_signatures` accepts.

    It does not compress, and holds for this model and for the part with this
    ``seal`` alone.
    """
    name = hashlib.sha256(seed).digest()[:_NAME]
    return name[:size] + _rest(name, model, seal, max(0, size - _NAME))


def _rest(name: bytes, model: str, seal: bytes, size: int) -> bytes:
    return hashlib.shake_256(name + seal + model.encode()).digest(size)


def check_signatures(turns: tuple[Turn, ...], model: str) -> None:
    """Refuse a model's turn that is not, part for part, what was sent.

    A part without a signature, a signature beside another part than its own or at
    another place, and a part whose bytes are others are told apart as the service
    does: the first by its place, the others as an invalid signature.
    """
    for place, part, number, turn in _own_parts(turns):
        if part.is_empty:
            continue
        if part.signature is None:
            kind = "Image" if part.picture else "Text"
            raise invalid(
                f"{kind} part is missing a thought_signature in content position"
                f" {turn}, part position {number}."
            )
        signature = _decoded(part.signature)
        name, rest = signature[:_NAME], signature[_NAME:]
        if rest != _rest(name, model, part.seal(place), len(rest)):
            raise invalid("Invalid thought signature.")


def _decoded(text: str) -> bytes:
    """Return a signature's bytes, written in either alphabet, padded or not."""
    plain = text.translate(URL_SAFE).rstrip("=")
    try:
        padded = plain + "=" * (-len(plain) % 4)
        return binascii.a2b_base64(padded, strict_mode=True)
    except ValueError:
        raise invalid("Corrupted thought signature.") from None


def _own_parts(turns: tuple[Turn, ...]) -> Iterator[tuple[int, SentPart, int, int]]:
    """Yield the model's parts with their places, and their positions from 1.

    Contents of the model in a row are one reply, as they are after a stream.
    """
    place = 0
    for position, turn in enumerate(turns, start=1):
        if turn.role != "model":
            place = 0
            continue
        for number, part in enumerate(turn.parts, start=1):
            yield place, part, number, position
            place += 1
