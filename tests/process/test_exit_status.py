"""The exit table, row by row: each status means one thing, and a run shows it."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
import support

from nano_edit.cli.app import run as run_here
from nano_edit.cli.terminal import Terminal
from nano_edit.emulator import Emulator
from nano_edit.errors import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support import Finished, Run

HERE = Path(__file__).read_text(encoding="utf-8")
ENDLESS = "slow=600"  # the service hears the request and keeps silent

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")


@pytest.fixture
def picture(photo: Callable[..., Path]) -> Path:
    return photo("in.jpg", 320, 240)


@pytest.fixture
def edit(run: Run, picture: Path) -> Callable[..., Finished]:
    """Edit a picture with an emulator that fails as told, without a second try."""

    def start(faults: str, *more: str, output: str = "out.jpg") -> Finished:
        with Emulator(faults=faults, signature_bytes=1000) as emulator:
            command = ["sepia", str(picture), "-o", output, "--retries", "0", *more]
            return run(
                *command,
                env={"NANO_EDIT_API_KEY": "any", "NANO_EDIT_BASE_URL": emulator.url},
            )

    return start


def test_0_the_file_is_there(edit: Callable[..., Finished], tmp_path: Path) -> None:
    done = edit("ok")
    assert done.status == 0
    assert done.stdout == "out.jpg\n"
    assert (tmp_path / "out.jpg").exists()


@pytest.fixture
def own_signals() -> Iterator[None]:
    """Give this process its own signals back after a run inside it."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


class BrokenStream(io.BytesIO):
    """A stream that fails as no stream should: as good as any bug."""

    def write(self, _: object) -> NoReturn:
        raise ZeroDivisionError("the cat sat on the keyboard")


@pytest.mark.usefixtures("own_signals")
def test_1_internal_a_bug() -> None:
    said = io.StringIO()
    status = run_here(["--version"], Terminal(io.BytesIO(), BrokenStream(), said))
    assert status == 1
    assert "This is a bug in nano-edit: ZeroDivisionError." in said.getvalue()
    assert "Traceback (most recent call last)" in said.getvalue()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--no-such-option",),
        ("sepia",),
        ("", "in.jpg"),
        ("sepia", "in.jpg", "--size", "8K"),
        ("sepia", "in.jpg", "-o", "-", "--json"),
    ],
)
@pytest.mark.usefixtures("picture")
def test_2_usage_the_command_line(run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).status == 2


