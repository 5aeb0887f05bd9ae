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

import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from nano_edit.cli.display.progress import HEARTBEAT, Display, Watch
from nano_edit.domain import Billed
from nano_edit.errors import ExitStatus
from nano_edit.units import duration, size_text

if TYPE_CHECKING:
    from nano_edit.cli.commands.plan import Planned
    from nano_edit.cli.commands.work import Outcome
    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal
    from nano_edit.domain import EditEvent
    from nano_edit.errors import NanoEditError


@dataclass(slots=True)
class Tally:
    """The sums of a run."""

    total: int
    done: int = 0
    cached: int = 0
    skipped: int = 0
    tokens: int = 0
    reasons: Counter[str] = field(default_factory=Counter)  # exit code -> failures
    billed: Billed = Billed.NO  # the worst that is known of any edit
    stopped_by: int | None = None  # the signal
    drained_by: NanoEditError | None = None  # the failure that ended the run

    @property
    def failed(self) -> int:
        """How many edits failed."""
        return self.reasons.total()

    @property
    def ended(self) -> int:
        """How many edits have ended, one way or another."""
        return self.done + self.skipped + self.failed

    @property
    def left(self) -> int:
        """How many edits were not begun."""
        return self.total - self.ended

    def add(self, record: dict[str, Any], error: NanoEditError | None) -> None:
        """Count one edit."""
        if error is not None:
            self.reasons[error.exit_status.code] += 1
            self._bill(error.billed)
        elif record.get("skipped"):
            self.skipped += 1
        else:
            self.done += 1
            self.cached += record["cached"]
            if not record["cached"]:
                self._bill(Billed.YES)
                self.tokens += record["usage"]["total_tokens"] or 0

    def _bill(self, billed: Billed) -> None:
        self.billed = max(self.billed, billed, key=list(Billed).index)


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
        total: int,
        interval: float = HEARTBEAT,
    ) -> None:
        self.options = options
        self.terminal = terminal
        self.tally = Tally(total)
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

    def began(self, edit: Planned) -> None:
        """Enter an edit among those under way."""
        with self._lock:
            self._running[id(edit)] = Running(edit.label, self)
            if self._watch is None and not self.options.quiet:
                self._watch = Watch(self._interval, self._look, self._leave)

    def observe(self, edit: Planned, event: EditEvent) -> None:
        """Take an event of an edit that is under way."""
        self._running[id(edit)].observe(event)

    def ended(self, outcome: Outcome, edit: Planned) -> None:
        """Tell what an edit ended with."""
        with self._lock:
            self._running.pop(id(edit), None)
        if not outcome.begun:
            return
        self.tally.add(outcome.record, outcome.error)
        if self.options.json:
            self._result(json.dumps(outcome.record, ensure_ascii=False))
        elif outcome.error is None:
            self._result(str(outcome.record["output"]))
        if outcome.error is not None:
            self._say(self._place() + self._failure_text(edit, outcome.error))
        else:
            self._tell_done(outcome.record)

    def drained(self, error: NanoEditError) -> None:
        """Tell that the run ends for this failure."""
        self.tally.drained_by = error
        self.note("No new edits are begun; those under way go on.")

    # --- how ------------------------------------------------------------------

    def _tell_done(self, record: dict[str, Any]) -> None:
        self.note(self._place() + done_text(record))
        if self._watch:
            self._watch.wake()  # the next sign of life is due later

    def _tell_sums(self) -> None:
        self._say(sums_text(self.tally, time.monotonic() - self._began))

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
                f"still {len(self._running)} under way, {self.tally.ended} of "
                f"{self.tally.total} ended, {duration(seconds)} so far"
            )

    def _leave(self) -> None:
        """Take down what the watch put up."""

    def _place(self) -> str:
        return f"[{self.tally.ended}/{self.tally.total}] "

    def _failure_text(self, edit: Planned, error: NanoEditError) -> str:
        """Return a failure in a line, and what to do in others if it is new."""
        lines = [failure_text(edit.label, error)]
        if error.recovery is not None:
            lines.append(f"  Kept: {error.recovery}")
        if error.hint and error.hint not in self._hints:
            self._hints.add(error.hint)
            lines.append(f"  {error.hint}")
        return "\n".join(lines)


def batch_display_for(options: Options, terminal: Terminal, total: int) -> BatchDisplay:
    """Choose how to tell: in lines, or on a board that changes."""
    if terminal.is_interactive and not options.quiet:
        from nano_edit.cli.display.batch_live import LiveBatch  # noqa: PLC0415 - not in a script

        return LiveBatch(options, terminal, total)
    return BatchDisplay(options, terminal, total)


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


def sums(tally: Tally, seconds: float) -> list[tuple[str, str]]:
    """Return the sums of a run: what, and how much; only what there is of."""
    reasons = ", ".join(
        f"{count} {code}" for code, count in tally.reasons.most_common()
    )
    rows = [
        ("done", f"{tally.done}", tally.done or not tally.ended),
        ("from the cache", f"{tally.cached}", tally.cached),
        ("skipped", f"{tally.skipped}", tally.skipped),
        ("failed", f"{tally.failed} ({reasons})", tally.failed),
        ("not begun", f"{tally.left}", tally.left),
        ("tokens", f"{tally.tokens:,}", tally.tokens),
        ("time", duration(seconds), True),
    ]
    return [(name, value) for name, value, there in rows if there]


def sums_text(tally: Tally, seconds: float) -> str:
    """Return the sums in a line."""
    facts = ", ".join(f"{name}: {value}" for name, value in sums(tally, seconds))
    return f"{tally.total} edits  {facts}"
