"""Every command of README and ``docs/`` works as it is typed.

The convention of the pages, by the words after a block's backticks:

- ``sh`` is run by bash in a folder of small pictures of its own, so that a reader
  can copy any one block.  Key and address of an emulator are in the environment.
  A line that ends in ``# exit 9`` has to end so; every other has to succeed.
- ``sh NAME``, ``make NAME``, ``jsonl NAME``, ``text NAME``, ``yaml NAME`` are
  files that all blocks of their page find in that folder.  A script is run as
  well, and so is what a CI job of YAML runs.
- ``python`` is run like ``sh``.  ``json result`` is held to the schema.
- ``text`` alone is not run: output, installing, other machines.

``pip`` does nothing here, and port 8787 stands for a free one.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
import support
from support.result_schema import validated

from nano_edit import NanoEditError, edit
from nano_edit.emulator import Emulator
from nano_edit.errors import PartialError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DOCS = support.ROOT / "docs"
README = support.ROOT / "README.md"
TESTED_ELSEWHERE = {
    "configuration.md",  # by test_configuration_docs, with the page's own example
    "benchmarks.md",  # minutes long, and not for users
}
PAGES = [
    README,
    *(page for page in sorted(DOCS.glob("*.md")) if page.name not in TESTED_ELSEWHERE),
]
BLOCK = re.compile(r"^```(\w+)(?: +(\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SET_UP = re.compile(r"<!-- (\w+-command) -->.*?<!-- /\1 -->", re.DOTALL)
EXIT = re.compile(r"^(?P<command>\S.*\S)\s+# exit (?P<status>\d+)$", re.MULTILINE)
MAY_BE_ABSENT = ("jq", "make", "parallel", "curl")
SLURM = {"SLURM_ARRAY_TASK_ID": "2", "SLURM_ARRAY_TASK_COUNT": "3"}
GITLAB = {"CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "2"}

needs_bash = pytest.mark.skipif(
    os.name == "nt" or not shutil.which("bash"), reason="the commands are for bash"
)


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a page."""

    page: str
    number: int  # on its page, from 1
    language: str
    name: str  # of a file, or ""
    text: str
    files: dict[str, str] = field(repr=False)  # of its page, by name

    def __str__(self) -> str:
        return f"{self.page}-{self.number}-{self.name or self.language}"


def blocks() -> Iterator[Block]:
    for page in PAGES:
        # The two commands that set up a clone are run by .ci/run.
        text = SET_UP.sub("", page.read_text(encoding="utf-8"))
        found = BLOCK.findall(text)
        files = {name: body for kind, name, body in found if name and kind != "json"}
        for number, (kind, name, body) in enumerate(found, start=1):
            yield Block(page.name, number, kind, name, body, files)


BLOCKS = list(blocks())


def of(*languages: str) -> list[Block]:
    return [block for block in BLOCKS if block.language in languages]


# --- the folder and the programs that a reader has ---------------------------


