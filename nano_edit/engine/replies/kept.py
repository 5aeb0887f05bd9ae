"""The replies that are kept: listed, found, read, removed.

Rules:
- What a reply's second file says is for people and for finding it; a reply without
  one, moved elsewhere or renamed, is read all the same.
- Nothing but a reply in the state folder is ever removed.
- Files of a process that was killed before the first byte came are swept.
"""

from __future__ import annotations

import json
import os
import re
import time
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nano_edit.engine.replies.spool import About
from nano_edit.errors import InputError
from nano_edit.frozen import Frozen
from nano_edit.leftovers import ABANDONED, is_held, machine
from nano_edit.wire.codec.content_coding import ContentDecoder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BLOCK = 256 * 1024  # bytes of a kept reply read at a time
KILLED = "nano-edit was ended before the picture was in place."

_WHOLE, _CUT = (".json", ".json.gz"), ".part"
_NAME = re.compile(
    r"(reply-(?P<time>[0-9TZ]+)-(?P<id>[0-9a-f]+)-?(?P<label>.*))"
    r"(?P<ending>\.json|\.json\.gz|\.part)"
)
_LONGEST_FACTS = 1 << 20  # bytes
LARGEST = 1 << 60  # bytes: what is on the disk already is not limited
_MOST_NAMED = 5  # replies in a message


class KeptReply(Frozen):
    """One reply that is kept."""

    path: Path
    id: str  # from its name: the shortest word that stands for it
    label: str  # from its name: the output's, as far as a file name can hold it
    size: int  # bytes, as they are on the disk
    age: float  # seconds since it was last written to
    in_use: bool  # its process is still at work on it
    whole: bool  # it was read to its end
    about: About  # what was asked for
    reason: str = ""  # why it was kept, as a sentence


def list_kept(folder: Path) -> list[KeptReply]:
    """Return the kept replies in ``folder``, oldest first; [] without a folder."""
    _sweep(folder)
    found = []
    for path in _bodies(folder):
        with suppress(OSError):  # it went while we looked
            found.append(_kept(path))
    return [reply for reply in found if reply.size]


def find_kept(folder: Path, job: str | Callable[[], str]) -> KeptReply | None:
    """Return the newest whole reply to the edit ``job`` that nobody is using.

    A function is called for the job only when there are whole replies to compare it
    with.  Quick enough to be asked for every one of many edits.
    """
    whole = [path for path in _bodies(folder) if path.name.endswith(_WHOLE)]
    if whole and callable(job):
        job = job()
    for path in reversed(whole):
        with suppress(OSError):  # it went while we looked
            if _job_of(path) == job:
                reply = _kept(path)
                if reply.size and not reply.in_use:
                    return reply
    return None


def find_reply(folder: Path, word: str) -> KeptReply:
    """Return the reply that a person named: by path, or by the start of id or name.

    Raises `InputError` when there is none, or more than one.
    """
    path = Path(word)
    with suppress(OSError, ValueError):  # ValueError: a NUL in the name
        if path.is_file():
            return _kept(path)
    kept = list_kept(folder)
    matches = [each for each in kept if _is_meant(each, word)] if word else []
    if len(matches) == 1:
        return matches[0]
    if not matches:
        raise InputError(
            f"There is no kept reply {word}.",
            hint="nano-edit replies list shows what is kept.",
        )
    names = ", ".join(each.id for each in matches[:_MOST_NAMED])
    raise InputError(
        f"{word} may be any of {len(matches)} kept replies: {names}"
        f"{', ...' if len(matches) > _MOST_NAMED else '.'}",
        hint="Give more of the name.",
    )


def id_of(path: Path) -> str:
    """Return the shortest word that stands for a reply; see `find_reply`."""
    match = _NAME.fullmatch(path.name)
    return match["id"] if match else path.name


def read_raw(path: Path) -> Iterator[bytes]:
    """Yield a reply's bytes as they came over the wire.  Raises OSError."""
    with path.open("rb", buffering=0) as file:
        while block := file.read(BLOCK):
            yield block


def read_document(path: Path) -> Iterator[bytes]:
    """Yield what the reply says, its content codings undone.

    Raises OSError, and ServerError where it is damaged, behind all that comes before.
    """
    decoder = ContentDecoder(content_encoding_of(path), LARGEST)
    for data in read_raw(path):
        yield from decoder.feed(data)
    yield from decoder.close()


