"""The configuration file: which settings it holds, and on which line each stands.

Rules:
- The file is the user's own or one named with ``--config``; the current folder is
  never looked at.
- A name that is not known, or that has no place here, is an error with its line.
- A key has no place here at all, and its value is in no message.
- ``[prices.PROVIDER]`` holds dollars by model, for any size or by size.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nano_edit.cli.config.folders import config_folder
from nano_edit.cli.options import NAMES, Setting
from nano_edit.errors import UsageError
from nano_edit.frozen import Frozen
from nano_edit.wire.models import SIZES
from nano_edit.wire.providers import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from nano_edit.cli.config.toml_text import Statement

ELSEWHERE = "is for the command line, not for a configuration"
DEEPEST = 3  # keys: presets.NAME.OPTION
MOST_DOLLARS = 1000  # for one picture
LIMIT = 256 * 1024  # bytes; --config /dev/zero ends here
_SECRET = re.compile(r"(^|_)(api_?)?(key|token|secret|password)$", re.IGNORECASE)
_AT_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


class Config(Frozen):
    """What the configuration says; both mappings are empty when there is no file."""

    path: Path  # where it is, or would be
    settings: Mapping[str, Setting] = field(default_factory=dict)
    presets: Mapping[str, Mapping[str, Setting]] = field(default_factory=dict)
    prices: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def config_path(given: str | None) -> Path:
    """Return the path of the file ``given``, or else of the user's own."""
    return config_folder() / "config.toml" if given is None else Path(given)


