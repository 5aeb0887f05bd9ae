"""The programs that are measured: made from scratch, in environments of their own.

nano-edit is built as a wheel and installed from it, alone with what it needs;
the other contenders share a second environment, made from the dependency group
``bench``.  Both are kept for the next run; the wheel is always built anew.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parent.parent
SCRIPTS = ROOT / "benchmarks" / "contenders"
_VERSIONS = """
import json
from importlib.metadata import distributions

print(json.dumps({each.name: each.version for each in distributions()}))
"""
_TOLD = ("google-genai", "gemimg", "requests", "httpx", "typer", "pillow", "nano-edit")


@dataclass(frozen=True, slots=True)
class Tools:
    """Where the programs are."""

    nano: tuple[str, ...]  # the command
    python: str  # of nano-edit's environment
    others: str = ""  # Python of the other contenders' environment; "": there is none
    path: str = ""  # PYTHONPATH, for a program that is not installed

    def can_run(self, command: Sequence[str]) -> bool:
        """Whether what the command calls is there."""
        if "{others}" in command:
            return bool(self.others)
        if any("curl" in word for word in command):
            return bool(shutil.which("curl") and shutil.which("jq"))
        return True

    def words(self) -> dict[str, str]:
        """Return what a case's command may name."""
        return {
            "python": self.python,
            "others": self.others,
            "httpx": self.others or self.python,  # whichever has it installed
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
    for python in filter(None, (tools.others, tools.python)):
        command = (python, "-c", _VERSIONS)
        listed = subprocess.run(command, check=True, capture_output=True).stdout
        found |= {
            name: its for name, its in json.loads(listed).items() if name in _TOLD
        }
    for program in filter(shutil.which, ("hyperfine", "curl", "jq")):
        said = subprocess.run((program, "--version"), check=False, capture_output=True)
        number = re.search(rb"\d[\d.]+", said.stdout)
        found[program] = number[0].decode() if number else "unknown"
    return found


def tools_at_hand() -> Tools:
    """Return what the running Python has, for a look at work in progress."""
    python = sys.executable
    return Tools((python, "-m", "nano_edit"), python, path=str(ROOT))
