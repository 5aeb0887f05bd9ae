"""Which value each option has, and who said so.

Strategy: Typer has read flags and variables; what neither gave comes from the
preset, then from the configuration file, then from the table's default.

Rules:
- Flags, then environment, then preset, then configuration file, then default.
- A value is checked by the option's own Typer parameter wherever it comes from,
  so that a message is the same everywhere; what differs is the place it names.
- Nothing in the current folder is read unless the user names it; a relative path
  in a configuration starts at that configuration's folder.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nano_edit.cli.config.checks import Rows
from nano_edit.cli.config.toml_file import Setting, known_name, read_config
from nano_edit.cli.options import NAMES, Options
from nano_edit.errors import UsageError
from nano_edit.pictures.inputs.instruction import read_instruction

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import typer

    from nano_edit.cli.config.toml_file import Config

DEFAULT = "default"
_PICTURE_NAME = re.compile(
    r"\S+\.(jpe?g|png|webp|avif|gif|tiff?|bmp|hei[cf])", re.IGNORECASE
)
_URL = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Resolved:
    """The options of one run; ``origins`` says for each name where it came from.

    An origin is a flag (``--size``), a variable (``NANO_EDIT_SIZE``), a line
    (``config.toml:12``), ``preset NAME (config.toml:20)`` or ``default``.
    """

    options: Options
    origins: Mapping[str, str]
    config_path: Path  # where the configuration is, or would be
    preset_instruction: str = ""  # already in `options.instruction`
    warnings: tuple[str, ...] = ()  # sentences for the user


def resolve(
    context: typer.Context, values: Mapping[str, Any], environ: Mapping[str, str]
) -> Resolved:
    """Return every option's value and origin.

    ``values`` are what Typer made of flags and variables.  With a preset that has
    an instruction, `options.instruction` is that text and then the command
    line's.  Raises UsageError, and InputError for an instruction's file.
    """
    rows = Rows(context)
    given = {name: rows.given(name, values[name]) for name in NAMES}
    asked = {name: found for name, found in given.items() if found}
    config = read_config(values["config"], rows.configurable)
    settings = rows.from_config(config.settings, config.path.parent)
    preset = _preset({**settings, **asked}.get("preset"), config, rows)
    preset_instruction = preset.pop("instruction", None)
    chosen = {**settings, **preset, **asked}
    if preset_instruction and not values["recover"]:  # its argument is no instruction
        chosen.update(_with_preset(preset_instruction, asked, context))
    return Resolved(
        Options(**{**values, **{name: each.value for name, each in chosen.items()}}),
        {name: chosen[name].where if name in chosen else DEFAULT for name in NAMES},
        config.path,
        preset_instruction.value if preset_instruction else "",
        (*config.warnings, *rows.misspelt(environ)),
    )


def with_changes(base: Resolved, changes: Mapping[str, Any], where: str) -> Options:
    """Return the options with what a batch line says of one edit.

    ``changes`` are JSON values by option name; null leaves the option as it is.
    An instruction follows the preset's, as on the command line.  Raises
    UsageError that names ``where`` (``edits.jsonl:7``).
    """
    rows = Rows.of_table()
    checked: dict[str, Any] = {}
    for key, value in changes.items():
        elsewhere = "is for the whole run, not for one edit"
        name = known_name(key, rows.of_one_edit, where, elsewhere=elsewhere)
        if value is not None:
            checked[name] = rows.checked(name, Setting(value, where))
    if checked.get("instruction") == "@-":
        raise UsageError(
            f"{where}: an instruction cannot come from standard input here."
        )
    if base.preset_instruction and "instruction" in checked:
        own = checked["instruction"]
        checked["instruction"] = _joined(base.preset_instruction, own, None)
    return replace(base.options, **checked)


def _preset(chosen: Setting | None, config: Config, rows: Rows) -> dict[str, Setting]:
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
    found = rows.from_config(config.presets[name], config.path.parent)
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
    text = _read(given, None)
    return f" {text}" if text.startswith("@") else text  # a space: no @FILE again


def _with_preset(
    preset: Setting, asked: Mapping[str, Setting], context: typer.Context
) -> dict[str, Setting]:
    """Return instruction and images when the preset has the first words.

    The first argument may be left out then, so it is a picture if it can be one.
    """
    own, images = asked.get("instruction"), asked.get("images")
    if own is None:
        return {"instruction": preset}
    if is_picture(own.value):
        first = [own.value, *(images.value if images else ())]
        return {"instruction": preset, "images": Setting(first, "IMAGE...")}
    if own.value == "@-" and images and "-" in images.value:
        raise UsageError("Standard input cannot be instruction and picture at once.")
    joined = _joined(preset.value, own.value, context)
    return {"instruction": Setting(joined, f"{preset.where}, then {own.where}")}


def is_picture(argument: str) -> bool:
    """Tell whether an argument names a picture, or a folder of them, and is no text.

    ``-``, a URL and whatever exists do; so does one word that ends as pictures do,
    so that a mistyped path is an error and not a paid edit.
    """
    if argument == "-" or os.path.exists(argument):  # noqa: PTH110 - no error for text that is no path
        return True
    return bool(_URL.fullmatch(argument) or _PICTURE_NAME.fullmatch(argument))


def _joined(first: str, own: str, context: typer.Context | None) -> str:
    """Return the preset's text and then one's own."""
    return f"{first}\n{_read(own, context)}" if own.strip() else first


def _read(said: str, context: typer.Context | None) -> str:
    """Return the text; standard input is the terminal's that the context holds."""
    from io import BytesIO  # noqa: PLC0415 - seldom needed

    return read_instruction(said, context.obj.stdin if context else BytesIO())
