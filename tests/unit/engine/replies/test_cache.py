from __future__ import annotations

import dataclasses
import gzip
import os
import stat
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from support import environment

from nano_edit.domain import EditRequest, FileSpan, ImageInput, Turn
from nano_edit.engine.replies.cache import BLOCK, DAMAGE, Cache, CacheInfo, cache_key
from nano_edit.errors import InputError, ServerError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BODY = bytes(range(256)) * 8
LARGE = 1 << 30
A, B, C, D, E = (letter * 64 for letter in "abcde")  # keys


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "replies"


def read(cache: Cache, key: str) -> bytes | None:
    blocks = cache.open(key)
    return None if blocks is None else b"".join(blocks)


# --- the key ------------------------------------------------------------------


def request(*contents: bytes, mime_type: str = "image/png", **more: Any) -> EditRequest:
    images = tuple(
        ImageInput("in.png", mime_type, 1, 1, (content,))
        for content in contents or (b"one",)
    )
    return EditRequest(**{"instruction": "blur", "model": "m", **more}, images=images)


def test_variants_of_one_edit_have_entries_of_their_own() -> None:
    keys = {cache_key(request(), variant) for variant in range(4)}
    assert len(keys) == 4


def test_the_key_covers_all_that_shapes_the_answer(tmp_path: Path) -> None:
    reply = tmp_path / "reply.json"
    reply.write_bytes(b"[1][2]")
    turn = Turn("before", (), FileSpan(reply, 0, 3))
    other = Turn("before", (), FileSpan(reply, 3, 3))
    requests = [
        request(turns=(turn,)),
        request(turns=(other,)),
        request(turns=(turn,), first_is_known=True),
        request(),
        request(b"two"),
        request(b"one", b"two"),
        request(b"two", b"one"),
        request(b"on", b"e"),
        request(mime_type="image/jpeg"),
        request(instruction="sharper"),
        request(model="n"),
        request(aspect_ratio="1:1"),
        request(image_size="1K"),
        request(text=True),
    ]
    fields = {field.name for field in dataclasses.fields(EditRequest)}
    assert fields == {
        *("instruction", "images", "model", "aspect_ratio", "image_size", "text"),
        *("turns", "first_is_known"),
        "tier",  # shapes the price, not the answer
    }
    assert len({cache_key(one) for one in requests}) == len(requests)
    assert cache_key(request(tier="flex")) == cache_key(request())


def test_the_key_is_of_the_bytes_not_of_where_they_lie(tmp_path: Path) -> None:
    file = tmp_path / "other.png"
    file.write_bytes(b"..one..")
    spans = FileSpan(file, 2, 2), b"e"
    moved = ImageInput("other.png", "image/png", 9, 9, spans, path=file)
    assert cache_key(EditRequest("blur", (moved,), "m")) == cache_key(request())


def test_a_picture_that_is_gone_is_an_error(tmp_path: Path) -> None:
    gone = ImageInput("in.png", "image/png", 1, 1, (FileSpan(tmp_path / "x", 0, 1),))
    with pytest.raises(InputError):
        cache_key(EditRequest("blur", (gone,), "m"))


# --- entries ------------------------------------------------------------------


def test_what_was_kept_is_found_again(folder: Path) -> None:
    cache = Cache(folder, LARGE)
    assert cache.open(A) is None
    cache.keep(A, [BODY[:100], BODY[100:]])
    cache.keep(A, [BODY])
    assert read(cache, A) == BODY
    assert read(Cache(folder, LARGE), A) == BODY
    assert cache.open(B) is None
    assert [entry.name for entry in folder.iterdir()] == [f"{A}.json.gz"]
    cache.forget(A)
    cache.forget(A)
    assert cache.open(A) is None


def test_a_body_of_many_blocks_is_read_a_block_at_a_time(folder: Path) -> None:
    cache = Cache(folder, LARGE)
    cache.keep(A, [bytes(3 * BLOCK)])
    blocks = cache.open(A)
    assert blocks is not None
    assert [len(block) for block in blocks] == [BLOCK] * 3


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")
def test_nobody_else_can_look_into_it(folder: Path) -> None:
    before = os.umask(0)
    try:
        Cache(folder, LARGE).keep(A, [BODY])
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / f"{A}.json.gz").stat().st_mode) == 0o600


@pytest.mark.parametrize("at", [0, 1, 2, -1200, -500, -6, -2])
def test_a_damaged_entry_is_found_out(at: int, folder: Path) -> None:
    cache = Cache(folder, LARGE)
    cache.keep(A, [os.urandom(2000)])
    entry = folder / f"{A}.json.gz"
    raw = bytearray(entry.read_bytes())
    raw[at] ^= 0xFF
    entry.write_bytes(raw)
    with pytest.raises(DAMAGE):
        read(cache, A)


