"""The history's folder: a list of finished edits, and the replies of the newest.

::

    history/log.jsonl         one `Entry` a line, in the order in which they ended
    history/log.lock          held while a line is added
    history/replies/ID.json   the reply's body as it came, compressed or not

Rules:
- Folder and files are for the owner alone (modes 0700 and 0600).
- A reply is moved here from where it was kept, or linked to the cache's; it is not
  copied.  Over the size cap the oldest replies go; lines stay until `clear`.
- A line is added under a lock, in one write; one that a kill has torn is passed over,
  and the next begins on a line of its own.
- A failure to note or to keep is never an error: the edit is done.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from nano_edit.atomic_file import PRIVATE, append_line
from nano_edit.engine.history.entry import read_entry
from nano_edit.engine.replies.oldest_out import evict, files_by_age
from nano_edit.engine.replies.spool import state_folder
from nano_edit.frozen import Frozen
from nano_edit.leftovers import locked

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nano_edit.engine.history.entry import Entry

HISTORY_BYTES = 1_000_000_000  # most that the replies take
VARIABLE, CI_VARIABLE = "NANO_EDIT_HISTORY", "CI"
_APPEND = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
_ENDINGS = (".json", ".json.gz")


def history_folder() -> Path:
    """Return the folder of the history; it need not exist yet."""
    return state_folder().with_name("history")


def is_wanted(environ: Mapping[str, str]) -> bool:
    """Whether edits are noted where nobody says so: not in CI."""
    said = environ.get(VARIABLE, "").strip().lower()
    if said:
        return said not in {"0", "false", "no", "off"}
    return environ.get(CI_VARIABLE, "").strip().lower() not in {"1", "true"}


def new_id() -> str:
    """Return the id of an edit that begins now."""
    return os.urandom(6).hex()


def now() -> str:
    """Return the time as entries have it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class HistoryInfo(Frozen):
    """What a history holds."""

    folder: Path
    edits: int
    replies: int
    size: int  # bytes of the replies


class History:
    """The edits noted in ``folder``; its replies take ``max_bytes`` at most."""

    def __init__(self, folder: Path, max_bytes: int = HISTORY_BYTES) -> None:
        self.folder = folder
        self._log = folder / "log.jsonl"
        self._replies = folder / "replies"
        self._max_bytes = max_bytes
        self._unseen = max_bytes  # bytes that may have come since the folder was read

    # --- writing ----------------------------------------------------------------

    def take_reply(self, id_: str, body: Path) -> bool:
        """Move a reply's body here; return whether it is here now."""
        with suppress(OSError):
            self._make_folders()
            self._unseen += body.stat().st_size
            body.replace(self._place_of(id_, body))
            return True
        return False

    def link_reply(self, id_: str, body: Path) -> bool:
        """Let a reply lie here too that others keep; return whether it does."""
        with suppress(OSError, NotImplementedError):
            self._make_folders()
            self._unseen += body.stat().st_size
            os.link(body, self._place_of(id_, body))
            return True
        return False

    def add(self, entry: Entry) -> None:
        """Note a finished edit, and let the oldest replies go."""
        with suppress(OSError):
            self._make_folders()
            with locked(self.folder / "log.lock"):
                descriptor = os.open(self._log, _APPEND, PRIVATE)
                try:
                    append_line(descriptor, entry.line())
                finally:
                    os.close(descriptor)
            self._evict()

    def rename(self, id_: str, output: Path) -> None:
        """Note that an edit's picture has another name now; it is the newest then."""
        made = [entry for entry in self.entries() if entry.id == id_]
        for entry in made:
            place = os.path.abspath(output)  # noqa: PTH100 - links are kept
            self.add(replace(entry, output=place))

    def clear(self) -> HistoryInfo:
        """Remove every line and reply; return how much that was.  Raises OSError."""
        removed = self.info()
        with locked(self.folder / "log.lock"):
            for _, _, path in self._bodies():
                path.unlink(missing_ok=True)
            self._log.unlink(missing_ok=True)
        return removed

    # --- reading ----------------------------------------------------------------

    def entries(self) -> list[Entry]:
        """Return the edits, oldest first; of one that was renamed, the last line."""
        try:
            lines = self._log.read_bytes().splitlines()
        except OSError:
            return []
        found: dict[str, Entry] = {}
        for line in lines:
            if entry := read_entry(line):
                found.pop(entry.id, None)
                found[entry.id] = entry
        return [*found.values()]

    def reply_of(self, id_: str) -> Path | None:
        """Return the file of an edit's reply, if it is still kept."""
        for ending in _ENDINGS:
            path = self._replies / (id_ + ending)
            if path.exists():
                return path
        return None

    def info(self) -> HistoryInfo:
        """Return how much there is; nothing where no folder is."""
        bodies = self._bodies()
        size = sum(size for _, size, _ in bodies)
        return HistoryInfo(self.folder, len(self.entries()), len(bodies), size)

    def _make_folders(self) -> None:
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self._replies.mkdir(mode=0o700, exist_ok=True)

    def _place_of(self, id_: str, body: Path) -> Path:
        ending = _ENDINGS[1] if body.name.endswith(_ENDINGS[1]) else _ENDINGS[0]
        return self._replies / (id_ + ending)

    def _bodies(self) -> list[tuple[int, int, Path]]:
        """Return the replies, oldest first: time in ns, bytes, path."""
        return files_by_age(self._replies, lambda name: name.endswith(_ENDINGS))

    def _evict(self) -> None:
        """Let the oldest replies go, each time that a hundredth of the cap has come."""
        if self._unseen <= self._max_bytes / 100:
            return
        self._unseen = 0
        evict(self._bodies(), self._max_bytes)
