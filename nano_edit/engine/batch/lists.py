"""Edits from a list: JSON Lines or CSV, one edit a line.

A line's names are those of `Edit`'s fields.  Other names are variables: ``{name}``
in an instruction is replaced by the line's value, and ``{{`` is a brace.

Rules:
- A wrong type is an error, never converted: ``true`` is not a number.
- A name that is neither an option nor used as a variable is an error in JSON Lines;
  in CSV, where tables have columns of all kinds, only if it looks like an option.
- ``after`` is the number of a line of the same list, or an id of the history.
- Faults are collected with their lines, so that a list is mended in one go.
"""

from __future__ import annotations

import csv
import dataclasses
import difflib
import io
import json
import re
import string
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nano_edit.domain import AUTO, MATCH, Edit
from nano_edit.engine.batch.chains import IS_ID
from nano_edit.engine.batch.plan import placed
from nano_edit.errors import InputError, NanoEditError, UsageError
from nano_edit.pictures.formats import READ_SUFFIXES
from nano_edit.pictures.inputs.instruction import read_instruction
from nano_edit.wire.models import ALL_RATIOS, SERVICE_TIERS, SIZES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

LIKE_THIS = 'A line looks like this: {"instruction": "sepia", "images": ["a.jpg"]}'
_BOM = b"\xef\xbb\xbf"
TABLES = {".csv": ",", ".tsv": "\t"}
FORMATS = ("png", "jpg", "webp", "avif", "tif")
_CHOICES = {
    "aspect_ratio": (AUTO, MATCH, *ALL_RATIOS),
    "size": SIZES,
    "tier": SERVICE_TIERS,
    "format": FORMATS,
}
_SECRET = re.compile(r"(^|_)(api_?)?(key|token|secret|password)$", re.IGNORECASE)
_OF_THE_RUN = frozenset(
    "provider base_url api_key_file timeout connect_timeout retries max_wait "
    "retry_unknown retry_refused max_reply emulate jobs rpm fail_fast skip_existing "
    "budget monthly_budget confirm_above "
    "manifest shard report cache cache_dir cache_size count each recursive batch "
    "preset json show quiet verbose config dry_run".split()
)
_NAMES = tuple(
    each.name
    for each in dataclasses.fields(Edit)
    if each.name not in {"where", "stem", "variant"}
)
_KINDS = {each.name: str(each.type).split(" |")[0] for each in dataclasses.fields(Edit)}


_NUMBER = re.compile(r"[1-9][0-9]{0,6}")
NOTHING = Edit("", ())


@dataclass(slots=True)
class EditList:
    """What a list holds: its edits, and what is wrong with its other lines."""

    edits: list[Edit] = field(default_factory=list)
    faults: list[NanoEditError] = field(default_factory=list)


def read_list(
    name: str,
    base: Edit = NOTHING,
    *,
    prefix: str = "",
    stdin: BinaryIO | None = None,
) -> EditList:
    """Read the list ``name``, ``-`` for standard input; each line changes ``base``.

    ``.csv`` and ``.tsv`` are tables with a head line, all else is JSON Lines; what
    comes from standard input is a table unless it begins with a brace.
    ``prefix`` stands before an instruction that a line has of its own.  Raises
    InputError when the list cannot be read.
    """
    shown = "standard input" if name == "-" else name
    if name.lower().endswith(READ_SUFFIXES):
        raise UsageError(
            f"{name} is a picture, not a list of edits.",
            hint=f'For pictures: nano-edit "make it sepia" --each {name}',
        )
    reader = _Reader(shown, base, prefix)
    try:
        if name == "-":
            raw = b"" if stdin is None else stdin.read()
            start = raw[:1024].removeprefix(_BOM).lstrip()[:1]
            delimiter = None if start in {b"{", b""} else ","
            return reader.read(io.BytesIO(raw), delimiter)
        with Path(name).open("rb") as file:
            return reader.read(file, TABLES.get(Path(name).suffix.lower()))
    except (OSError, ValueError) as fault:  # ValueError: a NUL in the name
        reason = getattr(fault, "strerror", None) or fault
        raise InputError(
            f"{shown} cannot be read: {reason}.",
            hint="Name a list: JSON Lines, or CSV with option names in its first line.",
        ) from None


