"""Replies kept by what they answer, so that the same edit is paid for once.

Strategy: an entry is the reply's own body, compressed, under the SHA-256 of what
would be sent; a hit is read like any reply that was kept, by one code path, and
converts and checks like a fresh one.

Rules:
- The key covers everything that shapes the answer: model, instruction, config,
  and every byte of every picture.  Not the API key, the service's address or tier.
- Entries appear whole (a new name, then a rename) and carry a checksum (gzip's),
  so that several processes may share a folder and a damaged entry is a miss.
- They hold pictures, so they are for the owner alone.
- Over the size cap the oldest go first.  Only files named like an entry are removed:
  the folder may hold other things.
- A failure to keep or to evict is never an error: a cache that cannot be used is a
  miss.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import zlib
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from nano_edit.atomic_file import PRIVATE, AtomicFile
from nano_edit.engine.replies.oldest_out import evict, files_by_age
from nano_edit.errors import NanoEditError
from nano_edit.frozen import Frozen
from nano_edit.leftovers import sweep
from nano_edit.wire.gemini.request import pieces_of, read_piece, request_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from nano_edit.domain import EditRequest

VERSION = "1"  # of the key's recipe
BLOCK = 256 * 1024
DAMAGE = (OSError, EOFError, zlib.error)
_ENTRY = re.compile(r"[0-9a-f]{64}\.json\.gz")


def cache_key(request: EditRequest, variant: int = 0) -> str:
    """Return the SHA-256, in hex, of all that shapes the answer.

    Variants of one edit are told apart by their number, or all would be the same.
    """
    digests = []
    for piece in pieces_of(request):
        digest = hashlib.sha256()
        for block in read_piece(piece):
            digest.update(block)
        digests.append(digest.hexdigest())
    shaping = request_json(replace(request, tier=None), digests)
    asked = [VERSION, request.model, shaping, variant]
    whole = json.dumps(asked, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()


class CacheInfo(Frozen):
    """What a cache holds."""

    folder: Path
    entries: int
    size: int  # bytes


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

    def file_of(self, key: str) -> Path:
        """Return the file of an entry; it need not exist."""
        return self._path(key)

    def forget(self, key: str) -> None:
        """Remove the entry."""
        with suppress(OSError):
            self._path(key).unlink()

    def keep(self, key: str, document: Iterable[bytes]) -> None:
        """Keep a reply, decoded and in blocks, and let the oldest go."""
        with suppress(OSError, NanoEditError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            sweep(self._folder)
            entry = AtomicFile(self._folder, mode=PRIVATE)
            try:
                _compress(document, entry)
                entry.place(self._path(key), force=True, as_before=False, sync=False)
            finally:  # Ctrl-C included
                entry.discard()
            self._evict()

    def info(self) -> CacheInfo:
        """Return how much is kept; nothing for a folder that is not there."""
        sizes = [size for _, size, _ in self._entries()]
        return CacheInfo(self._folder, len(sizes), sum(sizes))

    def clear(self) -> CacheInfo:
        """Remove every entry; return how much that was.  Raises OSError."""
        removed = []
        for _, size, path in self._entries():
            path.unlink(missing_ok=True)
            removed.append(size)
        return CacheInfo(self._folder, len(removed), sum(removed))

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json.gz"

    def _entries(self) -> list[tuple[int, int, Path]]:
        """Return the entries, oldest first: time in ns, bytes, path."""
        return files_by_age(self._folder, _ENTRY.fullmatch)

    def _evict(self) -> None:
        evict(self._entries(), self._max_bytes)


def _compress(document: Iterable[bytes], entry: AtomicFile) -> None:
    with (
        os.fdopen(entry.descriptor, "wb", closefd=False) as raw,
        gzip.GzipFile("", "wb", compresslevel=1, fileobj=raw, mtime=0) as file,
    ):
        for block in document:
            file.write(block)


def _blocks(path: Path) -> Iterator[bytes]:
    with gzip.open(path, "rb") as file:
        while block := file.read(BLOCK):
            yield block
