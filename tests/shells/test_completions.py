"""Tab in real shells: what is offered, what is inserted, and that nothing is started.

Every shell has a PATH that holds traps alone: a Python or a nano-edit that is
started leaves its mark.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from completions.facts import VERBS, names, options

from completions import SCRIPTS
from nano_edit.cli.choices import SHELLS, VALUES
from nano_edit.cli.command_table import WORDS
from nano_edit.cli.commands.completion import FILE_NAMES
from nano_edit.cli.commands.completion import SCRIPTS as SHIPPED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.shells import Shell

pytest.importorskip("pty", reason="this system has no pseudo-terminals")
from support.shells import BASHES, COMPLETIONS, found, start

PICTURES = {"a.png", "B.JPG", "it's.png", "my pic.webp", "folder", "texts"}
REPLIES = {"1f2e3d4c", "9a8b7c6d"}
TRAPS = ("nano-edit", "python", "python3", Path(sys.executable).name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures, and what is none, to be completed."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "folder").mkdir()
    (folder / "texts").mkdir()
    names = ("a.png", "B.JPG", "it's.png", "my pic.webp", "folder/in.jpeg")
    for name in (*names, "notes.txt", "key.txt", "texts/only.txt"):
        (folder / name).touch()
    return folder


@pytest.fixture(scope="module")
def traps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of programs that leave a mark beside them when they are started."""
    folder = tmp_path_factory.mktemp("traps")
    for name in TRAPS:
        trap = folder / name
        trap.write_text(f'#!/bin/sh\n: >"{folder}/started"\n')
        trap.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory, traps: Path) -> dict[str, str]:
    """An empty home, whose bash-completion folder holds the script."""
    home = tmp_path_factory.mktemp("home")
    place = home / ".local/share/bash-completion/completions"
    place.mkdir(parents=True)
    shutil.copy(COMPLETIONS / "nano-edit", place)
    kept = tmp_path_factory.mktemp("state")
    (kept / "replies").mkdir()
    for digits in REPLIES:
        (kept / "replies" / f"reply-20260131T120000Z-{digits}-out.png.jsonl").touch()
    return {
        "NANO_EDIT_STATE_DIR": str(kept),
        "PATH": str(traps),
        "HOME": str(home),
        "ZDOTDIR": str(home),
        "INPUTRC": os.devnull,
        "LC_ALL": "C.UTF-8",
    }


@pytest.fixture(scope="module")
def open_shell(folder: Path, env: dict[str, str]) -> Iterator[Callable[[str], Shell]]:
    """Open a shell by its name; each is opened once and closed at the end."""
    with ExitStack() as stack:
        yield cache(lambda name: start(name, stack, cwd=folder, env=env))


@pytest.fixture(params=[*BASHES, "zsh", "fish"])
def shell(request: pytest.FixtureRequest, open_shell: Callable[[str], Shell]) -> Shell:
    """Each shell in turn."""
    return open_shell(request.param)


@pytest.fixture(params=[*BASHES, "zsh"])
def line_editor(
    request: pytest.FixtureRequest, open_shell: Callable[[str], Shell]
) -> Shell:
    """Each shell whose line can be watched as it is typed."""
    return open_shell(request.param)


@pytest.mark.parametrize("command", ["", "batch", "replies recover", "emulator"])
def test_options_are_offered(shell: Shell, command: str) -> None:
    flags = {flag for row in options(command or "edit") for flag in names(row)}
    offered = shell.offers(f"nano-edit {command} --".replace("  ", " "))
    assert {each.rstrip("=") for each in offered} == {
        flag for flag in flags if flag.startswith("--")
    }


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("nano-edit ", WORDS),
        ("nano-edit re", ("redo", "replies")),
        ("nano-edit replies ", VERBS["replies"]),
        ("nano-edit auth log", ("login", "logout")),
        ("nano-edit completion ", SHELLS),
        ("nano-edit completion --install z", ("zsh",)),
        ("nano-edit help conf", ("config",)),
        ("nano-edit replies recover ", REPLIES),
        ("nano-edit replies rm --yes 9", ("9a8b7c6d",)),
        ("nano-edit replies recover 1f2e3d4c 9a", ("9a8b7c6d",)),
        ("nano-edit sepia re", ()),  # a command's word comes first or not at all
        ("nano-edit edit mod", ()),
    ],
)
def test_commands_and_their_words_are_offered(
    shell: Shell, typed: str, words: tuple[str, ...]
) -> None:
    assert shell.offers(typed) == set(words)


