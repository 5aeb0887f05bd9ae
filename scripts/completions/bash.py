r"""Completion for bash 3.2 and later, with or without the bash-completion package.

Readline breaks words at ``= : @`` and replaces only what follows the last
break; the script joins the pieces again, finds candidates for the whole word,
and cuts off what readline keeps.  macOS still has bash 3.2: no ``compopt``, no
negative index.
"""

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
    names,
    options,
    short,
    values_of,
)
from nano_edit.cli.command_table import WORDS
from nano_edit.cli.option_table import EDIT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nano_edit.cli.option_table import Row

_SCRIPT = r"""# Tab completion of nano-edit for bash. Generated from the
# program's options; it starts no program.

# Put into `kind` and `list` what may follow option $1; fails for a flag.
_nano_edit_value()
{
    case $1 in
%(cases)s
        *) return 1 ;;
    esac
}

# Put into `list` the options of `command`.
_nano_edit_options()
{
    case $command in
%(options)s
    esac
}

# Put into `kind` and `list` what argument number `given` of `command` is.
_nano_edit_argument()
{
    case "$command $given" in
%(arguments)s
    esac
}

# Put into `words` the words up to the cursor as nano-edit gets them: what bash
# broke at = : and @ is joined again.
_nano_edit_words()
{
    local line=${COMP_LINE:0:COMP_POINT} rest piece i
    words=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        rest=${line#"${line%%%%[![:space:]]*}"}
        piece=${COMP_WORDS[i]}
        if ((i == COMP_CWORD)); then
            piece=$rest
        fi
        if ((i == 0)) || [[ $rest != "$line" ]]; then
            words[${#words[@]}]=$piece
        else
            words[${#words[@]} - 1]+=$piece
        fi
        line=${rest#"$piece"}
    done
}

# Put into `command` what the first words name, and into `start` where what belongs
# to it begins; the word at the cursor names nothing yet.
_nano_edit_command()
{
    command=%(default)s start=1
    ((${#words[@]} > 2)) || return 0
    case ${words[1]} in
        %(single)s) command=${words[1]} start=2 ;;
        %(groups)s)
            command=${words[1]} start=2
            if ((${#words[@]} > 3)); then
                command="$command ${words[2]}" start=3
            fi
            ;;
    esac
}

# Read the words before the last one: `option` waits for its value, `ended` is
# set after --, `given` counts the arguments.
_nano_edit_read()
{
    local word i
    for ((i = start; i < ${#words[@]} - 1; i++)); do
        word=${words[i]}
        if [[ -n $option ]]; then
            option=
        elif [[ -n $ended || $word == - || $word != -* ]]; then
            given=$((given + 1))
        elif [[ $word == -- ]]; then
            ended=1
        elif [[ $word =~ $cluster$ ]]; then
            option=-${word:${#word}-1}
        elif _nano_edit_value "$word"; then
            option=$word
        fi
    done
    kind= list=
}

# Put into `kind`, `list`, `head` and `value` what the last word is to be.
_nano_edit_expect()
{
    local previous=${words[${#words[@]} - 2]} redirection='^[0-9]*&?[<>]+[|]?'
    value=$cur
    if [[ $previous =~ $redirection$ ]]; then
        kind=file
    elif [[ -n $option ]]; then
        _nano_edit_value "$option"
    elif [[ $cur =~ $redirection ]]; then
        kind=file head=${BASH_REMATCH[0]}
    elif [[ -z $ended && $cur == --*=* ]]; then
        head=${cur%%%%=*}=
        _nano_edit_value "${cur%%%%=*}" || case $cur in
%(optional)s
        esac
    elif [[ -z $ended && $cur =~ $cluster && $cur != "${BASH_REMATCH[0]}" ]]; then
        head=${BASH_REMATCH[0]}
        _nano_edit_value "-${head:${#head}-1}"
    elif [[ -z $ended && $cur == -* ]]; then
        kind=words
        _nano_edit_options
    elif _nano_edit_argument && [[ $kind == instruction ]]; then
        kind=
        if [[ $cur =~ ^[\"\']?@ ]]; then
            kind=file head=${BASH_REMATCH[0]}
        elif ((start == 1 && ${#words[@]} == 2)) && [[ $cur != [\"\']* ]]; then
            kind=words list='%(words)s'
        fi
    fi
    value=${value#"$head"}
}

# Print the candidates that begin with `value`.
_nano_edit_candidates()
{
    case $kind in
        words) compgen -W "$list" -- "${value#[\"\']}" ;;
        file) compgen -f -- "$value" ;;
        folder) compgen -d -- "$value" ;;
        picture) _nano_edit_pictures ;;
        reply)
            compgen -W "$(_nano_edit_replies)" -- "$value" || compgen -f -- "$value"
            ;;
    esac
}

# Print what tells each kept reply from the others.
_nano_edit_replies()
{
    local state=${XDG_STATE_HOME:-$HOME/.local/state}/nano-edit name
    if [[ $OSTYPE == darwin* ]]; then
        state="$HOME/Library/Application Support/nano-edit"
    fi
    for name in "${NANO_EDIT_STATE_DIR:-$state}"/replies/reply-*.jsonl; do
        name=${name##*/reply-}
        name=${name#*-}
        [[ $name == \* ]] || printf '%%s\n' "${name%%%%[!0-9a-f]*}"
    done
}

_nano_edit_pictures()
{
    local name found=
    while IFS= read -r name; do
        case $name in
            %(patterns)s)
                found=1
                printf '%%s\n' "$name"
                ;;
        esac
    done < <(compgen -f -- "$value")
    compgen -d -- "$value" || [[ -n $found ]] || compgen -f -- "$value"
}

# Put into `skip` what readline keeps of the word: what stands before an open
# quote, or up to the last break; of the breaks, @ alone is replaced too.
_nano_edit_skip()
{
    local i mark
    if [[ $head == [\"\']@ ]]; then
        quoted=1 skip=${head%%@}
    elif [[ $value == [\"\']* ]]; then
        quoted=1 skip=$head
    else
        for ((i = ${#cur}; i > 0; i--)); do
            mark=${cur:i-1:1}
            if [[ $mark == [=:@\<\>] && $COMP_WORDBREAKS == *"$mark"* ]]; then
                [[ $mark == @ ]] && i=$((i - 1))
                break
            fi
        done
        skip=${cur:0:i}
    fi
}

# Do for `name` what readline does for files, where it cannot: with --output= or @
# before the name it sees none, and bash 3.2 has no compopt to tell it.
_nano_edit_finish()
{
    local end=
    if [[ $kind != words && -d ${name/#\~/$HOME} ]]; then
        name+=/
        [[ -n $old ]] || compopt -o nospace
    elif [[ -n $old && -z $quoted ]]; then
        end=' '
    fi
    if [[ -z $quoted && $name == *[!A-Za-z0-9_./~:=@,+-]* ]]; then
        printf -v name %%q "$name"
    fi
    name+=$end
}

_nano_edit()
{
    local IFS=$' \t\n' words command start option= ended= given=0
    local cluster='^-[%(flags)s]*[%(takers)s]'
    local cur kind list head= value skip= quoted= old= name
    type compopt >/dev/null 2>&1 || old=1
    COMPREPLY=()
    _nano_edit_words
    cur=${words[${#words[@]} - 1]}
    _nano_edit_command
    _nano_edit_read
    _nano_edit_expect
    _nano_edit_skip

    if [[ -z $old && $head == "$skip" && $kind != words ]]; then
        compopt -o filenames
    fi
    while IFS= read -r name; do
        if [[ -n $old || $head != "$skip" ]]; then
            _nano_edit_finish
        fi
        name=$head$name
        COMPREPLY[${#COMPREPLY[@]}]=${name#"$skip"}
    done < <(_nano_edit_candidates)
}

if type compopt >/dev/null 2>&1; then
    complete -F _nano_edit nano-edit
else
    complete -o nospace -F _nano_edit nano-edit
fi
"""


