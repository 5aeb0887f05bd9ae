"""One edit among many: made in a worker's thread, ended with a record.

Rules:
- An edit that failed is an outcome like any other; only a bug is raised.
- What the manifest says is done, and is there, is not done again.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from nano_edit.cli.commands.job import edit_options, prepare_job
from nano_edit.cli.commands.manifest import Manifest, job_id
from nano_edit.cli.commands.stopping import is_for_all
from nano_edit.cli.config.service import means_of
from nano_edit.domain import Billed
from nano_edit.engine.rate_gate import SharedPace
from nano_edit.engine.records import Record, record_of_error, record_of_result
from nano_edit.errors import InterruptedEdit, NanoEditError

if TYPE_CHECKING:
    from nano_edit.cli.commands.plan import Planned
    from nano_edit.cli.config.service import Connection
    from nano_edit.cli.config.settings import Resolved
    from nano_edit.cli.display.batch_log import BatchDisplay
    from nano_edit.cli.options import Options
    from nano_edit.cli.terminal import Terminal
    from nano_edit.engine.batch.runner import Batch


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What one edit ended with: its record, and the error if it failed.

    One that was stopped before it cost anything has not ended: it never began.
    """

    record: Record
    error: NanoEditError | None = None
    begun: bool = True


class Work:
    """Makes one edit; called by many threads."""

    def __init__(
        self,
        base: Resolved,
        terminal: Terminal,
        connection: Connection,
        manifest: Manifest | None,
        display: BatchDisplay,
    ) -> None:
        self._base = base
        self._terminal = terminal
        self._connection = connection
        self._manifest = manifest
        self._display = display
        self._pace = SharedPace(base.options.jobs, base.options.rpm)
        self.batch: Batch[Planned, Outcome]  # set before any edit begins
        self.drained_by: NanoEditError | None = None

    def __call__(self, edit: Planned) -> Outcome:
        """Make the edit and return what it ended with; a bug alone is raised."""
        about: Record = {}
        options = self._base.options
        try:
            options = edit.options(self._base)
            about = {
                "job": job_id(options, edit.index),
                "label": edit.label,
                "instruction": options.instruction or "",
                "images": options.images or [],
            }
            record = self._record(edit, options, about["job"])
        except NanoEditError as error:
            self._drain_after(error)
            begun = not isinstance(error, InterruptedEdit) or error.billed != Billed.NO
            record = record_of_error(error, options.output)
            return Outcome({**record, **about}, error, begun)
        return Outcome({**record, **about})

    def _record(self, edit: Planned, options: Options, job: str) -> Record:
        if there := self._output_there(options, edit, job):
            return {"ok": True, "skipped": True, "output": there}
        self._display.began(edit)
        return self._edit(options, edit)

    def _output_there(self, options: Options, edit: Planned, job: str) -> str | None:
        """Return the output of an edit that is done, or that is to be skipped."""
        if self._manifest and (output := self._manifest.output_of(job)):
            return output
        if not options.skip_existing:
            return None
        from nano_edit.pictures.outputs.destination import possible_files  # noqa: PLC0415

        files = possible_files(
            options.output,
            first_source=(options.images or ("",))[0],
            format_name=options.format,
            suffix_index=edit.index,
        )
        return next((str(file) for file in files if file.exists()), None)

    def _edit(self, options: Options, edit: Planned) -> Record:
        from nano_edit.engine.edit import edit as make  # noqa: PLC0415
        from nano_edit.pictures.inputs.workspace import Workspace  # noqa: PLC0415

        def observe(event: Any) -> None:
            self._display.observe(edit, event)

        def note(text: str) -> None:
            self._display.note(f"{edit.label}: {text}")

        with Workspace() as workspace:
            job = prepare_job(
                options, self._terminal, workspace, note, index=edit.index
            )
            means = means_of(options, self._connection, observe, self._pace)
            result = make(
                job.request,
                job.destination,
                means,
                edit_options(options, digest=True, index=edit.index),
            )
        for warning in result.warnings:
            note(f"warning: {warning}")
        if options.text and result.text:
            note(result.text)
        return record_of_result(result)

    def drain(self) -> None:
        """Begin nothing new; what is under way goes on."""
        self.batch.drain()
        self._pace.stop()

    def _drain_after(self, error: NanoEditError) -> None:
        """Drain at once, in the thread that failed: its next edit is paid for too."""
        if isinstance(error, InterruptedEdit) or self.drained_by is not None:
            return
        if self._base.options.fail_fast or is_for_all(error):
            self.drained_by = error
            self.drain()

    def stop(self) -> None:
        """End what is under way too."""
        self.drain()
        self._connection.client.stop()
