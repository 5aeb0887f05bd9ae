"""One finished edit as the history notes it: a line of JSON.

Rules: unknown fields of a line are passed over and missing ones are empty, so that
another version's lines can be read; a line that is no object is None.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from contextlib import suppress
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nano_edit.atomic_file import reason
from nano_edit.domain import Edit, shown_source
from nano_edit.errors import InputError
from nano_edit.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOT_KEPT = {  # fields of an edit that are of one run, or have a place of their own
    *("instruction", "images", "output", "mask", "force", "variant", "where", "stem"),
    *("model", "save_drafts", "after"),
}
_OPTIONS = frozenset(Edit.__match_args__) - _NOT_KEPT
_DEFAULTS = Edit("", ())


class Source(Frozen):
    """A picture that was an input."""

    name: str  # as it was named, without what may give access
    path: str = ""  # absolute; "": standard input or a URL
    sha256: str = ""  # of the file, in hex; "": unknown


class Entry(Frozen):
    """One finished edit."""

    id: str
    time: str = ""  # UTC, ISO 8601
    instruction: str = ""
    images: tuple[Source, ...] = ()
    mask: Source | None = None
    output: str = ""  # absolute path; "-": standard output
    sha256: str = ""  # of the output
    service: str = ""  # where it was sent: address, or "emulator"
    provider: str = ""
    model: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)  # that are not as usual
    cost: float | None = None  # dollars
    parent: str = ""  # id of the edit that this one goes on from
    continued: bool = False  # the earlier turns were sent; else it began anew
    said: str = ""  # what was said, where the instruction holds earlier ones too

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data, empty fields left out."""
        values = {name: getattr(self, name) for name in self.__match_args__}
        values["images"] = [_fields(image) for image in self.images]
        values["mask"] = _fields(self.mask) if self.mask else None
        cost = {} if self.cost is None else {"cost": self.cost}
        return {name: value for name, value in values.items() if value} | cost

    def line(self) -> bytes:
        """Return it as one line."""
        text = json.dumps(self.to_json(), ensure_ascii=False)
        return text.encode(errors="surrogatepass") + b"\n"  # names need not be UTF-8

    def edit(self, *, output: str | None = None) -> Edit:
        """Return the edit that was made, of the files as they lay then."""
        return Edit(
            self.instruction,
            tuple(image.path or image.name for image in self.images),
            output=output,
            model=self.model or None,
            mask=(self.mask.path or None) if self.mask else None,
            **self.options,
        )


def read_entry(line: bytes) -> Entry | None:
    """Return the entry that a line holds; None for a line that is torn or foreign."""
    with suppress(ValueError, RecursionError, TypeError, AttributeError):
        told = json.loads(line)
        known = {name: told[name] for name in Entry.__match_args__ if name in told}
        images = tuple(_source(image) for image in told.get("images", ()))
        mask = told.get("mask")
        known |= {"images": images, "mask": _source(mask) if mask else None}
        known["options"] = _known_options(told.get("options", {}))
        return Entry(**known)
    return None


def options_of(edit: Edit) -> dict[str, Any]:
    """Return what an edit says besides instruction and files, where not as usual."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name in Edit.__match_args__
        if name in _OPTIONS
        and (value := getattr(edit, name)) != getattr(_DEFAULTS, name)
    }


def source_of(name: str) -> Source:
    """Return what is noted of an input: where it lies, and its SHA-256."""
    path = Path(name)
    with suppress(OSError, ValueError):  # ValueError: a NUL in the name
        if stat.S_ISREG(path.stat().st_mode):
            return Source(name, os.path.abspath(path), sha256_of(path))  # noqa: PTH100 - links are kept
    return Source(shown_source(name))


def sha256_of(path: Path) -> str:
    """Return a file's SHA-256 in hex.  Raises OSError."""
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a picture that the user names.  Raises InputError."""
    try:
        mode = path.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):  # of a folder: open tells
            raise InputError(f"{path} is not a file.", hint="Save it as a file first.")
        return sha256_of(path)
    except OSError as fault:
        raise InputError(
            f"{path} cannot be read: {reason(fault)}.",
            hint="Check the path, and that you may read the file.",
        ) from None


def is_as_it_was(source: Source) -> bool:
    """Whether an input still lies where it lay, with the bytes that it had."""
    if not source.path or not source.sha256:
        return False
    with suppress(OSError):
        return sha256_of(Path(source.path)) == source.sha256
    return False


def _fields(source: Source) -> dict[str, str]:
    values = {name: getattr(source, name) for name in source.__match_args__}
    return {name: value for name, value in values.items() if value}


def _source(told: Mapping[str, Any]) -> Source:
    return Source(*(str(told.get(name, "")) for name in Source.__match_args__))


def _known_options(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name in _OPTIONS}
