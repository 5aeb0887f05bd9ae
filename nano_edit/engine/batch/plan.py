"""The list of edits that a run makes: from lines, in variants, in shards; checked.

Everything that can be refused without opening a picture is refused by `check_all`,
with the place it stands in, before the first request.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from nano_edit.engine.prepare import possible_outputs
from nano_edit.errors import InputError, NanoEditError, UsageError
from nano_edit.pictures.inputs.sources import unreadable
from nano_edit.pictures.outputs.collisions import OutputKeys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from nano_edit.domain import Edit

MOST_TOLD = 10  # faults of a list that are told at once
_SHARD = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")


def going_on(edit: Edit, picture: str) -> Edit:
    """Return the edit as it is sent, the ``picture`` of another before its own."""
    return replace(edit, images=(picture, *edit.images), after="")


def variants(edits: Iterable[Edit], count: int) -> list[Edit]:
    """Return each edit ``count`` times, numbered from 1."""
    return [
        replace(edit, variant=number)
        for edit in edits
        for number in range(1, count + 1)
    ]


def shard(
    edits: Sequence[Edit], part: str, first: Mapping[int, int] | None = None
) -> list[Edit]:
    """Return part I of N; which part an edit is in depends on its place alone.

    ``part`` is ``I/N``.  What goes on from another edit is in that one's part:
    ``first`` tells the place that it begins with.  Raises UsageError for another text.
    """
    match = _SHARD.fullmatch(part)
    number, parts = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= number <= parts:
        raise UsageError(
            f"--shard must be I/N with 1 ≤ I ≤ N, not {part}.",
            hint="For example --shard 1/4.",
        )
    first = first or {}
    wanted = number - 1
    return [
        edit
        for place, edit in enumerate(edits)
        if first.get(place, place) % parts == wanted
    ]


# --- the check ---------------------------------------------------------------


def check_all(
    edits: Iterable[Edit],
    check: Callable[[Edit], None],
    faults: Iterable[NanoEditError] = (),
) -> None:
    """Raise for what cannot be meant, telling several faults at once.

    ``check`` looks at one edit's words; ``faults`` are those known already.
    Raises UsageError or InputError.
    """
    found = list(faults)
    taken: dict[bytes, str] = {}
    keys = OutputKeys()
    for edit in edits:
        try:
            check(_with_its_picture(edit))
            _check_pictures(edit)
            _check_outputs(edit, keys, taken)
        except NanoEditError as fault:
            found.append(placed(fault, edit.where))
    if not found:
        return
    first = min(found, key=_line_of)
    found.sort(key=_line_of)
    more = len(found) - MOST_TOLD
    first.message = "\n  ".join(fault.message for fault in found[:MOST_TOLD])
    first.message += f"\n  ... and {more} more" if more > 0 else ""
    first.hint = f"Nothing was sent. {first.hint}".rstrip()
    raise first


def _with_its_picture(edit: Edit) -> Edit:
    """Return the edit with a name for the picture that another will have made.

    Raises UsageError where the result has no name.
    """
    if not edit.after:
        return edit
    output = edit.output
    if output is None or output.endswith(("/", os.sep)) or os.path.isdir(output):  # noqa: PTH112
        raise UsageError(
            "An edit that goes on from another needs an output of its own.",
            hint='Name a file: "output": "warmer.jpg".',
        )
    return going_on(edit, f"the result of {edit.after}")


def placed(fault: NanoEditError, where: str) -> NanoEditError:
    """Return the fault with its place at the beginning of its message."""
    if where and where not in fault.message:
        fault.message = f"{where}: {fault.message}"
    return fault


def _line_of(fault: NanoEditError) -> int:
    """Return the line that a fault of a list stands in, to tell them in order."""
    match = re.match(r"[^\n]*?:(\d+): ", fault.message)
    return int(match[1]) if match else 0


def _check_outputs(edit: Edit, keys: OutputKeys, taken: dict[bytes, str]) -> None:
    for file in possible_outputs(edit):
        name = keys.key_of(file)
        if name is None:
            continue
        # A digest, not the name: a list of thousands stays small.
        whole = repr(name).encode("utf-8", "surrogateescape")
        key = hashlib.blake2b(whole, digest_size=12).digest()
        if key in taken:
            raise UsageError(
                f"{edit.label} and {taken[key]} would both write {file}.",
                hint="Give each its own output.",
            )
        taken[key] = edit.label


def _check_pictures(edit: Edit) -> None:
    for image in edit.images:
        if image == "-":
            raise UsageError("A picture of a list cannot come from standard input.")
        if "://" in image:
            continue
        # Not Path's own: before Python 3.12 they raise on a name that is too long.
        if not os.path.exists(image):  # noqa: PTH110
            raise unreadable(image[:200], FileNotFoundError())
        if os.path.isdir(image):  # noqa: PTH112
            raise InputError(
                f"{image} is a folder.", hint="--each edits the pictures of a folder."
            )
