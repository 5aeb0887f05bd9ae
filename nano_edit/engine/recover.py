"""The picture made from a reply that was kept, without any call."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nano_edit.domain import EditResult
from nano_edit.engine.receive import Reading, raise_if_empty, writer_for
from nano_edit.engine.replies.kept import read_document
from nano_edit.errors import NanoEditError

if TYPE_CHECKING:
    from pathlib import Path

    from nano_edit.domain import Destination, Observe
    from nano_edit.engine.means import Options


def recover(
    spool: Path,
    destination: Destination,
    observe: Observe,
    options: Options,
) -> EditResult:
    """Make the picture from a reply that was kept, without any call.

    A reply that was cut gives the last whole picture it holds, with a warning.
    Raises ProtocolError, RefusedError or OutputError; the spool is left alone.
    """
    began = time.monotonic()
    reading = Reading()
    warnings = []
    with writer_for(destination, options, observe, salvage=True) as writer:
        try:
            reading.read(read_document(spool), writer)
        except NanoEditError as fault:
            if not writer.has_result:
                raise
            warnings.append(f"The reply is not whole. {fault.message}")
        else:
            raise_if_empty(reading)
        image = writer.commit()
    return EditResult(
        image=image,
        model=reading.ended.model_version or "",
        reply=reading.ended,
        text=reading.words,
        attempts=0,
        elapsed=time.monotonic() - began,
        warnings=tuple(warnings),
    )
