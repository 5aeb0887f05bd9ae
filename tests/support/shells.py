"""Real shells with the completion in them, and what a Tab does there.

bash and zsh are typed into; fish tells by itself what it would offer.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

import support
from nano_edit.cli.commands.completion import FILE_NAMES
from support.typist import INSERT_ALL, TAB, Typist

if TYPE_CHECKING:
    from contextlib import ExitStack

COMPLETIONS = support.ROOT / "completions"
PACKAGE = Path("/usr/share/bash-completion/bash_completion")  # of that name

BASH = r"""
bind 'set bell-style none'; bind 'set enable-bracketed-paste off'
bind '"\e*": insert-completions'
bind -x '"\C-g": printf "<<""<%s>>"">" "$READLINE_LINE"'
"""
BASHES = {
    "bash": f"source '{COMPLETIONS}/nano-edit'",
    "bash without compopt": f"enable -n compopt; source '{COMPLETIONS}/nano-edit'",
    "bash with bash-completion": f"source '{PACKAGE}'",
    "bash without breaks at = : @": "COMP_WORDBREAKS=$' \\t\\n\"'\"'\"'><;|&('; "
    f"source '{COMPLETIONS}/nano-edit'",
}
ZSH = rf"""
unsetopt beep prompt_cr prompt_sp zle_bracketed_paste; bindkey -e
fpath=('{COMPLETIONS}' $fpath); autoload -Uz compinit; compinit -u -D
show() {{ print -rn -- "<<""<$BUFFER>>"">" }}; zle -N show; bindkey '^G' show
bindkey '^U' kill-whole-line; zle -C all complete-word _generic; bindkey '\e*' all
zstyle ':completion:all:*' completer _all_matches _complete
zstyle ':completion:all:*' insert yes
"""


class Shell(Protocol):
    """A shell at which a Tab can be pressed."""

    def offers(self, typed: str) -> set[str]:
        """Everything offered for the last word, without what stands before = or @."""

    def becomes(self, typed: str) -> str:
        """The line after Tab."""


class TypedShell:
    """bash or zsh with a person at it."""

    def __init__(self, typist: Typist) -> None:
        self._typist = typist

    def offers(self, typed: str) -> set[str]:
        before, _, word = typed.rpartition(" ")
        line = self._typist.line(typed, INSERT_ALL).rstrip()
        if line == typed.rstrip():
            return set()
        offered = shlex.split(line.removeprefix(f"{before} "))
        head = word[: word.rfind("=") + 1] or ("@" if word.startswith("@") else "")
        return {each.removeprefix(head).rstrip("/") for each in offered}

    def becomes(self, typed: str) -> str:
        return self._typist.line(typed, TAB)


class Fish:
    """fish, which tells by itself what it would offer."""

    def __init__(self, program: str, cwd: Path, env: dict[str, str]) -> None:
        self._program, self._cwd, self._env = program, cwd, env

    def offers(self, typed: str) -> set[str]:
        word = typed.rpartition(" ")[2]
        head = word[: word.rfind("=") + 1] or ("@" if word.startswith("@") else "")
        return {each.removeprefix(head).rstrip("/") for each in self._offered(typed)}

    def becomes(self, typed: str) -> str:
        (only,) = self._offered(typed)
        return f"{typed.rpartition(' ')[0]} {only}"

    def _offered(self, typed: str) -> list[str]:
        script = COMPLETIONS / FILE_NAMES["fish"]
        ask = "set fish_complete_path; source $argv[1]; complete -C $argv[2]"
        done = subprocess.run(
            [self._program, "--no-config", "-c", ask, str(script), typed],
            capture_output=True,
            cwd=self._cwd,
            env=self._env,
            check=True,
            text=True,
        )
        assert not done.stderr
        return [line.partition("\t")[0] for line in done.stdout.splitlines()]


def found(program: str) -> str:
    """Where the shell is; the test is skipped where it is not installed."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} is not installed")
    return path


def start(name: str, stack: ExitStack, *, cwd: Path, env: dict[str, str]) -> Shell:
    """Start the shell ``name``, one of `BASHES`, "zsh" or "fish"; ``stack`` ends it."""
    program = found(name.split(maxsplit=1)[0])
    if name == "fish":
        return Fish(program, cwd, env)
    if name == "zsh":
        argv, setup = [program, "-f", "-i"], ZSH
    elif str(PACKAGE) in BASHES[name] and not PACKAGE.exists():
        pytest.skip("the package bash-completion is not installed")
    else:
        argv, setup = [program, "--norc", "--noprofile", "-i"], BASH + BASHES[name]
    return TypedShell(stack.enter_context(Typist(argv, setup, cwd=cwd, env=env)))