class _Reader:
    """One list on its way to edits."""

    def __init__(self, shown: str, base: Edit, prefix: str) -> None:
        self._shown = shown
        self._base = base
        self._prefix = prefix
        self._texts: dict[str, str] = {}  # of @FILE, each read once
        self._found = EditList()

    def read(self, file: BinaryIO, delimiter: str | None) -> EditList:
        if delimiter is None:
            self._json_lines(file)
        else:
            self._table(file, delimiter)
        return self._found

    def _json_lines(self, file: BinaryIO) -> None:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            where = f"{self._shown}:{number}"
            try:
                values = json.loads(line.removeprefix(_BOM))
            except (ValueError, RecursionError) as fault:
                error = UsageError(f"invalid JSON: {_words(fault)}.", hint=LIKE_THIS)
                self._found.faults.append(placed(error, where))
                continue
            if isinstance(values, dict):
                self._add(values, where, strict=True)
            else:
                what = "a line is an object with option names as keys."
                self._found.faults.append(
                    placed(UsageError(what, hint=LIKE_THIS), where)
                )

    def _table(self, file: BinaryIO, delimiter: str) -> None:
        text = io.TextIOWrapper(file, "utf-8-sig", newline="")
        rows = csv.reader(text, delimiter=delimiter, strict=True)
        try:
            head = _head(next(rows, []), self._shown)
            for cells in rows:
                where = f"{self._shown}:{rows.line_num}"
                if not any(cell.strip() for cell in cells):
                    continue
                try:
                    row = _row(head, cells)
                except UsageError as fault:
                    self._found.faults.append(placed(fault, where))
                else:
                    self._add(row, where, strict=False)
        except UsageError as fault:
            self._found.faults.append(fault)
        except UnicodeDecodeError:
            what = f"{self._shown} is not UTF-8 text."
            hint = "Save it as UTF-8; spreadsheets call that CSV UTF-8."
            self._found.faults.append(InputError(what, hint=hint))
        except csv.Error as fault:
            where = f"{self._shown}:{rows.line_num}"
            what = str(fault).replace("unexpected end of data", "a quote is not closed")
            self._found.faults.append(placed(UsageError(f"{what}."), where))
        finally:
            text.detach()

    def _add(self, values: Mapping[str, Any], where: str, *, strict: bool) -> None:
        try:
            self._found.edits.append(self._edit(values, where, strict=strict))
        except NanoEditError as fault:
            self._found.faults.append(placed(fault, where))

    def _edit(self, values: Mapping[str, Any], where: str, *, strict: bool) -> Edit:
        named = {key: value for key, value in values.items() if value is not None}
        own = named.pop("instruction", None)
        template = self._base.instruction
        if own is not None:
            template = self._text(checked("instruction", own))
            if self._prefix:
                template = f"{self._prefix}\n{template}"
        if not template.strip():
            raise UsageError("There is no instruction.", hint=LIKE_THIS)
        used = _variables(template)
        instruction = filled(template, {**named, "instruction": own or ""})
        changes: dict[str, Any] = {}
        for key, value in named.items():
            name = _option(key, is_variable=key in used, strict=strict)
            if name == "after":
                changes[name] = self._after(value)
            elif name:
                changes[name] = checked(name, value)
        return replace(self._base, instruction=instruction, where=where, **changes)

    def _after(self, value: Any) -> str:
        """Return the place of a line of this list, or an id of the history."""
        told = str(value) if isinstance(value, int | str) else ""
        if IS_ID.fullmatch(told):
            return told
        if not _NUMBER.fullmatch(told):
            raise UsageError(
                "after: the number of a line, or an id of nano-edit history, is "
                f"wanted, not {_shown(value)}."
            )
        return f"{self._shown}:{told}"

    def _text(self, given: str) -> str:
        if given not in self._texts:
            self._texts[given] = read_instruction(given)
        return self._texts[given]


# --- a table -----------------------------------------------------------------


def _head(cells: list[str], shown: str) -> list[str]:
    """Return the columns' names; raises UsageError for one made of several."""
    head = [name.strip() for name in cells]
    if len(head) == 1 and ";" in head[0]:  # as spreadsheets write in much of Europe
        raise UsageError(
            f"{shown}: the columns have semicolons between them.",
            hint="Save the table with commas, or with tabs as .tsv.",
        )
    return head


def _row(head: list[str], cells: list[str]) -> dict[str, Any]:
    """Return the cells that hold something; a column named twice gives a list."""
    if len(cells) > len(head):
        raise UsageError(f"there are {len(cells)} cells and {len(head)} columns.")
    row: dict[str, Any] = {}
    for name, cell in zip(head, cells, strict=False):
        text = cell.strip()
        if not text:
            continue
        kind = _KINDS.get(name.replace("-", "_"))
        if kind == "tuple[str, ...]":
            row.setdefault(name, []).append(text)
        elif name in row:
            raise UsageError(f"there are two columns named {name}.")
        else:
            row[name] = _plain(text, kind)
    return row


