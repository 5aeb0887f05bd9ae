"""Files and batches over HTTP: one call each, bodies streamed both ways.

Rules:
- A call is made once; whether to make it again is the caller's to decide.  All but
  making a job can be repeated without any cost, and their errors say so.
- An upload's URL must be of the service's own host: it is given pictures.  It is
  access by itself, so the key is not sent there.
- Redirects are not followed.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import urlencode, urlsplit

from nano_edit.errors import (
    NanoEditError,
    NetworkError,
    RejectedError,
    Retry,
    ServerError,
    UnknownOutcomeError,
)
from nano_edit.version import VERSION
from nano_edit.wire.credentials import mask
from nano_edit.wire.gemini.batch_jobs import (
    MIME_TYPE,
    batch_json,
    read_file,
    read_files,
    read_job,
    read_jobs,
    upload_json,
)
from nano_edit.wire.gemini.errors import error_of
from nano_edit.wire.http.clock import Clock
from nano_edit.wire.http.connection import Connection
from nano_edit.wire.http.pool import pool_for, proxy_for
from nano_edit.wire.http.tls import TlsContext
from nano_edit.wire.http.transport_errors import transport_errors
from nano_edit.wire.service import endpoint, models_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import httpcore

    from nano_edit.wire.gemini.batch_jobs import RemoteFile, RemoteJob
    from nano_edit.wire.service import Service

_Entry = TypeVar("_Entry", "RemoteFile", "RemoteJob")

CHUNK = 8 * 1024 * 1024  # bytes of an upload that are sent in one request
SILENCE = 60.0  # seconds without a byte
LONGEST = 24 * 3600.0  # seconds of one download
MOST = 4 * 1024 * 1024  # bytes of an answer that is not a download
PAGE = 100  # entries asked for at once
_OK = frozenset({200, 206})


class BatchApi:
    """Calls for files and batches of one service; a context manager."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._models = models_url(service.base_url)
        self._base = self._models.removesuffix("/models")
        self._clock = Clock()
        try:
            self._context = TlsContext(service.base_url).context()
            self._proxy = proxy_for(service.base_url)
        except (OSError, ValueError) as fault:
            raise NetworkError(f"The service cannot be reached: {fault}.") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._clock.close()

    def hide_key(self, text: str) -> str:
        """Return the text without the key."""
        return mask(text, self._service.key)

    # --- files ----------------------------------------------------------------

    def begin_upload(self, name: str, size: int) -> str:
        """Return the URL that takes a file of ``size`` bytes."""
        root, _, version = self._base.rpartition("/")
        headers = {
            "X-Goog-Upload-Protocol": "resumable",
            "X-Goog-Upload-Command": "start",
            "X-Goog-Upload-Header-Content-Length": str(size),
            "X-Goog-Upload-Header-Content-Type": MIME_TYPE,
        }
        url = f"{root}/upload/{version}/files"
        found, _ = self._call("POST", url, upload_json(name), headers)
        to = found.get("x-goog-upload-url", "")
        if _origin(to) != _origin(self._base):
            host = urlsplit(to).hostname or "nowhere"
            raise RejectedError(
                f"The service wants the pictures uploaded to {host}. Nothing was sent "
                "there: it is another host.",
                hint="Check --base-url and --provider.",
            )
        return to

    def upload_chunk(
        self, url: str, offset: int, blocks: Iterable[bytes], size: int, *, last: bool
    ) -> RemoteFile | None:
        """Send ``size`` bytes for ``offset``; return the file behind the last."""
        command = "upload, finalize" if last else "upload"
        headers = {
            "X-Goog-Upload-Command": command,
            "X-Goog-Upload-Offset": str(offset),
            "Content-Length": str(size),
        }
        _, body = self._call("POST", url, blocks, headers, with_key=False)
        return read_file(body) if last else None

    def uploaded(self, url: str) -> int | None:
        """Return how many bytes of an upload have come; None when it has ended."""
        headers = {"X-Goog-Upload-Command": "query"}
        found, _ = self._call("POST", url, b"", headers, with_key=False)
        if found.get("x-goog-upload-status") != "active":
            return None
        text = found.get("x-goog-upload-size-received", "")
        if not text.isdecimal():
            raise ServerError("The service does not say how far the upload came.")
        return int(text)

    def files(self) -> Iterator[RemoteFile]:
        """Yield the account's files."""
        yield from self._pages(f"{self._base}/files", read_files)

    def delete(self, name: str) -> None:
        """Remove a file or a job; one that is gone already is no error."""
        with contextlib.suppress(GoneError):
            self._call("DELETE", f"{self._base}/{name}")

    @contextlib.contextmanager
    def download(self, name: str, offset: int) -> Iterator[tuple[int, Iterator[bytes]]]:
        """Ask for a file from ``offset`` on; give where it begins, and its bytes.

        A service that knows no ranges begins at 0.
        """
        url = f"{self._base}/{name}:download?alt=media"
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        with self._open("GET", url, headers=headers, seconds=LONGEST) as response:
            begin = offset if response.status == 206 else 0
            yield begin, response.iter_stream()

    # --- batches --------------------------------------------------------------

    def create(self, model: str, name: str, file: str) -> RemoteJob:
        """Make a job.  UnknownOutcomeError: it may have been made."""
        url = endpoint(self._service.base_url, model).rpartition(":")[0]
        url += ":batchGenerateContent"
        body = batch_json(name, file)
        _, answer = self._call("POST", url, body, model=model, repeatable=False)
        return read_job(answer)

    def job(self, name: str) -> RemoteJob | None:
        """Return a job as it is now; None when the service does not know it."""
        try:
            _, body = self._call("GET", f"{self._base}/{name}")
        except GoneError:
            return None
        return read_job(body)

    def jobs(self) -> Iterator[RemoteJob]:
        """Yield the account's jobs."""
        yield from self._pages(f"{self._base}/batches", read_jobs)

    def cancel(self, name: str) -> None:
        """Ask for a job to be cancelled; what it has made is billed."""
        self._call("POST", f"{self._base}/{name}:cancel", b"")

    # --- one call ---------------------------------------------------------------

    def _pages(
        self, url: str, read: Callable[[bytes], tuple[list[_Entry], str]]
    ) -> Iterator[_Entry]:
        token = ""
        while True:
            query = {"pageSize": PAGE, **({"pageToken": token} if token else {})}
            _, body = self._call("GET", f"{url}?{urlencode(query)}")
            entries, token = read(body)
            yield from entries
            if not token:
                return

    def _call(
        self,
        method: str,
        url: str,
        content: bytes | Iterable[bytes] | None = None,
        headers: dict[str, str] | None = None,
        *,
        with_key: bool = True,
        model: str = "",
        repeatable: bool = True,
    ) -> tuple[dict[str, str], bytes]:
        """Make a call; return the answer's headers and body."""
        try:
            with self._open(
                *(method, url, content),
                headers=headers or {},
                with_key=with_key,
                model=model,
            ) as response:
                return _headers_of(response), _read(response)
        except (UnknownOutcomeError, ServerError) as error:
            if not repeatable:
                raise
            raise _as_repeatable(error) from None

    @contextlib.contextmanager
    def _open(
        self,
        method: str,
        url: str,
        content: bytes | Iterable[bytes] | None = None,
        *,
        headers: dict[str, str],
        with_key: bool = True,
        model: str = "",
        seconds: float | None = None,
    ) -> Iterator[httpcore.Response]:
        seconds = seconds or self._service.timeout
        connection = Connection(seconds, self._clock, observe=lambda _: None)
        connect = min(self._service.connect_timeout, seconds)
        limits = {"connect": connect, "read": SILENCE, "write": SILENCE}
        if content is not None:
            limits["read"] = seconds
        if isinstance(content, bytes):
            headers = {
                "Content-Type": "application/json",
                **headers,
                "Content-Length": str(len(content)),
            }
            content = [content]
        body = connection.counted(content) if content is not None else None
        with (
            connection,
            transport_errors(connection),
            pool_for(self._proxy, self._context, connection) as pool,
            pool.stream(
                method,
                url,
                headers=self._headers(headers, with_key=with_key),
                content=body,
                extensions={"timeout": limits, "trace": connection.trace},
            ) as response,
        ):
            if response.status not in _OK:
                raise self._error(response, model, with_key=with_key)
            yield response

    def _headers(
        self, headers: dict[str, str], *, with_key: bool
    ) -> list[tuple[str, str]]:
        key = self._service.key if with_key else None
        return [
            *(self._service.provider.headers(key).items() if key else ()),
            *headers.items(),
            ("Accept-Encoding", "identity"),
            ("Connection", "close"),
            ("User-Agent", f"nano-edit/{VERSION}"),
        ]

    def _error(
        self, response: httpcore.Response, model: str, *, with_key: bool
    ) -> NanoEditError:
        key = self._service.key
        body = b""
        with contextlib.suppress(NanoEditError):
            body = _read(response)
        error = error_of(
            response.status,
            _headers_of(response),
            body,
            model=model,
            key=key,
            with_key=with_key and key is not None,
        )
        is_gone = response.status == 404 or b"it may not exist" in body
        if is_gone and not model:
            return GoneError("The service does not know this file or job.")
        # No model is asked when files and jobs are.
        error.message = error.message.replace("The model is", "The service is")
        return error


class GoneError(RejectedError):
    """What was asked for is not there."""


def _as_repeatable(error: NanoEditError) -> NanoEditError:
    """Return the error of a call that costs nothing, however it ended."""
    if error.retry is Retry.SAFE:
        return error
    return ServerError(
        error.message,
        hint="Nothing is lost: run the same command again.",
        retry=Retry.SAFE,
        retry_after=error.retry_after,
        http_status=error.http_status,
    )


def _headers_of(response: httpcore.Response) -> dict[str, str]:
    return {
        name.decode("latin-1").lower(): value.decode("latin-1")
        for name, value in response.headers
    }


def _read(response: httpcore.Response) -> bytes:
    body = bytearray()
    for block in response.iter_stream():
        body += block
        if len(body) > MOST:
            raise ServerError(f"The service's answer is larger than {MOST >> 20} MB.")
    return bytes(body)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return "", None, None
    return parts.scheme, parts.hostname, port
