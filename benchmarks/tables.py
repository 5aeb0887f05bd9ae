"""The results as Markdown, and their place in the documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.cases import CASES, CURL, GENAI, NANO, REQUESTS
from benchmarks.targets import verdicts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from benchmarks.results import Results
    from benchmarks.targets import Verdict

_SHORT = ("1k", "4k", "100mb", "upload-14x7mb", "stall")


def short_table(results: Results) -> str:
    """Return the table for the README: what is felt, beside the three usual ways."""
    contenders = (NANO, CURL, REQUESTS, GENAI)
    head = ("wall, peak memory", *contenders)
    lines = list(_table(head, _short_rows(results, contenders)))
    told = results.versions
    said = (
        f"Medians of {results.rounds} rounds, each a whole process, in turn, against a"
        f" local server that answers at once; {told['system']}, {told['cores']} shared"
        " cores. All figures, and what is not met, are in"
        " [docs/benchmarks.md](docs/benchmarks.md)."
    )
    return "\n".join([*lines, "", said])


def _short_rows(results: Results, contenders: Sequence[str]) -> Iterator[list[str]]:
    for case in CASES:
        if case.name in _SHORT and case.name in results.cases:
            figures = [
                f"{_seconds(results.figure(case.name, name, 'wall'))},"
                f" {_megabytes(results.figure(case.name, name, 'memory'))}"
                for name in contenders
            ]
            yield [case.title, *figures]


def long_tables(results: Results) -> str:
    """Return every figure: the targets, then a table for each case."""
    lines = [_versions(results), "", *_targets(verdicts(results))]
    for case in CASES:
        if case.name in results.cases:
            lines += ["", f"### {case.title}", "", *_case_table(results, case.name)]
    if results.many:
        lines += ["", "### Many edits", "", *_many_table(results)]
    if results.memory:
        lines += ["", "### Memory of pictures that are decoded", ""]
        rows = [[name, f"{peak:.0f} MB"] for name, peak in results.memory.items()]
        lines += _table(("", "peak memory"), rows)
    return "\n".join(lines)


def _versions(results: Results) -> str:
    told = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    return f"{results.rounds} rounds; {told}."


def _targets(found: list[Verdict]) -> Iterator[str]:
    yield from _table(
        ("target", "at most", "found", ""),
        [
            [
                each.target.what,
                _amount(each.target.limit, each.target.unit),
                _amount(each.found, each.target.unit),
                "met" if each.is_met else "**missed**",
            ]
            for each in found
        ],
    )


def _case_table(results: Results, case: str) -> Iterator[str]:
    head = (
        "", "wall", "ratio", "CPU", "peak memory", "request start", "tail", "wire",
    )  # fmt: skip
    rows = []
    for name, taken in results.cases[case].items():
        capped = len(taken.walls) < results.rounds
        rows.append(
            [
                f"{name} ({len(taken.walls)} rounds)" if capped else name,
                _seconds(results.figure(case, name, "wall")),
                _ratio(results.ratio(case, name, NANO, "wall")),
                _seconds(results.figure(case, name, "cpu")),
                _megabytes(results.figure(case, name, "memory")),
                _milliseconds(results.figure(case, name, "start")),
                _milliseconds(results.figure(case, name, "tail")),
                _megabytes(results.figure(case, name, "wire")),
            ]
        )
    yield from _table(head, rows)
    if (sync := results.figure(case, NANO, "sync")) is not None:
        yield ""
        yield f"An fsync of as many bytes took {_milliseconds(sync)} in these rounds."


def _many_table(results: Results) -> Iterator[str]:
    many = results.many
    rows = [
        ["300 edits of 1 s, 30 at once", f"{many['wall']:.2f} s"],
        ["CPU of one of them", f"{many['cpu']:.1f} ms"],
        ["peak memory of that run", f"{many['memory']:.1f} MB"],
        ["peak memory of 30 edits, 4 at once", f"{many['memory of 30']:.1f} MB"],
        ["what 3,000 need more", f"{many['growth']:.1f} MB"],
        ["outputs in place when 100 edits were killed", f"{many['killed at']:.0f}"],
    ]
    yield from _table(("", "found"), rows)


def write_block(path: Path, text: str, name: str = "benchmarks") -> None:
    """Put the text where the document has its block for it."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    document = path.read_text("utf-8")
    before, _, rest = document.partition(begin)
    _, _, after = rest.partition(end)
    path.write_text(f"{before}{begin}\n{text}\n{end}{after}", "utf-8")


def _table(
    head: Sequence[str], rows: Iterator[list[str]] | list[list[str]]
) -> Iterator[str]:
    yield _row(head)
    yield "|---" * len(head) + "|"
    yield from map(_row, rows)


def _row(cells: Sequence[str]) -> str:
    escaped = [cell.replace("|", "\\|") for cell in cells]
    return f"| {' | '.join(escaped)} |"


def _amount(value: float, unit: str) -> str:
    digits = 2 if not unit and value != int(value) else 1 if value != int(value) else 0
    return f"{value:.{digits}f} {unit}".strip()


def _seconds(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"


def _milliseconds(value: float | None) -> str:
    return "" if value is None else f"{value * 1000:,.0f} ms"


def _megabytes(value: float | None) -> str:
    return "" if value is None else f"{value / 1e6:.1f} MB"


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
