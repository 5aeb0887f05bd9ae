"""What was measured: samples by case and contender, and figures made of them.

Rules:
- A figure is the median of its rounds; a ratio is the median of the rounds' own
  ratios, so that both sides of it have seen the same moment of the machine.
- What was not measured is None, never nought.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.measure import Taken


@dataclass(slots=True)
class Results:
    """Everything that one run of the benchmarks found."""

    versions: Mapping[str, str]
    rounds: int
    cases: dict[str, dict[str, Taken]] = field(default_factory=dict)
    many: dict[str, float] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)  # MB, by `memory`

    def series(self, case: str, contender: str, metric: str) -> list[float]:
        """Return a figure of every round; [] when it was not measured.

        ``metric`` is "wall" or a field of `Sample`.
        """
        taken = self.cases.get(case, {}).get(contender)
        if taken is None:
            return []
        if metric == "wall":
            return taken.walls
        found = [getattr(sample, metric) for sample in taken.samples]
        return [value for value in found if value is not None]

    def figure(self, case: str, contender: str, metric: str) -> float | None:
        """Return the median of a figure."""
        values = self.series(case, contender, metric)
        return median(values) if values else None

    def ratio(self, case: str, one: str, other: str, metric: str) -> float | None:
        """Return how ``one`` stands to ``other``, round by round."""
        return self.ratio_of((case, one, metric), (case, other, metric))

    def ratio_of(
        self, one: tuple[str, str, str], other: tuple[str, str, str]
    ) -> float | None:
        """Return how one figure stands to another of the same rounds."""
        pairs = zip(self.series(*one), self.series(*other), strict=False)
        ratios = [first / second for first, second in pairs if second]
        return median(ratios) if ratios else None

    def difference(
        self, one: tuple[str, str, str], other: tuple[str, str, str]
    ) -> float | None:
        """Return the difference of two figures' medians."""
        first, second = self.figure(*one), self.figure(*other)
        return None if first is None or second is None else first - second

    def as_json(self) -> dict[str, Any]:
        """Return all of it as JSON data: seconds and bytes, every round."""
        return {
            "versions": dict(self.versions),
            "rounds": self.rounds,
            "cases": {
                case: {name: asdict(taken) for name, taken in contenders.items()}
                for case, contenders in self.cases.items()
            },
            "many": self.many,
            "memory": self.memory,
        }
