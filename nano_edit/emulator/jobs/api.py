"""The paths of files and batches, and what each answers.

What the service would refuse is refused: fields that it does not know, batches over
20 MB inline, downloads of what was uploaded.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs

from nano_edit.emulator.bodies import body_pieces, read_body
from nano_edit.emulator.connection import ClientGoneError
from nano_edit.emulator.errors import (
    Refusal,
    error_response,
    google_error,
    invalid,
    model_not_found,
    refuse,
)
from nano_edit.emulator.fields import fields_of, load_json
from nano_edit.emulator.jobs.batches import BatchStore
from nano_edit.emulator.jobs.files import FileStore, page_of, read_blocks
from nano_edit.emulator.jobs.uploads import (
    UploadRequest,
    continue_upload,
    refused_503,
    start_upload,
)
from nano_edit.emulator.models import find_model
from nano_edit.emulator.responses import JSONL_TYPE, Response, write_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message
    from io import BufferedIOBase

    from nano_edit.emulator.errors import Document
    from nano_edit.emulator.faults.syntax import FaultQueue
    from nano_edit.emulator.jobs.batches import Answer

MAX_INLINE = 20 * 1024 * 1024  # bytes of a batch whose requests are in it
_MOST = 100  # entries on a page
_PATH = re.compile(
    r"(?P<prefix>.*?)(?P<kind>/upload|/download)?/(?P<version>v1|v1beta|v1alpha)"
    r"/(?:(?P<what>files|batches)(?:/(?P<id>[^/:?]+))?(?::(?P<verb>\w+))?"
    r"|models/(?P<model>[^/:?]+):batchGenerateContent)"
)
_METHODS = {
    ("POST", "upload", "files", ""): "files.upload",
    ("PUT", "upload", "files", ""): "files.upload",
    ("GET", "", "files", ""): "files.list",
    ("GET", "", "files", "id"): "files.get",
    ("DELETE", "", "files", "id"): "files.delete",
    ("GET", "", "files", "download"): "files.download",
    ("GET", "download", "files", "download"): "files.download",
    ("POST", "", "models", ""): "batchGenerateContent",
    ("GET", "", "batches", ""): "batches.list",
    ("GET", "", "batches", "id"): "batches.get",
    ("DELETE", "", "batches", "id"): "batches.delete",
    ("POST", "", "batches", "cancel"): "batches.cancel",
}


class ApiCall(NamedTuple):
    """One call for files or batches."""

    method: str  # "files.get", as the service calls it
    match: re.Match[str]  # of its path
    query: str
    headers: Message[str, str]

    @property
    def name(self) -> str:
        """What it is about: "files/abc"."""
        return f"{self.match['what']}/{self.match['id']}"

    @property
    def base_url(self) -> str:
        """The URL that stands before ``/v1beta``."""
        return f"http://{self.headers.get('Host', '')}{self.match['prefix']}"

    @property
    def upload_id(self) -> str:
        """The upload that it goes on with; its URL is access without a key."""
        if self.method != "files.upload":
            return ""
        return _field(self.query, "upload_id")


def find_call(command: str, target: str, headers: Message[str, str]) -> ApiCall | None:
    """Return the call that a request is; None for one of other paths."""
    path, _, query = target.partition("?")
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    kind = (match["kind"] or "").removeprefix("/")
    verb = match["verb"] or ("id" if match["id"] else "")
    method = _METHODS.get((command, kind, match["what"] or "models", verb))
    return ApiCall(method, match, query, headers) if method else None


class DeferredApi:
    """Files and batches behind the HTTP; ``answer`` makes one line's response."""

    def __init__(self, faults: FaultQueue, delay: float, answer: Answer) -> None:
        self.files = FileStore()
        self.batches = BatchStore(self.files, delay)
        self._faults = faults
        self._answer = answer

    def close(self) -> None:
        """End the work and remove the files."""
        self.batches.close()
        self.files.close()

    def respond(self, call: ApiCall, stream: BufferedIOBase) -> Response:
        """Return the response to one call; its body is read off ``stream``.

        `Refusal` when the service would refuse it, `ClientGoneError` where a fault
        ends the connection.
        """
        if call.upload_id:
            return self._continue(call, stream)
        body = read_body(stream, call.headers)
        if call.match["model"]:
            return self._create(call.match["model"], call.match["version"], body)
        if call.method == "files.upload":
            return start_upload(
                *(self.files, call.headers, body, call.base_url), self._faults
            )
        if call.match["what"] == "batches":
            return self._of_batches(call)
        return self._of_files(call)

    def _of_files(self, call: ApiCall) -> Response:
        if call.method == "files.list":
            return self._list_files(call)
        if call.method == "files.download":
            return self._download(call)
        if call.method == "files.delete":
            self._may_delete()
            self.files.delete(call.name)
            return _json({})
        return _json(self.files.get(call.name).document(call.base_url))

    def _of_batches(self, call: ApiCall) -> Response:
        if call.method == "batches.list":
            return self._list_batches(call.query)
        if call.method == "batches.get":
            if self._faults.take("ask").kind.name == "ask-503":
                raise refused_503()
            return _json(self.batches.get(call.name).document())
        if call.method == "batches.cancel":
            self.batches.cancel(call.name)
        else:
            self._may_delete()
            self.batches.delete(call.name)
        return _json({})

    def _may_delete(self) -> None:
        if self._faults.take("delete").kind.name == "delete-503":
            raise refused_503()

    # --- files --------------------------------------------------------------

    def _continue(self, call: ApiCall, stream: BufferedIOBase) -> Response:
        pieces = body_pieces(stream, call.headers)
        try:
            upload = self.files.upload(call.upload_id)
            said = UploadRequest(call.headers, pieces, call.base_url)
            return continue_upload(self.files, upload, said, self._faults)
        except Refusal:
            for _ in pieces:  # read to its end, so that the response is seen
                pass
            raise

    def _list_files(self, call: ApiCall) -> Response:
        files, token = page_of(self.files.files, *_page(call.query))
        found: Document = {"files": [each.document(call.base_url) for each in files]}
        return _json({**found, "nextPageToken": token} if token else found)

    def _download(self, call: ApiCall) -> Response:
        if _field(call.query, "alt") != "media":
            raise invalid("Only alt=media is supported for downloads.")
        stored = self.files.get(call.name)
        if not stored.generated:
            raise invalid("File is not downloadable. Only generated files are.")
        begin = _range(call.headers.get("Range", ""), stored.size)
        pieces: Iterator[bytes] = read_blocks(stored.path, begin)
        fault = self._faults.take("download")
        if fault.kind.name == "download-cut":
            pieces = _broken_off(pieces, int(float(fault.argument)))
        if not begin:
            return Response(200, pieces, JSONL_TYPE)
        told = f"bytes {begin}-{stored.size - 1}/{stored.size}"
        return Response(206, pieces, JSONL_TYPE, (("Content-Range", told),))

    # --- batches ------------------------------------------------------------

    def _create(self, model: str, version: str, body: bytes) -> Response:
        if find_model(model) is None:
            raise model_not_found(model, version)
        if len(body) > MAX_INLINE:
            raise invalid("Request payload size exceeds the limit: 20971520 bytes.")
        fields = _batch_fields(load_json(body), model)
        fault = self._faults.take("create")
        if fault.kind.name == "create-refused":
            status = int(float(fault.argument))
            document = google_error(status, f"The batch is refused ({status}).")
            raise Refusal(error_response(status, document), "refused by a fault")
        job = self.batches.create(model, fields, self._faults.take("job"), self._answer)
        if fault.kind.name == "create-lost":
            raise ClientGoneError
        return _json(job.document())

    def _list_batches(self, query: str) -> Response:
        jobs, token = page_of(self.batches.jobs, *_page(query))
        found: Document = {"operations": [each.document() for each in jobs]}
        return _json({**found, "nextPageToken": token} if token else found)


