"""The resumable upload: start, chunks at their offsets, where it stands, finalize.

The protocol is headers: ``X-Goog-Upload-Command`` says what is to be done and
``X-Goog-Upload-Offset`` where the bytes belong.  The upload's URL alone gives access;
its requests carry no key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from nano_edit.emulator.connection import ClientGoneError
from nano_edit.emulator.errors import Refusal, google_error, invalid
from nano_edit.emulator.fields import fields_of, load_json
from nano_edit.emulator.jobs.files import GRANULE
from nano_edit.emulator.responses import Response, write_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

    from nano_edit.emulator.faults.syntax import FaultQueue
    from nano_edit.emulator.jobs.files import FileStore, Upload

COMMANDS = {"upload", "finalize", "query", "cancel"}
_LONGEST_NAME = 512  # characters of a display name


class UploadRequest(NamedTuple):
    """One request to an upload's URL."""

    headers: Message[str, str]
    pieces: Iterator[bytes]  # of its body
    base_url: str


def start_upload(
    store: FileStore,
    headers: Message[str, str],
    body: bytes,
    base_url: str,
    faults: FaultQueue,
) -> Response:
    """Begin an upload and tell its URL; `Refusal` for what the protocol forbids."""
    if headers.get("X-Goog-Upload-Protocol", "").lower() != "resumable":
        raise invalid("X-Goog-Upload-Protocol must be resumable.")
    if headers.get("X-Goog-Upload-Command", "").lower() != "start":
        raise invalid("X-Goog-Upload-Command must be start.")
    size = _number(headers, "X-Goog-Upload-Header-Content-Length")
    mime_type = headers.get("X-Goog-Upload-Header-Content-Type", "")
    if "/" not in mime_type:
        raise invalid("X-Goog-Upload-Header-Content-Type is missing.")
    document = load_json(body) if body.strip() else {}
    described = fields_of(document, "", {"file"}).get("file", {})
    known = {"name", "display_name", "mime_type", "size_bytes"}
    fields = fields_of(described, "file", known)
    name = str(fields.get("display_name", ""))
    if len(name) > _LONGEST_NAME:
        raise invalid("File display name is too long.")
    upload = store.start(name, mime_type, size)
    url = f"{base_url}/upload/v1beta/files?upload_id={upload.id}"
    fault = faults.take("start")
    if fault.kind.name == "upload-elsewhere":
        url = f"{fault.argument}?upload_id={upload.id}"
    return Response(
        200,
        (),
        headers=(
            ("X-Goog-Upload-URL", f"{url}&upload_protocol=resumable"),
            ("X-Goog-Upload-Status", "active"),
            ("X-Goog-Upload-Chunk-Granularity", str(GRANULE)),
        ),
    )


def continue_upload(
    store: FileStore,
    upload: Upload,
    said: UploadRequest,
    faults: FaultQueue,
) -> Response:
    """Carry out one command; `ClientGoneError` where a fault ends the connection."""
    word = said.headers.get("X-Goog-Upload-Command", "").lower()
    commands = {each.strip() for each in word.split(",")}
    if not commands <= COMMANDS:
        raise invalid(f"Invalid X-Goog-Upload-Command: {word!r}.")
    with upload.lock:
        if commands == {"query"}:
            return _status(upload, said.base_url)
        if commands == {"cancel"}:
            store.cancel(upload)
            return Response(200, (), headers=(("X-Goog-Upload-Status", "cancelled"),))
        if upload.file is not None:
            raise _refused(upload, "Upload has already been finalized.")
        if "upload" in commands:
            _take(store, upload, said, faults, last="finalize" in commands)
        if "finalize" in commands:
            store.finalize(upload)
            if faults.take("finalize").kind.name == "upload-lost":
                raise ClientGoneError
    return _status(upload, said.base_url)


def _take(
    store: FileStore,
    upload: Upload,
    said: UploadRequest,
    faults: FaultQueue,
    *,
    last: bool,
) -> None:
    offset = _number(said.headers, "X-Goog-Upload-Offset")
    if offset != upload.received:
        raise _refused(
            upload, f"Offset is {offset}, but {upload.received} bytes were received."
        )
    fault = faults.take("chunk")
    if fault.kind.name == "upload-503":
        raise refused_503()
    pieces = said.pieces
    if fault.kind.name == "upload-cut":
        pieces = _cut(pieces, int(float(fault.argument)))
    store.append(upload, pieces, whole=last)


def refused_503() -> Refusal:
    """Return the service's answer when it is overloaded."""
    text = "The service is currently unavailable."
    return Refusal(Response(503, write_json(google_error(503, text))), text)


def _cut(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    for piece in pieces:
        yield piece[:size]
        size -= len(piece)
        if size <= 0:
            raise ClientGoneError


def _status(upload: Upload, base_url: str) -> Response:
    body: Any = ()
    if upload.file is not None:
        body = write_json({"file": upload.file.document(base_url)})
    state = "final" if upload.file else "active"
    received = ("X-Goog-Upload-Size-Received", str(upload.received))
    return Response(200, body, headers=(("X-Goog-Upload-Status", state), received))


def _refused(upload: Upload, message: str) -> Refusal:
    state = "final" if upload.file else "active"
    headers = (("X-Goog-Upload-Status", state),)
    document = google_error(400, message)
    return Refusal(Response(400, write_json(document), headers=headers), message)


def _number(headers: Message[str, str], name: str) -> int:
    text = headers.get(name, "").strip()
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise invalid(f"{name} must be a number of bytes.")
    return int(text)
