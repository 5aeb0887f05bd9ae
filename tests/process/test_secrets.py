"""The key is nowhere: not in what is printed, kept, logged, nor in the arguments.

A canary key goes through every fault at every verbosity; then everything that was
written anywhere is searched for it.
"""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import logging
import os
import pickle
import signal
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support import command, environment, photo
from support.fault_table import FAST, ROWS, Row
from support.peers import Line, Peer, always
from support.replies import body, image_part, reply

from nano_edit.cli.app import run as run_app
from nano_edit.cli.terminal import Terminal
from nano_edit.domain import ApiKey
from nano_edit.emulator import Emulator
from nano_edit.pictures.outputs.image_writer import ImageWriter
from nano_edit.wire.http.client import Client
from nano_edit.wire.providers import PROVIDERS
from nano_edit.wire.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterator

CANARY = "sk-canary-9f8e7d6c5b4a"
FORMS = (  # as it is, and as it might be hidden in something else
    CANARY.encode(),
    base64.b64encode(CANARY.encode()).rstrip(b"="),
    CANARY.encode().hex().encode(),
    CANARY.encode("utf-16-le"),
)
VERBOSITIES: tuple[tuple[str, ...], ...] = ((), ("-v",), ("-vv",), ("--json",))
FAILURES = [row for row in ROWS if not row.output]


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """Put back what the program does about SIGTERM."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a picture in it and the key in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NANO_EDIT_API_KEY", CANARY)
    photo(tmp_path / "in.jpg", 320, 240)
    return tmp_path


def invoke(*arguments: str) -> tuple[int, bytes]:
    """Run the program in this process; return its status and all that it wrote."""
    out, err = io.BytesIO(), io.StringIO()
    terminal = Terminal(io.BytesIO(), out, err)
    status = run_app(arguments, terminal)
    return int(status), out.getvalue() + err.getvalue().encode("utf-8", "replace")


def written(*folders: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the bytes of every file below the folders."""
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                yield str(path), path.read_bytes()


def assert_no_key(*texts: bytes, where: str = "") -> None:
    for text in texts:
        for form in FORMS:
            assert form not in text, where


