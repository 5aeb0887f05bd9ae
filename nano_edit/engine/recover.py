"""The picture made from a reply that was kept, without any call."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nano_edit.domain import EditResult
from nano_edit.engine.receive import ResponseReceiver

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nano_edit.domain import Destination, Observe


def recover(
    reply: Path,
    destination: Destination,
    observe: Observe,
    *,
    save_drafts: bool = False,
    digest: bool = False,
    hide: Callable[[str], str] = lambda text: text,
) -> EditResult:
    """Make the picture from a reply that was kept, without any call.

    A reply that was cut gives the last whole picture it holds, with a warning.
    ``hide`` masks the key in what the reply says.
    Raises ProtocolError, RefusedError or OutputError; the reply is left alone.
    """
    began = time.monotonic()
    with ResponseReceiver(
        destination,
        save_drafts=save_drafts,
        digest=digest,
        observe=observe,
        salvage=True,
        hide=hide,
    ) as receiver:
        receiver.receive_kept(reply)
        receiver.check()
        received = receiver.finish()
    return EditResult(
        image=received.image,
        model=received.ended.model_version or "",
        reply=received.ended,
        text=received.words,
        attempts=0,
        recovered=True,
        elapsed=time.monotonic() - began,
        warnings=received.warnings,
    )
