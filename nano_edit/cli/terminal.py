"""The streams and what may be written to them; the only place that prints.

Rules:
- Standard output carries results alone; everything else goes to standard error.
- Text from outside is cleaned before a person sees it: no escape sequence, no control
  character, no trick of writing direction.  In a pipe a result stays as it is.
- What a stream cannot encode is escaped, never a crash.
- On a terminal sentences wrap at words, and what is wrong begins in red.
- Nothing that is under way ends because nobody can be told of it: where standard
  error fails, this run says no more.  Where standard output fails, `OutputLost` is
  raised, for what was to stand there was asked for.
- A stream that was closed before the start is an open one that leads nowhere, so
  that no file gets its number.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # `typing` takes longer to load than this module
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO, TextIO

# C0 but newline and tab, DEL and C1 (also as a lone byte of a file's name), and what
# changes the writing direction.
_UNSAFE_RANGES = (
    (0x00, 0x08), (0x0B, 0x1F), (0x7F, 0x9F), (0x061C, 0x061C), (0x200E, 0x200F),
    (0x2028, 0x202E), (0x2066, 0x2069), (0xFEFF, 0xFEFF),
    (0xDC80, 0xDC9F),
)  # fmt: skip
UNSAFE = frozenset(
    code for first, last in _UNSAFE_RANGES for code in range(first, last + 1)
)
_GONE = dict.fromkeys(UNSAFE)
_RED, _PLAIN = "\x1b[31m", "\x1b[0m"


def clean(text: str) -> str:
    """Return the text without C0 (but newline and tab), DEL, C1 and bidi controls."""
    return text.translate(_GONE)


class OutputLost(Exception):  # noqa: N818 - named for what happened
    """Standard output takes no more: its disk is full, its reader has gone."""

    def __init__(self, fault: OSError, line: str) -> None:
        super().__init__(str(fault))
        self.reason = fault.strerror or "it is closed"
        self.reader_gone = isinstance(fault, BrokenPipeError)  # as with ``head``
        self.line = line  # what could not be written
        self.paid = False  # whether it tells of a picture that was made


class Terminal:
    """Where this run reads and writes, and what its environment says."""

    __slots__ = ("_mute", "closed", "environ", "stderr", "stdin", "stdout")

    def __init__(
        self,
        stdin: BinaryIO,
        stdout: BinaryIO,
        stderr: TextIO,
        environ: Mapping[str, str] = os.environ,
        closed: frozenset[int] = frozenset(),
    ) -> None:
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.environ = environ
        self.closed = closed  # of 0, 1, 2: those that were closed before the start
        self._mute = False

    @classmethod
    def of_process(cls) -> Terminal:
        """Return the streams of this process."""
        closed = frozenset(_opened_anew())
        nowhere = os.devnull
        return cls(
            sys.stdin.buffer if sys.stdin else open(nowhere, "rb"),  # noqa: PTH123 - for the whole process
            sys.stdout.buffer if sys.stdout else open(nowhere, "wb"),  # noqa: PTH123 - likewise
            sys.stderr or open(nowhere, "w", encoding="utf-8"),  # noqa: PTH123 - likewise
            closed=closed,
        )

    @property
    def is_interactive(self) -> bool:
        """Whether a person watches standard error on a terminal that can move."""
        return self.stderr.isatty() and self.environ.get("TERM") != "dumb"

    @property
    def stdout_is_tty(self) -> bool:
        """Whether standard output is a terminal, which no picture goes to."""
        return self.stdout.isatty()

    def result(self, line: str) -> None:
        """Write one line of result to standard output, at once.

        A terminal gets it cleaned.  Raises OutputLost.
        """
        self.page((clean(line) if self.stdout_is_tty else line) + "\n")

    def page(self, text: str) -> None:
        """Write text of our own, with its bold headings, to standard output.

        Raises OutputLost.
        """
        try:
            self.stdout.write(os.fsencode(text))
            self.stdout.flush()
        except OSError as fault:
            raise OutputLost(fault, text.removesuffix("\n")) from None

    def say(self, text: str, alarm: str = "") -> None:
        """Write lines for a person to standard error.

        ``alarm`` is how the text begins when it tells of something that is wrong.
        """
        shaped, alarm = self.shaped(text), self.printable(alarm)
        if alarm and self.has_colours and shaped.startswith(alarm):
            shaped = f"{_RED}{alarm}{_PLAIN}{shaped.removeprefix(alarm)}"
        self._write(f"{shaped}\n")

    def ask(self, question: str) -> None:
        """Write a question to standard error; the answer comes on its line."""
        self._write(self.printable(question))

    def _write(self, text: str) -> None:
        if self._mute:
            return
        try:
            self.stderr.write(text)
            self.stderr.flush()
        except (OSError, ValueError):  # ValueError: closed by its owner
            self._mute = True

    @property
    def has_colours(self) -> bool:
        """Whether a person watches who has not asked for no colours."""
        return self.is_interactive and not self.environ.get("NO_COLOR")

    def shaped(self, text: str) -> str:
        """Return the text printable and, for a terminal, wrapped at words.

        A word that is longer than the terminal is wide, such as a path, stays whole.
        """
        text = self.printable(text)
        width = self._width() if self.stderr.isatty() else 0
        if not width or all(len(line) <= width for line in text.split("\n")):
            return text
        return "\n".join(wrapped(line, width) for line in text.split("\n"))

    def _width(self) -> int:
        """Return the columns of standard error's terminal, 0 if it does not say."""
        said = self.environ.get("COLUMNS", "")
        if said.isdecimal():
            return int(said)
        try:
            return os.get_terminal_size(self.stderr.fileno()).columns
        except (OSError, ValueError):  # ValueError: it has no number
            return 0

    def printable(self, text: str) -> str:
        """Return the text cleaned, with what standard error cannot encode escaped."""
        encoding = self.stderr.encoding or "utf-8"
        return clean(text).encode(encoding, "backslashreplace").decode(encoding)


def wrapped(line: str, width: int) -> str:
    """Return the line broken at spaces, each part as far in as the line begins."""
    margin = line[: len(line) - len(line.lstrip(" "))]
    parts: list[str] = []
    words = line.removeprefix(margin).split(" ")
    part = margin + words[0]
    for word in words[1:]:
        if len(part) + 1 + len(word) > width and word:
            parts.append(part.rstrip(" "))
            part = margin + word
        else:
            part += f" {word}"
    return "\n".join([*parts, part])


def _opened_anew() -> list[int]:
    """Open what is closed of 0, 1 and 2, leading nowhere, and return which."""
    closed = []
    for descriptor in (0, 1, 2):  # the lowest free number is taken
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
            closed.append(descriptor)
    return closed
