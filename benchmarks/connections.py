"""``python -m benchmarks.connections [EDITS] [JOBS]``: no edit is lost without cause.

Many short edits at once against a server that never fails: every edit must succeed at
its first request, over a connection of its own, with one thread for all clocks.
Prints what they ended with, and exits with 1 if any did not succeed.
"""

from __future__ import annotations

import base64
import json
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from benchmarks.measure import running_server
from nano_edit import Batch, Edit, Editor

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAA"
    "SUVORK5CYII="
)


def main(edits: int = 10_000, jobs: int = 50) -> int:
    """Make the edits and tell; return the exit status."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = base64.b64encode(PIXEL).decode()
        parts = [{"inlineData": {"mimeType": "image/png", "data": data}}]
        reply = {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}
        (folder / "pixel.json").write_text(json.dumps(reply), encoding="ascii")
        (folder / "in.png").write_bytes(PIXEL)
        (folder / "out").mkdir()
        began = time.monotonic()
        with running_server(folder) as url:
            ended, threads = _make(folder, f"{url}/pixel", edits, jobs)
        requests = (folder / "requests.jsonl").read_text(encoding="utf-8").count("\n")
    took = time.monotonic() - began
    print(f"{edits:,} edits, {jobs} at once, {took:.0f} s, {threads} threads at most")
    print(f"{requests:,} requests; ended with {dict(ended)}")
    return int(ended != Counter(ok=edits) or requests != edits)


def _make(folder: Path, url: str, count: int, jobs: int) -> tuple[Counter[str], int]:
    """Return what the edits ended with, and how many threads there were at most."""
    edits = [
        Edit(
            f"edit {number}",
            (str(folder / "in.png"),),
            output=str(folder / "out" / f"{number}.png"),
        )
        for number in range(count)
    ]
    ended: Counter[str] = Counter()
    threads = 0
    with (
        Editor(base_url=url, api_key="sk-none", retries=0) as editor,
        Batch(editor, edits, jobs=jobs) as batch,
    ):
        for outcome in batch:
            ended["ok" if outcome.error is None else outcome.error.message] += 1
            threads = max(threads, threading.active_count())
    return ended, threads


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