def test_negations_are_offered(shell: Shell) -> None:
    negations = {"--no-cache", "--no-downscale", "--no-history"}
    assert shell.offers("nano-edit x a.png --no-") == negations


@pytest.mark.parametrize(
    ("typed", "values"),
    [
        ("nano-edit --size ", VALUES["size"]),
        ("nano-edit -s ", VALUES["size"]),
        ("nano-edit --size=", VALUES["size"]),
        ("nano-edit -fs ", VALUES["size"]),
        ("nano-edit -a ", VALUES["ratio"]),
        ("nano-edit x a.png --provider ", VALUES["provider"]),
        ("nano-edit --format ", VALUES["format"]),
        ("nano-edit -m ", VALUES["model"]),
        ("nano-edit --size 2K --size ", VALUES["size"]),
        ("nano-edit --show=", ("both",)),
        ("nano-edit batch list.jsonl -s ", VALUES["size"]),
        ("nano-edit auth login --provider ", VALUES["provider"]),
    ],
)
def test_values_are_offered(shell: Shell, typed: str, values: tuple[str, ...]) -> None:
    assert shell.offers(typed) == set(values)


@pytest.mark.parametrize(
    "typed",
    [
        "nano-edit x ",
        "nano-edit 'blur it' ",
        "nano-edit x a.png ",
        "nano-edit --size 2K x ",
        "nano-edit --size=2K -fs 1K x --text ",
        "nano-edit -- x ",
        "nano-edit - ",
    ],
)
def test_pictures_and_folders_are_offered_after_the_instruction(
    shell: Shell, typed: str
) -> None:
    assert shell.offers(typed) == PICTURES


def test_any_file_is_offered_where_no_picture_lies(shell: Shell) -> None:
    assert shell.offers("nano-edit x texts/") == {"texts/only.txt"}


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("nano-edit --api-key-file k", {"key.txt"}),
        ("nano-edit batch n", {"notes.txt"}),
        ("nano-edit batch notes.txt @n", {"notes.txt"}),
        ("nano-edit edit @n", {"notes.txt"}),
        ("nano-edit x a.png -o te", {"texts"}),
        ("nano-edit x a.png --output=n", {"notes.txt"}),
        ("nano-edit --cache-dir ", {"folder", "texts"}),
        ("nano-edit @n", {"notes.txt"}),
        ("nano-edit --text @te", {"texts"}),
        ("nano-edit replies recover k", {"key.txt"}),
    ],
)
def test_files_and_folders_are_offered_where_they_belong(
    shell: Shell, typed: str, names: set[str]
) -> None:
    assert shell.offers(typed) == names


