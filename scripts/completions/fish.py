"""Completion for fish: one `complete` a row; fish itself knows ``-s2K`` and ``=``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from completions.facts import (
    NAMES,
    PICTURE_SUFFIXES,
    SINGLE,
    VERBS,
    Kind,
    all_options,
    arguments,
    kind_of,
    options,
    short,
    values_of,
)
from nano_edit.cli.command_table import BY_NAME, GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nano_edit.cli.option_table import Row

_SCRIPT = r"""# Tab completion of nano-edit for fish. Generated from the
# program's options; it starts no program.

function __nano_edit_command -d 'Print the command that the line names, - for spaces'
    set -l words (commandline -opc)
    switch "$words[2]"
        case %(single)s
            echo $words[2]
        case %(groups)s
            string join -- - $words[2..3]
        case '*'
            echo edit
    end
end

function __nano_edit_is -d 'Whether the command is one of $argv'
    contains -- (__nano_edit_command) $argv
end

function __nano_edit_at -d 'Whether argument $argv[1] of command $argv[2] is next'
    test (__nano_edit_command) = $argv[2]; and test (__nano_edit_given) -eq $argv[1]
end

function __nano_edit_from -d 'Whether argument $argv[1] or a later one is next'
    test (__nano_edit_command) = $argv[2]; and test (__nano_edit_given) -ge $argv[1]
end

function __nano_edit_given -d 'Print how many arguments stand before the cursor'
    set -l words (commandline -opc)
    set -l given 0
    set -l waiting
    set -l ended
    set -l start 2
    contains -- "$words[2]" %(single)s; and set start 3
    contains -- "$words[2]" %(groups)s; and set start 4
    for word in $words[$start..-1]
        if set -q waiting[1]
            set -e waiting
        else if set -q ended[1]; or not string match -q -- '-?*' $word
            set given (math $given + 1)
        else if test $word = --
            set ended yes
        else if contains -- $word %(long)s
            set waiting $word
        else if string match -qr -- '^-[%(flags)s]*[%(takers)s]$' $word
            set waiting $word
        end
    end
    echo $given
end

function __nano_edit_first -d 'Whether the first word is being typed, and is not @FILE'
    test (count (commandline -opc)) -eq 1
    and not string match -q -- '@*' (commandline -ct)
end

function __nano_edit_at_file -d 'Whether an @FILE is being typed for an instruction'
    string match -q -- '@*' (commandline -ct)
end

function __nano_edit_files -d 'Print the files whose names begin as $argv does'
    complete -C "__fish_command_without_completions $argv"
end

function __nano_edit_any
    __nano_edit_files (commandline -ct)
end

function __nano_edit_pictures -d 'Print pictures and folders, or else any file'
    set -l files (__nano_edit_files (commandline -ct))
    set -l wanted '^[^\t]*(?:/|\.(?:%(suffixes)s))(?:\t.*)?$'
    set -l pictures (string match -ri -- $wanted $files)
    if set -q pictures[1]
        printf '%%s\n' $pictures
    else
        printf '%%s\n' $files
    end
end

function __nano_edit_texts -d 'Print files for the instruction, with @ before them'
    __nano_edit_files (string sub -s 2 -- (commandline -ct)) | string replace -r '^' @
end

function __nano_edit_replies -d 'Print the digits of each kept reply, or else files'
    set -l state $HOME/.local/state/nano-edit
    set -q XDG_STATE_HOME[1]; and set state $XDG_STATE_HOME/nano-edit
    set -l mac "$HOME/Library/Application Support/nano-edit"
    test -d $mac; and set state $mac
    set -q NANO_EDIT_STATE_DIR[1]; and set state $NANO_EDIT_STATE_DIR
    set -l kept $state/replies/reply-*.jsonl
    set kept (string replace -r '.*/reply-[^-]*-([0-9a-f]*).*' '$1' -- $kept)
    set -l begun (commandline -ct)
    if string match -q -- "$begun*" $kept
        printf '%%s\n' $kept
    else
        __nano_edit_any
    end
