"""Which value each option has, and who said so.

Strategy: the parser says what flags, arguments and variables give; what they leave
open comes from the preset, then from the configuration file, then from the default.

Rules:
- Flags, then environment, then preset, then configuration file, then default.
- A value is checked by the same rule wherever it comes from, so that a message is
  the same everywhere; what differs is the place that it names.
- Nothing in the current folder is read unless the user names it; a relative path
  in a configuration starts at that configuration's folder.
"""

from __future__ import annotations

import os
import re
from dataclasses import field
from io import BytesIO
from typing import TYPE_CHECKING, Any

from nano_edit.cli.config.checks import (
    CONFIGURABLE,
    from_config,
    misspelt,
)
from nano_edit.cli.config.keys import has_key
from nano_edit.cli.config.toml_file import (
    Config,
    config_path,
    read_config,
)
from nano_edit.cli.option_table import BATCH, EDITS, SETTLED
from nano_edit.cli.options import NAMES, Options, Setting
from nano_edit.errors import UsageError
from nano_edit.frozen import Frozen
from nano_edit.pictures.inputs.instruction import read_instruction
from nano_edit.wire.providers import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import BinaryIO

DEFAULT = "default"
_PICTURE_NAME = re.compile(
    r"\S+\.(jpe?g|png|webp|avif|gif|tiff?|bmp|hei[cf])", re.IGNORECASE
)
_URL = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)


class Settings(Frozen):
    """The options of one run; ``origins`` says for each name where it came from.

    An origin is a flag (``--size``), a variable (``NANO_EDIT_SIZE``), a line
    (``config.toml:12``), ``preset NAME (config.toml:20)`` or ``default``.
    """

    options: Options
    origins: Mapping[str, str]
    config_path: Path  # where the configuration is, or would be
    preset_instruction: str = ""  # already in `options.instruction`
    warnings: tuple[str, ...] = ()  # sentences for the user
    prices: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def settle(
    command: str,
    given: Mapping[str, Setting],
    environ: Mapping[str, str],
    stdin: BinaryIO,
) -> Settings:
    """Return every option's value and origin for a run of ``command``.

    ``given`` is what the parser found.  With a preset that has an instruction,
    `options.instruction` is that text and then the command line's.  Raises
    UsageError, and InputError for an instruction's file.
    """
    named = given["config"].value if "config" in given else None
    if command in SETTLED:
        config = read_config(named, CONFIGURABLE)
    else:  # it must work with a configuration that is wrong, or is to be made
        config = Config(config_path(named))
    lasting = from_config(config.settings, config.path.parent)
    preset = _preset({**lasting, **given}.get("preset"), config)
    first = preset.pop("instruction", None)
    chosen = {**lasting, **preset, **given}
    if command in EDITS and (provider := _only_provider(chosen, environ)):
        chosen["provider"] = provider
    if first and command in EDITS:
        takes_pictures = command != BATCH
        chosen.update(_with_preset(first, given, stdin, pictures=takes_pictures))
    return Settings(
        Options(**{name: each.value for name, each in chosen.items()}),
        {name: chosen[name].where if name in chosen else DEFAULT for name in NAMES},
        config.path,
        first.value if first and command in EDITS else "",
        tuple(misspelt(environ)),
        config.prices,
    )


def _only_provider(
    chosen: Mapping[str, Setting], environ: Mapping[str, str]
) -> Setting | None:
    """Return google where nobody named a provider and its key is the only one.

    Not where a host or a key file is named, for these are meant for the default.
    """
    default, other = PROVIDERS["apiyi"], PROVIDERS["google"]
    named = {"provider", "base_url", "api_key_file", "emulate"} & {*chosen}
    set_variables = [each for each in other.key_variables if environ.get(each)]
    if named or not set_variables:
        return None
    if has_key(default, environ):  # slow where there is a keyring, so asked last
        return None
    return Setting(other.name, f"{set_variables[0]}, the only key")


def _preset(chosen: Setting | None, config: Config) -> dict[str, Setting]:
    """Return what the chosen preset sets."""
    if chosen is None:
        return {}
    name = chosen.value
    if name not in config.presets:
        there = ", ".join(config.presets) or "none"
        raise UsageError(
            f"{chosen.where}: there is no preset {name!r} in {config.path}.",
            hint=f"Presets there: {there}. One begins with a line [presets.{name}].",
        )
    found = from_config(config.presets[name], config.path.parent)
    text = found.get("instruction")
    if text:
        read = _preset_text(text, config.path.parent)
        found["instruction"] = Setting(read, text.where)
    return {
        key: Setting(each.value, f"preset {name} ({each.where})")
        for key, each in found.items()
    }


def _preset_text(setting: Setting, folder: Path) -> str:
    """Return a preset's instruction; @FILE starts at the configuration's folder."""
    said = setting.value
    if said == "@-":
        raise UsageError(
            f"{setting.where}: an instruction cannot come from standard input here."
        )
    given = "@" + str(folder / said[1:]) if said.startswith("@") else said
    text = read_instruction(given, BytesIO())
    return f" {text}" if text.startswith("@") else text  # a space: no @FILE again


def _with_preset(
    preset: Setting, given: Mapping[str, Setting], stdin: BinaryIO, *, pictures: bool
) -> dict[str, Setting]:
    """Return instruction and images when the preset has the first words.

    The first argument may be left out then, so it is a picture if it can be one.
    """
    own, images = given.get("instruction"), given.get("images")
    if own is None:
        return {"instruction": preset}
    if pictures and is_picture(own.value):
        first = [own.value, *(images.value if images else ())]
        return {"instruction": preset, "images": Setting(first, "IMAGE...")}
    if own.value == "@-" and images and "-" in images.value:
        raise UsageError("Standard input cannot be instruction and picture at once.")
    joined = _joined(preset.value, own.value, stdin)
    return {"instruction": Setting(joined, f"{preset.where}, then {own.where}")}


def is_picture(argument: str) -> bool:
    """Tell whether an argument names a picture, or a folder of them, and is no text.

    ``-``, a URL and whatever exists do; so does one word that ends as pictures do,
    so that a mistyped path is an error and not a paid edit.
    """
    if argument == "-" or os.path.exists(argument):  # noqa: PTH110 - no error for text that is no path
        return True
    return bool(_URL.fullmatch(argument) or _PICTURE_NAME.fullmatch(argument))


def _joined(first: str, own: str, stdin: BinaryIO) -> str:
    """Return the preset's text and then one's own."""
    return f"{first}\n{read_instruction(own, stdin)}" if own.strip() else first
