"""The commands beside the edit: what each prints, changes and refuses."""

from __future__ import annotations

import json
import os
import stat
import sys
from typing import TYPE_CHECKING

import pytest
from support import photo
from support.peers import Line, Peer, always
from support.settling import write_config

from nano_edit.cli.config.folders import config_folder
from nano_edit.wire.models import MODELS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from support import Finished, Run

    from nano_edit.emulator import Emulator

CANARY = "sk-canary-4711"
NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}


def objects(done: Finished) -> list[dict[str, object]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


# --- auth --------------------------------------------------------------------


def test_a_key_is_stored_found_and_removed(run: Run) -> None:
    assert run("auth", "login", stdin=CANARY.encode(), env=NO_KEYRING).status == 0
    (apiyi, google) = objects(run("auth", "status", "--json", env=NO_KEYRING))
    assert (apiyi["provider"], apiyi["found"]) == ("apiyi", True)
    assert (google["provider"], google["found"]) == ("google", False)
    done = run("auth", "logout", env={**NO_KEYRING, "APIYI_API_KEY": CANARY})
    assert "is removed from" in done.stderr
    assert "APIYI_API_KEY still gives one." in done.stderr
    again = run("auth", "logout", env=NO_KEYRING)
    assert again.stderr == "No key for apiyi is stored.\n"


def test_status_is_one_line_a_provider_and_shows_no_key(run: Run) -> None:
    env = {**NO_KEYRING, "GEMINI_API_KEY": CANARY}
    lines = run("auth", "status", env=env).stdout.splitlines()
    assert lines[0].startswith("apiyi   There is no key for apiyi: set APIYI_API_KEY")
    assert lines[1] == "google  key from GEMINI_API_KEY"
    (one,) = run("auth", "status", "--provider", "google", env=env).stdout.splitlines()
    assert one == lines[1]


def test_a_key_is_checked_by_the_service(run: Run, emulator: Emulator) -> None:
    asked = ("auth", "status", "--check", "--base-url", emulator.url)
    done = run(*asked, env={**NO_KEYRING, "APIYI_API_KEY": CANARY})
    assert done.status == 0
    assert done.stdout.startswith("apiyi   key from APIYI_API_KEY, accepted\n")
    assert not emulator.requests  # no edit was asked for
    done = run(*asked, "--json", env={**NO_KEYRING, "APIYI_API_KEY": CANARY})
    assert [each["accepted"] for each in objects(done)] == [True, None]
    done = run(*asked, env=NO_KEYRING)
    assert (done.status, "There is no key." in done.stderr) == (4, True)


REFUSED = (
    b'{"error": {"code": 401, "message": "Bad key sk-canary-4711", "status": "X"}}'
)


@pytest.mark.parametrize(
    ("talk", "status", "said"),
    [
        (always(401, REFUSED), 4, ", refused: "),
        (always(502, b"{}"), 5, "key from APIYI_API_KEY: "),
        (Line.reset, 5, "cannot be reached"),
    ],
)
def test_a_key_that_is_not_accepted_is_an_error(
    run: Run, talk: Callable[[Line], None], status: int, said: str
) -> None:
    with Peer(talk) as peer:
        done = run(
            *("auth", "status", "--check", "--base-url", peer.url),
            env={**NO_KEYRING, "APIYI_API_KEY": CANARY},
        )
    assert (done.status, said in done.stdout) == (status, True)
    assert "canary" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("provider", "key", "other"),
    [("apiyi", "AIzaSy-canary", "google"), ("google", CANARY, "apiyi")],
)
def test_a_key_that_looks_like_the_other_providers_is_questioned(
    run: Run, provider: str, key: str, other: str
) -> None:
    asked = ("auth", "login", "--provider", provider)
    done = run(*asked, stdin=key.encode(), env=NO_KEYRING)
    assert done.status == 2
    assert f"looks like a key for {other}, not for {provider}" in done.stderr
    assert "canary" not in done.stderr
    assert not (config_folder() / "keys").exists()
    assert run(*asked, "--yes", stdin=key.encode(), env=NO_KEYRING).status == 0
    assert (config_folder() / "keys" / provider).exists()


# --- config ------------------------------------------------------------------


def editor(folder: Path, script: str) -> dict[str, str]:
    """An editor that runs ``script`` with the file's name in ``path``."""
    program = folder / "editor.py"
    program.write_text(f"import sys\npath = sys.argv[-1]\n{script}", encoding="utf-8")
    return {"VISUAL": "", "EDITOR": f"'{sys.executable}' '{program}'"}


def test_the_path_of_the_configuration_is_printed(run: Run) -> None:
    assert run("config", "path").stdout == f"{config_folder() / 'config.toml'}\n"
    assert run("config", "path", "--config", "x.toml").stdout == "x.toml\n"
    write_config(config_folder() / "config.toml", "this is not TOML")
    assert run("config", "path").status == 0


