"""The results of a job: each line becomes the picture of its edit, or its error.

Rules:
- A line is made an edit as a direct reply is: `Editor.send`, with the line in the
  place of the service.
- What was paid for is kept: a reply whose edit is not in the list any more, or whose
  pictures cannot be read any more, stays as a kept reply.
- Where the pictures have changed since they were submitted, the rest of them cannot
  be kept, so an edit that asks for that fails; others are placed, with a note.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from nano_edit.domain import Billed, Cost, Note
from nano_edit.engine.deferred.answers import LineClient
from nano_edit.engine.deferred.money import LineBilling, call_of, note_kept
from nano_edit.engine.replies.cache import cache_key
from nano_edit.engine.replies.spool import About, Spool, state_folder
from nano_edit.errors import ExitStatus, InputError, NanoEditError, OutputError
from nano_edit.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nano_edit.domain import Edit, EditResult, Observe, Prepared
    from nano_edit.engine.batch.submissions import Submission, SubmittedLine
    from nano_edit.engine.deferred.results import ResultLine
    from nano_edit.engine.editor import Editor
    from nano_edit.engine.receive import Placing
    from nano_edit.wire.http.client import Client

CHANGED = (
    "The pictures, or how they are sent, have changed since the edit was submitted."
)


class Fetching:
    """Makes the edits of one submission from its lines."""

    def __init__(
        self, editor: Editor, submission: Submission, hide: Callable[[str], str]
    ) -> None:
        self._editor = editor
        self._submission = submission
        self._hide = hide

    def edit(
        self,
        edit: Edit,
        line: ResultLine,
        noted: SubmittedLine,
        observe: Observe,
        placing: Placing,
    ) -> EditResult:
        """Make an edit of its line; raises NanoEditError, its reply kept if paid."""
        billing = LineBilling(self._editor.billing, call_of(self._submission, noted))
        try:
            with self._editor.prepare(edit, observe) as prepared:
                self._check_same(prepared, noted.reply, observe)
                client = cast("Client", LineClient(line, self._hide))
                return self._editor.send(
                    prepared, observe, placing, client=client, billing=billing
                )
        except NanoEditError as error:
            if line.error is None and error.recovery is None and is_ours(error):
                code = error.exit_status.code
                error.recovery = self.keep(
                    line, noted, edit.instruction, error.message, code
                )
                error.billed = Billed.YES
                error.cost = Cost(noted.dollars)
            raise

    def keep(
        self,
        line: ResultLine,
        noted: SubmittedLine,
        instruction: str,
        why: str,
        code: str = ExitStatus.INPUT.code,
    ) -> Path | None:
        """Keep the response of a line that no picture is made of."""
        note_kept(self._editor.billing, self._submission, noted, code)
        about = About(
            instruction=instruction,
            provider=self._submission.provider,
            model=self._submission.model,
        )
        with Spool.create(state_folder(), about) as spool:
            for block in line.response():
                spool.write(block)
            spool.mark_whole()
            return spool.keep(why)

    def _check_same(self, prepared: Prepared, key: str, observe: Observe) -> None:
        if self._submission.version != VERSION:  # its keys are made in another way
            return
        if cache_key(prepared.request, prepared.edit.variant) == key:
            return
        if prepared.rework is not None:
            raise InputError(
                f"{CHANGED} What was to be kept of them cannot be.",
                hint="nano-edit replies recover makes its picture, as it came.",
            )
        observe(Note(CHANGED))


def is_ours(error: NanoEditError) -> bool:
    """Whether the fault is on this machine, so that the reply is good."""
    return isinstance(error, InputError | OutputError)