@pytest.mark.parametrize("name", ["missing.jpg", "notes.jpg", "."])
def test_3_input_a_picture_is_no_use(run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.jpg").write_text("no picture", encoding="utf-8")
    done = run("sepia", name, "--emulate")
    assert done.status == 3
    assert name in done.stderr


def test_3_input_an_instruction_file_is_no_use(run: Run, picture: Path) -> None:
    assert run("@missing.txt", picture, "--emulate").status == 3


def test_3_input_there_is_something_of_the_outputs_name(
    edit: Callable[..., Finished], tmp_path: Path
) -> None:
    (tmp_path / "out.jpg").write_bytes(b"mine")
    done = edit("ok")
    assert done.status == 3
    assert "out.jpg exists already. Nothing was sent." in done.stderr
    assert (tmp_path / "out.jpg").read_bytes() == b"mine"


def test_3_input_the_outputs_folder_is_missing(edit: Callable[..., Finished]) -> None:
    done = edit("ok", output="new/out.jpg")
    assert done.status == 3
    assert "mkdir -p new" in done.stderr


def test_4_auth_no_key(run: Run, picture: Path) -> None:
    done = run("sepia", picture)
    assert done.status == 4
    assert "APIYI_API_KEY" in done.stderr


@pytest.mark.parametrize("fault", ["400-key", "401", "403"])
def test_4_auth_the_key_was_refused(edit: Callable[..., Finished], fault: str) -> None:
    assert edit(fault).status == 4


def test_5_network_nothing_was_sent(run: Run, picture: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]  # nobody listens there once it is closed
    nowhere = f"http://127.0.0.1:{port}"
    done = run(
        *("sepia", picture, "--retries", "0", "--base-url", nowhere),
        env={"NANO_EDIT_API_KEY": "any"},
    )
    assert done.status == 5
    assert "Billed: no" in done.stderr


@pytest.mark.parametrize("fault", ["429", "429-day", "403-quota"])
def test_6_quota_rate_limit_or_no_money(
    edit: Callable[..., Finished], fault: str
) -> None:
    assert edit(fault).status == 6


@pytest.mark.parametrize("fault", ["400", "404", "413", "redirect"])
def test_7_rejected_the_request_is_invalid_or_redirected(
    edit: Callable[..., Finished], fault: str
) -> None:
    assert edit(fault).status == 7


@pytest.mark.parametrize(
    "fault", ["500", "503", "524-html", "html-200", "truncated-json"]
)
def test_8_server_5xx_or_a_reply_that_is_not_the_contracts(
    edit: Callable[..., Finished], fault: str
) -> None:
    assert edit(fault).status == 8


@pytest.mark.parametrize("fault", ["IMAGE_SAFETY", "no-image", "text-only"])
def test_9_refused_answered_without_an_image(
    edit: Callable[..., Finished], fault: str, tmp_path: Path
) -> None:
    assert edit(fault).status == 9
    assert not (tmp_path / "out.jpg").exists()


def test_9_refused_with_strict_another_size(
    edit: Callable[..., Finished], tmp_path: Path
) -> None:
    done = edit("small", "--size", "2K", "--strict")
    assert done.status == 9
    assert str(tmp_path / "out.jpg") in done.stderr or "out.jpg" in done.stderr
    assert (tmp_path / "out.jpg").exists()


@pytest.mark.parametrize("fault", ["reset", "close", "cut=100000"])
def test_10_unknown_sent_but_no_whole_reply_came(
    edit: Callable[..., Finished], fault: str
) -> None:
    assert edit(fault).status == 10


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_11_output_the_image_came_but_could_not_be_written(
    edit: Callable[..., Finished],
) -> None:
    done = edit("ok", "--force", "--format", "jpg", "--json", output="/dev/full")
    assert done.status == 11
    error = json.loads(done.stdout)["error"]
    assert error["billed"] == "yes"
    assert Path(error["recovery"]).stat().st_size > 0


def test_12_partial_some_of_many_edits_failed(
    run: Run, picture: Path, tmp_path: Path
) -> None:
    (tmp_path / "notes.jpg").write_text("no picture", encoding="utf-8")
    done = run("sepia", "--each", picture, "notes.jpg", "-o", "out/", "--emulate")
    assert done.status == 12
    assert (tmp_path / "out" / "in-edited.jpg").exists()


def test_13_pending_deferred_edits_are_not_made_yet(run: Run, picture: Path) -> None:
    deferred = ("sepia", "--each", picture, "-o", "out/", "--defer")
    with Emulator(batch_delay=60) as emulator:
        env = {"NANO_EDIT_BASE_URL": emulator.url, "NANO_EDIT_API_KEY": "any"}
        assert run(*deferred, "--provider", "google", env=env).status == 0
        done = run(*deferred, "--provider", "google", env=env)
        listed = run("jobs", "list", env=env)
    assert done.status == 13
    assert "1 job is under way: 0 of 1 edit made." in done.stderr
    assert "Billed" not in done.stderr
    assert "pending" in listed.stdout


# --- signals -----------------------------------------------------------------


def signalled(picture: Path, number: int) -> tuple[int, str]:
    """Send a signal while the service keeps the edit waiting; return how it ended."""
    with Emulator(faults=ENDLESS, signature_bytes=1000) as emulator:
        program = subprocess.Popen(
            support.command("sepia", picture, "-o", "out.jpg"),
            cwd=picture.parent,
            env=support.environment(
                {"NANO_EDIT_API_KEY": "any", "NANO_EDIT_BASE_URL": emulator.url},
                measured=False,
            ),
            stderr=subprocess.PIPE,
            text=True,
        )
        with program:
            heard(emulator)
            program.send_signal(number)
            said = program.stderr.read() if program.stderr else ""
    return program.returncode, said


def heard(emulator: Emulator) -> None:
    """Wait until the whole request has come."""
    while not any(request.body_bytes for request in emulator.requests):
        time.sleep(0.01)


@posix
@pytest.mark.parametrize(
    ("number", "status"),
    [
        (signal.SIGINT, 130),
        (signal.SIGTERM, 143),
    ],
)
def test_130_143_interrupted_and_terminated(
    picture: Path, tmp_path: Path, number: int, status: int
) -> None:
    ended, said = signalled(picture, number)
    assert ended == status
    assert "may be billed" in said
    assert [path.name for path in tmp_path.iterdir()] == ["in.jpg"]


# --- the table ---------------------------------------------------------------


def test_every_row_of_the_table_has_its_test() -> None:
    rows = re.findall(r"^def test_(\d+)_(?:(\d+)_)?", HERE, re.MULTILINE)
    tested = {int(number) for row in rows for number in row if number}
    assert tested == {int(status) for status in ExitStatus}


@posix
def test_a_reader_that_has_seen_enough_is_no_error(picture: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "nano_edit", "sepia", picture, "-o", "-", "--emulate"],
        stdout=write,
        stderr=subprocess.PIPE,
        env=support.environment(),
        check=False,
    )
    os.close(write)
    assert done.returncode == 128 + signal.SIGPIPE
    assert b"Traceback" not in done.stderr


def test_a_run_that_ends_early_waits_for_what_it_began(run: Run) -> None:
    for _ in range(12):  # of the runs that did not wait, one in eight crashed
        assert run("sepia", "missing.jpg").status == 3
