"""What people install is whole, says its version, and asks for no more."""

from __future__ import annotations

import ast
import email
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import support

import nano_edit

if TYPE_CHECKING:
    from collections.abc import Iterator

PYPROJECT = support.ROOT / "pyproject.toml"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel that this tree builds, or a skip where there is nothing to build it."""
    pytest.importorskip("hatchling", reason="hatchling is not installed")
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=support.ROOT,
        check=True,
        capture_output=True,
    )
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def project() -> dict[str, Any]:
    return tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))


def test_the_wheel_says_that_it_is_typed(wheel: zipfile.ZipFile) -> None:
    assert "nano_edit/py.typed" in wheel.namelist()


def test_the_wheel_holds_every_file_of_the_package(wheel: zipfile.ZipFile) -> None:
    there = {
        path.relative_to(support.ROOT).as_posix()
        for path in (support.ROOT / "nano_edit").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert there <= set(wheel.namelist())


def test_the_wheel_brings_nothing_but_the_package(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0].removesuffix(".data") for name in wheel.namelist()}
    version = nano_edit.__version__
    assert tops <= {
        "nano_edit",
        f"nano_edit-{version}",
        f"nano_edit-{version}.dist-info",
    }


def test_the_wheel_carries_licence_and_readme(wheel: zipfile.ZipFile) -> None:
    info = f"nano_edit-{nano_edit.__version__}.dist-info"
    assert f"{info}/licenses/LICENSE" in wheel.namelist()
    metadata = email.message_from_bytes(wheel.read(f"{info}/METADATA"))
    assert "blur the background" in str(metadata.get_payload())


def test_both_programs_are_installed(wheel: zipfile.ZipFile) -> None:
    info = f"nano_edit-{nano_edit.__version__}.dist-info"
    points = wheel.read(f"{info}/entry_points.txt").decode()
    assert "nano-edit = nano_edit.__main__:main" in points
    assert "nano-edit-emulator = nano_edit.emulator.__main__:main" in points


def test_version_agrees(run: support.Run) -> None:
    done = run("--version")
    assert done.status == 0
    assert nano_edit.__version__ in done.stdout.split()


def test_every_dependency_has_a_lower_bound() -> None:
    for requirement in project()["project"]["dependencies"]:
        assert re.fullmatch(r"[\w-]+>=[\d.]+", requirement), requirement


def dependency_lines() -> list[str]:
    """The lines of pyproject.toml that name a run-time dependency or an extra's."""
    text = PYPROJECT.read_text(encoding="utf-8")
    tables = project()["project"]
    extras = [
        each for group in tables["optional-dependencies"].values() for each in group
    ]
    names = [*tables["dependencies"], *extras]
    return [line for line in text.splitlines() if any(f'"{n}"' in line for n in names)]


@pytest.mark.parametrize("line", dependency_lines())
def test_every_dependency_has_its_reason_beside_it(line: str) -> None:
    assert re.search(r"# \S+ \w+", line)


def test_only_what_is_declared_is_imported() -> None:
    found = {
        name
        for path in (support.ROOT / "nano_edit").rglob("*.py")
        for name in imported(ast.parse(path.read_text(encoding="utf-8")))
    }
    foreign = found - sys.stdlib_module_names - {"nano_edit"}
    foreign.discard("_typeshed")  # the type checker's own; never imported at run time
    extras = {"pillow_heif", "textual_image", "keyring", "numpy", "jpeglib"}
    assert foreign - extras <= {
        *("typer", "httpcore", "rich", "PIL", "pybase64", "certifi", "platformdirs"),
    }


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("name", ["main", "test"])
def test_the_readme_command_sets_itself_up(name: str) -> None:
    script = support.ROOT / "scripts" / "readme_command.py"
    done = subprocess.run(
        [sys.executable, str(script), name], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("python3 -m venv ")
    assert " && .venv/bin/pip install " in done.stdout


@pytest.mark.parametrize(
    "link",
    re.findall(
        r"\]\(([^)#:]+)\)", (support.ROOT / "README.md").read_text(encoding="utf-8")
    ),
)
def test_what_the_readme_links_to_is_there(link: str) -> None:
    assert (support.ROOT / Path(link)).exists()
