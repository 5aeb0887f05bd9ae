"""The man page, from the same rows as ``--help``: `man_page` returns its roff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nano_edit.cli.help.reference import EXAMPLES, EXITS, PROGRAM
from nano_edit.cli.options import PANELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nano_edit.cli.help.reference import Entry, Reference

CREDENTIALS = (
    ("NANO_EDIT_API_KEY", "The key, whatever the provider."),
    ("APIYI_API_KEY", "The key for the provider apiyi."),
    ("GEMINI_API_KEY, GOOGLE_API_KEY", "The key for the provider google."),
)
OTHERS = (
    ("HTTPS_PROXY, ALL_PROXY, NO_PROXY", "The proxy to go through, and where not to."),
    ("NO_COLOR", "No colour and no bold."),
)


def man_page(reference: Reference) -> str:
    """Return the page for section 1, as man(7) macros."""
    return "\n".join(_lines(reference)) + "\n"


def _lines(reference: Reference) -> Iterator[str]:
    yield ".\\\" Generated from the program's options by scripts/generate.py."
    yield f'.TH {PROGRAM.upper()} 1 "" "{PROGRAM}" "User Commands"'
    yield from (".ad l", ".nh")
    yield from (".SH NAME", f"{PROGRAM} \\- edit pictures by instruction")
    yield ".SH SYNOPSIS"
    names = [_roff(each.metavar) for each in reference.arguments]
    wanted = " ".join(f"\\fI{name}\\fR" for name in names)
    yield f"\\fB{_roff(PROGRAM)}\\fR [\\fIOPTIONS\\fR] {wanted}"
    yield from (".SH DESCRIPTION", *_paragraphs(reference.summary))
    yield ".SH OPTIONS"
    for panel in PANELS:
        yield f".SS {panel}"
        for entry in reference.panel(panel):
            yield from _item(_names(entry), entry.help)
            yield from _facts(entry)
    yield from _environment()
    yield ".SH EXIT STATUS"
    for status, when in EXITS.items():
        name = f" ({status.code})" if status else ""
        yield from _item(f"\\fB{status}\\fR{name}", f"{when[0].upper()}{when[1:]}.")
    yield ".SH EXAMPLES"
    for number, (what, command) in enumerate(EXAMPLES):
        yield from ([".PP"] if number else [])
        yield from (f"{_roff(what)}:", ".PP", ".nf", ".RS 4", _roff(command))
        yield from (".RE", ".fi")


def _environment() -> Iterator[str]:
    yield ".SH ENVIRONMENT"
    yield "Most options have a variable that gives the same; for a flag, 1 or 0."
    yield "The command line comes first, then the variable, then the configuration."
    for names, what in (*CREDENTIALS, *OTHERS):
        yield from _item(f"\\fB{_roff(names)}\\fR", what)


def _item(name: str, text: str) -> Iterator[str]:
    yield from (".TP", name, _roff(text))


def _facts(entry: Entry) -> Iterator[str]:
    if entry.values:
        yield from (".br", f"Known values: {_roff(', '.join(entry.values))}.")
    if entry.variable:
        yield from (".br", f"Variable: {_roff(entry.variable)}.")


def _names(entry: Entry) -> str:
    value = f" \\fI{_roff(entry.metavar)}\\fR" if entry.metavar else ""
    if not entry.flags:
        return value.strip()
    names = (f"\\fB{_roff(flag)}\\fR" for flag in (*entry.flags, *entry.negations))
    return ", ".join(names) + value


def _paragraphs(text: str) -> Iterator[str]:
    for number, paragraph in enumerate(text.split("\n\n")):
        yield from ([".PP"] if number else [])
        yield _roff(" ".join(paragraph.split()))


def _roff(text: str) -> str:
    """Return the text with nothing in it that roff would read as its own."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return f"\\&{escaped}" if escaped.startswith(".") else escaped