@pytest.mark.parametrize(
    "row", FAILURES, ids=lambda row: " ".join((row.fault, *row.options))
)
def test_no_failure_at_any_verbosity_shows_the_key(
    row: Row, folder: Path, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with Emulator(signature_bytes=2000) as emulator:
        for number, verbosity in enumerate(VERBOSITIES):
            emulator.set_faults(row.fault)
            (folder / "out.jpg").unlink(missing_ok=True)
            status, told = invoke(
                # Another edit each time: a reply that was kept whole would be used.
                *(f"sepia {number}", "in.jpg", "-o", "out.jpg", "--cache"),
                *("--base-url", emulator.url, *FAST, *row.options, *verbosity),
            )
            assert status == row.exit_status, told
            assert told
            assert_no_key(told, where=f"told at {verbosity}")
    for name, content in written(folder, home):
        assert_no_key(name.encode(), content, where=name)
    beside = capfd.readouterr()
    assert_no_key(beside.out.encode(), beside.err.encode(), where="beside the terminal")


# --- what was written when all is well ----------------------------------------


@pytest.mark.parametrize("verbosity", [*VERBOSITIES, ("--dry-run", "-vv"), ("-q",)])
def test_no_success_shows_the_key(
    verbosity: tuple[str, ...], folder: Path, home: Path
) -> None:
    with Emulator(signature_bytes=2000) as emulator:
        base = "--base-url", emulator.url
        for _ in range(2):  # the second time from the cache
            edit = "sepia", "in.jpg", "-o", "out.png", "-f", "--cache"
            status, told = invoke(*edit, *base, *verbosity)
            assert status == 0, told
            assert_no_key(told)
    for name, content in written(folder, home):
        assert_no_key(name.encode(), content, where=name)


def test_the_settings_that_are_shown_do_not_show_the_key(folder: Path) -> None:
    assert folder.exists()
    status, told = invoke("config", "show")
    assert status == 0
    assert_no_key(told)


# --- a service that repeats the key --------------------------------------------


def repeating(status: int) -> Any:
    said = {"error": {"code": status, "message": f"bad key: {CANARY}", "status": "X"}}
    return always(status, json.dumps(said).encode(), f"X-Key: {CANARY}")


@pytest.mark.parametrize("status", [200, 400, 401, 429, 500, 503])
@pytest.mark.parametrize("verbosity", VERBOSITIES)
def test_a_service_that_repeats_the_key_is_not_quoted_with_it(
    status: int, verbosity: tuple[str, ...], folder: Path
) -> None:
    assert folder.exists()
    with Peer(repeating(status)) as peer:
        ended, told = invoke(
            *("sepia", "in.jpg", "-o", "out.jpg", "--base-url", peer.url),
            *("--retries", "1", *verbosity),
        )
    assert ended
    assert b"bad key: ****" in told
    assert_no_key(told)


def test_a_refusal_and_a_redirect_that_repeat_the_key_are_not_quoted(
    folder: Path,
) -> None:
    assert folder.exists()
    refusal = body(reply({"text": f"your key {CANARY}"}))
    for talk in (
        always(200, refusal),
        always(302, b"", f"Location: https://{CANARY}.example/"),
    ):
        with Peer(talk) as peer:
            edit = "sepia", "in.jpg", "-o", "out.jpg", "-vv", "--base-url", peer.url
            ended, told = invoke(*edit)
        assert ended in {7, 9}
        assert b"****" in told
        assert_no_key(told)


# --- where else it could be -----------------------------------------------------


def test_a_bug_shows_its_traceback_without_the_key(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert folder.exists()

    def commit(_: ImageWriter) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(ImageWriter, "commit", commit)
    with Emulator(signature_bytes=2000) as emulator:
        edit = "sepia", "in.jpg", "-o", "out.jpg", "-vv", "--base-url", emulator.url
        status, told = invoke(*edit)
    assert status == 1
    assert b"Traceback" in told
    assert_no_key(told)


def test_no_log_of_any_library_holds_the_key(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert folder.exists()
    caplog.set_level(logging.DEBUG)
    with Emulator(signature_bytes=2000) as emulator:
        edit = "sepia", "in.jpg", "-o", "out.jpg", "--base-url", emulator.url
        assert invoke(*edit)[0] == 0
    assert caplog.records  # the HTTP library does log
    assert_no_key(caplog.text.encode())


@pytest.mark.parametrize("by", ["variable", "file"])
def test_no_argument_of_the_process_holds_the_key(by: str, folder: Path) -> None:
    key_file = folder / "key.txt"
    key_file.write_text(CANARY + "\n")
    key_file.chmod(0o600)
    asked = threading.Event()

    def talk(line: Line) -> None:
        assert CANARY in line.request().headers["authorization"]
        asked.set()
        line.hold()

    options = ["--api-key-file", "key.txt"] if by == "file" else []
    with (
        Peer(talk) as peer,
        subprocess.Popen(
            command("sepia", "in.jpg", "-o", "o.jpg", "--base-url", peer.url, *options),
            env=environment({"NANO_EDIT_API_KEY": "" if by == "file" else CANARY}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process,
    ):
        assert asked.wait(30)
        arguments = Path(f"/proc/{process.pid}/cmdline")
        if arguments.exists():
            assert_no_key(arguments.read_bytes())
        process.kill()
        out, err = process.communicate()
    assert_no_key(out, err)


def test_nothing_that_holds_the_key_shows_it() -> None:
    key = ApiKey(CANARY)
    service = Service(PROVIDERS["google"], "http://127.0.0.1:9", key)
    with Client(service) as client:
        holders = [key, service, client, dataclasses.replace(service, timeout=1.0)]
        for holder in holders:
            assert_no_key(f"{holder!r} {holder} {holder:}".encode())
            assert_no_key(repr([holder]).encode(), repr({"key": holder}).encode())
        assert client.hide_key(f"a{CANARY}b") == "a****b"


def test_the_key_cannot_be_pickled_by_accident() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(ApiKey(CANARY))


def test_a_kept_reply_that_repeats_the_key_is_recovered_without_it(
    folder: Path,
) -> None:
    picture = photo(folder / "whole.png").read_bytes()
    words = {"text": f"Your key is {CANARY}"}
    said = reply(words, image_part(picture), modelVersion=f"model-{CANARY}")
    (folder / "kept.json").write_bytes(body(said))
    status, told = invoke(*("replies", "recover", "kept.json", "-o", "o.png", "--json"))
    assert status == 0, told
    assert_no_key(told)
    assert b"Your key is ****" in told


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")
def test_what_is_kept_is_for_its_owner_alone(folder: Path, home: Path) -> None:
    with Emulator(signature_bytes=2000, faults="truncated-json") as emulator:
        edit = "sepia", "in.jpg", "-o", "out.jpg", "--base-url", emulator.url
        assert invoke(*edit)[0] == 8
    kept = [path for path in home.rglob("reply-*") if path.is_file()]
    assert sorted(path.suffix for path in kept) == [".gz", ".jsonl"]
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}
    assert kept[0].parent.stat().st_mode & 0o777 == 0o700
    assert folder.exists()
