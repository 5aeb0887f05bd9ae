"""The targets, and whether this run meets them.

Every target is a figure, a ratio or a difference of figures of the same run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.cases import CURL, GENAI, NANO, REQUESTS
from benchmarks.memory import FOUR
from benchmarks.pictures import LARGE, PHOTO

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.results import Results

_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Target:
    """One target: ``measure`` gives its figure, which is to be ``limit`` at most."""

    what: str
    limit: float
    unit: str  # "": a ratio
    measure: Callable[[Results], float | None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A target and what was found."""

    target: Target
    found: float

    @property
    def is_met(self) -> bool:
        """Whether the target is met."""
        return self.found <= self.target.limit


def verdicts(results: Results) -> list[Verdict]:
    """Return a verdict on every target that this run measured."""
    found = [(target, target.measure(results)) for target in TARGETS]
    return [Verdict(target, value) for target, value in found if value is not None]


def _wall(case: str, other: str) -> Callable[[Results], float | None]:
    return lambda results: results.ratio(case, NANO, other, "wall")


def _megabytes(case: str) -> Callable[[Results], float | None]:
    def measure(results: Results) -> float | None:
        found = results.figure(case, NANO, "memory")
        return None if found is None else found / _MB

    return measure


def _megabytes_over(case: str, base: str) -> Callable[[Results], float | None]:
    def measure(results: Results) -> float | None:
        found = results.difference((case, NANO, "memory"), (base, NANO, "memory"))
        return None if found is None else found / _MB

    return measure


def _milliseconds(case: str, *, beyond_sync: bool) -> Callable[[Results], float | None]:
    def measure(results: Results) -> float | None:
        tail = results.figure(case, NANO, "tail")
        sync = results.figure(case, NANO, "sync") if beyond_sync else 0.0
        return None if tail is None or sync is None else (tail - sync) * 1000

    return measure


def _many(name: str) -> Callable[[Results], float | None]:
    return lambda results: results.many.get(name)


def _pythons(results: Results) -> float | None:
    return results.figure("tab", NANO, "python")


def _peak(name: str) -> Callable[[Results], float | None]:
    return lambda results: results.memory.get(name)


def _largest_peak(results: Results) -> float | None:
    peaks = [peak for name, peak in results.memory.items() if name in LARGE]
    return max(peaks, default=None)


TARGETS = (
    Target(f"1K reply, wall, against {REQUESTS}", 1.0, "", _wall("1k", REQUESTS)),
    Target("1K reply, peak memory", 30, "MB", _megabytes("1k")),
    Target(f"4K reply, wall, against `{CURL}`", 0.85, "", _wall("4k", CURL)),
    Target(f"4K reply, wall, against {GENAI}", 0.40, "", _wall("4k", GENAI)),
    Target(f"100 MB reply, wall, against `{CURL}`", 0.35, "", _wall("100mb", CURL)),
    Target(
        f"4K reply, peak memory, against `{CURL}`",
        0.65,
        "",
        lambda results: results.ratio("4k", NANO, CURL, "memory"),
    ),
    Target(
        "100 MB reply, peak memory over the 4K one's",
        3,
        "MB",
        _megabytes_over("100mb", "4k"),
    ),
    Target(
        "14 x 7 MB upload, peak memory over a one-image upload's",
        5,
        "MB",
        _megabytes_over("upload-14x7mb", "upload-1x7mb"),
    ),
    Target(
        "Request start, against a whole process that makes an `httpx.Client`",
        1.0,
        "",
        lambda results: results.ratio_of(
            ("1k", NANO, "start"), ("1k", "python importing httpx", "wall")
        ),
    ),
    Target(
        "Tail, 4K PNG to .png, beyond the fsync",
        40,
        "ms",
        _milliseconds("4k", beyond_sync=True),
    ),
    Target(
        "Tail, closing chunk withheld for 20 s",
        100,
        "ms",
        _milliseconds("stall", beyond_sync=False),
    ),
    Target(
        "Wire bytes when gzip is accepted",
        0.78,
        "",
        lambda results: results.ratio_of(
            ("4k-gzip", NANO, "wire"), ("4k", NANO, "wire")
        ),
    ),
    Target(
        "`--help`, against the `--help` of a bare Typer app",
        0.5,
        "",
        _wall("help", "bare Typer app"),
    ),
    Target(
        "`--version`, against the same",
        0.5,
        "",
        _wall("version", "bare Typer app"),
    ),
    Target("Pythons started by a Tab in bash", 0, "", _pythons),
    Target("300 edits of 1 s, 30 at once, against 10 s", 1.15, "", _many("ideal")),
    Target("3,000 edits, peak memory over 30's", 3, "MB", _many("growth")),
    Target("CPU of an edit among 300, 1 MB pictures", 20, "ms", _many("cpu")),
    Target("Photo of 48 megapixels, turned, peak memory", 130, "MB", _peak(PHOTO)),
    Target("Four of them at once, peak memory", 260, "MB", _peak(FOUR)),
    Target("Any picture under the limits, peak memory", 600, "MB", _largest_peak),
    Target("After a kill: outputs that are missing", 0, "", _many("missing")),
    Target("After a kill: finished edits asked for again", 0, "", _many("again")),
)
