"""Owns the temporary folder of one run: private, made late, always removed.

Pictures from standard input, a pipe or a URL are spooled here, and turned or
converted pictures are written here, because a request body is read from files
and may be read again for a second attempt.

Rules:
- Nothing is made before the first file is asked for.
- The folder is the user's alone (mode 0700): pictures are private.
- What a kill leaves is swept by the next run; see `nano_edit.leftovers`.
"""

from __future__ import annotations

from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, Self

from nano_edit.errors import InputError
from nano_edit.leftovers import TemporaryFolder

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


class Workspace:
    """A private temporary folder that lives as long as its ``with`` block."""

    def __init__(self) -> None:
        self._folder: TemporaryFolder | None = None
        self._numbers = count(1)
        self._making = Lock()  # edits of a batch share one folder

    def new_file(self, suffix: str) -> Path:
        """Name a fresh path in the folder, ending in ``suffix``.

        The file itself is not there yet.  Raises InputError when the system
        has no room for a temporary folder.
        """
        with self._making:
            if self._folder is None:
                self._folder = _private_folder()
            return self._folder.path / f"{next(self._numbers)}{suffix}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # A file that another program holds open (Windows) must not turn a
        # finished edit into a failure.
        with self._making:
            if self._folder is not None:
                self._folder.remove()
                self._folder = None


def _private_folder() -> TemporaryFolder:
    try:
        return TemporaryFolder()
    except OSError as error:
        raise InputError(
            f"A temporary folder cannot be made: {error.strerror or error}.",
            hint="Free space there, or set TMPDIR to a folder that has some.",
        ) from error
