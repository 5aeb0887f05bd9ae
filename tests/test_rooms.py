"""The rooms and their one direction: who may import whom, read from the source.

Late imports inside functions count like those at the top, and so do those under
``if TYPE_CHECKING``: an arrow is an arrow.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

import pytest
import support

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE = support.ROOT / "nano_edit"

# Each room and what of ours it may import, beside itself.
ARROWS: dict[str, set[str]] = {
    "frozen": set(),
    "domain": {"frozen"},
    "errors": {"domain"},
    "units": set(),
    "leftovers": set(),
    "atomic_file": {"leftovers"},
    "wire": {"frozen", "domain", "errors", "units"},
    "pictures": {"frozen", "domain", "errors", "units", "leftovers", "atomic_file"},
    "engine": {
        *("frozen", "domain", "errors", "units", "leftovers", "atomic_file"),
        *("wire", "pictures"),
    },
    "report": {
        *("frozen", "domain", "errors", "units", "leftovers", "atomic_file"),
        "pictures",
    },
    "emulator": set(),
    "api": {"domain", "errors", "wire", "pictures", "engine"},
}
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
    "nano_edit.wire.http.client",
    "nano_edit.wire.http.connection",
    "nano_edit.wire.http.download",
    "nano_edit.wire.http.pool",
    "nano_edit.wire.http.transport_errors",
}
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


def room(module: str) -> str:
    """The room of a module of ours; the top level is the room ``nano_edit``."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else parts[0]


def complaint(found: Import) -> str | None:
    """Why this import breaks the table, or None."""
    here, top = room(found.module), found.target.split(".")[0]
    where = f"{found.module}:{found.line} imports {found.target}"
    if top == "nano_edit":
        there = room(found.target)
        allowed = ARROWS.get(here)
        if allowed is None or there in {*allowed, here}:
            return None
        if there == "__version__" and here != "emulator":
            return None
        return f"{where}: {here} knows {sorted(allowed) or 'nothing of ours'}"
    if top in {"httpcore", "httpx"} and found.module not in SPEAK_HTTP:
        return f"{where}: only {sorted(SPEAK_HTTP)} speak HTTP"
    if top in FOREIGN.get(here, set()):
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
        ("nano_edit.emulator.x", "from nano_edit import __version__"),
        ("nano_edit.emulator.x", "from nano_edit.wire import dataurl"),
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
        ("nano_edit.engine.x", "from nano_edit.wire.codec.data_url import DataUrls"),
        ("nano_edit.pictures.x", "from PIL import Image"),
        ("nano_edit.cli.x", "from rich.console import Console"),
        ("nano_edit.wire.http.client", "from nano_edit import __version__"),
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
SILENT = [m for m in MODULES if room(m) in QUIET_ROOMS]


@pytest.mark.parametrize("module", SILENT)
def test_engine_and_wire_do_not_know_the_terminal(module: str) -> None:
    assert not list(terminal_uses(parse(MODULES[module])))


@pytest.mark.parametrize(
    "source", ["print(1)", "sys.stderr.write('')", "from sys import stdout", "input()"]
)
def test_a_use_of_the_terminal_is_seen(source: str) -> None:
    assert list(terminal_uses(ast.parse(source)))


def test_every_room_is_in_the_table() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert rooms <= {*ARROWS, "cli"}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_named_for_what_it_owns(module: str) -> None:
    words = module.rpartition(".")[2].strip("_").split("_")
    assert not {word.removesuffix("s") for word in words} & EMPTY_WORDS
    assert not set(words) & EMPTY_WORDS
