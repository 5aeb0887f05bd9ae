"""The rooms and their one direction: who may import whom, read from the source.

Late imports inside functions count like those at the top, and so do those under
``if TYPE_CHECKING``: an arrow is an arrow.
"""

from __future__ import annotations

import ast
import graphlib
from typing import TYPE_CHECKING, NamedTuple

import pytest
import support

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE = support.ROOT / "nano_edit"

# The ground floor: every room but the emulator may import it.  Each of its modules
# may import those above it in this list.
GROUND = (
    "version", "frozen", "units", "user_folders", "domain", "errors", "leftovers",
    "atomic_file",
)  # fmt: skip
# Each room above it, and what of ours it may import beside itself and the ground
# floor.  A name without a dot stands for the modules of that folder, not for the
# folders in it.
ARROWS: dict[str, set[str]] = {
    **{name: {*GROUND[:place]} for place, name in enumerate(GROUND)},
    "wire": set(),
    "wire.codec": set(),
    "wire.gemini": {"wire", "wire.codec"},
    "wire.http": {"wire", "wire.codec", "wire.gemini"},
    "pictures": set(),
    "pictures.inputs": {"pictures"},
    "pictures.outputs": {"pictures", "pictures.inputs"},
    "pictures.region": {"pictures", "pictures.inputs"},
    "engine.replies": {"wire.gemini", "wire.codec"},
    "engine.history": {"engine.replies"},
    "engine.money": {"wire", "wire.gemini", "engine.replies"},
    "engine": {
        "wire", "wire.codec", "wire.gemini", "wire.http", "pictures", "pictures.inputs",
        "pictures.outputs", "pictures.region", "engine.replies", "engine.history",
        "engine.money",
    },
    "engine.batch": {
        "wire", "pictures", "pictures.inputs", "pictures.outputs", "engine",
        "engine.history", "engine.money",
    },
    "engine.deferred": {
        "wire", "wire.codec", "wire.gemini", "wire.http", "pictures.inputs", "engine",
        "engine.batch", "engine.replies", "engine.money",
    },
    "report": {"pictures.inputs"},
    "api": {"engine", "engine.batch", "report", "wire"},
    "cli": {
        "engine", "pictures", "wire", "cli.config", "cli.display", "cli.help",
    },
    "cli.config": {
        "pictures", "pictures.inputs", "engine", "engine.replies", "engine.history",
        "engine.money",
        "wire", "emulator", "cli",
    },
    "cli.display": {
        "wire", "pictures.inputs", "engine", "engine.batch", "engine.money",
        "engine.replies", "cli",
    },
    "cli.help": {"cli"},
    "cli.commands": {
        "engine.money", "pictures",
        "wire", "wire.http", "pictures.inputs", "pictures.outputs", "pictures.region",
        "wire.gemini", "engine", "engine.batch", "engine.deferred", "engine.replies",
        "engine.history", "report", "emulator", "cli", "cli.config", "cli.display",
        "cli.help",
    },
    "emulator": {"emulator.faults", "emulator.jobs"},
    "emulator.faults": {"emulator"},
    "emulator.jobs": {"emulator", "emulator.faults"},
    "nano_edit": {"api", "engine", "engine.batch", "engine.deferred"},
    "__main__": {"cli"},
}  # fmt: skip
# What of others' a room may not touch.
FOREIGN: dict[str, set[str]] = {
    "frozen": {"PIL", "httpcore", "rich", "typer"},
    "domain": {"PIL", "httpcore", "rich", "typer"},
    "errors": {"PIL", "httpcore", "rich", "typer"},
    "wire": {"PIL", "rich", "typer"},
    "pictures": {"httpcore", "rich", "typer"},
    "engine": {"httpcore", "rich", "typer"},
    "api": {"httpcore", "rich", "typer"},
    "emulator": {"httpcore", "pybase64"},  # its base64 and JSON are not ours either
}
SPEAK_HTTP = {
    "nano_edit.wire.http.batch_api",
    "nano_edit.wire.http.client",
    "nano_edit.wire.http.connection",
    "nano_edit.wire.http.download",
    "nano_edit.wire.http.key_check",
    "nano_edit.wire.http.pool",
    "nano_edit.wire.http.transport_errors",
}
EMULATOR = {"emulator", "emulator.faults", "emulator.jobs"}  # share no code of ours
EMPTY_WORDS = {"util", "helper", "manager", "handler", "process", "data2"}


class Import(NamedTuple):
    """One import statement's target, and where it stands."""

    module: str  # importing
    target: str  # imported, absolute
    line: int


def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(support.ROOT).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = path
    return found


MODULES = modules()