def read_config(given: str | None, allowed: Collection[str]) -> Config:
    """Read the file ``given``, or else the user's ``config.toml`` if there is one.

    ``allowed`` are the names that may be set.  Raises UsageError.
    """
    path = config_path(given)
    try:
        with path.open("rb") as file:
            raw = file.read(LIMIT + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        if given is None and isinstance(error, FileNotFoundError):
            return Config(path)
        reason = getattr(error, "strerror", None) or "no such path"
        raise UsageError(
            f"The configuration {path} cannot be read: {reason}."
        ) from None
    label = path.name if given is None else given
    return _Reading(label, path, allowed).read(raw)


def known_name(
    key: str, allowed: Collection[str], where: str, *, elsewhere: str
) -> str:
    """Return the option that ``key`` names; ``-`` and ``_`` are the same.

    Raises UsageError for a key's own value, for an option that has no place at
    ``where`` (``elsewhere`` says why), and for what is no option at all.
    """
    name = key.replace("-", "_")
    if name in allowed:
        return name
    if name in NAMES:
        raise UsageError(f"{where}: {key} {elsewhere}.")
    if _SECRET.search(name):
        raise UsageError(
            f"{where}: {key} has no place in a file like this.",
            hint="Store the key with nano-edit auth login, or name its file: "
            "api_key_file.",
        )
    near = difflib.get_close_matches(name.casefold(), allowed, 1)
    guess = f" Did you mean {near[0]}?" if near else ""
    raise UsageError(
        f"{where}: there is no option {key!r}.{guess}",
        hint="The names are those of nano-edit --help-all.",
    )


class _Reading:
    """One file on its way from text to `Config`."""

    def __init__(self, label: str, path: Path, allowed: Collection[str]) -> None:
        self._label = label
        self._path = path
        self._allowed = allowed
        self._settings: dict[str, Setting] = {}
        self._presets: dict[str, dict[str, Setting]] = {}
        self._prices: dict[str, dict[str, Any]] = {}

    def read(self, raw: bytes) -> Config:
        document, statements = self._parsed(raw)
        for statement in statements:
            where = f"{self._label}:{statement.line}"
            if statement.header:
                self._table(statement, where)
            else:
                value = _at(document, statement.path)
                for path, leaf in _leaves(statement.path, value):
                    self._place(path, leaf, where)
        return Config(self._path, self._settings, self._presets, self._prices)

    def _parsed(self, raw: bytes) -> tuple[dict[str, Any], Iterator[Statement]]:
        """Return what the text means, and its statements; raises UsageError."""
        if len(raw) > LIMIT:
            raise UsageError(f"{self._label} is too long for a configuration.")
        from nano_edit.cli.config import toml_text  # noqa: PLC0415 - few have a file

        try:
            text = raw.decode("utf-8-sig").replace("\r\n", "\n")
            return toml_text.loads(text), toml_text.statements(text)
        except UnicodeDecodeError as fault:
            line = raw.count(b"\n", 0, fault.start) + 1
            raise UsageError(f"{self._label}:{line}: this is not UTF-8.") from None
        except RecursionError:
            raise UsageError(f"{self._label} is nested too deeply.") from None
        except ValueError as fault:
            said = str(fault)
            found = _AT_LINE.search(said)
            line = int((found and found[1]) or text.rstrip().count("\n") + 1)
            raise UsageError(
                f"{self._label}:{line}: {_AT_LINE.sub('', said)}.",
                hint='The file is TOML: name = "text", 3, or true.',
            ) from None

    def _table(self, header: Statement, where: str) -> None:
        match header.path:
            case ["presets"] | ["prices"] if header.header == "[":
                return
            case ["prices", *path] if header.header == "[" and len(path) <= 2:
                _check_provider(path[0], where)
            case ["presets", preset] if header.header == "[":
                self._presets.setdefault(preset, {})
            case ["presets", _, key, *_] if header.header == "[":
                known_name(key, self._in_preset, where, elsewhere=ELSEWHERE)
                raise _misplaced(header.path, where)
            case _:
                raise _misplaced(header.path, where)

    @property
    def _in_preset(self) -> set[str]:
        return {*self._allowed, "instruction"} - {"preset"}

    def _place(self, path: tuple[str, ...], value: Any, where: str) -> None:
        """Put one value where it belongs."""
        match path:
            case ["presets", preset, key] if not isinstance(value, dict):
                table = self._presets.setdefault(preset, {})
                self._set(table, key, Setting(value, where), self._in_preset)
            case ["presets", preset] if value == {}:
                self._presets.setdefault(preset, {})
            case ["prices", provider, model, *size] if len(size) <= 1:
                _check_provider(provider, where)
                table = self._prices.setdefault(provider, {})
                _set_price(table, model, size, value, where)
            case [key] if not isinstance(value, dict):
                self._set(self._settings, key, Setting(value, where), self._allowed)
            case _:
                raise _misplaced(path, where)

    def _set(
        self,
        table: dict[str, Setting],
        key: str,
        setting: Setting,
        allowed: Collection[str],
    ) -> None:
        name = known_name(key, allowed, setting.where, elsewhere=ELSEWHERE)
        if name in table:
            raise UsageError(
                f"{setting.where}: {name} is set already, at {table[name].where}."
            )
        table[name] = setting


def _misplaced(path: tuple[str, ...], where: str) -> UsageError:
    name = ".".join(path[:8])
    return UsageError(
        f"{where}: {name} has no place in a configuration.",
        hint="Options stand at the top, or in [presets.NAME]; prices in "
        "[prices.PROVIDER].",
    )


def _check_provider(name: str, where: str) -> None:
    if name not in PROVIDERS:
        raise UsageError(
            f"{where}: there is no provider {name!r}.",
            hint=f"There are: {', '.join(PROVIDERS)}.",
        )


def _set_price(
    table: dict[str, Any], model: str, sizes: list[str], value: Any, where: str
) -> None:
    """Put a model's dollars, for any size or for one, into its provider's table."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise UsageError(
            f"{where}: the price of {model} has to be a number of dollars.",
            hint=f'For example: "{model}" = 0.09, or {{ "1K" = 0.09, "4K" = 0.2 }}',
        )
    if not 0 <= value <= MOST_DOLLARS:
        raise UsageError(f"{where}: {value} dollars are no price of one picture.")
    if not sizes:
        table[model] = float(value)
        return
    if sizes[0] not in SIZES:
        raise UsageError(
            f"{where}: there is no size {sizes[0]!r}.",
            hint=f"There are: {', '.join(SIZES)}.",
        )
    table.setdefault(model, {})[sizes[0]] = float(value)


def _at(document: dict[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = document
    for key in path:
        value = value[key]
    return value


def _leaves(path: tuple[str, ...], value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield what a statement sets: a value, or those in its inline table."""
    if len(path) > DEEPEST or not isinstance(value, dict) or not value:
        yield path, value
        return
    for key, below in value.items():
        yield from _leaves((*path, key), below)
