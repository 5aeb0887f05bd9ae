"""What the command takes, as plain data, read from the app itself.

Help, completions, man page and README tell of the same rows; whoever writes
them walks `Reference` and knows nothing of Typer.

Rules:
- Hidden rows are not told, but for the flag ``--show-both`` beside ``--show``:
  that one is how ``--show=both`` is spelt inside.
- Typer carries its own Click, which cannot be named: rows are read by attribute.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Any

from nano_edit.cli.options import BEHAVIOUR, PANELS
from nano_edit.errors import ExitStatus
from nano_edit.pictures.formats import READ_SUFFIXES
from nano_edit.wire.models import MODELS

PROGRAM = "nano-edit"
PICTURE_SUFFIXES = tuple(suffix.removeprefix(".") for suffix in READ_SUFFIXES)

EXITS = {
    ExitStatus.OK: "the file is there",
    ExitStatus.INTERNAL: "a bug",
    ExitStatus.USAGE: "the command line",
    ExitStatus.INPUT: "a picture, a file or the place of the output cannot be used",
    ExitStatus.AUTH: "no key, or it was refused",
    ExitStatus.NETWORK: "nothing was sent: DNS, connect, TLS, proxy",
    ExitStatus.QUOTA: "rate limit, or no money left",
    ExitStatus.REJECTED: "the API calls the request invalid, or redirects it",
    ExitStatus.SERVER: "5xx, or a reply that is not the contract's",
    ExitStatus.REFUSED: "answered, without an image that can be used",
    ExitStatus.UNKNOWN: "sent, but no whole reply came: it may have been billed",
    ExitStatus.OUTPUT: "the image came but could not be written; where it is kept",
    ExitStatus.PARTIAL: "some of many edits failed",
    ExitStatus.INTERRUPTED: "Ctrl-C",
    ExitStatus.TERMINATED: "SIGTERM",
}

EXAMPLES = (
    ("One photo, edited", 'nano-edit "blur background" in.jpg -o out.png'),
    (
        "Two pictures into one",
        'nano-edit "put the mug beside the cat" cat.jpg mug.png -o both.jpg',
    ),
    (
        "The instruction from a file; shape and size asked for",
        "nano-edit @prompt.txt in.jpg -a 16:9 -s 4K -o wide.png",
    ),
    ("From a pipe into a pipe", 'nano-edit "make it snow" - -o - <in.jpg >out.jpg'),
    (
        "Every picture of a folder, eight at once",
        'nano-edit "white background" --each photos/ -o white/ -j 8',
    ),
    ("A try, without key or cost", 'nano-edit "blur background" in.jpg --emulate'),
)


class Kind(Enum):
    """What a value is, for whoever completes it."""

    FLAG = "no value at all"
    WORDS = "one of a list"
    FILE = "a file"
    FOLDER = "a folder"
    PICTURE = "a picture, or a folder of them"
    INSTRUCTION = "words, or @FILE"
    FREE = "something only the user knows"


_KINDS = {  # by metavar
    "INSTRUCTION": Kind.INSTRUCTION,
    "IMAGE...": Kind.PICTURE,
    "FILE": Kind.FILE,
    "FILE.html": Kind.FILE,
    "PATH": Kind.FILE,
    "FOLDER": Kind.FOLDER,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One argument or option."""

    flags: tuple[str, ...]  # "-s", "--size"; an argument has none
    metavar: str  # "SIZE"; a flag has none
    help: str
    panel: str
    negations: tuple[str, ...] = ()  # "--no-downscale"
    values: tuple[str, ...] = ()  # all there are, or all that are known
    variable: str | None = None  # "NANO_EDIT_SIZE"
    may_be: tuple[str, ...] = ()  # a flag's values: --show=both

    @property
    def kind(self) -> Kind:
        """What the value is."""
        if not self.metavar:
            return Kind.FLAG
        return Kind.WORDS if self.values else _KINDS.get(self.metavar, Kind.FREE)

    @property
    def brief(self) -> str:
        """The help's first statement, without its full stop."""
        return re.split(r"; |\. |(?<!\.)\.$", self.help)[0]

    @property
    def opposite(self) -> str:
        """What the negation says, in brief."""
        return f"The opposite of {self.flags[0]}"


@dataclass(frozen=True, slots=True)
class Reference:
    """The whole command: its arguments, then its options in the order of showing."""

    summary: str
    arguments: tuple[Entry, ...]
    options: tuple[Entry, ...]

    @property
    def usage(self) -> str:
        """The command line in one line."""
        names = " ".join(entry.metavar for entry in self.arguments)
        return f"{PROGRAM} [OPTIONS] {names}"

    def panel(self, title: str) -> tuple[Entry, ...]:
        """Return the panel's entries."""
        entries = (*self.arguments, *self.options)
        return tuple(entry for entry in entries if entry.panel == title)


def reference_of(command: Any, context: Any = None) -> Reference:
    """Read the command that `typer.main.get_command` returns, in its context."""
    context = context or command.make_context(PROGRAM, [], resilient_parsing=True)
    parameters = list(command.get_params(context))
    hidden = {name for each in parameters if each.hidden for name in each.opts}
    entries = [_entry(each, hidden) for each in parameters if not each.hidden]
    entries.sort(key=lambda entry: PANELS.index(entry.panel))
    return Reference(
        summary=(command.help or "").strip(),
        arguments=tuple(entry for entry in entries if not entry.flags),
        options=tuple(entry for entry in entries if entry.flags),
    )


def _entry(parameter: Any, hidden: set[str]) -> Entry:
    is_option = parameter.param_type_name == "option"
    parser = parameter.type_descriptor.parameter_info.parser
    known = tuple(MODELS) if parameter.name == "model" else ()
    stem = f"--{parameter.name}-"
    return Entry(
        flags=tuple(parameter.opts) if is_option else (),
        metavar=parameter.metavar or "",
        help=parameter.help,
        panel=parameter.rich_help_panel or BEHAVIOUR,
        negations=tuple(parameter.secondary_opts),
        values=getattr(parser, "values", known),
        variable=parameter.envvar,
        may_be=tuple(
            sorted(name.removeprefix(stem) for name in hidden if name.startswith(stem))
        ),
    )
