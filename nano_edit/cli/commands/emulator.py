"""``emulator``: the same as the program ``nano-edit-emulator``, help in our style.

The emulator shares no code with the client, so its options stand beside its own
code; here they are read from there, as rows like those of `option_table`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nano_edit.cli.command_table import BY_NAME
from nano_edit.cli.help.pages import command_help
from nano_edit.cli.option_table import BEHAVIOUR, Row, rows_of
from nano_edit.emulator.__main__ import OPTIONS, OptionError, parse, serve
from nano_edit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nano_edit.cli.help.pages import Page

NAME = "emulator"


def run(arguments: Sequence[str], page: Page) -> str:
    """Serve until a signal comes, or return the help; raises UsageError."""
    if {"-h", "--help"} & {*arguments}:
        return command_help(BY_NAME[NAME], page, rows())
    try:
        serve(parse(arguments))
    except OptionError as fault:
        raise UsageError(str(fault), hint=f"See nano-edit help {NAME}.") from None
    return ""


def rows() -> tuple[Row, ...]:
    """Return the emulator's options as rows."""
    own = (
        Row(
            option.name,
            BEHAVIOUR,
            (NAME,),
            f"{option.flag} {option.metavar}",
            option.help,
            env=False,
        )
        for option in OPTIONS
    )
    return (*own, *rows_of(NAME))
