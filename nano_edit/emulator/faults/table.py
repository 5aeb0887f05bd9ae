"""Everything that can go wrong on demand: one table, read top to bottom.

A fault answers in another way, delivers in another way, or both.  The page
about the emulator prints this table, and a test holds the two together.
"""

from __future__ import annotations

from nano_edit.emulator.answers import Delivery
from nano_edit.emulator.faults.errors import ERRORS
from nano_edit.emulator.faults.kind import FaultKind
from nano_edit.emulator.faults.reply_faults import BROKEN, ODD, REFUSALS, finish_reason

__all__ = ["FAULTS", "SECTIONS", "finish_reason", "table"]

CONNECTIONS = (
    FaultKind(
        "reset",
        "the request is read, then the connection is reset",
        deliver=lambda _: Delivery(drop="reset"),
    ),
    FaultKind(
        "close",
        "the request is read, then the connection is closed",
        deliver=lambda _: Delivery(drop="close"),
    ),
    FaultKind(
        "refuse-upload",
        "reset while the request's body is still being sent",
        deliver=lambda _: Delivery(drop="upload"),
    ),
    FaultKind(
        "cut",
        "closed after so many bytes of the body, no last chunk",
        deliver=lambda arg: Delivery(cut=int(float(arg))),
        argument="bytes",
        default="100000",
    ),
    FaultKind(
        "drip",
        "the body comes at so many bytes a second",
        deliver=lambda arg: Delivery(rate=float(arg) or 1e-9),
        argument="bytes/s",
        default="1024",
    ),
    FaultKind(
        "slow",
        "silence before the first byte",
        deliver=lambda arg: Delivery(silence=float(arg)),
        argument="seconds",
        default="20",
    ),
    FaultKind(
        "stall",
        "half of the body, silence, the other half",
        deliver=lambda arg: Delivery(pause=float(arg)),
        argument="seconds",
        default="60",
    ),
    FaultKind(
        "tail-stall",
        "the whole body, then the closing chunk is withheld",
        deliver=lambda arg: Delivery(tail=float(arg)),
        argument="seconds",
        default="60",
    ),
)

OK = FaultKind("ok", "no fault: the edited picture")

SECTIONS: dict[str, tuple[FaultKind, ...]] = {
    "All is well": (OK,),
    "Errors": ERRORS,
    "No picture (status 200)": REFUSALS,
    "A picture in odd clothes (status 200)": ODD,
    "A broken reply (status 200)": BROKEN,
    "The connection": CONNECTIONS,
}

FAULTS = {kind.name: kind for kinds in SECTIONS.values() for kind in kinds}


def table() -> str:
    """Return every fault as a Markdown table, a row each, sections in bold."""
    lines = ["| fault | ARG (default) | what happens |", "|---|---|---|"]
    for section, kinds in SECTIONS.items():
        lines.append(f"| **{section}** | | |")
        lines.extend(_row(kind) for kind in kinds)
    return "\n".join(lines) + "\n"


def _row(kind: FaultKind) -> str:
    argument = f" {kind.argument}" if kind.argument else ""
    if kind.default:
        argument += f" ({kind.default})"
    return f"| `{kind.name}` |{argument} | {kind.summary} |"
