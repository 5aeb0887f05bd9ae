"""The man page, from the same tables as the help: `man_page` returns its roff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from completions.facts import NAMES, names, rows, values_of

from nano_edit.cli.command_table import BY_NAME, PROGRAM
from nano_edit.cli.help.exits import EXITS
from nano_edit.cli.option_table import EDIT, PANELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nano_edit.cli.option_table import Row

CREDENTIALS = (
    ("NANO_EDIT_API_KEY", "The key, whatever the provider."),
    ("APIYI_API_KEY", "The key for the provider apiyi."),
    ("GEMINI_API_KEY, GOOGLE_API_KEY", "The key for the provider google."),
)
OTHERS = (
    ("NANO_EDIT_STATE_DIR", "Where replies are kept that have no picture yet."),
    ("HTTPS_PROXY, ALL_PROXY, NO_PROXY", "The proxy to go through, and where not to."),
    ("NO_COLOR", "No colour and no bold."),
)


def man_page() -> str:
    """Return the page for section 1, as man(7) macros."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    edit = BY_NAME[EDIT]
    yield ".\\\" Generated from the program's options by scripts/generate.py."
    yield f'.TH {PROGRAM.upper()} 1 "" "{PROGRAM}" "User Commands"'
    yield from (".ad l", ".nh")
    yield from (".SH NAME", f"{PROGRAM} \\- edit pictures by instruction")
    yield ".SH SYNOPSIS"
    yield _synopsis("", edit.usage)
    for name in NAMES:
        if name != EDIT:
            yield from (".br", _synopsis(name, BY_NAME[name].usage))
    yield from (".SH DESCRIPTION", _roff(edit.about))
    yield from (".PP", "A command's word is one only as the very first argument;")
    yield f"\\fB{_roff(f'{PROGRAM} {EDIT}')}\\fR says the default out loud."
    yield ".SH OPTIONS"
    for panel in PANELS:
        yield f".SS {panel}"
        for row in rows(EDIT):
            if row.panel == panel:
                yield from _row(row)
    yield ".SH COMMANDS"
    for name in NAMES:
        if name != EDIT:
            yield from _command(name)
    yield from _environment()
    yield ".SH EXIT STATUS"
    for status, code, when in EXITS:
        told = f" ({code})" if code else ""
        yield from _item(f"\\fB{status}\\fR{told}", f"{when[0].upper()}{when[1:]}.")
    yield ".SH EXAMPLES"
    for number, (what, command) in enumerate(edit.examples):
        yield from ([".PP"] if number else [])
        yield from (f"{_roff(what)}:", ".PP", ".nf", ".RS 4", _roff(command))
        yield from (".RE", ".fi")


def _synopsis(name: str, usage: str) -> str:
    words = f"{PROGRAM} {name}".strip()
    return f"\\fB{_roff(words)}\\fR {_roff(usage)}".rstrip()


def _command(name: str) -> Iterator[str]:
    command = BY_NAME[name]
    yield f".SS {_roff(f'{name} {command.usage}'.rstrip())}"
    yield _roff(command.summary)
    if command.about:
        yield from (".PP", _roff(command.about))
    edits = rows(EDIT)
    for row in rows(name):
        if row not in edits:
            yield from _row(row)
    same = [row.flags[-1] for row in rows(name) if row in edits and row.flags]
    if len(same) > 12:
        yield from (".PP", "It takes the options of an edit too.")
    elif same:
        yield from (".PP", f"As above: {_roff(', '.join(same))}.")


def _row(row: Row) -> Iterator[str]:
    yield from _item(_names(row), row.help)
    if values_of(row):
        yield from (".br", f"Known values: {_roff(', '.join(values_of(row)))}.")
    if row.variable:
        yield from (".br", f"Variable: {_roff(row.variable)}.")


def _names(row: Row) -> str:
    value = f" \\fI{_roff(row.metavar)}\\fR" if row.metavar else ""
    if row.is_argument:
        return value.strip()
    return ", ".join(f"\\fB{_roff(flag)}\\fR" for flag in names(row)) + value


def _environment() -> Iterator[str]:
    yield ".SH ENVIRONMENT"
    yield "Most options have a variable that gives the same; for a flag, 1 or 0."
    yield "The command line comes first, then the variable, then the preset,"
    yield "then the configuration."
    for variables, what in (*CREDENTIALS, *OTHERS):
        yield from _item(f"\\fB{_roff(variables)}\\fR", what)


def _item(name: str, text: str) -> Iterator[str]:
    yield from (".TP", name, _roff(text))


def _roff(text: str) -> str:
    """Return the text with nothing in it that roff would read as its own."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    escaped = escaped.replace("…", "...")
    return f"\\&{escaped}" if escaped.startswith(".") else escaped
