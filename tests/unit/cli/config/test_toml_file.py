"""The configuration file: what it may hold, and the line that every error names."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from support.settling import write_config

from nano_edit.cli.config.folders import config_folder
from nano_edit.cli.config.toml_file import LIMIT, Config, read_config
from nano_edit.errors import UsageError

ALLOWED = {"size", "jobs", "max_side", "preset", "api_key_file", "model"}


def read(folder: Path, text: str | bytes) -> Config:
    path = folder / "mine.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(0o600)
    return read_config(str(path), ALLOWED)


def refusal(folder: Path, text: str | bytes) -> str:
    """What is said about this configuration, its path left out."""
    with pytest.raises(UsageError) as caught:
        read(folder, text)
    said = f"{caught.value.message} {caught.value.hint}"
    return said.replace(str(folder / "mine.toml"), "mine.toml")


def lines(config: Config) -> dict[str, int]:
    """The line of every setting."""
    found = {name: each.where for name, each in config.settings.items()}
    for preset, table in config.presets.items():
        found |= {f"{preset}.{name}": each.where for name, each in table.items()}
    return {name: int(where.rpartition(":")[2]) for name, where in found.items()}


def test_no_file_is_no_configuration() -> None:
    config = read_config(None, ALLOWED)
    assert config == Config(config_folder() / "config.toml")


def test_users_own_file_is_read_without_being_named() -> None:
    write_config(config_folder() / "config.toml", 'size = "2K"\n')
    config = read_config(None, ALLOWED)
    assert config.settings["size"].value == "2K"
    assert config.settings["size"].where == "config.toml:1"


def test_file_in_the_current_folder_is_never_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("config.toml", "nano-edit.toml", ".nano-edit.toml", ".env"):
        write_config(tmp_path / name, 'size = "4K"\n')
    monkeypatch.chdir(tmp_path)
    assert not read_config(None, ALLOWED).settings


@pytest.mark.parametrize("make", ["missing", "folder", "nul"])
def test_named_file_that_cannot_be_read_is_an_error(tmp_path: Path, make: str) -> None:
    path = {"missing": "none.toml", "folder": ".", "nul": "a\0b"}[make]
    with pytest.raises(UsageError, match="cannot be read"):
        read_config(str(tmp_path / path), ALLOWED)


def test_users_own_file_that_cannot_be_read_is_an_error() -> None:
    (config_folder() / "config.toml").mkdir(parents=True)
    with pytest.raises(UsageError, match="cannot be read"):
        read_config(None, ALLOWED)


def test_every_way_to_write_a_setting_has_its_line(tmp_path: Path) -> None:
    text = '''# comment
size = "1K"

"max-side" = 300  # dashes are underscores
presets.one = { size = "2K", jobs = 1 }
presets."two words".model = """
[size]
jobs = 3
"""
[presets.three]

# jobs = 1
jobs = 4
'''
    config = read(tmp_path, text)
    assert lines(config) == {
        "size": 2,
        "max_side": 4,
        "one.size": 5,
        "one.jobs": 5,
        "two words.model": 6,
        "three.jobs": 13,
    }
    assert config.presets["two words"]["model"].value == "[size]\njobs = 3\n"


def test_windows_line_ends_and_byte_order_mark_count_no_lines(tmp_path: Path) -> None:
    config = read(tmp_path, b'\xef\xbb\xbf# one\r\nsize = "1K"\r\njobs = 2\r\n')
    assert lines(config) == {"size": 2, "jobs": 3}


def test_preset_may_be_empty_and_its_table_spelt_out(tmp_path: Path) -> None:
    config = read(tmp_path, "[presets]\n[presets.a]\n[presets.b]\njobs = 1\n")
    assert list(config.presets) == ["a", "b"]
    assert not config.presets["a"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\nsiez = 1", "mine.toml:2: there is no option 'siez'. Did you mean size?"),
        ("zzzzzzzz = 1", "mine.toml:1: there is no option 'zzzzzzzz'. The names are"),
        ("[presets.a]\n\nSize = 1", "mine.toml:3: there is no option 'Size'. Did you"),
        ("output = 'x'", "mine.toml:1: output is for the command line, not for"),
        ("dry-run = true", "mine.toml:1: dry-run is for the command line"),
        ("instruction = 'x'", "mine.toml:1: instruction is for the command line"),
        ("[presets.a]\npreset = 'b'", "mine.toml:2: preset is for the command line"),
        ("[picture]\nsize = 1", "mine.toml:1: picture has no place in a config"),
        ("a.b.c = 1", "mine.toml:1: a.b.c has no place in a configuration."),
        ("[presets.a.b]\n", "mine.toml:1: there is no option 'b'"),
        ("[[presets.a]]\n", "mine.toml:1: presets.a has no place in a configuration."),
        ("size = {}", "mine.toml:1: size has no place in a configuration."),
        ("jobs = 1\n\njobs = 2", "mine.toml:3: Cannot overwrite a value."),
        ("max-side = 1\nmax_side = 2", "max_side is set already, at mine.toml:1."),
        ("jobs = 1\nsize =\n", "mine.toml:2: Invalid value. The file is TOML"),
        ("size = '''\n\n\n", "mine.toml:1: Expected \"'''\""),
        (b"jobs = 1\n# \xff\n", "mine.toml:2: this is not UTF-8."),
        (b"#" * (LIMIT + 1), "mine.toml is too long for a configuration."),
    ],
)
def test_refusal_names_the_line(tmp_path: Path, text: str | bytes, said: str) -> None:
    assert said in refusal(tmp_path, text)


@pytest.mark.parametrize(
    "name", ["api_key", "api-key", "key", "APIYI_API_KEY", "token", "apikey", "secret"]
)
@pytest.mark.parametrize("table", ["", "[presets.a]\n"])
def test_key_in_a_configuration_is_refused_and_never_shown(
    tmp_path: Path, name: str, table: str
) -> None:
    said = refusal(tmp_path, f"{table}{name} = 'sk-canary'\n")
    assert f"{name} has no place" in said
    assert "auth login" in said
    assert "canary" not in said


def test_a_device_is_an_empty_configuration() -> None:
    assert read_config(os.devnull, ALLOWED) == Config(Path(os.devnull))


@pytest.mark.parametrize(
    "text",
    [
        "model = " + "[" * 100_000 + "]" * 100_000,
        "a = " + "{a=" * 60_000 + "1" + "}" * 60_000,
        ".".join("a" * 100_000) + " = 1",
        '["a"' + ".a" * 100_000 + "]",
    ],
    ids=["arrays", "tables", "dots", "header"],
)
def test_a_deep_configuration_is_refused(tmp_path: Path, text: str) -> None:
    assert "mine.toml is nested too deeply." in refusal(tmp_path, text)


def test_a_long_configuration_is_read_in_little_time(tmp_path: Path) -> None:
    began = time.process_time()
    config = read(tmp_path, "model = [\n" + "  1,\n" * 43_000 + "]\nsize = '1K'\n")
    assert lines(config) == {"model": 1, "size": 43_003}
    assert time.process_time() - began < 10  # 41 s, when it took the square


# --- prices -------------------------------------------------------------------


def test_prices_stand_by_provider_and_model_for_any_size_or_one(
    tmp_path: Path,
) -> None:
    text = """
