from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support import photo
from support.accounts import assert_agree_one_by_one
from support.fault_table import FAST, REFUSALS, ROWS, Row

from nano_edit.emulator import Emulator
from nano_edit.engine.money.ledger import ledger_path, read_calls

if TYPE_CHECKING:
    from support import Run

# PROVIDERS=all in the environment tries every row with each of them.
WHO = ("apiyi", "google") if os.environ.get("PROVIDERS") == "all" else ("apiyi",)
KEY = "sk-canary-0123456789abcdef"


def spools() -> list[Path]:
    """The replies that are kept, without what is written about them."""
    folder = Path(os.environ["XDG_STATE_HOME"]) / "nano-edit" / "replies"
    found = folder.iterdir() if folder.exists() else ()
    return sorted(path for path in found if path.suffix != ".jsonl")


@pytest.mark.parametrize("provider", WHO)
@pytest.mark.parametrize(
    "row", ROWS, ids=lambda row: " ".join((row.fault, *row.options))
)
def test_a_fault_ends_as_the_table_says(
    row: Row, provider: str, tmp_path: Path, run: Run
) -> None:
    picture = photo(tmp_path / "in.jpg", 320, 240)
    with Emulator(faults=row.fault, signature_bytes=20_000) as emulator:
        finished = run(
            *("sepia", picture, "-o", "out.jpg", "--json"),
            *("--base-url", emulator.url, *FAST, *row.options),
            *("--provider", provider),
            cwd=tmp_path,
            env={"NANO_EDIT_API_KEY": KEY, "NANO_EDIT_STATE_DIR": ""},
        )
        requests = len(emulator.requests)
        assert_agree_one_by_one(read_calls(ledger_path()), emulator)
    assert finished.status == row.exit_status, finished.stderr
    assert requests == row.requests
    record = json.loads(finished.stdout)
    assert record["ok"] is row.output
    if row.warned:
        assert record["warnings"]
    named = None
    if not row.output and row.kept:
        named = tmp_path / record["error"]["recovery"]
    kept_picture = named is not None and named == tmp_path / "out.jpg"
    assert (tmp_path / "out.jpg").exists() is (row.output or kept_picture)
    if not row.output:
        billed = row.billed
        if provider == "google" and row.fault in REFUSALS:
            billed = "unknown"  # vendor pages disagree on what the tokens cost
        assert record["error"]["billed"] == billed
        assert record["error"]["exit_status"] == row.exit_status
        assert bool(record["error"]["recovery"]) is row.kept
        assert f"Billed: {billed}" in finished.stderr
    assert spools() == ([named] if named and not kept_picture else [])
    assert {path.name for path in tmp_path.iterdir()} <= {"in.jpg", "out.jpg"}
    assert KEY not in finished.stdout + finished.stderr
