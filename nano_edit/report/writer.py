"""The HTML report of many edits: one page that needs nothing but itself.

Strategy: every edit is written to a temporary file as it ends, and forgotten, so
memory is flat in their number.  The summary stands at the page's top but is
known at its end; a blank of fixed size is left for it and filled in last.
Then the temporary file takes the report's name in one step.

Rules:
- The page loads nothing: its policy (CSP) allows the one style and the one
  script whose SHA-256 it names, and pictures that the page itself holds.
- The page holds the pictures, so its file is for the owner alone.
- Edits cost money and a report does not: once it is open, a report that cannot
  be written stops no edit; the first fault is raised by `finish`.
- `add` may be called from any thread; one edit is added at a time, so memory is
  bound by the largest picture.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import os
import threading
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Self

from nano_edit import __version__
from nano_edit.atomic_file import PRIVATE, AtomicFile, reason
from nano_edit.errors import OutputError, PartialError
from nano_edit.leftovers import sweep
from nano_edit.report.entry import ReportEntry
from nano_edit.report.from_record import entry_from_record
from nano_edit.report.markup import article, shown
from nano_edit.report.summary import RESERVED, Tally, summary

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["ReportEntry", "ReportWriter", "entry_from_record"]

MANY = 500  # edits; those beyond are shown smaller
LARGE, SMALL = 22_000, 8_000  # bytes of one picture in the page, base64 counted


class ReportWriter:
    """Write the page to ``path``, edit by edit; it appears there at the end.

    A context manager: leaving it finishes the report.  Left by an exception
    other than `PartialError`, the report says that the run was ended early.
    Raises `OutputError` at once when nothing can be written beside ``path``.
    """

    def __init__(self, path: Path, *, title: str, started: datetime) -> None:
        self._folder = Path(os.path.abspath(path)).parent  # noqa: PTH100 - as named
        self._target = Path(os.path.realpath(path))  # a link stays a link to it
        self._started = started.astimezone()
        self._lock = threading.Lock()
        self._tally = Tally()
        self._number = 0
        self._finished = False
        self._fault: OSError | None = None
        self._file = _file_beside(self._target)
        head, middle, self._foot = _frame(title, self._started)
        self._blank = len(head.encode())  # where the summary will stand
        self._write(head + " " * RESERVED + middle)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        early = error is not None and not isinstance(error, PartialError)
        try:
            self.finish(cut_short=early)
        except OutputError:
            if error is None:  # what is in flight matters more
                raise

    def add(self, entry: ReportEntry) -> None:
        """Append one edit; its pictures are read now and not again."""
        with self._lock:
            self._number += 1
            budget = LARGE if self._number <= MANY else SMALL
            text = article(entry, self._number, folder=self._folder, budget=budget)
            self._tally.take(entry)
            self._write(text)

    def finish(self, *, cut_short: bool = False) -> None:
        """Complete the page and put it in place; later calls do nothing.

        Raises `OutputError` when it could not be written; then a report that
        was there before is unchanged.
        """
        with self._lock:
            if self._finished:
                return
            self._finished = True
            self._write(self._foot)
            self._commit(cut_short=cut_short)
        if self._fault is not None:
            raise _unwritable(self._target, self._fault)

    def _write(self, text: str) -> None:
        if self._fault is None:
            try:
                self._file.write(text.encode())
            except OSError as error:
                self._fault = error
                self._file.discard()

    def _commit(self, *, cut_short: bool) -> None:
        """Fill the blank and put the page in place, or remove what there is."""
        if self._fault is not None:
            return
        seconds = (datetime.now(tz=UTC) - self._started).total_seconds()
        text = summary(self._tally, seconds=seconds, cut_short=cut_short)
        try:
            os.lseek(self._file.descriptor, self._blank, os.SEEK_SET)
            self._file.write(text.encode())
            self._file.place(self._target, force=True)
        except OSError as error:
            self._fault = error
            self._file.discard()


def _file_beside(target: Path) -> AtomicFile:
    try:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        sweep(target.parent)
        return AtomicFile(target.parent, mode=PRIVATE)
    except OSError as error:
        raise _unwritable(target, error) from error


def _unwritable(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"The report cannot be written to {path}: {reason(error)}.",
        hint="The edits are not touched by this; --report takes another path.",
    )


def _frame(title: str, started: datetime) -> tuple[str, str, str]:
    """Return what stands before the summary, before the edits, and after them."""
    parts = files("nano_edit.report")
    # Text mode turns every line end into the browser's, and so the hash is right.
    page, style, script = (
        parts.joinpath(name).read_text(encoding="utf-8")
        for name in ("page.html", "page.css", "page.js")
    )
    text = Template(page).substitute(
        title=shown(title, 400),
        started=started.isoformat(timespec="seconds"),
        date=f"{started:%d %B %Y, %H:%M}",
        version=__version__,
        style=style,
        script=script,
        style_hash=_digest(style),
        script_hash=_digest(script),
    )
    head, _, rest = text.partition("<!-- the summary -->")
    middle, _, foot = rest.partition("<!-- the edits -->")
    return head, middle, foot


def _digest(text: str) -> str:
    """Return what names an inline source in a content security policy."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
