"""The instruction: the text itself, @FILE, or @- for standard input."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nano_edit.engine.prepare import checked_instruction
from nano_edit.errors import InputError, UsageError

if TYPE_CHECKING:
    from typing import BinaryIO

MAX_BYTES = 1024 * 1024


def read_instruction(given: str | None, stdin: BinaryIO) -> str:
    """Return the instruction's text.

    Raises UsageError when there is none, InputError when its file is no use.
    """
    if given is None:
        raise UsageError(
            "There is no instruction.",
            hint='Try: nano-edit "blur the background" in.jpg -o out.png',
        )
    text = _from_file(given[1:], stdin) if given.startswith("@") else given
    return checked_instruction(text)


def _from_file(name: str, stdin: BinaryIO) -> str:
    where = "standard input" if name == "-" else name
    try:
        if name == "-":
            raw = stdin.read(MAX_BYTES + 1)
        else:
            with Path(name).open("rb") as file:
                raw = file.read(MAX_BYTES + 1)
        text = raw.decode("utf-8-sig")
    except OSError as fault:
        raise InputError(
            f"The instruction cannot be read from {where}: {fault.strerror}.",
            hint="@ at the start names a file; begin with a space to mean a plain @.",
        ) from None
    except UnicodeDecodeError:
        raise InputError(f"The instruction in {where} is not UTF-8 text.") from None
    if len(raw) > MAX_BYTES:
        raise InputError(f"The instruction in {where} is longer than 1 MiB.")
    return text