def content_encoding_of(path: Path) -> str:
    """Return the reply's ``Content-Encoding`` as it was announced; "" if unknown."""
    return str(_facts_of(path).get("content_encoding") or "")


def remove_reply(path: Path, folder: Path) -> bool:
    """Remove a kept reply in ``folder``; return whether it was one, and is gone.

    Any other file is left alone.  Raises OSError when it cannot be removed.
    """
    is_reply = _NAME.fullmatch(path.name) is not None
    if not is_reply or path.is_symlink() or not _is_in(path, folder):
        return False
    path.unlink(missing_ok=True)
    with suppress(OSError):
        _facts_file(path).unlink()
    return True


def _is_in(path: Path, folder: Path) -> bool:
    with suppress(OSError):
        return path.parent.samefile(folder)
    return False


def _is_meant(reply: KeptReply, word: str) -> bool:
    names = (reply.id, reply.path.name, reply.path.name.removeprefix("reply-"))
    return any(name.startswith(word) for name in (*names, reply.label))


# --- reading the two files ---------------------------------------------------


def _bodies(folder: Path) -> list[Path]:
    """Return the files that hold replies, by time."""
    try:
        names = os.listdir(folder)  # noqa: PTH208 - names are enough
    except OSError:
        return []
    return [folder / name for name in sorted(names) if _NAME.fullmatch(name)]


def _kept(path: Path) -> KeptReply:
    """Describe the reply at ``path``, which may lie anywhere.  Raises OSError."""
    stat = path.stat()
    facts = _facts_of(path)
    match = _NAME.fullmatch(path.name)
    in_use = is_held(path)
    fields = {name: facts.get(name) for name in About.__match_args__}
    about = About(**{k: v for k, v in fields.items() if isinstance(v, str)})
    reason = facts.get("reason") or (KILLED if about.output and not in_use else "")
    return KeptReply(
        path=path,
        id=id_of(path),
        label=match["label"] if match else path.name,
        size=stat.st_size,
        age=max(0.0, time.time() - stat.st_mtime),
        in_use=in_use,
        whole=path.name.endswith(_WHOLE),
        about=about,
        reason=str(reason),
    )


def _facts_file(path: Path) -> Path:
    """Return the file that tells of the reply at ``path``."""
    match = _NAME.fullmatch(path.name)
    return path.with_name(f"{match[1] if match else path.name}.jsonl")


def _facts_of(path: Path) -> dict[str, Any]:
    """Return all that is known of a reply; a line torn by a kill is passed over."""
    facts: dict[str, Any] = {}
    with suppress(OSError), _facts_file(path).open("rb") as file:
        for line in file.read(_LONGEST_FACTS).splitlines():
            with suppress(ValueError, RecursionError):
                told = json.loads(line)
                if isinstance(told, dict):
                    facts |= told
    return facts


def _job_of(path: Path) -> str:
    """Return the id of the edit that a reply answers.  Raises OSError."""
    stat = _facts_file(path).stat()
    return _job_as_of(str(path), stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=10_000)
def _job_as_of(path: str, changed: int, size: int) -> str:
    del changed, size  # what is remembered is of the file as it was then
    return str(_facts_of(Path(path)).get("job"))


# --- what a kill leaves before the first byte --------------------------------


@cache
def _sweep(folder: Path) -> None:
    """Remove empty replies of processes that are gone; once in each process."""
    for path in _bodies(folder):
        with suppress(OSError):
            if not path.stat().st_size and not _may_be_in_use(path):
                path.unlink()
    for facts in folder.glob("reply-*.jsonl"):
        # In this order, for a reply that is being marked as whole has one or other.
        stem = facts.name.removesuffix(".jsonl")
        if not any((folder / (stem + end)).exists() for end in (_CUT, *_WHOLE)):
            with suppress(OSError):
                facts.unlink()


def _may_be_in_use(path: Path) -> bool:
    """Whether a process may still write to it; see `nano_edit.leftovers`."""
    is_new = time.time() - path.stat().st_mtime < ABANDONED
    is_local = _facts_of(path).get("machine") == machine()
    return is_held(path) or (is_new and not is_local)
