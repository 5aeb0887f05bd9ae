"""The files of the service: uploads that grow chunk by chunk, and whole files.

Rules:
- Bytes lie in a temporary folder, never in memory; the folder goes with the emulator.
- All files and uploads together are bounded, as the service's are (20 GB a project).
- An upload keeps whole granules only: what a cut leaves beyond them is dropped, so a
  client has to ask how far it came.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import secrets
import shutil
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from nano_edit.emulator.errors import Refusal, invalid, refuse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nano_edit.emulator.errors import Document

GRANULE = 256 * 1024  # bytes; chunks but the last are multiples of it
MAX_FILE = 2_147_483_648  # bytes of one file
MAX_FILES = 20_000_000_000  # bytes of all
KEPT = timedelta(hours=48)
BLOCK = 1024 * 1024  # bytes read at once


@dataclass(slots=True)
class Upload:
    """A file on its way."""

    id: str
    path: Path
    display_name: str
    mime_type: str
    size: int  # bytes, as announced
    received: int = 0
    file: StoredFile | None = None  # once it is finalized
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A whole file."""

    name: str  # "files/abc"
    path: Path
    display_name: str
    mime_type: str
    size: int  # bytes
    sha256: str  # hex
    created: datetime
    generated: bool = False  # results of a batch; others cannot be downloaded

    def document(self, base_url: str) -> Document:
        """Return the file as the service describes it."""
        created = timestamp(self.created)
        found: Document = {
            "name": self.name,
            "displayName": self.display_name,
            "mimeType": self.mime_type,
            "sizeBytes": str(self.size),
            "createTime": created,
            "updateTime": created,
            "expirationTime": timestamp(self.created + KEPT),
            "sha256Hash": base64.b64encode(self.sha256.encode()).decode(),
            "uri": f"{base_url}/v1beta/{self.name}",
            "state": "ACTIVE",
            "source": "GENERATED" if self.generated else "UPLOADED",
        }
        if self.generated:
            found["downloadUri"] = f"{found['uri']}:download?alt=media"
        return found


def timestamp(moment: datetime) -> str:
    """Return a moment as Google writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class FileStore:
    """Every upload and every file; safe to be used by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folder: Path | None = None
        self._uploads: dict[str, Upload] = {}
        self._files: dict[str, StoredFile] = {}

    def close(self) -> None:
        """Remove everything."""
        with self._lock:
            folder, self._folder = self._folder, None
            self._uploads.clear()
            self._files.clear()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    # --- uploads ------------------------------------------------------------

    def start(self, display_name: str, mime_type: str, size: int) -> Upload:
        """Begin an upload; `Refusal` where there is no room for it."""
        if size > MAX_FILE:
            raise invalid(f"File size exceeds the limit of {MAX_FILE} bytes.")
        self._check_room(size)
        upload = Upload(
            secrets.token_urlsafe(24), self.new_path(), display_name, mime_type, size
        )
        upload.path.touch()
        with self._lock:
            self._uploads[upload.id] = upload
        return upload

    def upload(self, upload_id: str) -> Upload:
        """Return an upload; `Refusal` (404) for one that is not known."""
        with self._lock:
            found = self._uploads.get(upload_id)
        if found is None:
            raise refuse(404, "Upload not found. It may have expired.")
        return found

    def append(self, upload: Upload, pieces: Iterable[bytes], *, whole: bool) -> None:
        """Add bytes to an upload; what breaks off leaves whole granules."""
        with upload.path.open("r+b") as file:
            file.seek(upload.received)
            try:
                for piece in pieces:
                    file.write(piece)
                    _check_size(upload, file.tell())
            except Refusal:
                file.truncate(upload.received)
                raise
            except OSError:  # the client has gone
                upload.received = _granules(file, upload.received)
                raise
            received = file.tell()
            if not whole and (received - upload.received) % GRANULE:
                file.truncate(upload.received)
                raise invalid(
                    f"Chunks must be multiples of {GRANULE} bytes, but for the last."
                )
            upload.received = received

    def finalize(self, upload: Upload) -> StoredFile:
        """Make the upload a file; `Refusal` when bytes are missing."""
        if upload.received != upload.size:
            raise invalid(
                f"Upload has {upload.received} bytes; {upload.size} were announced."
            )
        if upload.file is None:
            upload.file = self.add(upload.path, upload.display_name, upload.mime_type)
        return upload.file

    def cancel(self, upload: Upload) -> None:
        """Forget an upload."""
        with self._lock:
            self._uploads.pop(upload.id, None)
        if upload.file is None:
            upload.path.unlink(missing_ok=True)

    # --- files --------------------------------------------------------------

    def add(
        self, path: Path, display_name: str, mime_type: str, *, generated: bool = False
    ) -> StoredFile:
        """Enter a whole file, whose bytes lie at ``path``."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        stem = "batch-" if generated else ""
        stored = StoredFile(
            name=f"files/{stem}{secrets.token_hex(6)}",
            path=path,
            display_name=display_name,
            mime_type=mime_type,
            size=path.stat().st_size,
            sha256=digest,
            created=datetime.now(UTC),
            generated=generated,
        )
        with self._lock:
            self._files[stored.name] = stored
        return stored

    def get(self, name: str) -> StoredFile:
        """Return a file; `Refusal` (403, as the service says) when it is not there."""
        with self._lock:
            found = self._files.get(name)
        if found is None:
            raise refuse(
                403,
                "You do not have permission to access the File"
                f" {name.rpartition('/')[2]} or it may not exist.",
            )
        return found

    def delete(self, name: str) -> None:
        """Remove a file; `Refusal` when it is not there."""
        stored = self.get(name)
        with self._lock:
            self._files.pop(name, None)
        stored.path.unlink(missing_ok=True)

    @property
    def files(self) -> tuple[StoredFile, ...]:
        """The files, the newest first."""
        with self._lock:
            return tuple(reversed(self._files.values()))

    def new_path(self) -> Path:
        """Return a name in the store's folder that is free."""
        with self._lock:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="nano-edit-emulator-"))
            return self._folder / secrets.token_hex(8)

    def _check_room(self, size: int) -> None:
        with self._lock:
            used = sum(each.size for each in self._files.values())
            used += sum(
                each.size for each in self._uploads.values() if each.file is None
            )
        if used + size > MAX_FILES:
            raise refuse(429, "The project's file storage is used up.")


def _check_size(upload: Upload, received: int) -> None:
    if received > upload.size:
        raise invalid("Upload exceeds the announced content length.")


def _granules(file: BinaryIO, before: int) -> int:
    """Cut the file to whole granules behind ``before``; return its length."""
    kept = before + (file.tell() - before) // GRANULE * GRANULE
    file.truncate(kept)
    return kept


def read_blocks(path: Path, offset: int = 0) -> Iterator[bytes]:
    """Yield a file's bytes from ``offset`` on; it may be removed meanwhile."""
    with path.open("rb") as file:
        file.seek(offset)
        while block := file.read(BLOCK):
            yield block


def page_of(entries: tuple[Any, ...], size: int, token: str) -> tuple[Any, str]:
    """Return a page of entries and the next page's token, "" for none."""
    start = 0
    with contextlib.suppress(ValueError):
        start = int(token or "0")
    end = start + size
    return entries[start:end], str(end) if end < len(entries) else ""


def elapsed_since(moment: float) -> float:
    """Return the seconds since a moment of `time.monotonic`."""
    return time.monotonic() - moment
