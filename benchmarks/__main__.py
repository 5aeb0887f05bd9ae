"""``python -m benchmarks``: make ready, measure, print.

    python -m benchmarks                     everything, 7 rounds: half an hour
    python -m benchmarks --case 4k           the cases whose name begins so
    python -m benchmarks --quick             what takes seconds, 3 rounds
    python -m benchmarks --write             also into README.md and docs/

Needs Linux or macOS, hyperfine, bash, curl and jq.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.cases import CASES
from benchmarks.many import measure_many
from benchmarks.measure import Bench, run_case, running_server
from benchmarks.memory import measure_memory
from benchmarks.pictures import LARGE, PHOTO
from benchmarks.results import Results
from benchmarks.tables import long_tables, short_table, write_block
from benchmarks.tools import ROOT, make_tools, tools_at_hand, versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.tools import Tools

QUICK = ("help", "version", "tab", "1k", "4k", "4k-gzip", "upload-3mb")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the command line asks for, and print it."""
    asked = _parser().parse_args(arguments)
    work = (
        asked.work or Path(tempfile.gettempdir()) / "nano-edit-benchmarks"
    ).resolve()
    pictures = work / "pictures"
    for folder in (pictures, work / "runs"):
        folder.mkdir(parents=True, exist_ok=True)
    tools = tools_at_hand() if asked.here else make_tools(work)
    _make_pictures(asked, tools, pictures)
    results = _measured(asked, tools, work)
    print(long_tables(results))
    print(json.dumps(results.as_json(), indent=1))
    if asked.json:
        asked.json.write_text(json.dumps(results.as_json(), indent=1) + "\n")
    if asked.write:
        write_block(ROOT / "README.md", short_table(results))
        write_block(ROOT / "docs" / "benchmarks.md", long_tables(results))


def _make_pictures(asked: argparse.Namespace, tools: Tools, folder: Path) -> None:
    names = {name for name in ("small", "1mb") if _is_wanted("many", asked)}
    if _is_wanted("memory", asked):
        names |= {"small", PHOTO, *LARGE}
    for case in CASES:
        if _is_wanted(case.name, asked):
            names |= {*case.images, case.reply.split(".")[0]} - {""}
    _tell("pictures and replies")
    maker = str(Path(__file__).with_name("pictures.py"))
    subprocess.run((tools.python, maker, str(folder), *sorted(names)), check=True)


def _measured(asked: argparse.Namespace, tools: Tools, work: Path) -> Results:
    results = Results(versions(tools), asked.rounds or (3 if asked.quick else 7))
    with running_server(work / "pictures") as url:
        log = work / "pictures" / "requests.jsonl"
        bench = Bench(tools, work / "runs", work / "pictures", url, log)
        for case in CASES:
            if _is_wanted(case.name, asked):
                taken = run_case(bench, case, results.rounds, _tell)
                results.cases[case.name] = taken
        if _is_wanted("many", asked):
            results.many = measure_many(bench, _tell)
        if _is_wanted("memory", asked):
            results.memory = measure_memory(bench, _tell)
    return results


def _is_wanted(name: str, asked: argparse.Namespace) -> bool:
    if asked.case:
        return any(name.startswith(each) for each in asked.case)
    return not asked.quick or name in QUICK


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure nano-edit beside what people would use instead.",
    )
    parser.add_argument("--rounds", type=int, help="7 by default, 3 with --quick")
    parser.add_argument(
        "--case", action="append", help="only cases whose name begins so; repeatable"
    )
    parser.add_argument("--quick", action="store_true", help="what takes seconds")
    parser.add_argument(
        "--here",
        action="store_true",
        help="measure what this Python has installed; makes no environment",
    )
    parser.add_argument("--work", type=Path, help="a folder to keep things in")
    parser.add_argument("--json", type=Path, help="also write the JSON to this file")
    parser.add_argument(
        "--write", action="store_true", help="also write the tables into the documents"
    )
    return parser


if __name__ == "__main__":
    main()