def script() -> str:
    """Return the script, to be sourced or put where bash-completion looks."""
    every = list(all_options())
    takers = [short(row) for row in every if row.metavar and short(row)]
    flags = [short(row) for row in every if not row.metavar and short(row)]
    return _SCRIPT % {
        "cases": "\n".join(_cases()),
        "options": "\n".join(_options()),
        "arguments": "\n".join(_arguments()),
        "optional": "\n".join(_optional()),
        "default": EDIT,
        "single": " | ".join(SINGLE),
        "groups": " | ".join(VERBS),
        "words": " ".join(WORDS),
        "patterns": " | ".join(map(_any_case, PICTURE_SUFFIXES)),
        "flags": "".join(flags),
        "takers": "".join(takers),
    }


def _cases() -> Iterator[str]:
    for row in all_options():
        if row.metavar:
            yield f"        {' | '.join(row.flags)}) {_assignment(row)} ;;"


def _assignment(row: Row) -> str:
    if kind_of(row) is Kind.WORDS:
        return _words(values_of(row))
    kinds = {
        Kind.FILE: "kind=file",
        Kind.FOLDER: "kind=folder",
        Kind.PICTURE: "kind=picture",
        Kind.REPLY: "kind=reply",
        Kind.INSTRUCTION: "kind=instruction",
    }
    return kinds.get(kind_of(row), "kind=")


def _words(values: Iterable[str]) -> str:
    return f"kind=words list='{' '.join(values)}'"


def _options() -> Iterator[str]:
    for command in NAMES:
        flags = " ".join(flag for row in options(command) for flag in names(row))
        yield f"        {_quoted(command)}) list='{flags}' ;;"


def _arguments() -> Iterator[str]:
    """Yield what each argument of each command is; the last may come again."""
    for group, verbs in VERBS.items():
        yield f"        '{group} 0') {_words(verbs)} ;;"
    for command in NAMES:
        for place, row in enumerate(arguments(command)):
            if kind_of(row) is Kind.COMMAND:
                yield f"        '{command} 0') {_words((*WORDS, 'exit'))} ;;"
                yield f"        '{command} 1') {_verbs()} ;;"
                continue
            again = "*" if row.metavar.endswith("...") else f"{place}"
            yield f"        '{command} '{again}) {_assignment(row)} ;;"


def _verbs() -> str:
    """Return the choice of a group's second word, after its first."""
    cases = " ".join(f"{group}) {_words(verbs)} ;;" for group, verbs in VERBS.items())
    return f"case ${{words[start]}} in {cases} esac"


def _optional() -> Iterator[str]:
    for row in all_options():
        if row.value:
            yield f"            {row.flags[-1]}=*) {_words([row.value])} ;;"


def _quoted(command: str) -> str:
    return f"'{command}'" if " " in command else command


def _any_case(suffix: str) -> str:
    return "*." + "".join(f"[{c}{c.upper()}]" if c.isalpha() else c for c in suffix)
