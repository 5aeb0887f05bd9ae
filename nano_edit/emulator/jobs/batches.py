"""Batches: made from a file or from inline requests, worked on, and told of.

A batch has one thread.  It is PENDING for half of the delay, then RUNNING while its
edits are made, and has ended when both the work and the delay have.  Its results are
a file of JSON Lines.

Rules:
- A line is read, answered and written before the next one is read.
- What a direct request would be refused for makes a failed line; a file that is not
  JSON Lines fails the whole batch.
- Each answered line is an entry of the log, method `LINE`: it is what is billed.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nano_edit.emulator.errors import Refusal, google_error, invalid, refuse
from nano_edit.emulator.jobs.files import elapsed_since, timestamp
from nano_edit.emulator.responses import write_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from nano_edit.emulator.errors import Document
    from nano_edit.emulator.faults.syntax import Fault
    from nano_edit.emulator.jobs.files import FileStore
    from nano_edit.emulator.responses import Response

    Answer = Callable[[str, str, bytes], Response]  # batch, model, request

LINE = "batchGenerateContent.line"
LONGEST_LINE = 150_000_000  # bytes
_TYPE = "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch"
_EXPIRED = "The batch has expired."
_JSONL = "application/jsonl"


@dataclass(slots=True)
class Job:
    """One batch, as far as it has come."""

    name: str  # "batches/abc"
    model: str
    display_name: str
    input_file: str  # "": the requests came inline
    inline: tuple[Document, ...]
    fault: Fault
    total: int = 0
    succeeded: int = 0
    failed: int = 0
    state: str = "PENDING"
    error: Document | None = None
    results_file: str = ""
    inline_results: list[Document] = field(default_factory=list)
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    began: float = field(default_factory=time.monotonic)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def is_done(self) -> bool:
        """Whether nothing more will happen."""
        return self.state not in {"PENDING", "RUNNING"}

    def document(self) -> Document:
        """Return the operation as the service describes it."""
        pending = self.total - self.succeeded - self.failed
        stats = {
            "requestCount": self.total,
            "successfulRequestCount": self.succeeded,
            "failedRequestCount": self.failed,
            "pendingRequestCount": pending,
        }
        metadata: Document = {
            "@type": _TYPE,
            "model": f"models/{self.model}",
            "displayName": self.display_name,
            "createTime": timestamp(self.created),
            "updateTime": timestamp(datetime.now(UTC)),
            "batchStats": {name: str(count) for name, count in stats.items() if count},
            "state": f"BATCH_STATE_{self.state}",
            "name": self.name,
        }
        if self.input_file:
            metadata["inputConfig"] = {"fileName": self.input_file}
        found: Document = {"name": self.name, "metadata": metadata}
        output = self._output()
        if output:
            metadata["output"] = output
        found["done"] = self.is_done
        if self.error:
            found["error"] = self.error
        elif output:
            found["response"] = {"@type": f"{_TYPE}Output", **output}
        return found

    def _output(self) -> Document:
        if self.results_file:
            return {"responsesFile": self.results_file}
        if self.inline_results and self.is_done:
            return {"inlinedResponses": {"inlinedResponses": self.inline_results}}
        return {}


class BatchStore:
    """Every batch, and the threads that work on them."""

    def __init__(self, files: FileStore, delay: float) -> None:
        self._files = files
        self._delay = delay  # seconds
        self._lock = threading.Lock()
        self._working = threading.Lock()  # one batch at a time uses the processor
        self._closing = threading.Event()
        self._jobs: dict[str, Job] = {}
        self._threads: list[threading.Thread] = []

    def close(self) -> None:
        """End the work."""
        self._closing.set()
        with self._lock:
            jobs, threads = list(self._jobs.values()), list(self._threads)
        for job in jobs:
            job.ended.set()
        for thread in threads:
            thread.join(timeout=10)

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The batches, the newest first."""
        with self._lock:
            return tuple(reversed(self._jobs.values()))

    def create(self, model: str, fields: Document, fault: Fault, answer: Answer) -> Job:
        """Make a batch and begin it; `Refusal` if it may not be."""
        source = fields["input_config"]
        job = Job(
            name=f"batches/{secrets.token_hex(8)}",
            model=model,
            display_name=fields["display_name"],
            input_file=source if isinstance(source, str) else "",
            inline=() if isinstance(source, str) else tuple(source),
            fault=fault,
        )
        if job.input_file:
            stored = self._files.get(job.input_file)
            if stored.generated:
                raise invalid("The results of a batch cannot be its input.")
            job.total = _count_lines(stored.path)
        else:
            job.total = len(job.inline)
        thread = threading.Thread(target=self._run, args=(job, answer), daemon=True)
        with self._lock:
            self._jobs[job.name] = job
            self._threads.append(thread)
        thread.start()
        return job

    def get(self, name: str) -> Job:
        """Return a batch; `Refusal` (404) when it is not there."""
        with self._lock:
            found = self._jobs.get(name)
        if found is None:
            raise refuse(404, "Requested entity was not found.")
        return found

    def cancel(self, name: str) -> None:
        """Cancel a batch; `Refusal` for one that has ended."""
        job = self.get(name)
        if job.is_done:
            raise invalid("The batch has ended and cannot be cancelled.")
        self._end(job, "CANCELLED")

    def delete(self, name: str) -> None:
        """Forget a batch; work on it ends."""
        job = self.get(name)
        with self._lock:
            self._jobs.pop(name, None)
        if not job.is_done:
            self._end(job, "CANCELLED")

    # --- the work -----------------------------------------------------------

    def _end(self, job: Job, state: str, error: Document | None = None) -> None:
        with self._lock:
            if not job.is_done:
                job.state, job.error = state, error
        job.ended.set()

    def _run(self, job: Job, answer: Answer) -> None:
        kind = job.fault.kind.name
        if kind == "job-stuck" or job.ended.wait(self._delay / 2):
            return
        with self._lock:
            if not job.is_done:
                job.state = "RUNNING"
        try:
            if kind not in {"job-expired", "job-failed"}:
                with self._working:
                    self._make(job, answer)
        except Refusal as refusal:
            self._end(job, "FAILED", {"code": 3, "message": str(refusal)})
            return
        if job.ended.wait(max(0.0, self._delay - elapsed_since(job.began))):
            return
        if kind == "job-expired":
            self._end(job, "EXPIRED", {"code": 4, "message": _EXPIRED})
        elif kind == "job-failed":
            self._end(job, "FAILED", {"code": 13, "message": "Internal error."})
        else:
            self._end(job, "SUCCEEDED")

    def _make(self, job: Job, answer: Answer) -> None:
        if not job.input_file:
            for entry in job.inline:
                self._inline(job, entry, answer)
            return
        path = self._files.new_path()
        places: list[tuple[int, int]] = []  # of each line: offset and length
        with path.open("wb") as results:
            for key, request in _requests(self._files.get(job.input_file).path):
                if job.ended.is_set():
                    break
                begin = results.tell()
                for piece in self._line(job, key, request, answer):
                    results.write(piece)
                places.append((begin, results.tell() - begin))
        _spoil(path, places, job.fault)
        job.results_file = self._files.add(
            path, job.display_name, _JSONL, generated=True
        ).name

    def _line(
        self, job: Job, key: str, request: bytes, answer: Answer
    ) -> Iterator[bytes]:
        kind, value = self._answered(job, request, answer)
        name = b'"key":' + json.dumps(key).encode()
        member = b'"%b":' % kind.encode()
        if job.fault.kind.name == "results-late-key":
            yield from (b"{", member, value, b",", name, b"}\n")
        else:
            yield from (b"{", name, b",", member, value, b"}\n")

    def _answered(self, job: Job, request: bytes, answer: Answer) -> tuple[str, bytes]:
        """Return what a line holds: "response" or "error", and its JSON."""
        try:
            response = answer(job.name, job.model, request)
        except Refusal as refusal:
            response = refusal.response
        # A raw line break in JSON is white space: what is left is one line.
        body = b"".join(response.body).replace(b"\n", b"")
        if 200 <= response.status < 300:
            job.succeeded += 1
            return "response", body
        job.failed += 1
        return "error", _error_in(body, response.status)

    def _inline(self, job: Job, entry: Document, answer: Answer) -> None:
        request = json.dumps(entry["request"]).encode()
        kind, value = self._answered(job, request, answer)
        found = {kind: json.loads(value)}
        if "metadata" in entry:
            found["metadata"] = entry["metadata"]
        job.inline_results.append(found)


