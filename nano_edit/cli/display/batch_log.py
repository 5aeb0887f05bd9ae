"""What is told while many edits run: a line an edit, and the sums at the end.

Strategy: worker threads note down the stage of their edit; the thread that runs
the batch tells what has ended.  A log hears of every edit, and now and then that
a long one is still alive; a terminal is `nano_edit.cli.display.batch_live`.

Rules:
- Standard output gets the paths or the JSON objects, in the order in which the
  edits end; all else goes to standard error.
- ``--quiet`` leaves the failures alone.
- `note`, `began` and `observe` may be called from any thread.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Self

from nano_edit.cli.display.progress import HEARTBEAT, Display, Watch
from nano_edit.cli.json_line import json_line
from nano_edit.domain import Preparing
from nano_edit.engine.batch.summary import Summary, edits
from nano_edit.errors import ExitStatus
from nano_edit.units import duration, size_text

if TYPE_CHECKING:
    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal
    from nano_edit.domain import Edit, EditEvent, EditResult
    from nano_edit.engine.batch.runner import Outcome
    from nano_edit.errors import NanoEditError


class Running(Display):
    """One edit under way: its name, and the stage it is in."""

    def __init__(self, label: str, board: BatchDisplay) -> None:
        super().__init__(board.options, board.terminal)
        self.label = label
        self.name = " ".join(board.terminal.printable(label).split())  # in one line
        self._board = board

    def note(self, text: str) -> None:
        """Tell a sentence about this edit."""
        self._board.note(f"{self.label}: {text}")


class BatchDisplay:
    """Tells of many edits in lines; a context manager that ends with the sums."""

    def __init__(
        self,
        options: Options,
        terminal: Terminal,
        interval: float = HEARTBEAT,
    ) -> None:
        self.options = options
        self.terminal = terminal
        self.summary = Summary(0)  # the batch's own, once there is one
        self._began = time.monotonic()
        self._interval = interval
        self._lock = threading.RLock()  # of the stream and of what is under way
        self._running: dict[int, Running] = {}
        self._hints: set[str] = set()  # that were given already
        self._watch: Watch | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._watch:
            self._watch.end()
        if kind is None and not self.options.quiet:
            self._tell_sums()

    # --- what is told ---------------------------------------------------------

    def note(self, text: str) -> None:
        """Tell a sentence."""
        if not self.options.quiet:
            self._say(text)

    def observe(self, edit: Edit, event: EditEvent) -> None:
        """Take an event of an edit; the first enters it among those under way."""
        if isinstance(event, Preparing):
            with self._lock:
                self._running[id(edit)] = Running(edit.label, self)
                if self._watch is None and not self.options.quiet:
                    self._watch = Watch(self._interval, self._look, self._leave)
        self._running[id(edit)].observe(event)

    def ended(self, outcome: Outcome) -> None:
        """Tell what an edit ended with."""
        edit, record, error = outcome.edit, outcome.record, outcome.error
        with self._lock:
            self._running.pop(id(edit), None)
        if self.options.json:
            self._result(json_line(record))
        elif error is None:
            self._result(str(record["output"]))
        if outcome.result:
            self._tell_words(outcome.result, edit)
        if error is not None:
            self._say(self._place() + self._failure_text(edit, error))
        else:
            self._tell_done(record)
        if error is not None and error is self.summary.drained_by:
            self.note("No new edits are begun; those under way go on.")

    # --- how ------------------------------------------------------------------

    def _tell_words(self, result: EditResult, edit: Edit) -> None:
        for warning in result.warnings:
            self.note(f"{edit.label}: warning: {warning}")
        if self.options.text and result.text:
            self.note(f"{edit.label}: {result.text}")

    def _tell_done(self, record: dict[str, Any]) -> None:
        self.note(self._place() + done_text(record))
        if self._watch:
            self._watch.wake()  # the next sign of life is due later

    def _tell_sums(self) -> None:
        self._say(sums_text(self.summary, time.monotonic() - self._began))

    def _say(self, text: str) -> None:
        with self._lock:
            self.terminal.say(text)

    def _result(self, line: str) -> None:
        self.terminal.result(line)

    def _look(self, woken: bool) -> None:
        """Give a sign of life; CI services end a job that is silent for minutes."""
        if not woken and self._running:
            seconds = time.monotonic() - self._began
            self.note(
                f"still {len(self._running)} under way, {self.summary.ended} of "
                f"{self.summary.total} ended, {duration(seconds)} so far"
            )

    def _leave(self) -> None:
        """Take down what the watch put up."""

    def _place(self) -> str:
        return f"[{self.summary.ended}/{self.summary.total}] "

    def _failure_text(self, edit: Edit, error: NanoEditError) -> str:
        """Return a failure in a line, and what to do in others if it is new."""
        lines = [failure_text(edit.label, error)]
        if error.recovery is not None:
            lines.append(f"  Kept: {error.recovery}")
        if error.hint and error.hint not in self._hints:
            self._hints.add(error.hint)
            lines.append(f"  {error.hint}")
        return "\n".join(lines)


# --- words -------------------------------------------------------------------

_NEVER_SENT = {ExitStatus.USAGE, ExitStatus.INPUT}


def done_text(record: dict[str, Any]) -> str:
    """Return the line of an edit that has its picture."""
    if record.get("skipped"):
        return f"{record['output']}  is there already"
    took = "from the cache" if record["cached"] else f"{record['elapsed_s']:.1f} s"
    size = f"{record['width']}x{record['height']}"
    return f"{record['output']}  {size}  {size_text(record['bytes'])}  {took}"


def failure_text(label: str, error: NanoEditError) -> str:
    """Return which edit failed, how, and whether it was billed."""
    billed = (
        "" if error.exit_status in _NEVER_SENT else f" (billed: {error.billed.value})"
    )
    message = error.message.removeprefix(f"{label}: ")
    return f"{label}: {error.exit_status.code}: {message}{billed}"


def sums(summary: Summary, seconds: float) -> list[tuple[str, str]]:
    """Return the sums of a run: what, and how much; only what there is of."""
    reasons = ", ".join(
        f"{count} {code}" for code, count in summary.reasons.most_common()
    )
    rows = [
        ("done", f"{summary.done}", summary.done or not summary.ended),
        ("from the cache", f"{summary.cached}", summary.cached),
        ("skipped", f"{summary.skipped}", summary.skipped),
        ("failed", f"{summary.failed} ({reasons})", summary.failed),
        ("not begun", f"{summary.left}", summary.left),
        ("tokens", f"{summary.tokens:,}", summary.tokens),
        ("time", duration(seconds), True),
    ]
    return [(name, value) for name, value, there in rows if there]


def sums_text(summary: Summary, seconds: float) -> str:
    """Return the sums in a line."""
    facts = ", ".join(f"{name}: {value}" for name, value in sums(summary, seconds))
    return f"{edits(summary.total)}  {facts}"
