"""The streams and what may be written to them; the only place that prints.

Rules:
- Standard output carries results alone; everything else goes to standard error.
- Text from outside is cleaned here, once, before a person sees it: no escape
  sequence, no control character, no trick of writing direction.
- What a stream cannot encode is escaped, never a crash.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNSAFE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)


def clean(text: str) -> str:
    """Return the text without C0 (but newline and tab), DEL, C1 and bidi controls."""
    return _UNSAFE.sub("", text)


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where this run reads and writes, and what its environment says."""

    stdin: BinaryIO
    stdout: BinaryIO
    stderr: TextIO
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    @classmethod
    def of_process(cls) -> Terminal:
        """Return the streams of this process."""
        return cls(sys.stdin.buffer, sys.stdout.buffer, sys.stderr)

    @property
    def is_interactive(self) -> bool:
        """Whether a person watches standard error on a terminal that can move."""
        return self.stderr.isatty() and self.environ.get("TERM") != "dumb"

    @property
    def stdout_is_tty(self) -> bool:
        """Whether standard output is a terminal, which no picture goes to."""
        return self.stdout.isatty()

    def result(self, line: str) -> None:
        """Write one line of result to standard output, at once."""
        self.stdout.write(os.fsencode(line) + b"\n")
        self.stdout.flush()

    def say(self, text: str) -> None:
        """Write a line for a person to standard error."""
        self.stderr.write(self.printable(text) + "\n")
        self.stderr.flush()

    def printable(self, text: str) -> str:
        """Return the text cleaned, with what standard error cannot encode escaped."""
        encoding = self.stderr.encoding or "utf-8"
        return clean(text).encode(encoding, "backslashreplace").decode(encoding)
