from __future__ import annotations

import dataclasses
import gzip
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from support import environment

from nano_edit.domain import EditRequest, FileSpan, ImageInput
from nano_edit.engine.replies.cache import BLOCK, DAMAGE, Cache, cache_key
from nano_edit.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

BODY = bytes(range(256)) * 8
LARGE = 1 << 30


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "replies"


@pytest.fixture
def body(tmp_path: Path) -> Path:
    file = tmp_path / "body.json"
    file.write_bytes(BODY)
    return file


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


def test_the_key_covers_all_that_shapes_the_answer() -> None:
    requests = [
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
        *("instruction", "images", "model", "aspect_ratio", "image_size", "text")
    }
    assert len({cache_key(one) for one in requests}) == len(requests)


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


def test_what_was_kept_is_found_again(folder: Path, body: Path) -> None:
    cache = Cache(folder, LARGE)
    assert cache.open("a") is None
    cache.keep("a", body)
    cache.keep("a", body)
    assert read(cache, "a") == BODY
    assert read(Cache(folder, LARGE), "a") == BODY
    assert cache.open("b") is None
    assert [entry.name for entry in folder.iterdir()] == ["a.json.gz"]
    cache.forget("a")
    cache.forget("a")
    assert cache.open("a") is None


def test_a_body_of_many_blocks_is_read_a_block_at_a_time(
    folder: Path, body: Path
) -> None:
    body.write_bytes(bytes(3 * BLOCK))
    cache = Cache(folder, LARGE)
    cache.keep("a", body)
    blocks = cache.open("a")
    assert blocks is not None
    assert [len(block) for block in blocks] == [BLOCK] * 3


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")
def test_nobody_else_can_look_into_the_folder(folder: Path, body: Path) -> None:
    Cache(folder, LARGE).keep("a", body)
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("at", [0, 1, 2, -1200, -500, -6, -2])
def test_a_damaged_entry_is_found_out(at: int, folder: Path, body: Path) -> None:
    body.write_bytes(os.urandom(2000))
    cache = Cache(folder, LARGE)
    cache.keep("a", body)
    entry = folder / "a.json.gz"
    raw = bytearray(entry.read_bytes())
    raw[at] ^= 0xFF
    entry.write_bytes(raw)
    with pytest.raises(DAMAGE):
        read(cache, "a")


def test_a_torn_entry_is_found_out(folder: Path, body: Path) -> None:
    cache = Cache(folder, LARGE)
    cache.keep("a", body)
    entry = folder / "a.json.gz"
    entry.write_bytes(entry.read_bytes()[:-1])
    with pytest.raises(DAMAGE):
        read(cache, "a")


def test_the_oldest_go_first_over_the_size_cap(folder: Path, body: Path) -> None:
    body.write_bytes(os.urandom(1000))
    Cache(folder, LARGE).keep("probe", body)
    size = (folder / "probe.json.gz").stat().st_size
    (folder / "probe.json.gz").unlink()
    cache = Cache(folder, 3 * size + size // 2)
    for age, key in enumerate("dbca"):
        cache.keep(key, body)
        moment = 1_000_000_000 + age
        os.utime(folder / f"{key}.json.gz", (moment, moment))
    cache.keep("e", body)
    names = sorted(entry.name[0] for entry in folder.iterdir())
    assert names == ["a", "c", "e"]


def test_an_entry_beyond_the_cap_itself_is_let_go(folder: Path, body: Path) -> None:
    Cache(folder, 10).keep("a", body)
    assert list(folder.iterdir()) == []


def test_a_cache_that_cannot_be_used_is_a_miss(tmp_path: Path, body: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    for folder in (blocked, blocked / "below"):
        cache = Cache(folder, LARGE)
        cache.keep("a", body)
        assert cache.open("a") is None
        cache.forget("a")
    assert blocked.read_bytes() == b""


def test_a_body_that_is_gone_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    Cache(folder, LARGE).keep("a", tmp_path / "gone.json")
    assert list(folder.iterdir()) == []


SHARED = """
import sys
from pathlib import Path
from nano_edit.engine.replies.cache import DAMAGE, Cache
folder, body, mark = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
cache = Cache(folder, 4000)
for turn in range(40):
    key = f"{turn % 5}"
    cache.keep(key, body)
    blocks = cache.open(key)
    if blocks is None:
        continue
    try:
        assert b"".join(blocks) == body.read_bytes()
    except FileNotFoundError:
        pass  # the other process let it go
print(mark)
"""


def test_processes_may_share_a_folder(folder: Path, body: Path) -> None:
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
