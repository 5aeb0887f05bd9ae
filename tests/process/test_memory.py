"""Memory is flat in both directions: 8 MB or 128 MB, the process is as large.

The edit runs in a process of its own, whose greatest size the system tells; the
service is in this one.
"""

from __future__ import annotations

import base64
import json
import struct
import subprocess
import sys
import zlib
from typing import TYPE_CHECKING

import pytest
from support import environment
from support.peers import Line, Peer, answer
from support.replies import body, image_part, reply

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.peers import Talk

MEGA = 1 << 20
SMALL, LARGE = 8, 128  # MB
BOUND = 8 * MEGA  # bytes by which the larger edit may be larger

pytest.importorskip("resource", reason="this system does not tell a process's peak")

EDIT = """
import json, resource, sys
from pathlib import Path
from nano_edit.domain import (
    ApiKey, Destination, Edit, EditRequest, FileSpan, ImageInput, Prepared
)
from nano_edit.engine.attempt import Dependencies
from nano_edit.engine.edit import send
from nano_edit.engine.money.billing import Billing
from nano_edit.engine.rate_gate import RateGate
from nano_edit.wire.http.client import Client
from nano_edit.wire.providers import PROVIDERS
from nano_edit.wire.service import Service
url, folder = sys.argv[1], Path(sys.argv[2])
source = folder / "in.png"
span = FileSpan(source, 0, source.stat().st_size)
request = EditRequest("blur", (ImageInput("in.png", "image/png", 9, 9, (span,)),), "m")
with Client(Service(PROVIDERS["apiyi"], url, ApiKey("k"))) as client:
    bills = Billing(PROVIDERS["apiyi"])
    needed = Dependencies(client, folder / "state", RateGate(), lambda _: None, bills)
    destination = Destination(folder, "out.png", "png")
    result = send(Prepared(Edit("blur", "in.png"), request, destination), needed)
try:  # Linux counts what a process was before it became this program, but not here
    status = Path("/proc/self/status").read_text().split()
    peak = int(status[status.index("VmHWM:") + 1]) * 1024
except OSError:
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
print(json.dumps([peak, result.image.size]))
"""


def peak(talk: Talk, folder: Path, upload: int) -> tuple[int, int]:
    """Edit a picture of ``upload`` MB; return the peak and the result's size, bytes."""
    folder.mkdir()
    with (folder / "in.png").open("wb") as file:
        file.truncate(upload * MEGA)
    with Peer(talk) as peer:
        ended = subprocess.run(
            [sys.executable, "-c", EDIT, peer.url, folder],
            capture_output=True,
            env=environment(),
            timeout=120,
            check=False,
        )
    assert ended.returncode == 0, ended.stderr.decode()
    high, size = json.loads(ended.stdout)
    (folder / "out.png").unlink()
    return high, size


def chunk(kind: bytes, data: bytes) -> bytes:
    checked = kind + data
    return (
        struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))
    )


def picture(megabytes: int) -> Iterator[bytes]:
    """A PNG of this size in base64, whole by its structure, a piece at a time."""
    head = struct.pack(">IIBBBBB", 9, 9, 8, 2, 0, 0, 0)
    yield base64.b64encode(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head))
    pixels = base64.b64encode(chunk(b"IDAT", bytes(MEGA - 13)))  # a multiple of 3
    assert not pixels.endswith(b"=")
    for _ in range(megabytes):
        yield pixels
    yield base64.b64encode(chunk(b"IEND", b""))


def replying(megabytes: int, *, signature: bool = False) -> Talk:
    """Answer with a picture of this size, a signature of the same before it."""
    empty = body(reply(image_part(b""), thoughtSignature="-"), indent=None)
    before, after = empty.split(b'"data": "')
    heading, middle = before.split(b'"candidates"')

    def talk(line: Line) -> None:
        line.request()
        line.send(answer(200, b"", "Connection: close", length=False), heading)
        if signature:
            line.send(b'"thoughtSignature":"')
            for _ in range(megabytes):
                line.send(b"QUJD" * (MEGA // 4))
            line.send(b'",')
        line.send(b'"candidates"', middle, b'"data": "')
        for piece in picture(megabytes):
            line.send(piece)
        line.send(after)

    return talk


def test_memory_is_flat_however_large_the_picture_that_is_sent(tmp_path: Path) -> None:
    said = answer(200, body(reply(image_part(b"".join(map(decoded, picture(1)))))))

    def talk(line: Line) -> None:
        left = int(line.head().headers["content-length"]) - len(line.rest)
        while left:
            left -= len(line.socket.recv(min(left, MEGA)))
        line.send(said)

    small, _ = peak(talk, tmp_path / "small", SMALL)
    large, _ = peak(talk, tmp_path / "large", LARGE)
    assert large - small < BOUND


def decoded(piece: bytes) -> bytes:
    return base64.b64decode(piece)


def test_memory_is_flat_however_large_the_picture_that_comes(tmp_path: Path) -> None:
    small, little = peak(replying(SMALL), tmp_path / "small", 1)
    large, much = peak(replying(LARGE, signature=True), tmp_path / "large", 1)
    assert abs(little - SMALL * MEGA) < MEGA / 100
    assert abs(much - LARGE * MEGA) < MEGA / 100
    assert large - small < BOUND
