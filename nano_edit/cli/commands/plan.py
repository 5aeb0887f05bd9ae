"""The list of edits that ``--each``, ``--batch``, ``--count`` and ``--shard`` make.

Strategy: a plan is what differs from edit to edit, in a few words each, so that
thousands of edits are a short list; the options are put together when an edit's
turn comes.  Everything that can be refused without a picture is refused here,
with the line it stands in, before the first request.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from nano_edit.cli.commands.folders import make_folder, pictures_of
from nano_edit.cli.commands.instruction import read_instruction
from nano_edit.cli.commands.job import check_job
from nano_edit.cli.config.settings import with_changes
from nano_edit.errors import InputError, NanoEditError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nano_edit.cli.config.settings import Resolved
    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal

MOST_TOLD = 10  # faults of a list that are told at once
_LIKE_THIS = 'A line looks like this: {"instruction": "sepia", "images": ["a.jpg"]}'
_SHARD = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")


@dataclass(frozen=True, slots=True)
class Planned:
    """One edit of many: where it stands and what it changes."""

    where: str  # "edits.jsonl:7", or the picture's name
    line: bytes = b"{}"  # what it changes, as JSON: a fifth of what it is when read
    index: int | None = None  # of a variant, from 1
    fault: NanoEditError | None = None  # why the line is no edit

    @property
    def label(self) -> str:
        """The name by which a person knows this edit."""
        return self.where if self.index is None else f"{self.where} #{self.index}"

    def options(self, base: Resolved) -> Options:
        """Return this edit's options, the instruction's text among them.

        Raises UsageError that names the place, or InputError for @FILE.
        """
        options = with_changes(base, json.loads(self.line), self.where)
        said = options.instruction
        if said is None or not said.startswith("@"):
            return options
        return replace(options, instruction=as_text(read_instruction(said, BytesIO())))


def as_text(instruction: str) -> str:
    """Return the instruction in a form that is never taken for the name of a file."""
    return f" {instruction}" if instruction.startswith("@") else instruction


def plan_edits(base: Resolved, terminal: Terminal, name: str = "") -> list[Planned]:
    """Return the edits of this run, checked as far as no picture is needed.

    ``name`` is what a person calls the picture whose variants are wanted.
    Raises UsageError, InputError or OutputError, telling several faults at once.
    """
    options = base.options
    _check_combination(base)
    if options.each and options.output:
        make_folder(options.output)
    planned = list(_variants(_edits(options, terminal, name), options.count))
    _check_all(planned, base)  # the whole: two shards may write the same file
    return list(_shard(planned, options.shard))


def _check_combination(base: Resolved) -> None:
    options = base.options
    own = options.instruction not in {None, base.preset_instruction}
    if options.batch and (options.each or own):
        raise UsageError(
            "--batch takes its instructions and pictures from the list alone.",
            hint="Leave INSTRUCTION, IMAGE and --each out.",
        )
    if options.output == "-":
        raise UsageError("Standard output takes one picture, not many.")
    if options.each and options.images and "-" in options.images:
        raise UsageError("--each takes files and folders, not standard input.")
    if not options.batch and options.instruction is None:
        raise UsageError(
            "There is no instruction.",
            hint='Try: nano-edit --each "blur the background" photos/ -o edited/',
        )
    if not options.batch and not options.images:
        check_job(options, options.instruction)  # raises: it needs a picture


def _edits(options: Options, terminal: Terminal, name: str) -> Iterator[Planned]:
    if options.batch:
        yield from _from_lines(options.batch, terminal)
    elif options.each:
        for found in pictures_of(options):
            changes = {"images": [found.name], "output": found.output}
            yield Planned(found.name, json.dumps(changes).encode())
    else:
        yield Planned(name or (options.images or ["picture"])[0])


# --- from a list -------------------------------------------------------------


def _from_lines(name: str, terminal: Terminal) -> Iterator[Planned]:
    shown = "standard input" if name == "-" else name
    try:
        if name == "-":
            yield from _parsed(terminal.stdin, shown)
            return
        with Path(name).open("rb") as file:
            yield from _parsed(file, shown)
    except OSError as fault:
        raise InputError(f"{shown} cannot be read: {fault.strerror}.") from None


def _parsed(lines: Iterable[bytes], shown: str) -> Iterator[Planned]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{shown}:{number}"
        try:
            changes = json.loads(line)
        except ValueError as fault:
            error = UsageError(f"this is no JSON: {_json(fault)}.", hint=_LIKE_THIS)
            yield Planned(where, fault=error)
            continue
        if isinstance(changes, dict):
            yield Planned(where, line.strip())
        else:
            what = "a line is an object with option names as keys."
            yield Planned(where, fault=UsageError(what, hint=_LIKE_THIS))


def _json(fault: ValueError) -> str:
    """Return what is wrong, without the line that a line of JSON always is."""
    if isinstance(fault, json.JSONDecodeError):
        return f"{fault.msg} at column {fault.colno}"
    return str(fault)


# --- variants and shards -----------------------------------------------------


def _variants(edits: Iterable[Planned], count: int | None) -> Iterator[Planned]:
    for edit in edits:
        if count is None:
            yield edit
        else:
            for index in range(1, count + 1):
                yield replace(edit, index=index)


def _shard(edits: Iterable[Planned], shard: str | None) -> Iterator[Planned]:
    """Keep the I-th of N parts; which one an edit is in depends on its place alone."""
    part, parts = _shard_of(shard)
    for place, edit in enumerate(edits):
        if place % parts == part - 1:
            yield edit


def _shard_of(shard: str | None) -> tuple[int, int]:
    if shard is None:
        return 1, 1
    match = _SHARD.fullmatch(shard)
    part, parts = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= part <= parts:
        raise UsageError(
            f"--shard {shard} is no part of a whole.",
            hint="I/N with I from 1 to N, for example --shard 1/4.",
        )
    return part, parts


# --- the check ---------------------------------------------------------------


def _check_all(planned: list[Planned], base: Resolved) -> None:
    faults: list[NanoEditError] = []
    taken: dict[bytes, str] = {}
    for edit in planned:
        try:
            _check(edit, base, taken)
        except NanoEditError as fault:
            faults.append(_placed(fault, edit.where))
    if not faults:
        return
    first = faults[0]
    more = len(faults) - MOST_TOLD
    first.message = "\n  ".join(fault.message for fault in faults[:MOST_TOLD])
    first.message += f"\n  ... and {more} more" if more > 0 else ""
    first.hint = f"Nothing was sent. {first.hint}"
    raise first


def _placed(fault: NanoEditError, where: str) -> NanoEditError:
    if where not in fault.message:
        fault.message = f"{where}: {fault.message}"
    return fault


def _check(edit: Planned, base: Resolved, taken: dict[bytes, str]) -> None:
    from nano_edit.pictures.outputs.destination import possible_files  # noqa: PLC0415

    if edit.fault:
        raise edit.fault
    options = edit.options(base)
    check_job(options, options.instruction)
    read_instruction(options.instruction, BytesIO())
    for image in options.images or ():
        _check_exists(image)
    for file in possible_files(
        options.output,
        first_source=(options.images or ("",))[0],
        format_name=options.format,
        suffix_index=edit.index,
    ):
        # A digest, not the name: a list of thousands stays small.
        key = hashlib.blake2b(str(file.absolute()).encode(), digest_size=12).digest()
        if key in taken:
            raise UsageError(
                f"{edit.label} and {taken[key]} would both write {file}.",
                hint="Give each its own output.",
            )
        taken[key] = edit.label


def _check_exists(image: str) -> None:
    if image == "-":
        raise UsageError("A picture of a list cannot come from standard input.")
    if "://" in image:
        return
    # Not Path's own: before Python 3.12 they raise on a name that is too long.
    if not os.path.exists(image):  # noqa: PTH110
        raise InputError(f"{image[:200]} cannot be read: there is no such file.")
    if os.path.isdir(image):  # noqa: PTH112
        raise InputError(
            f"{image} is a folder.", hint="--each edits the pictures of a folder."
        )
