"""The HTML report of many edits: one page that needs nothing but itself.

Strategy: every edit is written to a part file as it ends, and forgotten, so
memory is flat in their number.  The summary stands at the page's top but is
known at its end; a blank of fixed size is left for it and filled in last.
Then the part file takes the report's name in one step.

Rules:
- The page loads nothing: its policy (CSP) allows the one style and the one
  script whose SHA-256 it names, and pictures that the page itself holds.
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
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Self

from nano_edit import __version__
from nano_edit.cli.messages import size_text
from nano_edit.cli.report_page.markup import article, shown
from nano_edit.cli.report_page.summary import RESERVED, Tally, duration, summary
from nano_edit.errors import OutputError, PartialError
from nano_edit.pictures.part import PartFile, reason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

MANY = 500  # edits; those beyond are shown smaller
LARGE, SMALL = 24_000, 8_000  # bytes of one picture in the page, base64 counted


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """One edit as the report shows it; all texts may be foreign."""

    title: str  # the output's name or the job's label
    instruction: str
    before: Path | None  # the first input on disk
    after: Path | None  # the output on disk
    figures: Mapping[str, str]  # name -> value, in the order of showing
    outcome: str  # "done", "failed", "skipped", "cached"
    failure: str = ""  # message and hint of an edit that failed
    code: str = ""  # the exit table's name: "refused", "quota", ...


def entry_from_record(
    record: Mapping[str, object], *, instruction: str, before: Path | None
) -> ReportEntry:
    """Return the entry of one ``--json`` result.

    Beside the result's own keys, ``cached`` and ``skipped`` are read as flags.
    """
    output, error = record.get("output"), record.get("error")
    path = Path(output) if isinstance(output, str) and output not in {"", "-"} else None
    named = path or before
    outcome = _outcome(record)
    fault = error if isinstance(error, dict) else {}
    said = (str(fault[key]) for key in ("message", "hint") if fault.get(key))
    return ReportEntry(
        title=named.name if named else "standard output",
        instruction=instruction,
        before=before,
        after=None if outcome == "failed" else path,
        figures=_figures(record, fault),
        outcome=outcome,
        failure="\n".join(said),
        code=str(fault.get("code") or ""),
    )


def _outcome(record: Mapping[str, object]) -> str:
    flags = ("skipped", "cached")
    flagged = next((name for name in flags if record.get(name)), None)
    return flagged or ("done" if record.get("ok") else "failed")


def _figures(
    record: Mapping[str, object], fault: Mapping[str, object]
) -> dict[str, str]:
    """Return what a result says in figures, as a person reads them."""
    usage = record.get("usage")
    tokens = usage.get("total_tokens") if isinstance(usage, dict) else None
    width, height = record.get("width"), record.get("height")
    attempts = record.get("attempts")
    told = {
        "pixels": f"{width} \N{MULTIPLICATION SIGN} {height}"
        if width and height
        else "",
        "bytes": _number(record.get("bytes"), size_text),
        "seconds": _number(record.get("elapsed_s"), duration),
        "tokens": _number(tokens, "{:,}".format),
        "attempts": str(attempts) if attempts not in {None, 0, 1} else "",
        "model": str(record.get("model") or ""),
        "billed": str(fault.get("billed") or ""),
        "kept": str(fault.get("recovery") or ""),
    }
    return {name: value for name, value in told.items() if value}


def _number(value: object, show: Callable[[float], str]) -> str:
    return show(value) if isinstance(value, int | float) else ""


class ReportWriter:
    """Write the page to ``path``, edit by edit; it appears there at the end.

    A context manager: leaving it finishes the report.  Left by an exception
    other than `PartialError`, the report says that the run was ended early.
    Raises `OutputError` at once when nothing can be written beside ``path``.
    """

    def __init__(self, path: Path, *, title: str, started: datetime) -> None:
        self._target = path.resolve()  # a link stays a link to the new report
        self._started = started.astimezone()
        self._lock = threading.Lock()
        self._tally = Tally()
        self._number = 0
        self._finished = False
        self._fault: OSError | None = None
        self._part = _part_beside(self._target)
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
            folder = self._target.parent
            self._tally.take(entry)
            self._write(article(entry, self._number, folder=folder, budget=budget))

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
                self._part.write(text.encode())
            except OSError as error:
                self._fault = error
                self._part.drop()

    def _commit(self, *, cut_short: bool) -> None:
        """Fill the blank and put the page in place, or remove what there is."""
        if self._fault is not None:
            return
        seconds = (datetime.now(tz=UTC) - self._started).total_seconds()
        text = summary(self._tally, seconds=seconds, cut_short=cut_short)
        try:
            os.lseek(self._part.descriptor, self._blank, os.SEEK_SET)
            self._part.write(text.encode())
            self._part.settle()
            self._part.path.replace(self._target)
        except OSError as error:
            self._fault = error
            self._part.drop()


def _part_beside(target: Path) -> PartFile:
    try:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        return PartFile(target.parent)
    except OSError as error:
        raise _unwritable(target, error) from error


def _unwritable(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"The report cannot be written to {path}: {reason(error)}.",
        hint="The edits are not touched by this; --report takes another path.",
    )


def _frame(title: str, started: datetime) -> tuple[str, str, str]:
    """Return what stands before the summary, before the edits, and after them."""
    parts = files("nano_edit.cli.report_page")
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
