"""The instruction's text: given as it is, from @FILE, or from standard input by @-."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nano_edit.errors import InputError, UsageError

if TYPE_CHECKING:
    from typing import BinaryIO

MAX_BYTES = 1024 * 1024


def read_instruction(given: str, stdin: BinaryIO | None = None) -> str:
    """Return the text that ``given`` is or names, without the space around it.

    Raises UsageError for an empty one and for ``@-`` without ``stdin``, and
    InputError when the file cannot be read or is not UTF-8 text.
    """
    text = _from_file(given[1:], stdin) if given.startswith("@") else given
    return checked_instruction(text)


def checked_instruction(text: str) -> str:
    """Return the instruction without the space around it.

    Raises UsageError for an empty one, and for what is not Unicode text.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError("The instruction is not valid UTF-8.") from None
    if not text.strip():
        raise UsageError(
            "The instruction is empty.", hint="Say in words what is to be done."
        )
    return text.strip()


def _from_file(name: str, stdin: BinaryIO | None) -> str:
    where = "standard input" if name == "-" else name
    try:
        if name != "-":
            with Path(name).open("rb") as file:
                raw = file.read(MAX_BYTES + 1)
        elif stdin is not None:
            raw = stdin.read(MAX_BYTES + 1)
        else:
            raise UsageError("An instruction cannot come from standard input here.")
        text = raw.decode("utf-8-sig")
    except (OSError, ValueError) as fault:
        if isinstance(fault, UnicodeDecodeError):
            said = f"The instruction in {where} is not UTF-8 text."
            raise InputError(said) from None
        why = getattr(fault, "strerror", None) or "it is not a path"
        raise InputError(
            f"The instruction cannot be read from {where}: {why}.",
            hint="@ at the start names a file; begin with a space to mean a plain @.",
        ) from None
    if len(raw) > MAX_BYTES:
        raise InputError(f"The instruction in {where} is longer than 1 MiB.")
    return text
