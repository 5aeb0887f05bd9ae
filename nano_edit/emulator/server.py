"""The emulator as an object: started, asked what it saw, and closed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from nano_edit.emulator.faults.drift import parse_drift
from nano_edit.emulator.http import Listener
from nano_edit.emulator.jobs.batches import LINE
from nano_edit.emulator.service import EDITS, EmulatedService, EmulatorOptions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

    from nano_edit.emulator.account import Charge
    from nano_edit.emulator.jobs.batches import Job
    from nano_edit.emulator.jobs.files import StoredFile
    from nano_edit.emulator.log import LogEntry


class Emulator:
    """A running emulator, in a thread of this process; a context manager.

    ``port`` 0 takes a free one.  ``faults`` is a list as `faults.syntax` reads it.
    ``latency`` is seconds of silence before each picture.  ``signature_bytes``
    is the length of each thoughtSignature (None: 1.1 to 1.5 MB, as the service).
    ``batch_delay`` is seconds from a batch's creation to its end.
    ``keep_images`` keeps the pictures that came in ``images``.  ``drift`` is what
    happens to every picture besides the edit, as `faults.drift` reads it; ``mark``
    writes "emulated" on it.
    `FaultListError` when ``faults`` or ``drift`` cannot be read; `OSError` when the
    port is taken.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        faults: str = "",
        latency: float = 0.0,
        signature_bytes: int | None = None,
        gzip: bool = True,
        keep_images: bool = False,
        drift: str = "",
        mark: bool = True,
        batch_delay: float = 0.0,
    ) -> None:
        options = EmulatorOptions(
            latency, signature_bytes, gzip, keep_images, mark, batch_delay
        )
        self._service = EmulatedService(options, faults, drift)
        self._listener = Listener(port, self._service)
        self._thread = threading.Thread(
            target=self._listener.serve_forever,
            args=(0.02,),
            name="nano-edit-emulator",
            daemon=True,
        )

    @property
    def url(self) -> str:
        """Where it listens: ``http://127.0.0.1:PORT``."""
        return f"http://127.0.0.1:{self._listener.server_address[1]}"

    @property
    def requests(self) -> tuple[LogEntry, ...]:
        """The edits that were asked for, in order of arrival."""
        return tuple(entry for entry in self.calls if entry.method in EDITS)

    @property
    def lines(self) -> tuple[LogEntry, ...]:
        """The edits that batches made, in order; they cost half."""
        return tuple(entry for entry in self.calls if entry.method == LINE)

    @property
    def batches(self) -> tuple[Job, ...]:
        """The batches that were not deleted, the newest first."""
        return self._service.deferred.batches.jobs

    @property
    def files(self) -> tuple[StoredFile, ...]:
        """The files that were not deleted, the newest first."""
        return self._service.deferred.files.files

    def delete_file(self, name: str) -> None:
        """Remove a file; `Refusal` when it is not there."""
        self._service.deferred.files.delete(name)

    def cancel_batch(self, name: str) -> None:
        """Cancel a batch; `Refusal` for one that has ended."""
        self._service.deferred.batches.cancel(name)

    @property
    def calls(self) -> tuple[LogEntry, ...]:
        """All calls of the service, those that cost nothing too."""
        return self._service.log.entries

    @property
    def billed(self) -> tuple[Charge, ...]:
        """The requests that the service would bill, in order."""
        return self._service.account.charges

    @property
    def images(self) -> Mapping[int, tuple[bytes, ...]]:
        """The pictures' bytes by request number, with ``keep_images``."""
        return self._service.images

    def set_faults(self, faults: str) -> None:
        """Replace what is left of the fault list."""
        self._service.faults.replace(faults)

    def set_drift(self, drift: str) -> None:
        """Replace what happens to every picture besides the edit."""
        self._service.drift = parse_drift(drift)

    def start(self) -> None:
        """Begin to answer; until then clients wait in the queue."""
        self._thread.start()

    def close(self) -> None:
        """Stop listening, end every connection, and free the port."""
        if self._thread.is_alive():
            self._listener.shutdown()
            self._thread.join()
        self._listener.hang_up()
        self._listener.server_close()
        self._service.deferred.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
