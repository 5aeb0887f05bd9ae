"""How a run that failed is told, and the exit status that it ends with.

Rules:
- Only here are exit statuses given and errors printed.
- A bug is exit 1 with its traceback (never its locals: they may hold the key).
- Loaded when something has failed, so that ``--help`` need not wait for it.
"""

from __future__ import annotations

import os
import sys
import traceback
from typing import TYPE_CHECKING

from nano_edit.cli.display.messages import ALARM, error_text
from nano_edit.cli.json_line import json_line
from nano_edit.cli.terminal import OutputLost
from nano_edit.domain import Billed
from nano_edit.engine.records import record_of_error
from nano_edit.errors import (
    InterruptedEdit,
    NanoEditError,
    OutputError,
    Terminated,
    TerminatedEdit,
    UsageError,
)

if TYPE_CHECKING:
    from nano_edit.cli.terminal import Terminal


def tell_failure(fault: BaseException, terminal: Terminal, *, as_json: bool) -> int:
    """Print what went wrong and return the exit status."""
    if isinstance(fault, OutputLost | BrokenPipeError):  # the latter: of a picture
        _lead_nowhere()
        if not isinstance(fault, OutputLost) or fault.reader_gone:
            return 128 + 13  # what a shell shows for SIGPIPE
    error = _as_error(fault, terminal)
    if as_json and not isinstance(fault, OutputLost):
        terminal.result(json_line(record_of_error(error)))
    terminal.say(error_text(error), ALARM)
    return error.exit_status


def _as_error(fault: BaseException, terminal: Terminal) -> NanoEditError:
    if isinstance(fault, NanoEditError):
        return fault
    if isinstance(fault, OutputLost):
        return _output_error(fault)
    if isinstance(fault, Terminated):
        return TerminatedEdit("Terminated; no call was under way.")
    if isinstance(fault, KeyboardInterrupt):
        return InterruptedEdit("Interrupted; no call was under way.")
    terminal.say("".join(traceback.format_exception(fault)).rstrip())
    return NanoEditError(
        f"This is a bug in nano-edit: {type(fault).__name__}.",
        hint="Please report it with the lines above; look through them first.",
        billed=Billed.UNKNOWN,
    )


def _output_error(fault: OutputLost) -> NanoEditError:
    """Return the error for a full disk; what was paid for is named in it."""
    said = f"Standard output cannot be written to: {fault.reason}."
    if not fault.paid:
        return UsageError(said)
    return OutputError(
        f"{said} The edit succeeded; this was to be there: {fault.line}",
        hint="The picture is in place; nothing has to be made again.",
        billed=Billed.YES,
    )


def _lead_nowhere() -> None:
    """Let standard output end in nothing, or Python would fail on it once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