def _error_in(body: bytes, status: int) -> bytes:
    try:
        error: Any = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        error = google_error(500, f"The backend answered {status}.")["error"]
    return b"".join(write_json(error, indent=None))


def _count_lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in _lines(file))


def _lines(file: Any) -> Iterator[bytes]:
    while line := file.readline(LONGEST_LINE):
        if line.strip():
            yield line


def _requests(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield each line's key and request; `Refusal` for what is not such a line."""
    seen: set[str] = set()
    with path.open("rb") as file:
        for number, line in enumerate(_lines(file), start=1):
            try:
                entry = json.loads(line)
            except (ValueError, RecursionError):
                raise invalid(f"Line {number} of the file is not JSON.") from None
            if not isinstance(entry, dict) or entry.keys() - {"key", "request"}:
                raise invalid(f"Line {number} must hold key and request alone.")
            key, request = entry.get("key"), entry.get("request")
            if not isinstance(key, str) or not isinstance(request, dict):
                raise invalid(f"Line {number} must hold key and request.")
            if key in seen:
                raise invalid(f"Line {number} repeats the key {key!r}.")
            seen.add(key)
            yield key, json.dumps(request, ensure_ascii=False).encode()


def _spoil(path: Path, places: list[tuple[int, int]], fault: Fault) -> None:
    """Change the results as a fault asks for."""
    kind = fault.kind.name
    if not places:
        return
    if kind == "results-missing":
        _truncate(path, places[-1][0])
    elif kind == "results-cut":
        _truncate(path, max(0, sum(places[-1]) - int(float(fault.argument))))
    elif kind == "results-reversed":
        turned = path.with_suffix(".turned")
        with path.open("rb") as file, turned.open("wb") as out:
            for begin, length in reversed(places):
                file.seek(begin)
                out.write(file.read(length))
        turned.replace(path)


def _truncate(path: Path, size: int) -> None:
    with path.open("r+b") as file:
        file.truncate(size)
