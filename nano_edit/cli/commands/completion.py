"""``--install-completion``: the static script, put where the current shell looks.

Rules:
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

from nano_edit.cli.completion_scripts import FILE_NAMES, SCRIPTS
from nano_edit.cli.help.reference import reference_of
from nano_edit.errors import OutputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from typer.core import TyperCommand

_ALIASES = {"pwsh": "powershell"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a shell's script goes, and what is left to the user, line by line."""

    path: Path
    next_steps: tuple[str, ...]


def install_completion(
    command: TyperCommand, environ: Mapping[str, str], echo: Callable[[str], None]
) -> None:
    """Write the current shell's script for ``command``, and say what is next.

    Raises UsageError for a shell there is no script for, OutputError when the
    script cannot be written.
    """
    shell = _current_shell(environ)
    place = place_for(shell, environ)
    try:
        place.path.parent.mkdir(parents=True, exist_ok=True)
        place.path.write_text(
            SCRIPTS[shell](reference_of(command)), encoding="utf-8", newline="\n"
        )
    except OSError as fault:
        raise OutputError(
            f"{place.path} cannot be written: {fault.strerror}.",
            hint="Make its folder writable and try again.",
        ) from None
    echo(f"Installed {shell} completion in {place.path}")
    for line in place.next_steps:
        echo(line)


def _current_shell(environ: Mapping[str, str]) -> str:
    login_shell = Path(environ.get("SHELL", "")).stem
    named = [_ALIASES.get(name, name) for name in (_shell_around(), login_shell)]
    for shell in named:
        if shell in SCRIPTS:
            return shell
    asked = next(filter(None, named), "this shell")
    raise UsageError(
        f"There is no completion for {asked}.",
        hint="There is one for bash, zsh, fish and PowerShell: start "
        "nano-edit --install-completion in one of them.",
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
    from platformdirs import user_data_path  # noqa: PLC0415 - for this shell alone

    path = user_data_path("nano-edit", appauthor=False) / name
    return Place(
        path,
        (
            "Add this line to your profile (notepad $PROFILE) and open a new shell:",
            f'  . "{path}"',
        ),
    )
