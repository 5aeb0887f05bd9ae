r"""Completion for zsh: one `_arguments` call a command, which zsh itself ships.

Rules: in a specification ``:`` ends a field and brackets hold the explanation,
so both are escaped; every option may be given again, as the program allows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from completions.facts import (
    NAMES,
    PICTURE_SUFFIXES,
    SINGLE,
    VERBS,
    Kind,
    arguments,
    kind_of,
    options,
    values_of,
)
from nano_edit.cli.command_table import BY_NAME, GROUPS
from nano_edit.cli.option_table import EDIT, find

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nano_edit.cli.option_table import Row

_SCRIPT = r"""#compdef nano-edit
# Tab completion of nano-edit for zsh. Generated from the
# program's options; it starts no program.

_nano_edit_instruction() {
    if compset -P @; then
        _files
    else
        _message 'INSTRUCTION: %(instruction)s'
    fi
}

_nano_edit_first() {
    local -a commands=(
%(words)s
    )
    _nano_edit_instruction
    [[ $PREFIX == [\"\'@]* ]] || _describe -t commands command commands
}

_nano_edit_pictures() {
    _files -g '*.(#i)(%(suffixes)s)'
}

_nano_edit_kept() {
    local state=${XDG_STATE_HOME:-$HOME/.local/state}/nano-edit
    [[ $OSTYPE == darwin* ]] && state="$HOME/Library/Application Support/nano-edit"
    local -a kept=(${NANO_EDIT_STATE_DIR:-$state}/replies/reply-*.jsonl(N:t))
    kept=(${${kept#reply-*-}%%%%[^0-9a-f]*})
    compadd -- $kept || _files
}

%(functions)s

_nano_edit_command() {
    case $words[2] in
%(cases)s
        *) return 1 ;;
    esac
}

_nano_edit() {
    (( CURRENT > 2 )) && _nano_edit_command && return
    _arguments -s -S \
%(default)s \
        '1: :_nano_edit_first' \
        '*:picture:_nano_edit_pictures'
}

if [[ $funcstack[1] == _nano-edit ]]; then
    _nano_edit "$@"
elif (( $+functions[compdef] )); then
    compdef _nano_edit nano-edit
fi
"""
_FUNCTION = """\
_nano_edit_%(name)s() {
    _arguments -s -S%(specs)s
}"""
_GROUP = """\
_nano_edit_%(name)s() {
    local -a commands=(
%(words)s
    )
    if (( CURRENT == 2 )); then
        _describe -t commands command commands
        return
    fi
    case $words[2] in
%(cases)s
    esac
}"""


def script() -> str:
    """Return the script, to be put as ``_nano-edit`` into a folder of ``fpath``."""
    instruction = find("instruction").help.removesuffix(".")
    words = {**{word: BY_NAME[word].summary for word in SINGLE}, **GROUPS}
    return _SCRIPT % {
        "instruction": _quoted(instruction),
        "words": _described(words),
        "suffixes": "|".join(PICTURE_SUFFIXES),
        "functions": "\n\n".join(_functions()),
        "cases": "\n".join(_case(word, word, "        ") for word in words),
        "default": " \\\n".join(_options(EDIT)),
    }


def _described(words: dict[str, str]) -> str:
    return "\n".join(
        f"        '{word}:{_quoted(said.removesuffix('.'))}'"
        for word, said in words.items()
    )


def _case(word: str, name: str, indent: str) -> str:
    """Return the branch that goes on as if the command line began at ``word``."""
    function = f"_nano_edit_{name.replace(' ', '_')}"
    return f"{indent}{word}) shift words; (( CURRENT-- )); {function}; return 0 ;;"


def _functions() -> Iterator[str]:
    for name in NAMES:
        specs = [*_options(name), *_arguments(name)]
        yield _FUNCTION % {
            "name": name.replace(" ", "_"),
            "specs": "".join(f" \\\n{spec}" for spec in specs),
        }
    for group, verbs in VERBS.items():
        words = {verb: BY_NAME[f"{group} {verb}"].summary for verb in verbs}
        yield _GROUP % {
            "name": group,
            "words": _described(words),
            "cases": "\n".join(
                _case(verb, f"{group} {verb}", "        ") for verb in verbs
            ),
        }


# --- what stands after a command ---------------------------------------------


def _arguments(command: str) -> Iterator[str]:
    for place, row in enumerate(arguments(command), start=1):
        where = "*" if row.metavar.endswith("...") else f"{place}"
        yield f"        '{where}:{row.metavar.removesuffix('...')}:{_action(row)}'"


def _options(command: str) -> Iterator[str]:
    for row in options(command):
        names = [_spelt(flag, row) for flag in row.flags]
        spelt = names[0] if len(names) == 1 else f"'{{{','.join(names)}}}'"
        yield f"        '*{spelt}{_rest(row)}'"
        for flag in row.negations:
            yield f"        '*{flag}[{_escaped(row.opposite)}]'"


def _spelt(flag: str, row: Row) -> str:
    """Return the flag with how its value follows: ``-s2K``, ``--size=2K``, next."""
    if row.value:
        return f"{flag}=-"
    if not row.metavar:
        return flag
    return f"{flag}=" if flag.startswith("--") else f"{flag}+"


def _rest(row: Row) -> str:
    said = f"[{_escaped(row.brief)}]"
    if row.value:
        return f"{said}::what:({row.value})"
    if not row.metavar:
        return said
    return f"{said}:{_escaped(row.metavar)}:{_action(row)}"


def _action(row: Row) -> str:
    if kind_of(row) is Kind.WORDS:
        return f"({_escaped(' '.join(values_of(row)))})"
    if kind_of(row) is Kind.COMMAND:
        return f"({' '.join((*SINGLE, *GROUPS, 'exit'))})"
    actions = {
        Kind.FILE: "_files",
        Kind.FOLDER: "_files -/",
        Kind.PICTURE: "_nano_edit_pictures",
        Kind.INSTRUCTION: "_nano_edit_instruction",
        Kind.REPLY: "_nano_edit_kept",
    }
    return actions.get(kind_of(row), " ")


def _escaped(text: str) -> str:
    return _quoted(re.sub(r"([\[\]:\\])", r"\\\1", text))


def _quoted(text: str) -> str:
    return text.replace("'", r"'\''")