def _batch_fields(document: Any, model: str) -> Document:
    """Return the display name and the input of a batch that is to be made."""
    top = fields_of(document, "", {"batch"})
    known = {"display_name", "input_config", "model", "priority"}
    batch = fields_of(top.get("batch"), "batch", known)
    if batch.get("model", f"models/{model}") != f"models/{model}":
        raise invalid("batch.model differs from the model of the URL.")
    name = batch.get("display_name", "")
    if not isinstance(name, str):
        raise invalid("Invalid value at 'batch.display_name' (TYPE_STRING).")
    where = "batch.input_config"
    source = fields_of(batch.get("input_config"), where, {"file_name", "requests"})
    if len(source) != 1:
        raise invalid(f"Invalid value at '{where}' (oneof), one source is required.")
    if "file_name" in source:
        if not isinstance(source["file_name"], str):
            raise invalid(f"Invalid value at '{where}.file_name' (TYPE_STRING).")
        return {"display_name": name, "input_config": source["file_name"]}
    inner = fields_of(source["requests"], f"{where}.requests", {"requests"})
    entries = inner.get("requests")
    if not isinstance(entries, list) or not entries:
        raise invalid(f"Invalid value at '{where}.requests': there is no request.")
    for entry in entries:
        fields = fields_of(entry, f"{where}.requests", {"request", "metadata"})
        if not isinstance(fields.get("request"), dict):
            raise invalid(f"Invalid value at '{where}.requests.request'.")
    return {"display_name": name, "input_config": entries}


def _json(document: Document) -> Response:
    return Response(200, write_json(document))


def _field(query: str, name: str) -> str:
    return parse_qs(query, keep_blank_values=True).get(name, [""])[-1]


def _page(query: str) -> tuple[int, str]:
    """Return the page's size and its token."""
    text = _field(query, "pageSize") or "10"
    if not (text.isascii() and text.isdecimal() and 0 < int(text) <= _MOST):
        raise invalid(f"Page size must be a number from 1 to {_MOST}.")
    return int(text), _field(query, "pageToken")


def _range(text: str, size: int) -> int:
    """Return where a ``Range: bytes=N-`` begins; anything else is all of it."""
    match = re.fullmatch(r"bytes=(\d{1,15})-", text.strip())
    if match is None:
        return 0
    if int(match[1]) >= size:
        raise refuse(416, f"The file has {size} bytes.")
    return int(match[1])


def _broken_off(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    for piece in pieces:
        yield piece[:size]
        size -= len(piece)
        if size <= 0:
            raise ClientGoneError