@pytest.mark.parametrize(
    "typed",
    [
        "nano-edit yz",  # an instruction is the user's own words
        "nano-edit edit yz",
        "nano-edit batch notes.txt n",
        "nano-edit --preset n",
        "nano-edit --timeout ",
        "nano-edit --show n",
        "nano-edit -- --si",
        "nano-edit --size 9",
    ],
)
def test_nothing_is_offered_where_nothing_is_known(shell: Shell, typed: str) -> None:
    assert shell.offers(typed) == set()


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("nano-edit -a 16", "nano-edit -a 16:9"),
        ("nano-edit -a 16:", "nano-edit -a 16:9"),
        ("nano-edit --aspect-ratio=16:", "nano-edit --aspect-ratio=16:9"),
        ("nano-edit --aspect-ratio=21", "nano-edit --aspect-ratio=21:9"),
        ("nano-edit -s2", "nano-edit -s2K"),
        ("nano-edit @no", "nano-edit @notes.txt"),
        ("nano-edit x a", "nano-edit x a.png"),
        ("nano-edit x folder/i", "nano-edit x folder/in.jpeg"),
    ],
)
def test_tab_ends_the_word(shell: Shell, typed: str, line: str) -> None:
    assert shell.becomes(typed).rstrip() == line


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("nano-edit x my", r"nano-edit x my\ pic.webp"),
        ("nano-edit x it", r"nano-edit x it\'s.png"),
        ('nano-edit x "my', 'nano-edit x "my pic.webp"'),
        ("nano-edit -a '16:", "nano-edit -a '16:9'"),
        ("nano-edit '@no", "nano-edit '@notes.txt'"),
        ("nano-edit x - -o - > no", "nano-edit x - -o - > notes.txt"),
        ("nano-edit x - -o - >no", "nano-edit x - -o - >notes.txt"),
    ],
)
def test_quotes_and_redirections_stay_as_they_were_typed(
    line_editor: Shell, typed: str, line: str
) -> None:
    assert line_editor.becomes(typed).rstrip() == line


def test_a_folder_goes_on_after_its_slash(line_editor: Shell) -> None:
    assert line_editor.becomes("nano-edit x fol") == "nano-edit x folder/"
    assert line_editor.becomes("nano-edit --output=fol") == "nano-edit --output=folder/"


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_a_tab_starts_no_program(
    name: str, open_shell: Callable[[str], Shell], traps: Path
) -> None:
    shell = open_shell(name)
    beside = ("--si", "--size ", "x ", "@n", "-o n", "--cache-dir ", "x a.png -")
    for typed in (*beside, "", "replies ", "replies rm ", "help "):
        assert shell.offers(f"nano-edit {typed}")
    assert sorted(each.name for each in traps.iterdir()) == sorted(set(TRAPS))


def test_a_trap_is_sprung_by_a_shell_that_starts_it(
    tmp_path: Path, traps: Path
) -> None:
    for name in set(TRAPS):
        shutil.copy(traps / name, tmp_path)
    subprocess.run([tmp_path / "nano-edit"], check=True)
    (traps / "started").unlink()  # FileNotFoundError, had it left no mark


@pytest.mark.parametrize("which", SCRIPTS)
def test_scripts_are_current(which: str) -> None:
    for folder in (COMPLETIONS, SHIPPED):
        assert (folder / FILE_NAMES[which]).read_text("utf-8") == SCRIPTS[which]()


@pytest.mark.parametrize(
    ("program", "arguments"), [("bash", ["-n"]), ("zsh", ["-n"]), ("fish", ["-n"])]
)
def test_scripts_parse(program: str, arguments: list[str]) -> None:
    script = COMPLETIONS / FILE_NAMES[program]
    subprocess.run([found(program), *arguments, script], check=True)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("nano-edit --size ", set(VALUES["size"])),
        ("nano-edit --no-", {"--no-cache", "--no-downscale"}),
    ],
)
def test_powershell_offers_options_and_values(typed: str, offered: set[str]) -> None:
    ask = (
        ". $env:SCRIPT; [System.Management.Automation.CommandCompletion]::"
        "CompleteInput($env:TYPED, $env:TYPED.Length, $null)"
        ".CompletionMatches.CompletionText"
    )
    script = COMPLETIONS / FILE_NAMES["powershell"]
    done = subprocess.run(
        [found("pwsh"), "-NoProfile", "-NonInteractive", "-Command", ask],
        env={**os.environ, "SCRIPT": str(script), "TYPED": typed},
        capture_output=True,
        check=True,
        text=True,
    )
    assert set(done.stdout.split()) == offered