[prices.apiyi]
gemini-3-pro-image-preview = 0.08
"gemini-3.1-flash-image" = { "1K" = 0.05, "4K" = 0.1 }

[prices.google]
pro = 1
"""
    assert read(tmp_path, text).prices == {
        "apiyi": {
            "gemini-3-pro-image-preview": 0.08,
            "gemini-3.1-flash-image": {"1K": 0.05, "4K": 0.1},
        },
        "google": {"pro": 1.0},
    }


def test_prices_may_have_headers_of_their_own_and_dotted_names(tmp_path: Path) -> None:
    text = '[prices]\ngoogle.pro = 1\n[prices.apiyi."m"]\n"2K" = 0.5\n'
    expected = {"google": {"pro": 1.0}, "apiyi": {"m": {"2K": 0.5}}}
    assert read(tmp_path, text).prices == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[prices.other]\nm = 1", "mine.toml:1: there is no provider"),
        ("[prices]\nother.m = 1", "mine.toml:2: there is no provider"),
        ('[prices.apiyi]\nm = "cheap"', "mine.toml:2: the price of m has to be"),
        ("[prices.apiyi]\nm = true", "mine.toml:2: the price of m has to be"),
        ("[prices.apiyi]\nm = -1", "mine.toml:2: -1 dollars are no price"),
        ("[prices.apiyi]\nm = nan", "mine.toml:2: nan dollars are no price"),
        ('[prices.apiyi]\nm = { "8K" = 1 }', "mine.toml:2: there is no size"),
        ("[prices.apiyi.m.n]", "has no place"),
        ("[[prices.apiyi]]", "has no place"),
        ("prices = 3", "mine.toml:1: there is no option"),
    ],
)
def test_a_price_that_cannot_be_is_refused_with_its_line(
    tmp_path: Path, text: str, said: str
) -> None:
    assert said in refusal(tmp_path, text)