@pytest.fixture(scope="module")
def service() -> Iterator[Emulator]:
    with Emulator(signature_bytes=1000) as emulator:
        yield emulator


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as the pages suppose it: pictures, an instruction, the examples."""
    place = tmp_path / "work"
    (place / "photos" / "trip").mkdir(parents=True)
    (place / "examples").mkdir()
    for name in ("cat", "portrait", "examples/portrait"):
        support.photo(place / f"{name}.jpg")
    for name in ("a", "b", "trip/c"):
        support.photo(place / "photos" / f"{name}.jpg")
    support.gps_photo(place / "in.jpg")
    support.cutout(place / "mug.png")
    support.cutout(place / "examples" / "mug.png")
    (place / "prompt.txt").write_text("black and white\n", encoding="utf-8")
    return place


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder of programs: ours from this tree, this Python, a pip that is idle."""
    place = tmp_path / "bin"
    place.mkdir()
    python = f'exec "{sys.executable}"'
    scripts = {
        "nano-edit": f'{python} -m nano_edit "$@"',
        "nano-edit-emulator": f'{python} -m nano_edit.emulator "$@"',
        "python": f'{python} "$@"',
        "python3": f'{python} "$@"',
        "pip": "exit 0",
    }
    for name, script in scripts.items():
        (place / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (place / name).chmod(0o755)
    return place


@dataclass(frozen=True, slots=True)
class Reader:
    """Someone who copies blocks into a shell."""

    folder: Path
    variables: dict[str, str]

    def copies(self, block: Block, script: str, **variables: str) -> None:
        """Run a script with the page's files around; raise unless it succeeds."""
        port = str(free_port())
        for name, text in block.files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        status, said = run_bash(
            with_statuses(script).replace("8787", port),
            self.folder,
            support.environment({**self.variables, **variables}),
        )
        assert status == 0, f"{script}\n--- exit {status}\n{said}"


@pytest.fixture
def reader(folder: Path, programs: Path, service: Emulator) -> Reader:
    variables = {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "NANO_EDIT_BASE_URL": service.url,
        "NANO_EDIT_API_KEY": "any",
    }
    return Reader(folder, variables)


def with_statuses(script: str) -> str:
    """Return the script so that ``# exit N`` is demanded, on lines joined by a \\."""
    return EXIT.sub(
        r"{ \g<command>; } && ended=0 || ended=$?; "
        r'[ "$ended" = \g<status> ] || { echo "ended with $ended"; exit 99; }',
        script.replace("\\\n", " "),
    )


def run_bash(script: str, folder: Path, env: dict[str, str]) -> tuple[int, str]:
    """Run a script, and end what it left in the background."""
    said = folder.parent / "said.txt"
    with said.open("wb") as output:
        shell = subprocess.Popen(
            ["bash", "-eo", "pipefail", "-c", script],
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            status = shell.wait(120)
        finally:
            end_session(shell)
    return status, said.read_text(encoding="utf-8", errors="backslashreplace")


def end_session(shell: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(shell.pid, signal.SIGKILL)
    shell.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def skip_without(script: str) -> None:
    for program in MAY_BE_ABSENT:
        if re.search(rf"\b{program}\b", script) and not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    if "/dev/full" in script and not os.path.exists("/dev/full"):  # noqa: PTH110 - no file
        pytest.skip("this system has no /dev/full")


# --- what is run -------------------------------------------------------------


@needs_bash
@pytest.mark.parametrize("block", of("sh"), ids=str)
def test_commands_work_as_they_are_typed(block: Block, reader: Reader) -> None:
    skip_without(block.text)
    reader.copies(block, block.text, **SLURM)


@needs_bash
@pytest.mark.parametrize("block", of("python"), ids=str)
def test_python_works_as_it_stands(block: Block, reader: Reader) -> None:
    (reader.folder / "program.py").write_text(block.text, encoding="utf-8")
    reader.copies(block, "python program.py")


@needs_bash
@pytest.mark.parametrize("block", of("yaml"), ids=str)
def test_what_a_ci_job_runs_works(block: Block, reader: Reader) -> None:
    script = "\n".join(ci_scripts(block.text))
    skip_without(script)
    assert "nano-edit" in script
    reader.copies(block, script, **ci_variables(block.text), **GITLAB)


@pytest.mark.parametrize("block", of("json"), ids=str)
def test_json_that_is_shown_is_what_is_printed(block: Block) -> None:
    assert block.name == "result"
    assert validated(block.text)


# --- CI jobs -----------------------------------------------------------------

RUN = re.compile(r"^(?P<indent> *(?:- )?)run: (?P<rest>.*)$")
SCRIPT = re.compile(r"^(?P<indent> *)script:$")
EXPRESSION = re.compile(r"\$\{\{ *(.*?) *\}\}")
VARIABLE = re.compile(r'^ +([A-Z][A-Z_]+): *"?([^"#]*?)"?(?: +#.*)?$', re.MULTILINE)


def ci_scripts(text: str) -> Iterator[str]:
    """Yield what each step of a GitHub or GitLab job runs, matrix values put in."""
    lines = EXPRESSION.sub(_value, text).splitlines()
    for at, line in enumerate(lines):
        if (step := RUN.match(line)) and step["rest"] == "|":
            yield _below(lines[at + 1 :], len(step["indent"]))
        elif step:
            yield step["rest"]
        elif job := SCRIPT.match(line):
            for item in _below(lines[at + 1 :], len(job["indent"])).splitlines():
                yield item.removeprefix("- ")


def _value(expression: re.Match[str]) -> str:
    return "1" if expression[1].startswith("matrix.") else ""


def _below(lines: list[str], indent: int) -> str:
    """Return the lines that are further in, dedented."""
    found = []
    for line in lines:
        if line.strip() and not line.startswith(" " * (indent + 1)):
            break
        found.append(line)
    return textwrap.dedent("\n".join(found))


def ci_variables(text: str) -> dict[str, str]:
    """Return the variables that a job sets to plain values."""
    return {
        name: value
        for name, value in VARIABLE.findall(text)
        if value and "$" not in value
    }


def test_steps_are_found_in_jobs_of_both_kinds() -> None:
    github = """
    jobs:
      one:
        env:
          NANO_EDIT_EMULATE: "1" # free
          KEY: ${{ secrets.KEY }}
        steps:
          - run: a ${{ matrix.part }}/2
          - run: |
              b
              c
            env:
              MORE: none
          - name: more
            run: |
              d
    """
    assert list(ci_scripts(textwrap.dedent(github))) == ["a 1/2", "b\nc", "d"]
    assert ci_variables(github) == {"NANO_EDIT_EMULATE": "1", "MORE": "none"}
    gitlab = "job:\n  script:\n    - a\n    - b\n  artifacts:\n    paths: [c]\n"
    assert list(ci_scripts(gitlab)) == ["a", "b"]


# --- what is told ------------------------------------------------------------


@pytest.mark.parametrize("language", ["sh", "python", "yaml", "json"])
def test_there_is_something_of_each_kind_to_run(language: str) -> None:
    assert of(language)


def test_a_status_that_is_promised_is_demanded(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    for line, status in (("(exit 9) # exit 9", 0), ("true # exit 9", 99)):
        assert run_bash(with_statuses(line), work, dict(os.environ))[0] == status


def test_the_page_about_faults_is_printed_from_the_tests_table() -> None:
    script = support.ROOT / "scripts" / "write_reliability.py"
    done = subprocess.run(
        [sys.executable, script, "--check"], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_python_page_tells_every_argument_and_error() -> None:
    page = (DOCS / "python.md").read_text(encoding="utf-8")
    parameters = inspect.signature(edit).parameters
    told = re.findall(r"^edit\((.*?)\) ->", page, re.DOTALL | re.MULTILINE)[0]
    names = re.findall(r"(\w+)(?:=([^,]+))?(?:,|$)", told.replace("*,", ""))
    assert [name for name, _ in names] == list(parameters)
    for name, default in names:
        value = parameters[name].default
        wanted = ast.literal_eval(default) if default else inspect.Parameter.empty
        assert value == wanted
        assert f"| `{name}`" in page
    for kind in NanoEditError.__subclasses__():
        assert kind is PartialError or f"`{kind.__name__}`" in page


def links() -> Iterator[tuple[str, str]]:
    for page in [README, *sorted(DOCS.glob("*.md"))]:
        text = BLOCK.sub("", page.read_text(encoding="utf-8"))
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if not target.startswith(("https://", "mailto:")):
                yield page.name, target


@pytest.mark.parametrize(("page", "target"), sorted(set(links())))
def test_every_link_leads_somewhere(page: str, target: str) -> None:
    here = README if page == README.name else DOCS / page
    path, _, anchor = target.partition("#")
    there = here.parent / path if path else here
    assert there.exists()
    if anchor:
        titles = re.findall(
            r"^#+ (.+)$", there.read_text(encoding="utf-8"), re.MULTILINE
        )
        assert anchor in {as_anchor(title) for title in titles}


def as_anchor(title: str) -> str:
    """The anchor that GitHub makes of a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def test_every_page_is_reached_from_the_readme() -> None:
    there = {page.name for page in DOCS.glob("*.md")}
    linked = {target for page, target in links() if page == README.name}
    assert there <= {target.removeprefix("docs/").split("#")[0] for target in linked}
