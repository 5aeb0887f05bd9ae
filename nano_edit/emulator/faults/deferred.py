"""What goes wrong with files and batches: each fault waits for the step it is for.

An entry of this section stays at the head of the list until its step comes: the
next chunk, finalize, creation, job or download.  Edits pass it by and succeed.
"""

from __future__ import annotations

from nano_edit.emulator.faults.kind import TEXT, FaultSection, ordinary

DEFERRED = FaultSection("Files and batches")


def _row(
    name: str, stage: str, summary: str, argument: str = "", default: str = ""
) -> None:
    DEFERRED.add(
        name, summary, ordinary, stage=stage, argument=argument, default=default
    )


DEFERRED.add(
    "upload-elsewhere",
    "the URL for the upload is ARG, at another host",
    ordinary,
    stage="start",
    argument="URL",
    default="http://127.0.0.1:9/elsewhere",
    pattern=TEXT,
)
_row(
    "upload-cut",
    "chunk",
    "closed after ARG bytes of an uploaded chunk",
    *("bytes", "300000"),
)
_row("upload-503", "chunk", "503 to an uploaded chunk, which is not kept")
_row("upload-lost", "finalize", "the file is made, the connection closed")
_row(
    "create-refused",
    "create",
    "no job is made: Google's error with status ARG",
    *("status", "429"),
)
_row("create-lost", "create", "the job is made, the connection closed")
_row("ask-503", "ask", "503 to the next question after a job")
_row("delete-503", "delete", "503 to the next request to delete a file or batch")
_row("job-stuck", "job", "the job stays pending")
_row("job-expired", "job", "the job expires")
_row("job-failed", "job", "the job fails as a whole")
_row("results-reversed", "job", "the lines of the results in reverse order")
_row("results-late-key", "job", "each line has its key behind the response")
_row("results-missing", "job", "the results lack their last line")
_row(
    "results-cut",
    "job",
    "the results lack their last ARG bytes",
    *("bytes", "50000"),
)
_row(
    "download-cut",
    "download",
    "closed after ARG bytes of the results",
    *("bytes", "100000"),
)
