"""The HTML report of many edits: one page that needs no other file.

Strategy: every edit is written to a temporary file as it ends, and forgotten, so
memory is flat in their number.  The totals stand at the page's top but are known
at its end; a space of fixed size is left for them and filled in last.  Then the
temporary file takes the report's name in one step.

Rules:
- The page loads nothing: its policy (CSP) allows the one style and the one
  script whose SHA-256 it names, and pictures that the page itself holds.
- The page holds the pictures, so its file is for the owner alone.
- Only a report is replaced: a name that does not end in ``.html``, or a file that
  is not a page of ours, is refused before anything is sent.
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

from nano_edit.atomic_file import PRIVATE, AtomicFile, reason
from nano_edit.errors import InputError, OutputError, PartialError, UsageError
from nano_edit.leftovers import sweep
from nano_edit.report.entry import entry_from_record
from nano_edit.report.markup import article, shown
from nano_edit.report.totals import RESERVED, Totals, totals_markup
from nano_edit.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from nano_edit.report.entry import ReportEntry

MANY = 500  # edits; those beyond are shown smaller
LARGE, SMALL = 22_000, 8_000  # bytes of one picture in the page, base64 counted

_MARKER = b'<meta name="generator" content="nano-edit '  # see page.html
_MARKER_BYTES = 2048  # the marker stands within them


class ReportWriter:
    """Write the page to ``path``, edit by edit; it appears there at the end.

    ``title`` is the page's heading, ``started`` when the run began: now by default.

    A context manager: leaving it finishes the report.  Left by an exception other
    than `PartialError`, the report says that the run ended early.

    Raises UsageError for a name or a file that is not a report's, and InputError
    when nothing can be written beside ``path``.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        title: str = "nano-edit",
        started: datetime | None = None,
    ) -> None:
        self._folder = Path(os.path.abspath(path)).parent  # noqa: PTH100 - as named
        self._target = Path(os.path.realpath(path))  # a link stays a link to it
        self._started = (started or datetime.now(UTC)).astimezone()
        self._lock = threading.Lock()
        self._totals = Totals()
        self._number = 0
        self._finished = False
        self._fault: OSError | None = None
        self._file = _file_for(self._target)
        head, middle, self._foot = _frame(title, self._started)
        self._space = len(head.encode())  # where the totals will stand
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

    def add(self, record: Mapping[str, object]) -> None:
        """Append the edit of a record; its pictures are read now and not again."""
        self.add_entry(entry_from_record(record))

    def add_entry(self, entry: ReportEntry) -> None:
        """Append one edit."""
        with self._lock:
            self._number += 1
            budget = LARGE if self._number <= MANY else SMALL
            text = article(entry, self._number, folder=self._folder, budget=budget)
            self._totals.add(entry)
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
            raise OutputError(
                f"The report cannot be written to {self._target}: "
                f"{reason(self._fault)}.",
                hint="The edits are done all the same; their results are in place.",
            )

    def discard(self) -> None:
        """Write no page; a report that was there before is unchanged."""
        with self._lock:
            self._finished = True
            self._file.discard()

    def _write(self, text: str) -> None:
        if self._fault is None:
            try:
                self._file.write(text.encode())
            except OSError as error:
                self._fault = error
                self._file.discard()

    def _commit(self, *, cut_short: bool) -> None:
        """Fill in the totals and put the page in place, or remove what there is."""
        if self._fault is not None:
            return
        seconds = (datetime.now(tz=UTC) - self._started).total_seconds()
        text = totals_markup(self._totals, seconds=seconds, cut_short=cut_short)
        try:
            os.lseek(self._file.descriptor, self._space, os.SEEK_SET)
            self._file.write(text.encode())
            is_report = _is_report(self._target)
            self._file.place(self._target, force=is_report, as_before=False)
        except OSError as error:
            self._fault = error
            self._file.discard()


def _file_for(target: Path) -> AtomicFile:
    """Return a temporary file beside ``target``, which must be free or a report."""
    if target.suffix.lower() != ".html":
        raise UsageError(
            f"A report must be a file that ends in .html, not {target.name}.",
            hint="Nothing was sent. Example: --report report.html",
        )
    try:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if os.path.lexists(target) and not _is_report(target):
            raise UsageError(
                f"{target} exists and is not a report of nano-edit.",
                hint="Nothing was sent. Name another file for --report.",
            )
        sweep(target.parent)
        return AtomicFile(target.parent, mode=PRIVATE)
    except OSError as error:
        raise InputError(
            f"The report cannot be written to {target}: {reason(error)}.",
            hint="Nothing was sent. Name another file for --report.",
        ) from error


def _is_report(path: Path) -> bool:
    """Whether a file that exists begins as the pages of this module do."""
    if not path.is_file():  # a pipe would be waited for
        return False
    with path.open("rb") as file:
        head = file.read(_MARKER_BYTES)
    return head.startswith(b"<!doctype html>") and _MARKER in head


def _frame(title: str, started: datetime) -> tuple[str, str, str]:
    """Return what stands before the totals, before the edits, and after them."""
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
        version=VERSION,
        style=style,
        script=script,
        style_hash=_digest(style),
        script_hash=_digest(script),
    )
    head, _, rest = text.partition("<!-- the totals -->")
    middle, _, foot = rest.partition("<!-- the edits -->")
    return head, middle, foot


def _digest(text: str) -> str:
    """Return what names an inline source in a content security policy."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
