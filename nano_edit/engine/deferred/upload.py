"""The upload of a batch's lines: in chunks, and on from where a cut left it.

Strategy: the lines are read once, in order, and handed on as they come; only after a
failure the service is asked how far it came, and the reading begins there.  No more
than a block is held.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nano_edit.domain import BytesSent
from nano_edit.errors import NanoEditError, Retry, ServerError
from nano_edit.wire.gemini.batch_jobs import bytes_from
from nano_edit.wire.http.batch_api import CHUNK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nano_edit.engine.deferred.calls import Repeating
    from nano_edit.wire.gemini.batch_jobs import RemoteFile, RequestLine
    from nano_edit.wire.http.batch_api import BatchApi


def upload_lines(
    api: BatchApi,
    name: str,
    lines: list[RequestLine],
    repeating: Repeating,
    told: Callable[[BytesSent], None] = lambda _: None,
) -> RemoteFile:
    """Upload the lines as a file with this display name; return the file.

    ``told`` hears how many bytes the service has.  Raises NanoEditError.
    """
    size = sum(line.length for line in lines)
    url = repeating(lambda: api.begin_upload(name, size))
    source = _Source(lines)
    failures = 0
    while True:
        length = min(CHUNK, size - source.offset)
        last = source.offset + length == size
        begin = source.offset
        try:
            file = api.upload_chunk(url, begin, source.take(length), length, last=last)
        except NanoEditError as error:
            if error.retry is not Retry.SAFE:
                raise
            failures += 1
            repeating.after(error, failures)
            received = repeating(lambda: api.uploaded(url))
            if received is None:
                return _ended(api, name, size, repeating)
            failures = 0 if received > begin else failures
            source.seek(received)
            continue
        failures = 0
        told(BytesSent(source.offset))
        if file is not None:
            return file


def find_file(api: BatchApi, name: str) -> RemoteFile | None:
    """Return the file with this display name, if there is one."""
    return next((file for file in api.files() if file.display_name == name), None)


def _ended(api: BatchApi, name: str, size: int, repeating: Repeating) -> RemoteFile:
    """Return the file of an upload that has ended, though its answer was lost."""
    file = repeating(lambda: find_file(api, name))
    if file is None or file.size != size:
        raise ServerError(
            "The service ended the upload and has no whole file. No job was made.",
            hint="Run the same command again.",
        )
    return file


class _Source:
    """The bytes of the lines, in order; ``offset`` is the next byte's."""

    def __init__(self, lines: list[RequestLine]) -> None:
        self.offset = 0
        self._lines = lines
        self._stream = bytes_from(lines, 0)
        self._rest = b""

    def seek(self, offset: int) -> None:
        """Go on from this byte."""
        self.offset = offset
        self._stream = bytes_from(self._lines, offset)
        self._rest = b""

    def take(self, length: int) -> Iterator[bytes]:
        """Yield the next ``length`` bytes in blocks."""
        while length:
            block = self._rest or next(self._stream)
            self._rest = block[length:]
            block = block[:length]
            length -= len(block)
            self.offset += len(block)
            yield block
