"""Print each dependency of ``pyproject.toml`` at its lower bound, as constraints.

python scripts/lowest_versions.py > lowest.txt
pip install . --constraint lowest.txt
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


def lowest(requirement: str) -> str:
    """Turn ``"typer>=0.29"`` into ``"typer==0.29"``; ValueError without a bound."""
    found = re.fullmatch(r"([\w.-]+)\s*>=\s*([\w.]+)", requirement)
    if found is None:
        raise ValueError(f"{requirement!r} has no plain lower bound.")
    return f"{found[1]}=={found[2]}"


if __name__ == "__main__":
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    for requirement in project["dependencies"]:
        print(lowest(requirement))
