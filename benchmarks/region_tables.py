"""What was found of `docs/region.md`'s promises, as tables."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_SMALLER_IS_WORSE = {"pixels", "blocks", "rest", "taken", "still", "said", "psnr"}


@dataclass
class Row:
    """The figures of one photograph."""

    name: str
    megapixels: float = 0.0
    figures: dict[str, float] = field(default_factory=dict)  # the worst of its runs
    seconds: float = 0.0  # of the processor, beyond a plain edit: JPEG to JPEG
    megabytes: float = 0.0
    sound: int = 0  # runs in which the scene was kept
    wrongly_refused: int = 0
    repainted: int = 0
    refused: int = 0

    def worse(self, **figures: float) -> None:
        """Enter figures where they are worse than what was found."""
        for name, value in figures.items():
            pick: Callable[[float, float], float] = max
            if name in _SMALLER_IS_WORSE:
                pick = min
            self.figures[name] = pick(self.figures.get(name, value), value)


_PROMISES = (  # figure, its words, sign and target
    ("pixels", "pixels outside a region or mask identical, PNG", ">=", 100, "%"),
    ("blocks", "blocks outside identical, JPEG to JPEG", ">=", 100, "%"),
    ("alignment", "error of the alignment, at the corner of a 1K picture", "<=", 0.5,
     "px"),
    ("seam", "seam: mean CIEDE2000 across the edge, above the original's", "<=", 1.5,
     ""),
    ("rest", "`--keep-rest`: unchanged pixels identical", ">=", 97, "%"),
    ("taken", "`--keep-rest`: changed area taken", ">=", 95, "%"),
    ("still", "`--keep-rest`, drift alone: pixels identical", ">=", 99, "%"),
    ("said", "`--keep-rest`, drift alone: it says so", ">=", 100, "%"),
    ("psnr", "ten edits in a row, JPEG: PSNR of what none touched", ">=", math.inf,
     "dB"),
)  # fmt: skip


def promise_table(rows: list[Row]) -> Iterator[str]:
    """Give the promises and the worst of what was found."""
    found = [
        (
            words,
            sign,
            target,
            unit,
            pick(row.figures[name] for row in rows if name in row.figures),
        )
        for name, words, sign, target, unit in _PROMISES
        for pick in ((max,) if sign == "<=" else (min,))
    ]
    repainted = sum(row.repainted for row in rows)
    sound = sum(row.sound for row in rows)
    refused = 100 * sum(row.refused for row in rows) / repainted
    wrong = 100 * sum(row.wrongly_refused for row in rows) / sound
    largest = max(rows, key=lambda row: row.megapixels)
    middle = min(rows, key=lambda row: abs(row.megapixels - 12))
    found += [
        (f"repainted scenes refused, of {repainted}", ">=", 95, "%", refused),
        (f"sound ones wrongly refused, of {sound}", "<=", 2, "%", wrong),
        (f"{largest.megapixels:.0f} megapixels, JPEG: processor time", "<=", 4, "s",
         largest.seconds),
        (f"{largest.megapixels:.0f} megapixels, JPEG: memory", "<=", 400, "MB",
         largest.megabytes),
        (f"{middle.megapixels:.0f} megapixels, JPEG: processor time", "<=", 1.5, "s",
         middle.seconds),
    ]  # fmt: skip
    yield from _table(
        ("", "target", "worst found", ""),
        (
            (
                words,
                f"{sign} {target:g} {unit}".strip().replace("inf", "infinite"),
                f"{value:.4g} {unit}".strip().replace("inf", "infinite"),
                _verdict(value, sign, target),
            )
            for words, sign, target, unit, value in found
        ),
    )


def _verdict(value: float, sign: str, target: float) -> str:
    met = value <= target if sign == "<=" else value >= target
    return "met" if met else "**missed**"


def photo_table(rows: list[Row]) -> Iterator[str]:
    """Give every photograph's figures."""
    names = [name for name, *_ in _PROMISES]
    yield from _table(
        ("photo", "MP", *names, "refused", "wrongly", "time", "memory"),
        (
            (
                row.name[:28],
                f"{row.megapixels:.1f}",
                *(
                    f"{row.figures[name]:.3g}" if name in row.figures else ""
                    for name in names
                ),
                f"{row.refused}/{row.repainted}",
                f"{row.wrongly_refused}/{row.sound}",
                f"{row.seconds:.2f} s",
                f"{row.megabytes:.0f} MB",
            )
            for row in rows
        ),
    )


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    titles = tuple(head)
    yield f"| {' | '.join(titles)} |"
    yield "|---" * len(titles) + "|"
    for row in rows:
        yield f"| {' | '.join(row)} |"