def _plain(text: str, kind: str | None) -> Any:
    """Return a cell as the JSON value that it stands for."""
    if kind == "bool":
        return {"true": True, "1": True, "false": False, "0": False}.get(
            text.lower(), text
        )
    if kind in {"int", "float"}:
        try:
            return int(text) if kind == "int" else float(text)
        except ValueError:
            return text
    return text


# --- names and values ---------------------------------------------------------


def _option(key: str, *, is_variable: bool, strict: bool) -> str | None:
    """Return the option that ``key`` names; None for a variable.

    ``-`` and ``_`` are the same.  Raises UsageError for what is neither.
    """
    name = key.replace("-", "_")
    if name in _NAMES:
        return name
    if is_variable:
        return None
    if name in _OF_THE_RUN:
        raise UsageError(f"{key} is for the whole run, not for one edit.")
    if _SECRET.search(name):
        raise UsageError(
            f"{key} has no place in a list.",
            hint="Store the key with nano-edit auth login.",
        )
    near = difflib.get_close_matches(name.casefold(), _NAMES, 1)
    if not strict and not near:
        return None
    guess = f" Did you mean {near[0]}?" if near else ""
    raise UsageError(
        f"there is no option {key!r}.{guess}",
        hint=f"Or use it in the instruction, as {{{key}}}.",
    )


def checked(name: str, value: Any) -> Any:
    """Return a JSON value as the field ``name`` of an `Edit` takes it.

    Raises UsageError for the wrong type and for what is not among the choices.
    """
    kind = _KINDS[name]
    if kind == "bool":
        fits = isinstance(value, bool)
    elif kind == "int":
        fits = isinstance(value, int) and not isinstance(value, bool)
    elif kind == "float":
        fits = isinstance(value, int | float) and not isinstance(value, bool)
    elif kind == "str":
        fits = isinstance(value, str)
    else:
        value = [value] if isinstance(value, str) else value
        fits = isinstance(value, list) and all(isinstance(one, str) for one in value)
    if not fits:
        wanted = {"bool": "true or false", "str": "text", "int": "a whole number"}
        wanted |= {"float": "a number"}
        raise UsageError(
            f"{name}: {wanted.get(kind, 'a list of texts')} is wanted, "
            f"not {_shown(value)}."
        )
    if name in _CHOICES:
        return _chosen(name, value)
    return tuple(value) if isinstance(value, list) else value


def _chosen(name: str, value: str) -> str:
    choices = _CHOICES[name]
    for choice in choices:
        if value.casefold() == choice.casefold():
            return choice
    near = difflib.get_close_matches(value, choices, 1)
    guess = f" Did you mean {near[0]}?" if near else ""
    raise UsageError(f"{name}: {value!r} is not one of {' '.join(choices)}.{guess}")


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    words: dict[type, str] = {dict: "an object", list: "a list"}
    return words.get(type(value)) or repr(value)


def _words(fault: Exception) -> str:
    """Return what is wrong, without the line that a line of JSON always is."""
    if isinstance(fault, json.JSONDecodeError):
        return f"{fault.msg} at column {fault.colno}"
    if isinstance(fault, RecursionError):
        return "it is nested too deeply"
    return str(fault)


# --- variables ----------------------------------------------------------------


def filled(template: str, values: Mapping[str, Any]) -> str:
    """Return the template with each ``{name}`` replaced, and ``{{`` as a brace.

    Raises UsageError for a variable that has no value.
    """
    text = []
    for literal, name in _pieces(template):
        text.append(literal)
        if name is None:
            continue
        value = values.get(name)
        if value is None or value in ("", [], {}):
            raise UsageError(
                f"{{{name}}} in the instruction has no value.",
                hint="Give it one in every line; write {{ for a brace.",
            )
        text.append(", ".join(value) if isinstance(value, list) else str(value))
    return "".join(text)


def _variables(template: str) -> set[str]:
    return {name for _, name in _pieces(template) if name is not None}


def _pieces(template: str) -> Iterator[tuple[str, str | None]]:
    try:
        pieces = list(string.Formatter().parse(template))
    except ValueError as fault:
        raise UsageError(
            f"the instruction's braces: {fault}.", hint="Write {{ and }} for braces."
        ) from None
    for literal, name, spec, conversion in pieces:
        whole = (name or "") + (f"!{conversion}" if conversion else "")
        yield literal, None if name is None else whole + (f":{spec}" if spec else "")
