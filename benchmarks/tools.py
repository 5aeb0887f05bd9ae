"""The programs that are measured: made from scratch, in environments of their own.

nano-edit is built as a wheel and installed from it, alone with what it needs;
the other contenders share a second environment, made from the dependency group
``bench``.  Both are kept for the next run; the wheel is always built anew.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
SCRIPTS = ROOT / "benchmarks" / "contenders"
_TOLD = ("google-genai", "gemimg", "requests", "httpx", "typer", "pillow", "nano-edit")


@dataclass(frozen=True, slots=True)
class Tools:
    """Where the programs are."""

    nano: tuple[str, ...]  # the command
    python: str  # of nano-edit's environment
    others: str  # Python of the other contenders' environment

    def words(self) -> dict[str, str]:
        """Return what a case's command may name."""
        return {
            "python": self.python,
            "others": self.others,
            "bash": shutil.which("bash") or "/bin/bash",
            "scripts": str(SCRIPTS),
            "completions": str(ROOT / "completions"),
        }


def make_tools(work: Path) -> Tools:
    """Make both environments below ``work``; takes a minute the first time."""
    nano, others = work / "nano-edit", work / "others"
    for place in (nano, others):
        if not (place / "bin" / "python").exists():
            _run(sys.executable, "-m", "venv", "--upgrade-deps", str(place))
    wheel = _wheel(nano / "bin" / "python", work / "dist")
    _pip(nano, "install", "-q", str(wheel))
    _pip(nano, "install", "-q", "--force-reinstall", "--no-deps", str(wheel))
    _pip(others, "install", "-q", "--group", f"{ROOT / 'pyproject.toml'}:bench")
    python = str(nano / "bin" / "python")
    return Tools(
        (str(nano / "bin" / "nano-edit"),), python, str(others / "bin" / "python")
    )


def _wheel(python: Path, folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    _run(str(python), *"-m pip wheel -q --no-deps -w".split(), str(folder), str(ROOT))
    return next(folder.glob("*.whl"))


def _pip(place: Path, *arguments: str) -> None:
    _run(str(place / "bin" / "python"), "-m", "pip", *arguments)


def _run(*command: str) -> None:
    quiet = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run(command, check=True, env=quiet, stdout=sys.stderr)


def versions(tools: Tools) -> dict[str, str]:
    """Return what was measured, and on what kind of machine; no names of places."""
    found = {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": str(os.cpu_count()),
        "Python": platform.python_version(),
    }
    for python in (tools.others, tools.python):
        command = (python, "-m", "pip", "list", "--format=json")
        listed = subprocess.run(command, check=True, capture_output=True).stdout
        for package in json.loads(listed):
            if package["name"] in _TOLD:
                found[package["name"]] = package["version"]
    for program in ("curl", "jq"):
        said = subprocess.run((program, "--version"), check=False, capture_output=True)
        found[program] = said.stdout.decode().split("\n")[0].split(" (")[0]
    return found


def tools_at_hand() -> Tools:
    """Return what the running Python has, for a look at work in progress."""
    python = sys.executable
    return Tools((python, "-m", "nano_edit"), python, python)
