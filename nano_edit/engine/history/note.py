"""One edit on its way into the history: its reply, its inputs, then its line.

Rules: the inputs' hashes are made while the service is silent, and at the latest
before the picture is placed, which may replace one of them; a picture that is gone
by then is noted without.
"""

from __future__ import annotations

from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

from nano_edit.engine.history.entry import Entry, Source, options_of, source_of
from nano_edit.engine.history.store import new_id, now

if TYPE_CHECKING:
    from pathlib import Path

    from nano_edit.domain import EditRequest, EditResult, Prepared
    from nano_edit.engine.history.store import History


class HistoryNote:
    """What is to be noted of one edit; nothing without a history."""

    def __init__(self, prepared: Prepared, history: History | None) -> None:
        self._prepared = prepared
        self._history = history
        self._sources: tuple[tuple[Source, ...], Source | None] | None = None
        self._looking = Lock()
        self.id = new_id() if history else ""

    @property
    def is_wanted(self) -> bool:
        """Whether the edit is noted."""
        return self._history is not None

    def look_at_inputs(self) -> None:
        """Make the hashes of the inputs, once."""
        if self._history is None:
            return
        with self._looking:
            if self._sources is None:
                edit = self._prepared.edit
                mask = source_of(edit.mask) if edit.mask else None
                self._sources = tuple(map(source_of, edit.images)), mask

    def take(self, reply: Path) -> bool:
        """Move the reply into the history; return whether it is there."""
        return self._history is not None and self._history.take_reply(self.id, reply)

    def link(self, reply: Path) -> bool:
        """Link the cache's reply into the history; return whether it is there."""
        return self._history is not None and self._history.link_reply(self.id, reply)

    def add(
        self,
        result: EditResult,
        request: EditRequest,
        *,
        service: str,
        provider: str,
        cost: float | None,
    ) -> None:
        """Note the edit, whose picture is in place; ``request`` is what was sent."""
        if self._history is None:
            return
        with suppress(OSError, ValueError, TypeError):  # the picture is in place
            self._history.add(self._entry(result, request, service, provider, cost))

    def _entry(
        self,
        result: EditResult,
        request: EditRequest,
        service: str,
        provider: str,
        cost: float | None,
    ) -> Entry:
        self.look_at_inputs()
        edit, image = self._prepared.edit, result.image
        images, mask = self._sources or ((), None)
        return Entry(
            self.id,
            now(),
            edit.instruction,
            images,
            mask,
            str(image.path.absolute()) if image.path else "-",
            image.sha256 or "",
            service,
            provider,
            result.model,
            options_of(edit),
            cost,
            self._prepared.parent,
            bool(request.turns),
            self._prepared.said,
        )
