"""``config show``: every setting, its value and its origin, and never a key."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from support.settling import settle, write_config

from nano_edit.cli.config.checks import CONFIGURABLE
from nano_edit.cli.config.folders import config_folder
from nano_edit.cli.config.keys import stored_file
from nano_edit.cli.config.show import as_text, describe
from nano_edit.engine.history.store import history_folder
from nano_edit.engine.money.ledger import ledger_path
from nano_edit.engine.replies.spool import state_folder
from nano_edit.wire.providers import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import support

CANARY = "sk-canary-4711"


@pytest.fixture(autouse=True)
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is not installed, whatever this machine has."""
    monkeypatch.setitem(sys.modules, "keyring", None)


def shown(*arguments: str, environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    return describe(settle("config", "show", *arguments), environ or {})


def line(text: str, name: str) -> list[str]:
    """The words of the line that begins with ``name``."""
    (found,) = [line for line in text.splitlines() if line.split()[:1] == [name]]
    return found.split()


def test_every_lasting_setting_is_shown_with_its_origin() -> None:
    write_config(config_folder() / "config.toml", 'size = "2K"\n')
    settings = shown("-j", "9")["settings"]
    assert set(settings) == CONFIGURABLE | {"config"}
    assert settings["size"] == {"value": "2K", "origin": "config.toml:1"}
    assert settings["jobs"] == {"value": 9, "origin": "--jobs"}
    assert settings["retries"] == {"value": 3, "origin": "default"}


def test_what_this_run_alone_gives_is_shown_too() -> None:
    settings = shown("blur", "a.jpg", "b.jpg", "-o", "out.png")["settings"]
    assert settings["instruction"] == {"value": "blur", "origin": "INSTRUCTION"}
    assert settings["images"]["value"] == ["a.jpg", "b.jpg"]
    assert settings["output"] == {"value": "out.png", "origin": "--output"}


def test_key_is_only_said_to_be_there() -> None:
    found = shown(environ={"APIYI_API_KEY": CANARY})
    assert found["key"] == {
        "found": True,
        "origin": "APIYI_API_KEY",
        "message": None,
        "provider": "apiyi",
        "variables": ["NANO_EDIT_API_KEY", "APIYI_API_KEY"],
    }
    assert line(as_text(found), "key") == ["key", "found", "APIYI_API_KEY"]
    assert "canary" not in json.dumps(found) + as_text(found)


def test_missing_key_is_said_and_is_no_error() -> None:
    found = shown("--provider", "google")
    assert not found["key"]["found"]
    assert "GEMINI_API_KEY" in found["key"]["message"]
    assert line(as_text(found), "key")[1] == "none"


def test_unusable_key_file_is_said_without_its_content(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(f"{CANARY} {CANARY}", encoding="utf-8")
    found = shown("--api-key-file", str(path))
    assert "is not a valid key" in found["key"]["message"]
    assert "canary" not in json.dumps(found) + as_text(found)


def test_login_of_the_chosen_provider_is_found() -> None:
    write_config(stored_file(PROVIDERS["google"]), CANARY)
    found = shown("--provider", "google")["key"]
    assert found["origin"] == f"key file {stored_file(PROVIDERS['google'])}"


def test_password_in_a_url_is_masked() -> None:
    found = shown("--base-url", f"https://me:{CANARY}@host/x@y")
    value = found["settings"]["base_url"]["value"]
    assert value == "https://****@host/x@y"


def test_folders_are_named(tmp_path: Path) -> None:
    paths = shown()["paths"]
    assert paths["config"] == str(config_folder() / "config.toml")
    assert paths["state"] == str(state_folder())
    assert paths["ledger"] == str(ledger_path())
    assert paths["history"] == str(history_folder())
    assert "nano-edit" in paths["cache"]
    kept = str(tmp_path)
    assert shown("--cache-dir", kept)["paths"]["cache"] == kept


def test_text_is_aligned_one_setting_a_line() -> None:
    long = "long " * 100
    text = as_text(shown(f"two\nlines {long}", "a.jpg", "b.jpg", "--text"))
    assert line(text, "text") == ["text", "true", "--text"]
    assert line(text, "size") == ["size", "-", "default"]
    assert line(text, "images") == ["images", "a.jpg", "b.jpg", "IMAGE..."]
    assert line(text, "instruction")[1:4] == ["two", "lines", "long"]
    places = {row.rindex("default") for row in text.splitlines() if "default" in row}
    assert len(places) == 1


def test_description_is_json() -> None:
    assert json.loads(json.dumps(shown("blur", "a.jpg"))) == shown("blur", "a.jpg")


# --- the whole program ---------------------------------------------------------


def test_program_shows_its_settings_as_text_and_as_json(run: support.Run) -> None:
    write_config(config_folder() / "config.toml", 'size = "2K"\n')
    env = {"NANO_EDIT_RPM": "30", "APIYI_API_KEY": CANARY}
    text = run("config", "show", "-j", "9", env=env)
    assert (text.status, text.stderr) == (0, "")
    assert line(text.stdout, "size") == ["size", "2K", "config.toml:1"]
    assert line(text.stdout, "rpm") == ["rpm", "30", "NANO_EDIT_RPM"]
    assert line(text.stdout, "jobs") == ["jobs", "9", "--jobs"]
    asked = run("config", "show", "--json", env=env)
    assert json.loads(asked.stdout)["key"]["origin"] == "APIYI_API_KEY"
    assert b"canary" not in text.out + text.err + asked.out + asked.err


def test_program_refuses_a_wrong_configuration_by_its_line(run: support.Run) -> None:
    write_config(config_folder() / "config.toml", '\nsiez = "2K"\n')
    done = run("config", "show")
    assert done.status == 2
    assert "config.toml:2: there is no option 'siez'. Did you mean size?" in done.stderr


def test_program_stores_a_key_and_finds_it_again(run: support.Run) -> None:
    null = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    done = run("auth", "login", stdin=CANARY.encode(), env=null)
    assert done.status == 0
    assert str(stored_file(PROVIDERS["apiyi"])) in done.stderr
    found = run("config", "show", "--json", env=null)
    assert json.loads(found.stdout)["key"]["found"]
    assert b"canary" not in done.out + done.err + found.out + found.err
