"""``nano-edit-emulator`` as a program, and the page that describes it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

import pytest
import support

from nano_edit.emulator import LogEntry, ReceivedImage
from nano_edit.emulator.__main__ import OPTIONS
from nano_edit.emulator.faults.table import table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support import Run

PAGE = support.ROOT / "docs" / "emulator.md"
MODULE = "nano_edit.emulator"
by_signal = pytest.mark.skipif(os.name == "nt", reason="Windows knows no such signals")


@dataclass(frozen=True, slots=True)
class Program:
    """A running emulator, and where it says that it listens."""

    child: subprocess.Popen[str]
    url: str

    def ended_by(self, number: int) -> tuple[int, str]:
        """Send a signal; return the exit status and what was said on stderr."""
        self.child.send_signal(number)
        _, said = self.child.communicate(timeout=30)
        return self.child.returncode, said


@contextmanager
def started(*args: str) -> Iterator[Program]:
    child = subprocess.Popen(
        support.command("--port", "0", *args, module=MODULE),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=support.environment(),
    )
    with child:
        try:
            assert child.stdout
            yield Program(child, child.stdout.readline().strip())
        finally:
            child.kill()


@by_signal
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_ends_it_quietly(name: str) -> None:
    with started() as program:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", program.url)
        status, said = program.ended_by(getattr(signal, name))
    assert status == 0
    assert said.startswith("Emulating the service; any key does.")
    assert "Traceback" not in said


@by_signal
def test_a_signal_ends_it_in_the_middle_of_an_answer() -> None:
    options = (
        "--fault",
        "tail-stall=600",
        "--latency",
        "0.6",
        "--no-gzip",
        "--no-mark",
    )
    with started(*options, "--signature-bytes", "1000") as program:
        request = Request(  # noqa: S310 - our own address
            f"{program.url}/v1beta/models/any:generateContent",
            data=b'{"contents": [{"parts": [{"text": "a cat"}]}]}',
            headers={"x-goog-api-key": "any"},
        )
        with urlopen(request, timeout=30) as answer:  # noqa: S310 - likewise
            assert answer.read(100).startswith(b"{\n")
            status, said = program.ended_by(signal.SIGTERM)
    assert (status, "Traceback" in said) == (0, False)


def test_it_runs_as_the_installed_command_does() -> None:
    script = "from nano_edit.emulator.__main__ import main; main()"
    listed = subprocess.run(
        [sys.executable, "-c", script, "--list-faults"],
        capture_output=True,
        check=True,
        env=support.environment(),
        timeout=60,
    )
    assert listed.stdout.splitlines() == table().encode().splitlines()


def test_a_port_that_is_taken_is_a_clear_error(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = run("--port", port, module=MODULE)
    assert ended.status == 2
    assert "--port" in ended.stderr
    assert port in ended.stderr
    assert "in use" in ended.stderr or os.name == "nt"
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("port", ["-1", "65536", "x"])
def test_a_port_that_there_is_not_is_a_usage_error(run: Run, port: str) -> None:
    ended = run("--port", port, module=MODULE)
    assert ended.status == 2
    assert "--port" in ended.stderr


def test_a_fault_that_there_is_not_is_a_usage_error(run: Run) -> None:
    ended = run("--fault", "429,drfts", module=MODULE)
    assert ended.status == 2
    assert "drfts" in ended.stderr
    assert "drafts" in ended.stderr


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_names_every_option(run: Run, flag: str) -> None:
    ended = run("--port", "0", flag, module=MODULE)
    assert ended.status == 0
    assert ended.stdout.startswith("Usage: nano-edit-emulator [OPTIONS]\n")
    assert max(map(len, ended.stdout.splitlines())) <= 80
    helped = re.findall(r"^ {6}(--[\w-]+)", ended.stdout, re.MULTILINE)
    assert helped == [option.flag for option in OPTIONS]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--nonsense"], "No such option: --nonsense."),
        (["in.jpg"], "No such argument: in.jpg."),
        (["--port"], "--port: expected one argument."),
        (["--latency", "-1"], "--latency -1: it must be a number of seconds,"),
        (["--latency", "nan"], "--latency nan: it must be a number of seconds,"),
        (["--latency", "x"], "--latency x: it must be a number."),
        (["--signature-bytes", "1.5"], "--signature-bytes 1.5: it must be a whole"),
        (["--drift", "zoom=9"], "The list is invalid: zoom takes factor,"),
    ],
)
def test_a_bad_command_line_says_why(
    run: Run, arguments: list[str], complaint: str
) -> None:
    ended = run(*arguments, module=MODULE)
    assert (ended.status, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"nano-edit-emulator: {complaint}")
    assert ended.stderr.endswith("\n  See nano-edit-emulator --help.\n")


def test_nano_edit_has_it_as_a_command(run: Run) -> None:
    helped = run("emulator", "--help")
    assert all(option.flag in helped.stdout for option in OPTIONS)
    assert run("emulator", "--list-faults").stdout == table()
    refused = run("emulator", "--port", "x")
    assert (refused.status, "--port x: it must be" in refused.stderr) == (2, True)


def test_the_faults_are_listed(run: Run) -> None:
    ended = run("--list-faults", module=MODULE)
    assert (ended.status, ended.stdout) == (0, table())


# --- the page ----------------------------------------------------------------


def test_the_page_prints_the_table_that_the_program_runs_by() -> None:
    page = PAGE.read_text(encoding="utf-8")
    match = re.search(r"<!-- faults: .* -->\n(.*?)<!-- /faults -->", page, re.DOTALL)
    assert match
    assert match[1] == table()


@pytest.mark.parametrize("entry", [LogEntry, ReceivedImage])
def test_the_page_tells_of_every_field_of_the_log(
    entry: type[LogEntry | ReceivedImage],
) -> None:
    page = PAGE.read_text(encoding="utf-8").partition("## Log")[2]
    told = set(re.findall(r"`(\w+)`", page))
    assert {one.name for one in fields(entry)} <= told
