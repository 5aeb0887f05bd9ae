"""Batches of Google's Batch API: what is sent and what comes back.  Pure: no I/O.

A batch's requests are a file of JSON Lines, ``{"key": ..., "request": ...}``; so are
its results, ``{"key": ..., "response": ...}`` or ``{"key": ..., "error": ...}``.

Rules:
- A line's length is known before its first byte, and its pictures are read while it
  is sent, as `RequestBody` does.
- Names are random keys; nothing tells a file's name.
"""

from __future__ import annotations

import json
import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from nano_edit.errors import ServerError
from nano_edit.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nano_edit.wire.gemini.request import RequestBody

MIME_TYPE = "application/jsonl"
MOST_LINES = 1000  # of one batch
MOST_BYTES = 2_000_000_000  # of one batch's file
_FILE = re.compile(r"files/[A-Za-z0-9_-]+")
_GRPC_STATUSES = {  # google.rpc.Code -> HTTP
    1: 499, 2: 500, 3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 8: 429, 9: 400, 10: 409,
    11: 400, 12: 501, 13: 500, 14: 503, 15: 500, 16: 401,
}  # fmt: skip


# --- what is sent ---------------------------------------------------------------


class RequestLine:
    """One line of a batch's file; iterate for its bytes, as often as needed."""

    def __init__(self, key: str, body: RequestBody) -> None:
        self._head = b'{"key":%b,"request":' % json.dumps(key).encode()
        self._body = body
        self.length = len(self._head) + body.content_length + 2  # bytes

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        yield from self._body
        yield b"}\n"


def bytes_from(lines: list[RequestLine], offset: int) -> Iterator[bytes]:
    """Yield the file that the lines are, from byte ``offset`` on."""
    for line in lines:
        if offset >= line.length:
            offset -= line.length
            continue
        for block in line:
            if offset < len(block):
                yield block[offset:]
            offset = max(0, offset - len(block))


def upload_json(name: str) -> bytes:
    """Return the body that begins an upload."""
    return json.dumps({"file": {"displayName": name}}).encode()


def batch_json(name: str, file: str) -> bytes:
    """Return the body that makes a batch of an uploaded file."""
    batch = {"displayName": name, "inputConfig": {"fileName": file}}
    return json.dumps({"batch": batch}).encode()


# --- what comes back ------------------------------------------------------------


class JobState(StrEnum):
    """What a batch is doing."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen."""
        return self not in {JobState.PENDING, JobState.RUNNING}


class RemoteJob(Frozen):
    """A batch as the service describes it."""

    name: str  # "batches/abc"
    display_name: str
    model: str
    state: JobState
    created: str = ""  # as the service writes it
    total: int = 0  # lines
    succeeded: int = 0
    failed: int = 0
    source: str = ""  # "files/abc": its lines
    results: str = ""  # "files/abc"; "": there are none
    message: str = ""  # why it failed, in the service's words


class RemoteFile(Frozen):
    """A file at the service."""

    name: str  # "files/abc"
    display_name: str
    size: int  # bytes


def read_job(body: bytes) -> RemoteJob:
    """Return the batch that an operation tells of; raises ServerError."""
    return _job(_object(body))


def read_jobs(body: bytes) -> tuple[list[RemoteJob], str]:
    """Return a page of batches and the next page's token, "" at the end."""
    document = _object(body)
    listed = document.get("operations") or document.get("batches") or []
    jobs = [_job(each) for each in listed if isinstance(each, dict)]
    return jobs, _text(document, "nextPageToken")


def read_file(body: bytes) -> RemoteFile:
    """Return the file that an upload made; raises ServerError."""
    document = _object(body)
    return _file(_member(document, "file") or document)


def read_files(body: bytes) -> tuple[list[RemoteFile], str]:
    """Return a page of files and the next page's token, "" at the end."""
    document = _object(body)
    listed = document.get("files") or []
    files = [_file(each) for each in listed if isinstance(each, dict)]
    return files, _text(document, "nextPageToken")


def error_document(value: bytes) -> tuple[int, bytes]:
    """Return a failed line's HTTP status and the error as a response has it."""
    try:
        error = json.loads(value)
    except (ValueError, RecursionError):
        error = {}
    code = error.get("code") if isinstance(error, dict) else None
    status = code if isinstance(code, int) else 500
    status = _GRPC_STATUSES.get(status, status)
    if not 400 <= status < 600:
        status = 500
    return status, json.dumps({"error": error}).encode()


def _job(document: dict[str, Any]) -> RemoteJob:
    about = _member(document, "metadata") or document
    stats = _member(about, "batchStats")
    places = (
        *(_member(about, "output"), _member(document, "response")),
        _member(_member(document, "response"), "output"),
        _member(about, "dest"),
    )
    files = (_text(each, "responsesFile", "fileName") for each in places)
    error = _member(document, "error")
    return RemoteJob(
        name=_name(document, "batches/"),
        display_name=_text(about, "displayName"),
        model=_text(about, "model").removeprefix("models/"),
        state=_state(about, done=document.get("done") is True, failed=bool(error)),
        created=_text(about, "createTime"),
        total=_count(stats, "requestCount"),
        succeeded=_count(stats, "successfulRequestCount"),
        failed=_count(stats, "failedRequestCount"),
        source=_text(_member(about, "inputConfig"), "fileName"),
        results=next(filter(_is_file, files), ""),
        message=_text(error, "message"),
    )


def _state(about: dict[str, Any], *, done: bool, failed: bool) -> JobState:
    """Return the state; one not yet known goes on until the job is done."""
    word = _text(about, "state").rpartition("STATE_")[2].lower()
    if word in {*JobState}:
        return JobState(word)
    if failed:
        return JobState.FAILED
    return JobState.SUCCEEDED if done else JobState.RUNNING


def _is_file(name: str) -> bool:
    """Whether it may be asked for as a file: no path leads elsewhere."""
    return _FILE.fullmatch(name) is not None


def _file(document: dict[str, Any]) -> RemoteFile:
    return RemoteFile(
        name=_name(document, "files/"),
        display_name=_text(document, "displayName"),
        size=_count(document, "sizeBytes"),
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise ServerError(
            "The service's answer about files and jobs is not a JSON object.",
            hint="Run the same command again; check --base-url.",
        )
    return document


def _name(document: dict[str, Any], kind: str) -> str:
    name = _text(document, "name")
    rest = name.removeprefix(kind)
    if rest == name or not rest.replace("-", "").replace("_", "").isalnum():
        raise ServerError(
            f"The service names no {kind.rstrip('/')} in its answer.",
            hint="Run the same command again; check --base-url.",
        )
    return name


def _member(document: dict[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name)
    return value if isinstance(value, dict) else {}


def _text(document: dict[str, Any], *names: str) -> str:
    values = (document.get(name) for name in names)
    return next((value for value in values if isinstance(value, str)), "")


def _count(document: dict[str, Any], name: str) -> int:
    """Return a number, which protocol buffers write as text."""
    text = str(document.get(name, ""))
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
