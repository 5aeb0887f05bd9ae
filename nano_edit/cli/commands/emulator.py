"""``emulator``: the same as the program ``nano-edit-emulator``, help in our style.

The emulator shares no code with the client, so its options stand beside its own
code; here they are read from there, as rows like those of `option_table`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from nano_edit.cli.command_table import BY_NAME
from nano_edit.cli.help.pages import command_help
from nano_edit.cli.option_table import BEHAVIOUR, Row, rows_of
from nano_edit.emulator.__main__ import app
from nano_edit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nano_edit.cli.help.pages import Page

NAME = "emulator"
# What Typer raises for a command line it cannot parse; it has no public name.
_ParseError: type[Exception] = typer.BadParameter.__mro__[1]


def run(arguments: Sequence[str], page: Page) -> str:
    """Serve until a signal comes, or return the help; raises UsageError."""
    if {"-h", "--help"} & {*arguments}:
        return command_help(BY_NAME[NAME], page, rows())
    try:
        typer.main.get_command(app).main(
            list(arguments), prog_name=f"nano-edit {NAME}", standalone_mode=False
        )
    except _ParseError as fault:
        raise UsageError(_said(fault), hint=f"See nano-edit help {NAME}.") from None
    return ""


def rows() -> tuple[Row, ...]:
    """Return the emulator's options as rows."""
    options: list[Any] = [*typer.main.get_command(app).params]
    return (*map(_row, options), *rows_of(NAME))


def _row(option: Any) -> Row:
    names = " ".join(
        (*option.opts[:-1], "/".join(option.opts[-1:] + option.secondary_opts))
    )
    kinds = {int: "N", float: "SECONDS", bool: ""}
    kind = option.type_descriptor.annotation
    metavar = option.metavar or kinds.get(kind, "TEXT")
    return Row(
        option.name,
        BEHAVIOUR,
        (NAME,),
        f"{names} {metavar}",
        option.help,
        env=False,
    )


def _said(fault: Any) -> str:
    """Return the complaint as a sentence: the option, then what is wrong."""
    hint = getattr(fault, "param_hint", None)
    if hint is None and getattr(fault, "param", None) is not None:
        hint = max(fault.param.opts, key=len)
    said = f"{hint}: {fault.message}" if hint else fault.format_message()
    return f"{said.rstrip('.')}."
