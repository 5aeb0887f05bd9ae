"""A conversation takes no more memory at its tenth turn than at its first."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support import environment

from nano_edit.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="this system tells no peak"
)
SIGNATURE = 2_000_000  # characters beside each part
TURNS = """
import json, sys
from pathlib import Path
from nano_edit import Editor, Session
peaks = []
with Editor(base_url=sys.argv[1], api_key="any") as editor:
    session = Session(editor, "in.jpg")
    for _ in range(10):
        session.edit("mirror it")
        status = Path("/proc/self/status").read_text().split()
        peaks.append(int(status[status.index("VmHWM:") + 1]) * 1024)
print(json.dumps(peaks))
"""


def test_ten_turns_take_the_memory_of_one(
    tmp_path: Path, photo: Callable[..., Path]
) -> None:
    photo()
    with Emulator(signature_bytes=SIGNATURE) as emulator:
        done = subprocess.run(
            [sys.executable, "-c", TURNS, emulator.url],
            capture_output=True,
            cwd=tmp_path,
            env=environment(),
            timeout=60,
            check=False,
        )
        sent = emulator.requests[-1]
    assert done.returncode == 0, done.stderr.decode()
    assert sent.turns == 19
    assert (sent.content_length or 0) > 9 * SIGNATURE
    peaks = json.loads(done.stdout)
    assert peaks[-1] - peaks[0] < 5_000_000
