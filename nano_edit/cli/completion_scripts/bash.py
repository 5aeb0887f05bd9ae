r"""Completion for bash 3.2 and later, with or without the bash-completion package.

Readline breaks words at ``= : @`` and replaces only what follows the last
break; the script joins the pieces again, finds candidates for the whole word,
and cuts off what readline keeps.  macOS still has bash 3.2: no ``compopt``, no
negative index.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nano_edit.cli.help.reference import PICTURE_SUFFIXES, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nano_edit.cli.help.reference import Entry, Reference

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

# Read the words before the last one: `option` waits for its value, `ended` is
# set after --, `given` counts the arguments, `first` is what the first one is.
_nano_edit_read()
{
    local word i
    for ((i = 1; i < ${#words[@]} - 1; i++)); do
        word=${words[i]}
        if [[ -n $option ]]; then
            option=
        elif [[ -n $ended || $word == - || $word != -* ]]; then
            given=$((given + 1))
        elif [[ $word == -- ]]; then
            ended=1
        elif [[ $word == --recover ]]; then
            first=file
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
        list='%(options)s'
    elif ((given > 0)); then
        kind=picture
    elif [[ $first == file ]]; then
        kind=file
    elif [[ $cur =~ ^[\"\']?@ ]]; then
        kind=file head=${BASH_REMATCH[0]}
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
    esac
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
    local IFS=$' \t\n' words option= ended= given=0 first=instruction
    local cluster='^-[%(flags)s]*[%(takers)s]'
    local cur kind list head= value skip= quoted= old= name
    type compopt >/dev/null 2>&1 || old=1
    COMPREPLY=()
    _nano_edit_words
    cur=${words[${#words[@]} - 1]}
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


def script(reference: Reference) -> str:
    """Return the script, to be sourced or put where bash-completion looks."""
    short = [_short(entry) for entry in reference.options if _short(entry)]
    takers = {_short(each) for each in reference.options if each.metavar} - {""}
    return _SCRIPT % {
        "cases": "\n".join(_cases(reference)),
        "optional": "\n".join(_optional(reference)),
        "options": " ".join(_names(reference)),
        "patterns": " | ".join(map(_any_case, PICTURE_SUFFIXES)),
        "flags": "".join(name for name in short if name not in takers),
        "takers": "".join(name for name in short if name in takers),
    }


def _cases(reference: Reference) -> Iterator[str]:
    for entry in reference.options:
        if entry.metavar:
            yield f"        {' | '.join(entry.flags)}) {_assignment(entry)} ;;"


def _assignment(entry: Entry) -> str:
    if entry.kind is Kind.WORDS:
        return f"kind=words list='{' '.join(entry.values)}'"
    kinds = {Kind.FILE: "kind=file", Kind.FOLDER: "kind=folder"}
    return kinds.get(entry.kind, "kind=")


def _optional(reference: Reference) -> Iterator[str]:
    for entry in reference.options:
        if entry.may_be:
            values = " ".join(entry.may_be)
            yield f"            {entry.flags[0]}=*) kind=words list='{values}' ;;"


def _names(reference: Reference) -> Iterator[str]:
    for entry in reference.options:
        yield from (*entry.flags, *entry.negations)


def _short(entry: Entry) -> str:
    return next((flag[1:] for flag in entry.flags if len(flag) == 2), "")


def _any_case(suffix: str) -> str:
    return "*." + "".join(f"[{c}{c.upper()}]" if c.isalpha() else c for c in suffix)
