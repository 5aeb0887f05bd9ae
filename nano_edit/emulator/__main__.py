"""``nano-edit-emulator``: the emulator as a program; also ``nano-edit emulator``.

One table of options makes both the parser and the help.
"""

from __future__ import annotations

import argparse
import math
import signal
import sys
import textwrap
import threading
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from nano_edit.emulator import Emulator, FaultListError
from nano_edit.emulator.faults.table import table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

PROGRAM = "nano-edit-emulator"
_ABOUT = (
    "Serve Gemini's picture editing on this machine, for tests: no key, no cost. It"
    " edits by the words that it knows (blur, sepia, brighter, mirror, ...), answers as"
    " the service does, and fails on demand."
)
_EXAMPLES = (
    f"{PROGRAM} --port 8787",
    f"{PROGRAM} --fault 429=2:2,reset,ok",
    f"{PROGRAM} --drift shift=2:-1,zoom=1.006",
)
_COLUMN, _WIDTH = 28, 80  # where explanations begin; columns of the whole


class OptionError(ValueError):
    """The command line is invalid; the message is a sentence that says why."""


class Option(NamedTuple):
    """One option: its name, what follows it, and what it is for."""

    flag: str
    metavar: str  # "": it is a flag, and nothing follows
    help: str
    read: Callable[[str], object] = str
    default: object = None

    @property
    def name(self) -> str:
        """The name of its value."""
        return self.flag.removeprefix("--").replace("-", "_")


def _port(text: str) -> int:
    return _whole(text, 65535)


def _whole(text: str, most: int = 10**9) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) <= most):
        raise ValueError(f"it must be a whole number from 0 to {most}")
    return int(text)


def _seconds(text: str) -> float:
    value = float(text)
    if not (math.isfinite(value) and value >= 0):
        raise ValueError("it must be a number of seconds, 0 or more")
    return value


OPTIONS = (
    Option(
        "--port", "N", "Port on 127.0.0.1; 8787 by default, 0 for any.", _port, 8787
    ),
    Option(
        "--fault",
        "LIST",
        "What goes wrong, request by request: NAME[=ARG][:COUNT], with commas between.",
        default="",
    ),
    Option(
        "--drift",
        "LIST",
        "What happens to every picture besides the edit: shift=DX:DY, zoom=FACTOR, "
        "recolour=R:G:B, soften, scatter, repaint, wrong-ratio.",
        default="",
    ),
    Option(
        "--latency",
        "SECONDS",
        "Silence before each picture, as the service has; 0 by default.",
        _seconds,
        0.0,
    ),
    Option(
        "--batch-delay",
        "SECONDS",
        "From a batch's creation to its end; 0 by default: as soon as it is made.",
        _seconds,
        0.0,
    ),
    Option(
        "--signature-bytes",
        "N",
        "Length of each thoughtSignature; 1.1 to 1.5 MB by default, as the service's.",
        _whole,
    ),
    Option("--no-gzip", "", "Compress no reply, even where the client accepts gzip."),
    Option("--no-mark", "", "Leave the word emulated off the pictures."),
    Option("--list-faults", "", "Print the faults as a table."),
)


# --- the command line -------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise OptionError(_sentence(message.removeprefix("argument ")))


def _sentence(text: str) -> str:
    return text if text.endswith("?") else f"{text}."


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options' values by name; `OptionError` if they are invalid."""
    parser = _Parser(prog=PROGRAM, add_help=False, allow_abbrev=False)
    for option in OPTIONS:
        if option.metavar:
            parser.add_argument(option.flag, default=None)
        else:
            parser.add_argument(option.flag, action="store_true")
    values, unknown = parser.parse_known_args(list(arguments))
    if unknown:
        kind = "option" if unknown[0].startswith("-") else "argument"
        raise OptionError(f"No such {kind}: {unknown[0]}.")
    for option in OPTIONS:
        text = getattr(values, option.name)
        if option.metavar:
            setattr(values, option.name, _value(option, text))
    return values


def _value(option: Option, text: str | None) -> object:
    if text is None:
        return option.default
    try:
        return option.read(text)
    except ValueError as error:
        why = str(error) if "must be" in str(error) else "it must be a number"
        raise OptionError(f"{option.flag} {text}: {why}.") from None


def help_text() -> str:
    """Return the help, laid out like the main command's."""
    lines = [f"Usage: {PROGRAM} [OPTIONS]", "", *textwrap.wrap(_ABOUT, _WIDTH)]
    lines += ["", "Examples:", *(f"  {example}" for example in _EXAMPLES)]
    lines += ["", "Options:"]
    rows = [
        *((f"      {one.flag} {one.metavar}".rstrip(), one.help) for one in OPTIONS),
        ("  -h, --help", "Print this help."),
    ]
    for names, text in rows:
        first, *more = textwrap.wrap(text, _WIDTH - _COLUMN)
        lines.append(f"{names:{_COLUMN}}{first}")
        lines += [" " * _COLUMN + line for line in more]
    lines += [
        "",
        "Read on:",
        "  docs/emulator.md          words, faults, HTTP, the log",
    ]
    return "\n".join(lines) + "\n"


# --- serving ----------------------------------------------------------------


def serve(values: argparse.Namespace) -> None:
    """Print the faults, or serve until a signal comes.

    `OptionError` when a list cannot be read or the port is taken.
    """
    if values.list_faults:
        sys.stdout.write(table())
        return
    try:
        emulator = Emulator(
            port=values.port,
            faults=values.fault,
            drift=values.drift,
            latency=values.latency,
            batch_delay=values.batch_delay,
            signature_bytes=values.signature_bytes,
            gzip=not values.no_gzip,
            mark=not values.no_mark,
        )
    except FaultListError as error:
        raise OptionError(_sentence(f"The list is invalid: {error}")) from None
    except OSError as error:
        raise OptionError(f"--port {values.port}: {error.strerror}.") from None
    _serve(emulator)


def _serve(emulator: Emulator) -> None:
    """Print the address once it listens, then answer until a signal comes."""
    ended = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    with emulator:
        sys.stdout.write(f"{emulator.url}\n")
        sys.stdout.flush()
        sys.stderr.write(
            "Emulating the service; any key does. Try:\n"
            f"  nano-edit 'blur the background' in.jpg --base-url {emulator.url}\n"
            f"What was asked: {emulator.url}/log. Ctrl-C ends it.\n"
        )
        # In slices, since a wait without an end hides Ctrl-C on Windows.
        while not ended.wait(0.5):
            pass


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the program and end the process."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if {"-h", "--help"} & {*arguments}:
        sys.stdout.write(help_text())
        sys.exit(0)
    try:
        serve(parse(arguments))
    except OptionError as error:
        sys.stderr.write(f"{PROGRAM}: {error}\n  See {PROGRAM} --help.\n")
        sys.exit(2)
    sys.exit(0)


if __name__ == "__main__":
    main()
