"""Completion for fish: one `complete` a row; fish itself knows ``-s2K`` and ``=``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nano_edit.cli.help.reference import PICTURE_SUFFIXES, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nano_edit.cli.help.reference import Entry, Reference

_SCRIPT = r"""# Tab completion of nano-edit for fish. Generated from the
# program's options; it starts no program.

function __nano_edit_given -d 'Print how many arguments stand before the cursor'
    set -l words (commandline -opc)
    set -l given 0
    set -l waiting
    set -l ended
    for word in $words[2..-1]
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

function __nano_edit_wants_picture
    test (__nano_edit_given) -gt 0
end

function __nano_edit_wants_reply
    test (__nano_edit_given) -eq 0; and contains -- --recover (commandline -opc)
end

function __nano_edit_wants_instruction
    test (__nano_edit_given) -eq 0; and string match -q -- '@*' (commandline -ct)
end

function __nano_edit_files -d 'Print the files whose names begin as $argv does'
    complete -C "__fish_command_without_completions $argv"
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

function __nano_edit_replies
    __nano_edit_files (commandline -ct)
end

function __nano_edit_texts -d 'Print files for the instruction, with @ before them'
    __nano_edit_files (string sub -s 2 -- (commandline -ct)) | string replace -r '^' @
end

complete -c nano-edit -f
complete -c nano-edit -n __nano_edit_wants_instruction -a '(__nano_edit_texts)'
complete -c nano-edit -n __nano_edit_wants_reply -a '(__nano_edit_replies)'
complete -c nano-edit -n __nano_edit_wants_picture -a '(__nano_edit_pictures)'
%(options)s
"""


def script(reference: Reference) -> str:
    """Return the script, to be put as ``nano-edit.fish`` where fish looks."""
    takers = [entry for entry in reference.options if entry.metavar]
    flags = [entry for entry in reference.options if not entry.metavar]
    return _SCRIPT % {
        "long": " ".join(f for each in takers for f in each.flags if f[1] == "-"),
        "takers": "".join(f[1] for each in takers for f in each.flags if f[1] != "-"),
        "flags": "".join(f[1] for each in flags for f in each.flags if f[1] != "-"),
        "suffixes": "|".join(PICTURE_SUFFIXES),
        "options": "\n".join(_options(reference)),
    }


def _options(reference: Reference) -> Iterator[str]:
    for entry in reference.options:
        said = f"-d {_quoted(entry.brief)}"
        names = " ".join(_name(flag) for flag in entry.flags)
        yield f"complete -c nano-edit {names}{_value(entry)} {said}"
        for flag in entry.negations:
            said = f"-d {_quoted(entry.opposite)}"
            yield f"complete -c nano-edit {_name(flag)} {said}"


def _name(flag: str) -> str:
    return f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}"


def _value(entry: Entry) -> str:
    if entry.kind is Kind.WORDS:
        return f" -x -k -a {_quoted(' '.join(entry.values))}"
    if entry.may_be:
        return f" -a {_quoted(' '.join(entry.may_be))}"
    return {
        Kind.FLAG: "",
        Kind.FILE: " -r -F",
        Kind.FOLDER: " -x -a '(__fish_complete_directories (commandline -ct))'",
    }.get(entry.kind, " -x")


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