end

complete -c nano-edit -f
%(words)s
%(arguments)s
%(options)s
"""


def script() -> str:
    """Return the script, to be put as ``nano-edit.fish`` where fish looks."""
    takers = [row for row in all_options() if row.metavar]
    flags = [row for row in all_options() if not row.metavar]
    return _SCRIPT % {
        "single": " ".join(SINGLE),
        "groups": " ".join(VERBS),
        "long": " ".join(f for row in takers for f in row.flags if f[1] == "-"),
        "takers": "".join(map(short, takers)),
        "flags": "".join(map(short, flags)),
        "suffixes": "|".join(PICTURE_SUFFIXES),
        "words": "\n".join(_words()),
        "arguments": "\n".join(_arguments()),
        "options": "\n".join(_options()),
    }


def _words() -> Iterator[str]:
    words = {**{word: BY_NAME[word].summary for word in SINGLE}, **GROUPS}
    for word, said in words.items():
        yield _line("__nano_edit_first", f"-a {word} -d {_quoted(_plain(said))}")
    for group, verbs in VERBS.items():
        for verb in verbs:
            said = _plain(BY_NAME[f"{group} {verb}"].summary)
            yield _line(f"__nano_edit_is {group}", f"-a {verb} -d {_quoted(said)}")


def _arguments() -> Iterator[str]:
    for command in NAMES:
        for place, row in enumerate(arguments(command)):
            again = row.metavar.endswith("...")
            where = (
                f"__nano_edit_{'from' if again else 'at'} {place} {_dashed(command)}"
            )
            yield from _argument(where, row)


def _argument(where: str, row: Row) -> Iterator[str]:
    kind = kind_of(row)
    if kind is Kind.INSTRUCTION:
        yield _line(f"{where}; and __nano_edit_at_file", "-a '(__nano_edit_texts)'")
    elif kind is Kind.WORDS:
        yield _line(where, f"-a {_quoted(' '.join(values_of(row)))}")
    elif kind is Kind.COMMAND:
        yield _line(
            where.replace("from", "at"), f"-a {_quoted(' '.join((*SINGLE, *VERBS)))}"
        )
    elif kind is Kind.PICTURE:
        yield _line(where, "-a '(__nano_edit_pictures)'")
    elif kind is Kind.REPLY:
        yield _line(where, "-a '(__nano_edit_replies)'")
    else:
        yield _line(where, "-a '(__nano_edit_any)'")


def _options() -> Iterator[str]:
    """Yield a line for each row, with the commands that have the same row."""
    told: dict[tuple[str, ...], list[str]] = {}
    rows: dict[tuple[str, ...], Row] = {}
    for command in NAMES:
        for row in options(command):
            key = (*row.flags, row.brief)
            rows[key] = row
            told.setdefault(key, []).append(_dashed(command))
    for key, commands in told.items():
        row, where = rows[key], f"__nano_edit_is {' '.join(commands)}"
        said = f"-d {_quoted(row.brief)}"
        flags = " ".join(_name(flag) for flag in row.flags)
        yield _line(where, f"{flags}{_value(row)} {said}")
        for flag in row.negations:
            yield _line(where, f"{_name(flag)} -d {_quoted(row.opposite)}")


def _line(where: str, rest: str) -> str:
    return f"complete -c nano-edit -n {_quoted(where)} {rest}"


def _name(flag: str) -> str:
    return f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}"


def _value(row: Row) -> str:
    if kind_of(row) is Kind.WORDS:
        return f" -x -k -a {_quoted(' '.join(values_of(row)))}"
    if row.value:
        return f" -a {row.value}"
    return {
        Kind.FLAG: "",
        Kind.FILE: " -r -F",
        Kind.FOLDER: " -x -a '(__fish_complete_directories (commandline -ct))'",
    }.get(kind_of(row), " -x")


def _dashed(command: str) -> str:
    return command.replace(" ", "-")


def _plain(text: str) -> str:
    return text.removesuffix(".")


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
