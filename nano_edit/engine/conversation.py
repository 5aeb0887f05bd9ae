"""The earlier turns of a conversation, made ready to be sent again.

Strategy: an edit that went on from another had that one's turns before its own, and
so back to the first.  What the user said is made ready anew, from the same files and
by the same rules; what the model said is a span of the reply that the history keeps.

Rules:
- Where anything of it is missing or has changed, the conversation cannot go on, and
  `BrokenOffError` says why; the picture can still be sent as a new one.
- A reply goes back only to where it came from: the same service, provider and model.
- A reply that was compressed is undone into a file of the workspace.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nano_edit.domain import Turn
from nano_edit.engine.history.entry import is_as_it_was
from nano_edit.engine.replies.kept import read_document
from nano_edit.errors import NanoEditError
from nano_edit.frozen import Frozen
from nano_edit.pictures.region.wish import is_exact
from nano_edit.wire.gemini.request import RequestBody
from nano_edit.wire.gemini.turns import find_parts
from nano_edit.wire.models import find_model

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nano_edit.domain import Edit, EditRequest, FileSpan, Prepared
    from nano_edit.engine.history.entry import Entry
    from nano_edit.engine.history.store import History
    from nano_edit.engine.history.tree import Tree
    from nano_edit.pictures.inputs.workspace import Workspace
    from nano_edit.wire.providers import Provider


class BrokenOffError(Exception):
    """The conversation cannot go on; the message is the end of a sentence."""


class Conversation(Frozen):
    """Makes earlier turns ready; the files that it makes lie in ``workspace``."""

    history: History
    tree: Tree
    workspace: Workspace
    request_of: Callable[[Edit], EditRequest]  # its pictures made ready

    def go_on(
        self, prepared: Prepared, last: Entry, *, service: str, provider: Provider
    ) -> Prepared:
        """Return the edit with the turns up to ``last`` before it."""
        request = prepared.request
        if last.service != service:
            named = {"emulator": "by the emulator", "": "elsewhere"}
            where = named.get(last.service, f"at {last.service}")
            raise BrokenOffError(f"they were made {where}")
        if (last.provider, last.model) != (provider.name, request.model):
            raise BrokenOffError(f"they were made by {last.model} at {last.provider}")
        longer = replace(
            request,
            turns=self._turns(last),
            first_is_known=not is_exact(prepared.edit),
        )
        _check_limits(longer, provider)
        return replace(prepared, request=longer)

    def _turns(self, last: Entry) -> tuple[Turn, ...]:
        line = [last]
        while line[-1].continued:
            before = self.tree.parent_of(line[-1])
            if before is None:
                raise BrokenOffError("an earlier edit is no longer noted")
            line.append(before)
        return tuple(self._turn(entry) for entry in reversed(line))

    def _turn(self, entry: Entry) -> Turn:
        reply = self._reply(entry)
        edit = entry.edit()
        images = entry.images
        if entry.continued and not is_exact(edit):
            images = images[1:]  # the first was the model's own, and was not sent
            edit = replace(
                edit, images=edit.images[1:], keep_size=False, copy_metadata=False
            )
        for source in (*images, *filter(None, [entry.mask])):
            if not source.path:
                name = "standard input" if source.name == "-" else source.name
                raise BrokenOffError(f"what came from {name} is not kept")
            if not is_as_it_was(source):
                raise BrokenOffError(f"{source.name} is not there as it was")
        if not edit.images:
            return Turn(edit.instruction, (), reply)
        try:
            request = self.request_of(edit)
        except NanoEditError as error:
            raise BrokenOffError(f"of this: {error.message.rstrip('.')}") from error
        return Turn(request.instruction, request.images, reply)

    def _reply(self, entry: Entry) -> FileSpan:
        body = self.history.reply_of(entry.id)
        try:
            span = find_parts(self._document(body)) if body else None
        except (OSError, NanoEditError) as error:
            raise BrokenOffError("an earlier reply cannot be read") from error
        if body is None:
            raise BrokenOffError("an earlier reply is no longer kept")
        if span is None:
            raise BrokenOffError("an earlier reply was malformed")
        return span

    def _document(self, body: Path) -> Path:
        """Return a file that holds the reply without content coding."""
        with body.open("rb", buffering=0) as file:
            if file.read(1) in {b"{", b" ", b"\n", b"\r", b"\t"}:
                return body
        path = self.workspace.new_file(".json")
        with path.open("xb") as file:
            for block in read_document(body):
                file.write(block)
        return path


def _check_limits(request: EditRequest, provider: Provider) -> None:
    pictures = sum(len(turn.images) + 1 for turn in request.turns)
    pictures += len(request.new_images)
    known = find_model(request.model)
    if known is not None and pictures > known.max_images:
        most = known.max_images
        raise BrokenOffError(
            f"they hold {pictures} pictures and {known.name} takes {most}"
        )
    if RequestBody(request).content_length > provider.max_request_bytes * 4 // 3:
        raise BrokenOffError("they are larger than the service takes")
