from __future__ import annotations

from pathlib import Path

import pytest
from fuzz.fuzz_response import check

CORPUS = Path(__file__).parent / "corpus"


def test_every_finding_of_the_fuzzer_keeps_the_laws() -> None:
    findings = [path for path in CORPUS.iterdir() if path.is_file()]
    assert len(findings) > 20
    for path in findings:
        try:
            check(path.read_bytes())
        except Exception as fault:  # noqa: BLE001 - whatever it is, name the file
            pytest.fail(f"{path.name}: {fault!r}")
