"""Which value wins, where it came from, and that every place checks alike."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from support.settling import settle, write_config

from nano_edit.cli.config.folders import config_folder
from nano_edit.cli.config.keys import stored_file
from nano_edit.cli.config.settings import is_picture
from nano_edit.cli.options import NAMES, Options
from nano_edit.errors import InputError, UsageError
from nano_edit.wire.providers import PROVIDERS

if TYPE_CHECKING:
    from pathlib import Path

PRESET = """
size = "1K"
[presets.product]
instruction = "White background."
size = "2K"
"""


def configure(text: str) -> Path:
    return write_config(config_folder() / "config.toml", text)


def refusal(*arguments: str) -> str:
    with pytest.raises(UsageError) as caught:
        settle(*arguments)
    return f"{caught.value.message} {caught.value.hint}"


# --- precedence ----------------------------------------------------------------


def test_nothing_given_is_the_table_of_defaults() -> None:
    resolved = settle()
    assert resolved.options == Options()
    assert set(resolved.origins.values()) == {"default"}
    assert set(resolved.origins) == set(NAMES)
    assert resolved.warnings == ()


def test_flag_then_variable_then_preset_then_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configure("jobs = 1\n[presets.p]\njobs = 2\n")
    seen = [settle()]
    seen.append(settle("--preset", "p"))
    monkeypatch.setenv("NANO_EDIT_JOBS", "3")
    seen.append(settle("--preset", "p"))
    seen.append(settle("--preset", "p", "-j", "4"))
    assert [each.options.jobs for each in seen] == [1, 2, 3, 4]
    assert [each.origins["jobs"] for each in seen] == [
        "config.toml:1",
        "preset p (config.toml:3)",
        "NANO_EDIT_JOBS",
        "--jobs",
    ]


def test_origin_names_the_flag_that_was_used() -> None:
    resolved = settle("blur", "a.jpg", "--no-downscale", "--cache", "-vv", "-s", "2k")
    given = {n: o for n, o in resolved.origins.items() if o != "default"}
    assert given == {
        "instruction": "INSTRUCTION",
        "images": "IMAGE...",
        "downscale": "--no-downscale",
        "cache": "--cache",
        "verbose": "--verbose",
        "size": "--size",
    }
    assert resolved.options.verbose == 2
    assert resolved.options.size == "2K"


def test_flag_can_take_back_what_the_file_says() -> None:
    configure("cache = true\ndownscale = false\n")
    assert settle().options.cache
    assert not settle("--no-cache").options.cache
    assert settle("--downscale").options.downscale


def test_named_file_stands_in_for_the_users_own(tmp_path: Path) -> None:
    configure("jobs = 1\nrpm = 7\n")
    path = write_config(tmp_path / "other.toml", "jobs = 2\n")
    resolved = settle("--config", path)
    assert (resolved.options.jobs, resolved.options.rpm) == (2, None)
    assert resolved.origins["jobs"] == f"{path}:1"
    assert resolved.config_path == path


def test_variable_can_name_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_config(tmp_path / "other.toml", "jobs = 2\n")
    monkeypatch.setenv("NANO_EDIT_CONFIG", str(path))
    assert settle().options.jobs == 2


def test_current_folder_can_set_neither_key_nor_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = 'base_url = "https://evil.example"\napi_key_file = "k"\n'
    for name in ("config.toml", "nano-edit.toml", "nano-edit/config.toml"):
        write_config(tmp_path / name, evil)
    write_config(
        tmp_path / ".env",
        "NANO_EDIT_BASE_URL=https://evil.example\nNANO_EDIT_API_KEY=sk-evil\n",
    )
    monkeypatch.chdir(tmp_path)
    assert settle().options == Options()


def test_relative_path_in_a_file_starts_at_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    text = 'api_key_file = "key.txt"\ncache_dir = "~/results"\n'
    path = write_config(tmp_path / "conf" / "c.toml", text)
    monkeypatch.chdir(tmp_path)
    options = settle("--config", path).options
    assert options.api_key_file == str(path.parent / "key.txt")
    assert options.cache_dir == str(home / "results")
    assert settle("--api-key-file", "key.txt").options.api_key_file == "key.txt"


# --- values --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("size = 512", "size", "512"),
        ('aspect-ratio = "16:9"', "aspect_ratio", "16:9"),
        ("timeout = 30", "timeout", 30.0),
        ("max_wait = 1.5", "max_wait", 1.5),
        ("text = true", "text", True),
        ("verbose = 2", "verbose", 2),
        ('jobs = "8"', "jobs", 8),
        ('format = "PNG"', "format", "png"),
    ],
)
def test_file_gives_what_a_flag_would(line: str, name: str, value: object) -> None:
    configure(line)
    given = getattr(settle().options, name)
    assert given == value
    assert type(given) is type(value)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('aspect_ratio = "16:10"', "aspect_ratio: '16:10' is not one of"),
        ('aspect_ratio = "16:10"', "Did you mean 3:2 or 16:9?"),
        ("jobs = 0", "jobs: 0 is less than 1, the least it takes."),
        ("jobs = 1.5", "jobs: 1.5 is not a whole number."),
        ("jobs = true", "jobs: a number is wanted, not true."),
        ("jobs = [1]", "jobs: a number is wanted, not a list."),
        ("size = true", "size: text is wanted, not true."),
        ("size = 2001-01-01", "size: text is wanted, not datetime.date(2001, 1, 1)."),
        ("text = 1", "text: true or false is wanted, not 1."),
        ('text = "no"', "text: true or false is wanted, not 'no'."),
    ],
)
def test_wrong_value_is_refused_at_its_line(line: str, said: str) -> None:
    configure(f"\n{line}\n")
    refused = refusal()
    assert refused.startswith("config.toml:2: ")
    assert said in refused


def test_message_of_a_wrong_value_is_the_flags_own() -> None:
    configure('provider = "gogle"\n')
    assert "'gogle' is not one of apiyi google. Did you mean google?" in refusal()


def test_variable_that_is_nearly_one_of_ours_is_a_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NANO_EDIT_RETRYS", "3")
    monkeypatch.setenv("NANO_EDIT_API_KEYS", "sk-canary")
    monkeypatch.setenv("NANO_EDIT_API_KEY", "sk-canary")
    monkeypatch.setenv("NANO_EDIT_PIPELINE_NUMBER", "77")
    assert settle().warnings == (
        "NANO_EDIT_API_KEYS has no meaning. Did you mean NANO_EDIT_API_KEY?",
        "NANO_EDIT_RETRYS has no meaning. Did you mean NANO_EDIT_RETRIES?",
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows has no mode bits")
def test_configuration_of_usual_permissions_is_no_warning() -> None:
    configure("jobs = 1\n").chmod(0o644)
    assert settle().warnings == ()


# --- presets -------------------------------------------------------------------


def test_presets_instruction_comes_first() -> None:
    configure(PRESET)
    resolved = settle("--preset", "product", "Make it square.", "in.jpg")
    assert resolved.options.instruction == "White background.\nMake it square."
    assert resolved.options.images == ["in.jpg"]
    assert resolved.options.size == "2K"
    assert resolved.origins["instruction"] == (
        "preset product (config.toml:4), then INSTRUCTION"
    )
    assert resolved.preset_instruction == "White background."


@pytest.mark.parametrize("first", ["in.jpg", "-", "https://example.com/x?a=b", "here"])
def test_instruction_may_be_left_out_with_a_preset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path)
    configure(PRESET)
    resolved = settle("--preset", "product", first, "second.png")
    assert resolved.options.instruction == "White background."
    assert resolved.options.images == [first, "second.png"]
    assert resolved.origins["images"] == "IMAGE..."
    assert settle("--preset", "product", first).options.images == [first]


def test_preset_alone_gives_the_instruction() -> None:
    configure(PRESET)
    options = settle("--preset", "product").options
    assert (options.instruction, options.images) == ("White background.", None)


def test_empty_instruction_adds_nothing_to_the_preset() -> None:
    configure(PRESET)
    options = settle("--preset", "product", "", "brighter").options
    assert (options.instruction, options.images) == ("White background.", ["brighter"])


@pytest.mark.parametrize(
    ("argument", "answer"),
    [
        ("photo.JPEG", True),
        ("folder/typo.png", True),
        ("s3://bucket/x", True),
        ("x" * 5000, False),
        ("make it like a.jpg", False),
        ("blur", False),
        ("a\0b", False),
        ("", False),
    ],
)
def test_what_can_be_a_picture_is_one(argument: str, answer: object) -> None:
    assert is_picture(argument) is answer


def test_without_a_presets_instruction_the_first_argument_is_one() -> None:
    configure('[presets.big]\nsize = "4K"\n')
    options = settle("--preset", "big", "in.jpg", "b.jpg").options
    assert (options.instruction, options.images) == ("in.jpg", ["b.jpg"])


def test_preset_can_be_chosen_by_file_and_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configure('preset = "a"\n[presets.a]\njobs = 1\n[presets.b]\njobs = 2\n')
    assert settle().origins["preset"] == "config.toml:1"
    assert settle().options.jobs == 1
    monkeypatch.setenv("NANO_EDIT_PRESET", "b")
    assert settle().options.jobs == 2
    assert settle("--preset", "a").options.jobs == 1


def test_unknown_preset_names_those_there_are() -> None:
    configure("[presets.b]\n[presets.a]\n")
    assert "--preset: there is no preset 'c'" in refusal("--preset", "c")
    assert "Presets there: b, a." in refusal("--preset", "c")


def test_unknown_preset_without_any_says_how_one_is_made() -> None:
    assert "Presets there: none." in refusal("--preset", "c")
    assert "[presets.c]" in refusal("--preset", "c")


def test_presets_values_are_checked_when_it_is_used() -> None:
    configure('[presets.a]\nsize = "3K"\n[presets.b]\n')
    assert "config.toml:2: size: '3K' is not one of" in refusal("--preset", "a")
    assert settle("--preset", "b").options.size is None


def test_instruction_files_are_read_and_joined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = write_config(
        tmp_path / "conf" / "c.toml", '[presets.p]\ninstruction = "@brand.txt"\n'
    )
    (config.parent / "brand.txt").write_text("@brand colours\n", encoding="utf-8")
    (tmp_path / "own.txt").write_text("and warmer\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    run = ("--config", config, "--preset", "p")
    for own, stdin in (("@own.txt", b""), ("@-", b"and warmer")):
        options = settle(*run, own, "in.jpg", stdin=stdin).options
        # A space in front: the text is not to be taken for the name of a file.
        assert options.instruction == " @brand colours\nand warmer"


def test_presets_instruction_file_that_is_missing_is_an_input_error() -> None:
    configure('[presets.p]\ninstruction = "@none.txt"\n')
    with pytest.raises(InputError, match=r"none\.txt"):
        settle("--preset", "p", "in.jpg")


def test_standard_input_is_no_presets_instruction() -> None:
    configure('[presets.p]\ninstruction = "@-"\n')
    assert "config.toml:2: an instruction cannot" in refusal("--preset", "p")


def test_standard_input_cannot_be_instruction_and_picture_with_a_preset() -> None:
    configure(PRESET)
    assert "Standard input" in refusal("--preset", "product", "@-", "-")


def test_recovery_takes_its_arguments_as_they_are() -> None:
    configure(f'preset = "product"\n{PRESET}')
    options = settle("replies", "recover", "reply.json").options
    assert (options.replies, options.instruction) == (["reply.json"], None)


def test_a_lists_instruction_follows_the_presets() -> None:
    configure(PRESET)
    options = settle("batch", "a.csv", "in.jpg", "--preset", "product").options
    assert options.instruction == "White background.\nin.jpg"
    assert (options.batch, options.images) == ("a.csv", None)


# --- the provider ----------------------------------------------------------------


@pytest.mark.parametrize("variable", ["GEMINI_API_KEY", "GOOGLE_API_KEY"])
def test_googles_key_alone_chooses_google(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.setenv(variable, "AIza-canary")
    settings = settle("blur", "a.jpg")
    assert settings.options.provider == "google"
    assert settings.origins["provider"] == f"{variable}, the only key"
    assert settle("auth", "login").options.provider == "apiyi"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--provider", "apiyi"),
        ("--base-url", "https://gateway.example.com"),
        ("--api-key-file", "key.txt"),
        ("--emulate",),
    ],
)
def test_googles_key_changes_nothing_that_was_named(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.setenv("GEMINI_API_KEY", "AIza-canary")
    assert settle("blur", "a.jpg", *arguments).options.provider == "apiyi"


@pytest.mark.parametrize("variable", ["APIYI_API_KEY", "NANO_EDIT_API_KEY"])
@pytest.mark.parametrize("key", ["sk-canary", "two words"])
def test_googles_key_is_not_alone_beside_another(
    monkeypatch: pytest.MonkeyPatch, variable: str, key: str
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.setenv("GEMINI_API_KEY", "AIza-canary")
    monkeypatch.setenv(variable, key)
    assert settle("blur", "a.jpg").options.provider == "apiyi"


def test_googles_key_is_not_alone_beside_a_stored_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.setenv("GEMINI_API_KEY", "AIza-canary")
    write_config(stored_file(PROVIDERS["apiyi"]), "sk-canary")
    assert settle("blur", "a.jpg").options.provider == "apiyi"
