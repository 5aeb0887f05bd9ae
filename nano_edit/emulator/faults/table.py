"""Everything that can go wrong on demand: one table, read top to bottom.

A fault responds in another way, delivers in another way, or both.  The page
about the emulator prints this table, and a test holds the two together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nano_edit.emulator.faults.broken import BROKEN
from nano_edit.emulator.faults.codings import CODINGS
from nano_edit.emulator.faults.deferred import DEFERRED
from nano_edit.emulator.faults.drift import DRIFT
from nano_edit.emulator.faults.errors import ERRORS
from nano_edit.emulator.faults.kind import FaultSection, ordinary
from nano_edit.emulator.faults.odd import ODD
from nano_edit.emulator.faults.refusals import REFUSALS
from nano_edit.emulator.responses import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable

    from nano_edit.emulator.faults.kind import FaultKind

NO_FAULT = FaultSection("No fault")
NO_FAULT.add("ok", "the edited picture", ordinary)

CONNECTION = FaultSection("The connection")


def _deliver(
    name: str,
    summary: str,
    deliver: Callable[[str], Delivery],
    argument: str = "",
    default: str = "",
) -> None:
    CONNECTION.add(
        name, summary, ordinary, deliver=deliver, argument=argument, default=default
    )


_deliver(
    "reset",
    "the request is read, then the connection is reset",
    lambda _: Delivery(drop="reset"),
)
_deliver(
    "close",
    "the request is read, then the connection is closed",
    lambda _: Delivery(drop="close"),
)
_deliver(
    "refuse-upload",
    "reset while the request's body is still being sent",
    lambda _: Delivery(drop="upload"),
)
_deliver(
    "cut",
    "closed after ARG bytes of the body, no last chunk",
    lambda arg: Delivery(cut=int(float(arg))),
    *("bytes", "100000"),
)
_deliver(
    "drip",
    "the body comes at ARG bytes a second",
    lambda arg: Delivery(rate=float(arg) or 1e-9),
    *("bytes/s", "1024"),
)
_deliver(
    "slow",
    "ARG seconds of silence before the first byte",
    lambda arg: Delivery(silence=float(arg)),
    *("seconds", "20"),
)
_deliver(
    "stall",
    "half of the body, ARG seconds of silence, the other half",
    lambda arg: Delivery(pause=float(arg)),
    *("seconds", "60"),
)
_deliver(
    "tail-stall",
    "the whole body; the closing chunk comes ARG seconds later",
    lambda arg: Delivery(tail=float(arg)),
    *("seconds", "60"),
)

SECTIONS = (
    *(NO_FAULT, ERRORS, REFUSALS, ODD, DRIFT, CODINGS, BROKEN, CONNECTION),
    DEFERRED,
)
FAULTS = {kind.name: kind for section in SECTIONS for kind in section.kinds}


def table() -> str:
    """Return every fault as a Markdown table, a row each, section titles in bold."""
    lines = ["| fault | ARG (default) | what happens |", "|---|---|---|"]
    for section in SECTIONS:
        lines.append(f"| **{section.title}** | | |")
        lines.extend(_row(kind) for kind in section.kinds)
    return "\n".join(lines) + "\n"


def _row(kind: FaultKind) -> str:
    argument = f" {kind.argument}" if kind.argument else ""
    if kind.default:
        argument += f" ({kind.default})"
    return f"| `{kind.name}` |{argument} | {kind.summary} |"