def test_a_new_configuration_begins_with_examples(run: Run, tmp_path: Path) -> None:
    env = editor(tmp_path, "open(path, 'a').write('jobs = 7\\n')")
    done = run("config", "edit", env=env)
    assert (done.status, done.stdout) == (0, "")
    path = config_folder() / "config.toml"
    assert done.stderr == f"{path} is a valid configuration.\n"
    assert path.read_text("utf-8").startswith("# Settings of nano-edit")
    assert json.loads(run("config", "show", "--json").stdout)["settings"]["jobs"] == {
        "value": 7,
        "origin": f"config.toml:{len(path.read_text('utf-8').splitlines())}",
    }
    if os.name != "nt":
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_mistake_is_told_when_the_editor_ends(run: Run, tmp_path: Path) -> None:
    env = editor(tmp_path, "open(path, 'a').write('siez = 1\\n')")
    done = run("config", "edit", "--config", "mine.toml", env=env)
    assert done.status == 2
    assert "there is no option 'siez'. Did you mean size?" in done.stderr


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"EDITOR": "no-such-editor"}, "The editor no-such-editor cannot be started"),
        ({"EDITOR": f"'{sys.executable}' -c 'raise SystemExit(3)'"}, "failed (exit 3)"),
        ({"EDITOR": "", "PATH": ""}, "There is no editor"),
    ],
)
def test_an_editor_that_fails_is_an_error(
    run: Run, env: Mapping[str, str], said: str
) -> None:
    done = run("config", "edit", env={"VISUAL": "", **env})
    assert (done.status, said in done.stderr) == (2, True)


def test_a_configuration_that_cannot_be_made_is_an_error(run: Run) -> None:
    config_folder().parent.mkdir(parents=True)
    config_folder().touch()
    done = run("config", "edit", env={"EDITOR": "true"})
    assert (done.status, "cannot be made" in done.stderr) == (3, True)


# --- models ------------------------------------------------------------------


def test_every_model_is_listed_with_what_it_takes(run: Run) -> None:
    shown = run("models").stdout
    assert all(f"  {name} " in shown for name in MODELS)
    assert "deprecated since 2026-10-06; use gemini-nano-banana-2.1" in shown
    assert max(map(len, shown.splitlines())) <= 120
    google = run("models", "--provider", "google").stdout
    assert "gemini-3-pro-image-preview" not in google


def test_models_are_objects_for_a_program(run: Run) -> None:
    found = objects(run("models", "--provider", "apiyi", "--json"))
    flash = next(each for each in found if each["short"] == "flash")
    assert flash["model"] == "gemini-nano-banana-2.1"
    assert flash["sizes"] == ["1K", "2K", "4K"]
    assert flash["default_thinking"] == "medium"
    assert [each["model"] for each in found if each["default"]] == [
        "gemini-3-pro-image-preview"
    ]


# --- cache -------------------------------------------------------------------


def test_an_empty_cache_says_so(run: Run) -> None:
    lines = run("cache", "info").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["folder", "entries", "size"]
    assert run("cache", "clear").stderr == "The cache is empty.\n"


def test_the_cache_is_counted_and_cleared(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    (folder / f"{'0' * 64}.json.gz").write_bytes(b"x" * 1500)
    (folder / "not-ours.gz").touch()
    option = ("--cache-dir", folder)
    (facts,) = objects(run("cache", "info", *option, "--json"))
    assert facts == {
        "folder": str(folder),
        "entries": 1,
        "bytes": 1500,
        "most_bytes": 2_048_000_000,
    }
    done = run("cache", "clear", *option)
    assert (done.status, "--yes goes ahead" in done.stderr) == (2, True)
    done = run("cache", "clear", *option, "--yes")
    assert done.stderr == "Removed: 1 result, 2 kB.\n"
    assert [each.name for each in folder.iterdir()] == ["not-ours.gz"]


# --- completion and emulator ---------------------------------------------------


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell", "pwsh"])
def test_the_script_of_a_shell_is_printed(run: Run, shell: str) -> None:
    assert "nano-edit" in run("completion", shell).stdout.splitlines()[0]


def test_the_emulators_faults_are_listed(run: Run) -> None:
    assert "cut" in run("emulator", "--list-faults").stdout


# --- words -------------------------------------------------------------------


@pytest.mark.parametrize("word", ["models", "help", "cache"])
def test_a_commands_word_can_be_an_instruction(
    run: Run, tmp_path: Path, word: str
) -> None:
    photo(tmp_path / "in.jpg")
    done = run("edit", word, "in.jpg", "-o", "out.jpg", "--emulate")
    assert (done.status, done.stdout) == (0, "out.jpg\n")
    done = run("--emulate", word, "in.jpg", "-o", "two.jpg")  # not the first argument
    assert (done.status, done.stdout) == (0, "two.jpg\n")
