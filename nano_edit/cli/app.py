"""The command: options in, calls out, and the one funnel that every error ends in.

Rules:
- The program below this module raises; only here are exit statuses given and
  errors printed.
- A bug is exit 1 with its traceback (never its locals: they may hold the key).
- SIGTERM counts as Ctrl-C with another number, so that both clean up.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any, NoReturn, cast

import typer

from nano_edit import __version__
from nano_edit.cli.display.messages import error_text
from nano_edit.cli.help.plain_help import PlainCommand
from nano_edit.cli.options import command_signature
from nano_edit.cli.terminal import Terminal
from nano_edit.domain import Billed
from nano_edit.errors import (
    ExitStatus,
    InterruptedEdit,
    NanoEditError,
    Terminated,
    TerminatedEdit,
    UsageError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from typer.core import TyperCommand

    from nano_edit.cli.config.settings import Resolved

AS_JSON = "json"  # the key under which a run notes how its failure is told

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)
# What Typer raises for a command line it cannot parse; it has no public name.
_ParseError: type[Exception] = typer.BadParameter.__mro__[1]


@app.command(cls=PlainCommand)
@command_signature
def nano_edit(context: typer.Context, **values: Any) -> None:
    """Edit pictures by instruction: a sentence and photos in, the edit on disk."""
    terminal: Terminal = context.obj
    if values["version"]:
        terminal.result(f"nano-edit {__version__}")
        return
    from nano_edit.cli.config.settings import resolve  # noqa: PLC0415 - after --version

    resolved = resolve(context, values, terminal.environ)
    context.meta[AS_JSON] = resolved.options.json
    if not resolved.options.quiet:
        for warning in resolved.warnings:
            terminal.say(f"warning: {warning}")
    _run(resolved, terminal, context)


def _run(resolved: Resolved, terminal: Terminal, context: typer.Context) -> None:
    """Do the one thing that the options ask for."""
    # Each job is loaded only when it is the one: start-up is felt on every run.
    options = resolved.options
    if options.show_config or options.login or options.install_completion:
        from nano_edit.cli.commands.setup import run_chore  # noqa: PLC0415

        run_chore(resolved, terminal, cast("TyperCommand", context.command))
    elif options.recover:
        from nano_edit.cli.commands.replies import run_recovery  # noqa: PLC0415

        run_recovery(options, terminal)
    elif options.batch or options.each or options.count:
        from nano_edit.cli.commands.batch import run_many  # noqa: PLC0415

        if error := run_many(resolved, terminal):
            context.meta[AS_JSON] = False  # each edit's own object has told it
            raise error
    else:
        from nano_edit.cli.commands.edit import run_single  # noqa: PLC0415

        run_single(options, terminal)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and end the process with its exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    sys.exit(run(arguments, Terminal.of_process()))


def run(arguments: Sequence[str], terminal: Terminal) -> int:
    """Run the command and return its exit status; every error ends here."""
    signal.signal(signal.SIGTERM, _terminate)
    told = {AS_JSON: "--json" in arguments}
    try:
        _invoke(_plain(arguments), terminal, told)
    except BrokenPipeError:
        return _reader_gone()
    except _ParseError as fault:
        error: NanoEditError = _usage_error(fault)
    except NanoEditError as fault:
        error = fault
    except Terminated:
        error = TerminatedEdit("Terminated; no call was under way.")
    except KeyboardInterrupt:
        error = InterruptedEdit("Interrupted; no call was under way.")
    except Exception as bug:  # noqa: BLE001 - the funnel's bottom
        error = _internal(bug, terminal)
    else:
        return ExitStatus.OK
    return _report(error, terminal, as_json=told[AS_JSON])


def _invoke(arguments: list[str], terminal: Terminal, told: dict[str, bool]) -> None:
    """Parse and run; not by Typer's own ``main``, which ends the process itself.

    ``told`` learns from the configuration too how a failure is to be reported.
    """
    command = typer.main.get_command(app)
    try:
        with command.make_context("nano-edit", arguments, obj=terminal) as context:
            try:
                command.invoke(context)
            finally:
                told.update(context.meta)
    except typer.Exit:
        return  # --help has been printed


def _plain(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with ``--show=both`` as the flag that it is."""
    shown = {"--show=both": "--show-both", "--show=result": "--show"}
    plain = [shown.get(argument, argument) for argument in arguments]
    return _expanded(plain) if os.name == "nt" else plain


def _expanded(arguments: list[str]) -> list[str]:
    """Return the arguments with ``*.jpg`` as the files it names.

    What a shell does elsewhere; ``cmd`` and PowerShell leave it to the program.
    """
    from glob import glob  # noqa: PLC0415

    found: list[str] = []
    for argument in arguments:
        is_pattern = not argument.startswith("-") and any(c in argument for c in "*?")
        found += (sorted(glob(argument)) if is_pattern else None) or [argument]  # noqa: PTH207 - keeps the text as typed
    return found


def _usage_error(fault: Any) -> UsageError:
    """Return Typer's complaint in our words: the option, then what is wrong."""
    parameter = getattr(fault, "param", None)
    if parameter is None or not fault.message:
        said = fault.format_message().rstrip(".")
        return UsageError(f"{said}.", hint="See nano-edit --help.")
    source = fault.ctx.get_parameter_source(parameter.name) if fault.ctx else None
    is_variable = source is not None and source.name == "ENVIRONMENT"
    name = parameter.envvar if is_variable else max(parameter.opts, key=len)
    return UsageError(f"{name}: {fault.message}", hint="See nano-edit --help.")


def _internal(bug: Exception, terminal: Terminal) -> NanoEditError:
    """Return the error for a bug of ours, its traceback printed without locals."""
    import traceback  # noqa: PLC0415

    terminal.say("".join(traceback.format_exception(bug)).rstrip())
    return NanoEditError(
        f"This is a bug in nano-edit: {type(bug).__name__}.",
        hint="Please report it with the lines above; look through them first.",
        billed=Billed.UNKNOWN,
    )


def _report(error: NanoEditError, terminal: Terminal, *, as_json: bool) -> int:
    if as_json:
        import json  # noqa: PLC0415

        from nano_edit.engine.records import record_of_error  # noqa: PLC0415

        terminal.result(json.dumps(record_of_error(error), ensure_ascii=False))
    terminal.say(error_text(error))
    return error.exit_status


def _reader_gone() -> int:
    """End quietly: whoever read our output has seen enough, as with ``head``."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 128 + 13  # what a shell shows for SIGPIPE


def _terminate(signum: int, frame: FrameType | None) -> None:
    del signum, frame
    raise Terminated
