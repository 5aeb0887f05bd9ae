"""What a command may load: each library here costs a visible part of its time."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from support import environment, photo

if TYPE_CHECKING:
    from pathlib import Path

    from nano_edit.emulator import Emulator

PROBE = """
import json, sys
before = {*sys.modules}
from nano_edit.__main__ import main
from dataclasses import is_dataclass
sys.argv = ["nano-edit", *sys.argv[1:]]
loaded = {}
try:
    main()
except SystemExit as end:
    loaded["status"] = end.code
ours = [module for name, module in sys.modules.items() if name.startswith("nano_edit")]
loaded["modules"] = sorted({*sys.modules} - before)
loaded["compiled"] = sorted(
    f"{kind.__module__}.{kind.__name__}"
    for module in ours
    for kind in vars(module).values()
    if isinstance(kind, type) and kind.__module__ == module.__name__
    if is_dataclass(kind) and "__init__" in vars(kind)
)
sys.stderr.write("LOADED " + json.dumps(loaded))
"""


def loaded(folder: Path, *arguments: str) -> dict[str, Any]:
    """The modules that a command loads, and our classes that were compiled for it."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments],
        cwd=folder,
        env=environment({"NANO_EDIT_API_KEY": "canary"}),
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=60,
    )
    told: dict[str, Any] = json.loads(done.stderr.rpartition("LOADED ")[2])
    assert told["status"] == 0, done.stderr
    return told


@pytest.mark.parametrize("argument", ["--help", "--help-all", "--version"])
def test_help_and_version_load_tables_and_nothing_else(
    tmp_path: Path, argument: str
) -> None:
    found = loaded(tmp_path, argument)["modules"]
    # The probe itself loads dataclasses, and with it what it needs.
    ours = [name for name in found if name.startswith("nano_edit")]
    assert len(ours) <= 16
    assert not {"nano_edit.domain", "nano_edit.errors", "nano_edit.cli.options"} & {
        *ours
    }
    assert not {"typer", "httpx", "httpcore", "json", "pathlib", "ssl"} & {*found}


def test_a_plain_edit_loads_what_it_needs(tmp_path: Path, emulator: Emulator) -> None:
    photo(tmp_path / "in.jpg")
    where = ("-o", "out.jpg", "--base-url", emulator.url)
    told = loaded(tmp_path, "blur", "in.jpg", *where)
    assert {"nano_edit.engine.editor", "httpcore"} <= {*told["modules"]}
    unneeded = {
        *("typer", "click", "rich", "PIL", "pydantic", "httpx", "asyncio", "email"),
        *("http.client", "urllib.request", "keyring", "tomllib", "getpass"),
        *("importlib.readers", "zipfile", "nano_edit.emulator", "nano_edit.report"),
        *("nano_edit.engine.batch", "nano_edit.cli.parser"),
    }
    assert sorted(unneeded & {*told["modules"]}) == []
    if sys.platform == "linux":
        assert "platformdirs" not in told["modules"]


def test_a_plain_edit_compiles_few_classes(tmp_path: Path, emulator: Emulator) -> None:
    photo(tmp_path / "in.jpg")
    where = ("-o", "out.jpg", "--base-url", emulator.url)
    assert len(loaded(tmp_path, "blur", "in.jpg", *where)["compiled"]) <= 4
