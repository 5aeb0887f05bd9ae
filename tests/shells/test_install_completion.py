from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import support

from nano_edit.cli.choices import SHELLS
from nano_edit.cli.commands.completion import (
    FILE_NAMES,
    current_shell,
    install,
    place_for,
)
from nano_edit.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

PLACES = {  # below the home folder
    "bash": ".local/share/bash-completion/completions/nano-edit",
    "zsh": ".zfunc/_nano-edit",
    "fish": ".config/fish/completions/nano-edit.fish",
}


def checked_in(shell: str) -> bytes:
    return (support.ROOT / "completions" / FILE_NAMES[shell]).read_bytes()


def installed_by(shell: str, **variables: str) -> str:
    """Run ``nano-edit completion --install`` in the shell; return what it says."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    command = f"'{sys.executable}' -m nano_edit completion --install; true"
    done = subprocess.run(
        [shell, "-c", command],  # "; true" keeps the shell above the program
        env=support.environment(variables),
        capture_output=True,
        check=True,
        text=True,
    )
    assert not done.stdout
    return done.stderr


def installed(environ: Mapping[str, str]) -> list[str]:
    said: list[str] = []
    install(current_shell(environ), environ, said.append)
    return said


@pytest.fixture
def unknown_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be told of the processes above this one."""
    monkeypatch.setitem(sys.modules, "shellingham", None)


@pytest.mark.parametrize("shell", PLACES)
def test_script_goes_where_the_current_shell_looks(shell: str, home: Path) -> None:
    said = installed_by(shell, SHELL="/bin/other")
    assert (home / PLACES[shell]).read_bytes() == checked_in(shell)
    assert str(home / PLACES[shell]) in said.splitlines()[0]


@pytest.mark.skipif(os.name == "nt", reason="a shell for POSIX")
def test_under_another_shell_the_login_shell_is_meant(home: Path) -> None:
    installed_by("sh", SHELL="/usr/bin/zsh")
    assert (home / PLACES["zsh"]).read_bytes() == checked_in("zsh")


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_the_lines_it_prints_make_tab_work(shell: str, home: Path) -> None:
    typist = pytest.importorskip("support.typist", exc_type=ImportError)
    said = installed_by(shell)
    lines = [line.strip() for line in said.splitlines() if line.startswith("  ")]
    keys = {
        "bash": r"""bind -x '"\C-g": printf "<<""<%s>>"">" "$READLINE_LINE"'""",
        "zsh": 'show() { print -rn -- "<<""<$BUFFER>>"">" }; zle -N show; '
        "bindkey '^G' show; unsetopt prompt_cr prompt_sp",
    }
    quiet = {"bash": ["--norc", "--noprofile"], "zsh": ["-f"]}
    person = typist.Typist(
        [shell, *quiet[shell], "-i"],
        "\n".join([*lines, keys[shell]]),
        cwd=home,
        env={"HOME": str(home), "ZDOTDIR": str(home), "PATH": os.environ["PATH"]},
    )
    with person:
        assert person.line("nano-edit -a 16").rstrip() == "nano-edit -a 16:9"


def test_fish_finds_it_by_itself(home: Path, tmp_path: Path) -> None:
    said = installed_by("fish")
    program = tmp_path / "nano-edit"  # fish looks only for programs that there are
    program.touch(mode=0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["fish", "-c", "complete -C 'nano-edit -a 16'"],
        env=support.environment({"PATH": path}),
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout.startswith("16:9\t")
    assert "nothing else to do" in said
    assert (home / PLACES["fish"]).exists()


@pytest.mark.parametrize(
    ("shell", "variable", "below"),
    [
        ("bash", "XDG_DATA_HOME", "bash-completion/completions/nano-edit"),
        ("bash", "BASH_COMPLETION_USER_DIR", "completions/nano-edit"),
        ("fish", "XDG_CONFIG_HOME", "fish/completions/nano-edit.fish"),
    ],
)
def test_the_users_own_folders_are_kept_to(
    shell: str, variable: str, below: str, tmp_path: Path
) -> None:
    place = place_for(shell, {variable: str(tmp_path)})
    assert place.path == tmp_path / below


@pytest.mark.parametrize("shell", PLACES)
def test_places_are_below_the_home_folder(shell: str, tmp_path: Path) -> None:
    place = place_for(shell, {"HOME": str(tmp_path)})
    assert place.path == tmp_path / PLACES[shell]


@pytest.mark.usefixtures("unknown_shell")
def test_powershell_is_told_the_line_for_its_profile(home: Path) -> None:
    said = installed({"SHELL": "/usr/bin/pwsh"})
    path = Path(said[-1].removeprefix('  . "').removesuffix('"'))
    assert path.read_bytes() == checked_in("powershell")
    assert path.is_relative_to(home)
    assert "$PROFILE" in said[1]


@pytest.mark.usefixtures("unknown_shell")
def test_installing_twice_is_the_same_as_once(tmp_path: Path) -> None:
    environ = {"SHELL": "/bin/bash", "HOME": str(tmp_path)}
    assert installed(environ) == installed(environ)
    assert (tmp_path / PLACES["bash"]).read_bytes() == checked_in("bash")


@pytest.mark.usefixtures("unknown_shell")
@pytest.mark.parametrize(
    ("environ", "named"), [({"SHELL": "/bin/tcsh"}, "tcsh"), ({}, "this shell")]
)
def test_a_shell_without_a_script_is_a_usage_error(
    environ: dict[str, str], named: str
) -> None:
    with pytest.raises(UsageError, match=f"for {named}") as caught:
        installed(environ)
    assert all(shell in caught.value.hint.lower() for shell in SHELLS)


def test_processes_that_cannot_be_read_leave_the_login_shell(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shellingham = pytest.importorskip("shellingham")

    def fail() -> None:
        raise shellingham.ShellDetectionFailure

    monkeypatch.setattr(shellingham, "detect_shell", fail)
    installed({"SHELL": "/bin/zsh", "HOME": str(tmp_path)})
    assert (tmp_path / PLACES["zsh"]).exists()


@pytest.mark.usefixtures("unknown_shell")
def test_a_place_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / ".zfunc").write_text("a file where a folder belongs")
    with pytest.raises(InputError, match="cannot be written") as caught:
        installed({"SHELL": "/bin/zsh", "HOME": str(tmp_path)})
    assert caught.value.hint
