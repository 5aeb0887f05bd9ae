"""What the emulator was asked and how it answered, one entry a request.

Entries are frozen; a request that goes on replaces its own.  The key is never
kept, only the SHA-256 of it, so that a test can tell which key came.
"""

from __future__ import annotations

import dataclasses
import hashlib
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nano_edit.emulator.received import ReceivedImage

_SECRETS = {"authorization", "x-goog-api-key", "proxy-authorization", "cookie"}


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One call of the service.

    Times are seconds: ``…_at`` by the wall clock, ``…_monotonic`` by
    `time.monotonic`.  None stands for what has not come yet, or not at all.
    """

    number: int  # from 1, in order of arrival
    path: str  # without its query
    method: str  # "generateContent", "countTokens", "models.list", ...
    model: str  # "": none is named
    prefix: str  # what stands before /v1beta
    headers: dict[str, str]  # lower-case names; secrets as "sha256:HEX"
    received_at: float
    received_monotonic: float
    client: str  # the client's "host:port": one per connection
    fault: str | None = None  # the entry it took
    key_header: str | None = None  # "authorization" or "x-goog-api-key"
    key_sha256: str | None = None
    content_length: int | None = None
    transfer_encoding: str | None = None
    accept_encoding: str | None = None
    body_bytes: int | None = None
    body_monotonic: float | None = None  # the request's last byte was read
    instruction: str | None = None
    aspect_ratio: str | None = None
    image_size: str | None = None
    modalities: tuple[str, ...] | None = None
    images: tuple[ReceivedImage, ...] = ()
    turns: int | None = None  # of the user and the model, in the request
    status: int | None = None
    error: str | None = None  # why the contract refused it
    first_byte_at: float | None = None
    first_byte_monotonic: float | None = None
    last_byte_monotonic: float | None = None  # of the body, before the last chunk
    sent_bytes: int = 0  # of the body, as it went over the wire
    finished: bool = False  # the whole answer went out

    def to_json(self) -> dict[str, Any]:
        """Return the entry as JSON's types."""
        entry = dataclasses.asdict(self)
        for image, facts in zip(self.images, entry["images"], strict=True):
            facts["has_exif"] = image.has_exif
            facts["has_icc"] = image.has_icc
            facts["metadata"] = image.metadata
        return entry


def hash_key(key: str) -> str:
    """Return the key's SHA-256 in hex, as the log keeps it."""
    return hashlib.sha256(key.encode()).hexdigest()


def masked(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return headers by lower-case name, every secret reduced to its hash."""
    kept: dict[str, str] = {}
    for name, value in headers:
        lower = name.lower()
        secret = lower in _SECRETS
        kept[lower] = "sha256:" + hash_key(strip_scheme(value)) if secret else value
    return kept


def strip_scheme(value: str) -> str:
    """Return an Authorization header's credentials without their scheme."""
    return value.partition(" ")[2].strip() if " " in value else value


class Log:
    """The entries, safe to be read while many requests write theirs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[int, LogEntry] = {}
        self._last = 0

    @property
    def entries(self) -> tuple[LogEntry, ...]:
        """The requests so far, in order of arrival."""
        with self._lock:
            return tuple(self._entries.values())

    def open(self, **facts: Any) -> int:
        """Begin an entry and return its number."""
        with self._lock:
            self._last += 1
            self._entries[self._last] = LogEntry(number=self._last, **facts)
            return self._last

    def note(self, number: int, **facts: Any) -> None:
        """Add facts to an entry, unless it has been cleared away."""
        with self._lock:
            entry = self._entries.get(number)
            if entry is not None:
                self._entries[number] = dataclasses.replace(entry, **facts)

    def clear(self) -> None:
        """Forget every entry; the numbers go on, for requests still in flight."""
        with self._lock:
            self._entries.clear()