def imports(module: str, tree: ast.AST) -> Iterator[Import]:
    """All imports in ``tree``, each name of ``from base import ...`` by itself."""
    package = module if _is_package(module) else module.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield Import(module, name.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(package, node)
            for name in node.names:
                yield Import(module, f"{base}.{name.name}", node.lineno)


def _is_package(module: str) -> bool:
    return module in MODULES and MODULES[module].name == "__init__.py"


def _absolute(package: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    kept = parts[: len(parts) - (node.level - 1)]
    return ".".join([*kept, node.module] if node.module else kept)


def module_of(target: str) -> str:
    """The module of ours that an imported name lies in."""
    while target not in MODULES and "." in target:
        target = target.rpartition(".")[0]
    return target


def room(module: str) -> str:
    """The folder a module lies in; a module of the top level is a room by itself."""
    inside = module if _is_package(module) else module.rpartition(".")[0]
    if inside in {"", "nano_edit"}:
        return module.rpartition(".")[2]
    return inside.removeprefix("nano_edit.")


def of_room(module: str, table: dict[str, set[str]]) -> set[str]:
    """What a table says of the module's folder, or of the folder around it."""
    here = room(module)
    return table.get(here, table.get(here.partition(".")[0], set()))


def complaint(found: Import) -> str | None:
    """Why this import breaks the table, or None."""
    here, top = room(found.module), found.target.split(".")[0]
    where = f"{found.module}:{found.line} imports {found.target}"
    if top == "nano_edit":
        there = room(module_of(found.target))
        ground = () if here in {*GROUND, *EMULATOR} else GROUND
        allowed = {*ARROWS[here], *ground}
        if there in {*allowed, here}:
            return None
        return f"{where}: {here} knows {sorted(allowed) or 'nothing of ours'}"
    if top in {"httpcore", "httpx"} and found.module not in SPEAK_HTTP:
        return f"{where}: only {sorted(SPEAK_HTTP)} speak HTTP"
    if top in of_room(found.module, FOREIGN):
        return f"{where}: {here} knows no {top}"
    return None


def parse(path: Path) -> ast.Module:
    """The module's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@pytest.mark.parametrize("module", MODULES)
def test_every_import_follows_the_arrows(module: str) -> None:
    found = imports(module, parse(MODULES[module]))
    assert not [text for each in found if (text := complaint(each))]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("nano_edit.wire.x", "from PIL import Image"),
        ("nano_edit.wire.x", "def f():\n    from ..engine import edit"),
        ("nano_edit.wire.x", "if TYPE_CHECKING:\n    import nano_edit.pictures.y"),
        ("nano_edit.wire.gemini.response", "import httpcore"),
        ("nano_edit.pictures.x", "import httpcore"),
        ("nano_edit.engine.x", "from rich.progress import Progress"),
        ("nano_edit.engine.x", "from nano_edit import cli"),
        ("nano_edit.engine.x", "import nano_edit"),
        ("nano_edit.wire.x", "from nano_edit import edit"),
        ("nano_edit.cli.x", "import httpcore"),
        ("nano_edit.emulator.x", "from nano_edit.version import VERSION"),
        ("nano_edit.wire.gemini.x", "from nano_edit.wire.http import client"),
        ("nano_edit.cli.display.x", "from nano_edit.cli.commands import edit"),
        ("nano_edit.emulator.x", "from nano_edit.wire import models"),
        ("nano_edit.domain", "from nano_edit.errors import Retry"),
    ],
)
def test_a_wrong_arrow_is_seen(module: str, source: str) -> None:
    found = imports(module, ast.parse(source))
    assert any(complaint(each) for each in found)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("nano_edit.wire.http.client", "import httpcore"),
        ("nano_edit.wire.http.client", "from . import tls"),
        ("nano_edit.engine.x", "from nano_edit.wire.gemini.request import RequestBody"),
        ("nano_edit.pictures.x", "from PIL import Image"),
        ("nano_edit.cli.x", "from rich.console import Console"),
        ("nano_edit.wire.http.client", "from nano_edit.version import VERSION"),
    ],
)
def test_a_right_arrow_passes(module: str, source: str) -> None:
    found = imports(module, ast.parse(source))
    assert not any(complaint(each) for each in found)


def terminal_uses(tree: ast.AST) -> Iterator[str]:
    """Calls of print or input, and sys.stdout, sys.stderr, sys.stdin."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="print" | "input" as name)):
                yield f"line {node.lineno}: {name}()"
            case ast.Attribute(
                value=ast.Name(id="sys"), attr="stdout" | "stderr" | "stdin" as name
            ):
                yield f"line {node.lineno}: sys.{name}"
            case ast.ImportFrom(module="sys", names=names) if {
                name.name for name in names
            } & {"stdout", "stderr", "stdin"}:
                yield f"line {node.lineno}: from sys"
            case _:
                pass


QUIET_ROOMS = {"frozen", "domain", "errors", "wire", "engine", "api"}
SILENT = [m for m in MODULES if room(m).partition(".")[0] in QUIET_ROOMS]


@pytest.mark.parametrize("module", SILENT)
def test_engine_and_wire_do_not_know_the_terminal(module: str) -> None:
    assert not list(terminal_uses(parse(MODULES[module])))


@pytest.mark.parametrize(
    "source", ["print(1)", "sys.stderr.write('')", "from sys import stdout", "input()"]
)
def test_a_use_of_the_terminal_is_seen(source: str) -> None:
    assert list(terminal_uses(ast.parse(source)))


def test_the_table_has_a_row_for_every_room_and_no_other() -> None:
    assert {room(module) for module in MODULES} == {*ARROWS}


def graph() -> dict[str, set[str]]:
    """The modules that each module imports."""
    return {
        module: {
            other
            for found in imports(module, parse(path))
            if (other := module_of(found.target)) in MODULES and other != module
        }
        for module, path in MODULES.items()
    }


def test_no_modules_import_each_other_in_a_circle() -> None:
    arrows = {**graph(), "nano_edit": set()}  # what it names is loaded when asked for
    tuple(graphlib.TopologicalSorter(arrows).static_order())


LATE = 30  # imports inside functions in the whole package, each with its reason


def late_imports(module: str) -> Iterator[int]:
    """The lines of imports inside functions."""
    for node in ast.walk(parse(MODULES[module])):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Import | ast.ImportFrom):
                    yield inner.lineno


def test_few_imports_are_inside_functions() -> None:
    found = {module: lines for module in MODULES if (lines := {*late_imports(module)})}
    assert sum(map(len, found.values())) <= LATE, found


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_named_for_what_it_owns(module: str) -> None:
    words = module.rpartition(".")[2].strip("_").split("_")
    assert not {word.removesuffix("s") for word in words} & EMPTY_WORDS
    assert not set(words) & EMPTY_WORDS
