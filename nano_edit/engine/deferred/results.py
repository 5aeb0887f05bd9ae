"""The results of a job, line by line, off the network by way of a file.

Strategy: a line is written into a temporary file while its outline is read; only a
line that has come to its end is handed on.  After a cut the download goes on at the
beginning of the line that was cut.

Rules:
- A line can be 40 MB: no more than a block of it is held.
- The file has no name on the disk, so a kill leaves nothing.
"""

from __future__ import annotations

import json
import tempfile
from typing import IO, TYPE_CHECKING

from nano_edit.atomic_file import reason
from nano_edit.errors import InputError, NanoEditError, Retry, ServerError
from nano_edit.wire.gemini.result_lines import LineMembers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nano_edit.engine.deferred.calls import Repeating
    from nano_edit.wire.http.batch_api import BatchApi

BLOCK = 256 * 1024  # bytes read back at a time
_LONGEST_KEY = 256  # bytes
_LONGEST_ERROR = 64 * 1024
_UNSATISFIABLE = 416  # HTTP: the range begins at the end


class ResultLine:
    """One line of the results, as long as the next one is not asked for."""

    def __init__(self, file: IO[bytes], members: LineMembers) -> None:
        self._file = file
        self._spans = members.spans
        self._size = members.size

    @property
    def key(self) -> str | None:
        """Which request it answers; None when the line does not say so."""
        try:
            key = json.loads(b"".join(self._read("key", _LONGEST_KEY)))
        except ValueError:
            return None
        return key if isinstance(key, str) else None

    @property
    def error(self) -> bytes | None:
        """The error of a line that failed, as JSON; None for a response."""
        if "error" not in self._spans or "response" in self._spans:
            return None
        return b"".join(self._read("error", _LONGEST_ERROR))

    def response(self) -> Iterator[bytes]:
        """Yield the response's bytes, as many as came; again if asked again."""
        yield from self._read("response", self._size)

    def _read(self, name: str, most: int) -> Iterator[bytes]:
        begin, end = self._spans.get(name, (0, 0))
        left = min(most, (self._size if end is None else end) - begin)
        self._file.seek(begin)
        while left > 0 and (block := self._file.read(min(BLOCK, left))):
            left -= len(block)
            yield block


def result_lines(
    api: BatchApi, name: str, folder: Path, repeating: Repeating
) -> Iterator[ResultLine]:
    """Yield the lines of the file ``name``; their bytes pass through ``folder``.

    Raises InputError when the folder cannot take them, and what a download raises.
    """
    download = _Download(api, name, folder)
    failures = 0
    while not download.is_done:
        before = download.offset
        try:
            yield from download.lines()
        except NanoEditError as error:
            if error.http_status == _UNSATISFIABLE and before:
                return
            failures = 1 if download.offset > before else failures + 1
            repeating.after(_repeatable(error), failures)


def _repeatable(error: NanoEditError) -> NanoEditError:
    """Return the error of a download, which can be made again at no cost."""
    if isinstance(error, ServerError) or error.retry is not Retry.NEVER:
        error.retry = Retry.SAFE
    return error


class _Download:
    """The results as they come; ``offset`` is where the next line begins."""

    def __init__(self, api: BatchApi, name: str, folder: Path) -> None:
        self.offset = 0
        self.is_done = False
        self._api = api
        self._name = name
        self._folder = folder

    def lines(self) -> Iterator[ResultLine]:
        """Yield the lines from the offset on, until the end or a failure."""
        with self._api.download(self._name, self.offset) as (begin, blocks):
            line = _Incoming(self._folder)
            try:
                for block in _without_first(blocks, self.offset - begin):
                    at = 0
                    while (end := block.find(b"\n", at)) >= 0:
                        line.write(block[at:end])
                        yield from line.whole()
                        self.offset += line.size + 1
                        line, at = _Incoming(self._folder), end + 1
                    line.write(block[at:])
                yield from line.whole()
                self.is_done = True
            finally:
                line.close()


def _without_first(blocks: Iterator[bytes], count: int) -> Iterator[bytes]:
    for block in blocks:
        if count < len(block):
            yield block[count:]
        count = max(0, count - len(block))


class _Incoming:
    """A line that is coming."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: IO[bytes] | None = None
        self._members = LineMembers()

    @property
    def size(self) -> int:
        """How many of its bytes have come."""
        return self._members.size

    def write(self, data: bytes) -> None:
        if not data:
            return
        try:
            if self._file is None:
                self._folder.mkdir(parents=True, mode=0o700, exist_ok=True)
                self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - closed by `whole`
            self._file.write(data)
        except OSError as fault:
            raise InputError(
                f"The results cannot be written to {self._folder}: {reason(fault)}.",
                hint="Nothing is lost: free space, then run the same command again.",
            ) from None
        self._members.feed(data)

    def whole(self) -> Iterator[ResultLine]:
        """Yield the line, unless it is empty, and let it go afterwards."""
        try:
            if self._file is not None and self._members.spans:
                self._file.flush()
                yield ResultLine(self._file, self._members)
        finally:
            self.close()

    def close(self) -> None:
        """Let the line go."""
        if self._file is not None:
            self._file.close()
