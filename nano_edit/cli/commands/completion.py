"""``completion``: the static script of a shell, printed or put where it looks.

Rules:
- The scripts are made by ``scripts/generate.py`` and come with the package.
- Only the script is written; a start file is the user's own, so the lines that
  belong there are printed.
- The current shell is the one this process runs under; where that cannot be
  told, the one that ``SHELL`` names.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nano_edit.cli.choices import SHELLS
from nano_edit.errors import InputError, UsageError
from nano_edit.user_folders import user_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nano_edit.cli.config.settings import Settings
    from nano_edit.cli.terminal import Terminal

SCRIPTS = Path(__file__).parent.parent / "completions"
FILE_NAMES = {  # as each shell looks for them
    "bash": "nano-edit",
    "zsh": "_nano-edit",
    "fish": "nano-edit.fish",
    "powershell": "nano-edit.ps1",
}
_ALIASES = {"pwsh": "powershell"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a shell's script goes, and what is left to the user, line by line."""

    path: Path
    next_steps: tuple[str, ...]


def run(settings: Settings, terminal: Terminal) -> None:
    """Print the shell's script, or install it."""
    shell = settings.options.shell or current_shell(terminal.environ)
    if settings.options.install:
        install(shell, terminal.environ, terminal.say)
    else:
        terminal.result(script(shell).removesuffix("\n"))


def script(shell: str) -> str:
    """Return the completion script of ``shell``, one of `SHELLS`."""
    return (SCRIPTS / FILE_NAMES[shell]).read_text(encoding="utf-8")


def install(
    shell: str, environ: Mapping[str, str], echo: Callable[[str], None]
) -> None:
    """Write the script of ``shell`` where it looks, and say what is next.

    Raises InputError when the script cannot be written.
    """
    place = place_for(shell, environ)
    try:
        place.path.parent.mkdir(parents=True, exist_ok=True)
        place.path.write_text(script(shell), encoding="utf-8", newline="\n")
    except OSError as fault:
        raise InputError(
            f"{place.path} cannot be written: {fault.strerror}.",
            hint="Make its folder writable and try again.",
        ) from None
    echo(f"Installed {shell} completion in {place.path}")
    for line in place.next_steps:
        echo(line)


def current_shell(environ: Mapping[str, str]) -> str:
    """Return the shell this runs under, or else the one that ``SHELL`` names.

    Raises UsageError where there is no script for it.
    """
    login_shell = Path(environ.get("SHELL", "")).stem
    named = [_ALIASES.get(name, name) for name in (_shell_around(), login_shell)]
    for shell in named:
        if shell in SHELLS:
            return shell
    asked = next(filter(None, named), "this shell")
    raise UsageError(
        f"There is no completion for {asked}.",
        hint="There is one for bash, zsh, fish and PowerShell; name it: "
        "nano-edit completion zsh --install",
    )


def _shell_around() -> str:
    """Return the name of the shell that this process runs under, or nothing."""
    try:
        shellingham: Any = import_module("shellingham")  # comes with Typer
    except ImportError:
        return ""
    try:
        return str(shellingham.detect_shell()[0])
    except (shellingham.ShellDetectionFailure, RuntimeError, OSError):
        return ""


def place_for(shell: str, environ: Mapping[str, str]) -> Place:
    """Return where the script of ``shell`` goes for the user of ``environ``."""
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or Path.home())
    name = FILE_NAMES[shell]
    if shell == "bash":
        data = Path(environ.get("XDG_DATA_HOME") or home / ".local/share")
        own = environ.get("BASH_COMPLETION_USER_DIR") or data / "bash-completion"
        path = Path(own) / "completions" / name
        return Place(path, _bash_steps(path))
    if shell == "zsh":
        path = home / ".zfunc" / name
        return Place(path, _zsh_steps(path.parent))
    if shell == "fish":
        config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
        path = config / "fish" / "completions" / name
        return Place(path, ("fish reads it at the next Tab; nothing else to do.",))
    return _powershell(name)


def _bash_steps(path: Path) -> tuple[str, ...]:
    return (
        "With the bash-completion package: open a new shell, nothing else to do.",
        "Without it, add this line to ~/.bashrc first:",
        f'  source "{path}"',
    )


def _zsh_steps(folder: Path) -> tuple[str, ...]:
    return (
        "Add these lines to ~/.zshrc, before any other compinit, and open a new shell:",
        f'  fpath=("{folder}" $fpath)',
        "  autoload -Uz compinit && compinit",
    )


def _powershell(name: str) -> Place:
    path = user_folder("data") / name
    return Place(
        path,
        (
            "Add this line to your profile (notepad $PROFILE) and open a new shell:",
            f'  . "{path}"',
        ),
    )