@pytest.mark.parametrize("length", [-1, 40, 0])
def test_a_torn_entry_is_found_out(folder: Path, length: int) -> None:
    cache = Cache(folder, LARGE)
    cache.keep(A, [BODY])
    entry = folder / f"{A}.json.gz"
    entry.write_bytes(entry.read_bytes()[:length])
    blocks = read_or_none(cache)
    assert blocks != BODY


def read_or_none(cache: Cache) -> bytes | None:
    try:
        return read(cache, A)
    except DAMAGE:
        return None


def test_a_reply_that_is_damaged_is_not_kept(folder: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield BODY
        raise ServerError("The reply's compression is broken.")

    cache = Cache(folder, LARGE)
    cache.keep(A, broken())
    assert list(folder.iterdir()) == []


def test_an_interruption_leaves_nothing(folder: Path) -> None:
    def interrupted() -> Iterator[bytes]:
        yield BODY
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Cache(folder, LARGE).keep(A, interrupted())
    assert list(folder.iterdir()) == []


def test_the_oldest_go_first_over_the_size_cap(folder: Path) -> None:
    body = os.urandom(1000)
    Cache(folder, LARGE).keep(A, [body])
    size = (folder / f"{A}.json.gz").stat().st_size
    (folder / f"{A}.json.gz").unlink()
    cache = Cache(folder, 3 * size + size // 2)
    for age, key in enumerate([D, B, C, A]):
        cache.keep(key, [body])
        moment = 1_000_000_000 + age
        os.utime(folder / f"{key}.json.gz", (moment, moment))
    cache.keep(E, [body])
    names = sorted(entry.name[0] for entry in folder.iterdir())
    assert names == ["a", "c", "e"]


def test_an_entry_beyond_the_cap_itself_is_let_go(folder: Path) -> None:
    Cache(folder, 10).keep(A, [BODY])
    assert list(folder.iterdir()) == []


def test_files_of_the_user_in_the_folder_are_left_alone(folder: Path) -> None:
    folder.mkdir(parents=True)
    mine = folder / "measurements.json.gz"
    mine.write_bytes(bytes(100_000))
    os.utime(mine, (1, 1))
    cache = Cache(folder, 10)
    cache.keep(A, [BODY])
    cache.clear()
    assert list(folder.iterdir()) == [mine]


def test_what_is_kept_is_counted_and_cleared(folder: Path) -> None:
    cache = Cache(folder, LARGE)
    assert cache.info() == CacheInfo(folder, 0, 0)
    assert cache.clear() == CacheInfo(folder, 0, 0)
    for key in (A, B):
        cache.keep(key, [BODY])
    size = sum(entry.stat().st_size for entry in folder.iterdir())
    assert cache.info() == CacheInfo(folder, 2, size)
    assert cache.clear() == CacheInfo(folder, 2, size)
    assert list(folder.iterdir()) == []


def test_a_cache_that_cannot_be_used_is_a_miss(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    for folder in (blocked, blocked / "below"):
        cache = Cache(folder, LARGE)
        cache.keep(A, [BODY])
        assert cache.open(A) is None
        cache.forget(A)
    assert blocked.read_bytes() == b""


def test_what_a_kill_left_is_swept(folder: Path) -> None:
    folder.mkdir(parents=True)
    left = folder / ".nano-edit-00000000-0123456789abcdef.part"
    left.write_bytes(BODY)
    os.utime(left, (time.time() - 100_000,) * 2)
    Cache(folder, LARGE).keep(A, [BODY])
    assert not left.exists()


SHARED = """
import sys
from pathlib import Path
from nano_edit.engine.replies.cache import DAMAGE, Cache
folder, body, mark = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
cache = Cache(folder, 4000)
for turn in range(40):
    key = f"{turn % 5}" * 64
    cache.keep(key, [body.read_bytes()])
    blocks = cache.open(key)
    if blocks is None:
        continue
    try:
        assert b"".join(blocks) == body.read_bytes()
    except FileNotFoundError:
        pass  # the other process let it go
print(mark)
"""


def test_processes_may_share_a_folder(folder: Path, tmp_path: Path) -> None:
    body = tmp_path / "body.json"
    body.write_bytes(os.urandom(1000))
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", SHARED, folder, body, mark],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
        )
        for mark in ("one", "two")
    ]
    ended = [worker.communicate(timeout=60) for worker in workers]
    assert [out.split() for out, _ in ended] == [[b"one"], [b"two"]], ended
    entries = list(folder.iterdir())
    assert all(entry.name.endswith(".json.gz") for entry in entries)
    for entry in entries:
        assert gzip.decompress(entry.read_bytes()) == body.read_bytes()
