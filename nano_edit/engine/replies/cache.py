"""Replies kept by what they answer, so that the same edit is paid for once.

Strategy: an entry is the reply's own body, compressed, under the SHA-256 of what
would be sent; a hit is read like any reply that was kept, by one code path, and
converts and checks like a fresh one.

Rules:
- The key covers everything that shapes the answer: model, instruction, config,
  and every byte of every picture.  Not the API key, not the service's address.
- Entries appear whole (a new name, then a rename) and carry a checksum (gzip's),
  so that several processes may share a folder and a damaged entry is a miss.
- Over the size cap the oldest go first.  Whatever fails here is never an error:
  a cache that cannot be used is a miss.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import secrets
import shutil
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING

from nano_edit.wire.gemini.request import read_content, request_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nano_edit.domain import EditRequest

VERSION = "1"  # of the key's recipe
BLOCK = 256 * 1024
DAMAGE = (OSError, EOFError, zlib.error)


def cache_key(request: EditRequest, variant: int = 0) -> str:
    """Return the SHA-256, in hex, of all that shapes the answer.

    Variants of one edit are told apart by their number, or all would be the same.
    """
    digests = []
    for image in request.images:
        digest = hashlib.sha256()
        for block in read_content(image):
            digest.update(block)
        digests.append(digest.hexdigest())
    asked = [VERSION, request.model, request_json(request, digests), variant]
    whole = json.dumps(asked, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()


class Cache:
    """A folder of replies, ``max_bytes`` at most."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes

    def open(self, key: str) -> Iterator[bytes] | None:
        """Return the body kept under ``key`` in blocks, or None.

        A damaged entry raises one of `DAMAGE` while it is read; call `forget`.
        """
        path = self._path(key)
        return _blocks(path) if path.exists() else None

    def forget(self, key: str) -> None:
        """Remove the entry."""
        with suppress(OSError):
            self._path(key).unlink()

    def keep(self, key: str, body: Path) -> None:
        """Keep a copy of the reply in ``body``, and let the oldest go."""
        part = self._folder / f".{secrets.token_hex(8)}.part"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with (
                body.open("rb") as source,
                gzip.open(part, "xb", compresslevel=1) as target,
            ):
                shutil.copyfileobj(source, target, BLOCK)
            part.replace(self._path(key))
            self._evict()
        except OSError:
            pass
        finally:  # Ctrl-C included
            with suppress(OSError):
                part.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json.gz"

    def _evict(self) -> None:
        entries = sorted(
            (entry.stat().st_mtime_ns, entry.stat().st_size, entry)
            for entry in self._folder.glob("*.json.gz")
        )
        total = sum(size for _, size, _ in entries)
        for _, size, path in entries:
            if total <= self._max_bytes:
                return
            with suppress(OSError):
                path.unlink()
            total -= size


def _blocks(path: Path) -> Iterator[bytes]:
    with gzip.open(path, "rb") as file:
        while block := file.read(BLOCK):
            yield block
