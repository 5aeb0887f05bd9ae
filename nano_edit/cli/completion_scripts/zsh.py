r"""Completion for zsh: one `_arguments` call, which zsh itself ships.

Rules: in a specification ``:`` ends a field and brackets hold the explanation,
so both are escaped; every option may be given again, as the program allows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nano_edit.cli.help.reference import PICTURE_SUFFIXES, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nano_edit.cli.help.reference import Entry, Reference

_SCRIPT = r"""#compdef nano-edit
# Tab completion of nano-edit for zsh. Generated from the
# program's options; it starts no program.

_nano_edit_first() {
    if (( ${words[(I)--recover]} )); then
        _files
    elif compset -P @; then
        _files
    else
        _message 'INSTRUCTION: %(instruction)s'
    fi
}

_nano_edit_pictures() {
    _files -g '*.(#i)(%(suffixes)s)'
}

_nano_edit() {
    _arguments -s -S \
%(options)s \
        '1: :_nano_edit_first' \
        '*:picture:_nano_edit_pictures'
}

if [[ $funcstack[1] == _nano-edit ]]; then
    _nano_edit "$@"
elif (( $+functions[compdef] )); then
    compdef _nano_edit nano-edit
fi
"""


def script(reference: Reference) -> str:
    """Return the script, to be put as ``_nano-edit`` into a folder of ``fpath``."""
    instruction = reference.arguments[0].help.removesuffix(".")
    return _SCRIPT % {
        "instruction": instruction.replace("'", r"'\''"),
        "suffixes": "|".join(PICTURE_SUFFIXES),
        "options": " \\\n".join(_options(reference)),
    }


def _options(reference: Reference) -> Iterator[str]:
    for entry in reference.options:
        names = [_spelt(flag, entry) for flag in entry.flags]
        spelt = names[0] if len(names) == 1 else f"'{{{','.join(names)}}}'"
        yield f"        '*{spelt}{_rest(entry)}'"
        for flag in entry.negations:
            yield f"        '*{flag}[{_escaped(entry.opposite)}]'"


def _spelt(flag: str, entry: Entry) -> str:
    """Return the flag with how its value follows: ``-s2K``, ``--size=2K``, next."""
    if entry.may_be:
        return f"{flag}=-"
    if not entry.metavar:
        return flag
    return f"{flag}=" if flag.startswith("--") else f"{flag}+"


def _rest(entry: Entry) -> str:
    said = f"[{_escaped(entry.brief)}]"
    if entry.may_be:
        return f"{said}::what:({' '.join(entry.may_be)})"
    if not entry.metavar:
        return said
    return f"{said}:{_escaped(entry.metavar)}:{_action(entry)}"


def _action(entry: Entry) -> str:
    if entry.kind is Kind.WORDS:
        return f"({_escaped(' '.join(entry.values))})"
    actions = {Kind.FILE: "_files", Kind.FOLDER: "_files -/"}
    return actions.get(entry.kind, " ")


def _escaped(text: str) -> str:
    return re.sub(r"([\[\]:\\])", r"\\\1", text).replace("'", r"'\''")
