"""What is told while many edits run: a line for each edit, and the sums at the end.

Strategy: worker threads note down the stage of their edit; the thread that runs
the batch tells what has ended.  A log hears of every edit, and now and then that
a long one is still alive; a terminal is `nano_edit.cli.display.batch_live`.

Rules:
- Standard output gets the paths or the JSON objects, in the order in which the
  edits end; all else goes to standard error.
- ``--quiet`` leaves the failures alone.
- `note` and `observe` may be called from any thread.
- The display only observes: what ends the run, and with which status, is the
  batch's own.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Self

from nano_edit.cli.display.messages import (
    done_text,
    failure_text,
    shows_paths,
    sums,
)
from nano_edit.cli.display.progress import HEARTBEAT, Progress, Watch
from nano_edit.cli.json_line import json_line
from nano_edit.domain import Preparing
from nano_edit.engine.batch.summary import Summary, edits
from nano_edit.units import duration

if TYPE_CHECKING:
    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal
    from nano_edit.domain import Edit, EditEvent, EditResult
    from nano_edit.engine.batch.runner import Outcome
    from nano_edit.engine.records import Record
    from nano_edit.errors import NanoEditError


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
        self.holds_results = False  # they are told later, by others
        self._began = time.monotonic()
        self._interval = interval
        self._due_progress = self._began + interval
        self._lock = threading.Lock()  # of what is under way
        self._running: dict[int, tuple[str, Progress]] = {}
        self._hints: set[str] = set()  # that were given already
        self._watch: Watch | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._watch:
            self._watch.end()
        if kind is None and not self.options.quiet:
            self._tell_sums(sums(self.summary, time.monotonic() - self._began))

    # --- what is told ---------------------------------------------------------

    def note(self, text: str) -> None:
        """Tell a sentence."""
        if not self.options.quiet:
            self._say(text)

    def progress(self, text: str) -> None:
        """Tell how a wait goes, now and then; a board shows it all the time."""
        now = time.monotonic()
        if now >= self._due_progress:
            self._due_progress = now + self._interval
            self.note(text)

    def observe(self, edit: Edit, event: EditEvent) -> None:
        """Take an event of an edit; the first enters it among those under way."""
        if isinstance(event, Preparing):
            self._enter(edit)
        _, progress = self._running[id(edit)]
        progress.observe(event)

    def _enter(self, edit: Edit) -> None:
        label = edit.label
        name = " ".join(self.terminal.printable(label).split())  # in one line
        progress = Progress(
            lambda text: self.note(
                text if text.startswith(label) else f"{label}: {text}"
            )
        )
        with self._lock:
            self._running[id(edit)] = name, progress
            if self._watch is None and not self.options.quiet:
                self._watch = Watch(self._interval, self._look, self._leave)

    def ended(self, outcome: Outcome) -> None:
        """Tell what an edit ended with."""
        edit, record, error = outcome.edit, outcome.record, outcome.error
        with self._lock:
            self._running.pop(id(edit), None)
        if error is not None or not self.holds_results:
            self._tell_result(outcome)
        if outcome.result:
            self._tell_words(outcome.result, edit)
        if error is not None:
            self._tell_failure(edit, error)
        else:
            self._tell_done(record)
        if error is not None and error is self.summary.drained_by:
            self.note("No new edits are begun; those under way go on.")

    # --- how ------------------------------------------------------------------

    def _tell_result(self, outcome: Outcome) -> None:
        if self.options.json:
            self._result(json_line(outcome.record))
        elif outcome.error is None:
            self._result(str(outcome.record["output"]))

    def _tell_words(self, result: EditResult, edit: Edit) -> None:
        for warning in result.warnings:
            self.note(f"{edit.label}: warning: {warning}")
        if self.options.text and result.text:
            self.note(f"{edit.label}: {result.text}")

    def _tell_done(self, record: Record) -> None:
        told = not (self.options.json or self.holds_results)
        named = not (told and shows_paths(self.terminal))
        self.note(self._place() + done_text(record, named=named))
        if self._watch:
            self._watch.wake()  # the next sign of life is due later

    def _tell_sums(self, rows: list[tuple[str, str]]) -> None:
        facts = ", ".join(f"{name}: {value}" for name, value in rows)
        self._say(f"{edits(self.summary.total)}  {facts}")

    def _say(self, text: str, alarm: str = "") -> None:
        self.terminal.say(text, alarm)

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
        """Remove what the watch has drawn."""

    def _place(self) -> str:
        return f"[{self.summary.ended}/{self.summary.total}] "

    def _tell_failure(self, edit: Edit, error: NanoEditError) -> None:
        """Tell a failure in a line, and what to do in others if it is new."""
        alarm, said = failure_text(edit.label, error)
        alarm = self._place() + alarm
        lines = [f"{alarm} {said}"]
        if error.recovery is not None:
            lines.append(f"  Kept: {error.recovery}")
        if error.hint and error.hint not in self._hints:
            self._hints.add(error.hint)
            lines.append(f"  {error.hint}")
        self._say("\n".join(lines), alarm)
