"""How good our algorithms are beside the reference implementations: one table for a test run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, stdev

PROPERTY = "quality"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Ours and the peer's value of a metric, of the same seeds in the same order."""

    algorithm: str
    data: str
    metric: str
    ours: Sequence[float]
    peer: str
    theirs: Sequence[float]
    higher: bool = True

    @property
    def lead(self) -> float:
        """How much better ours is on average; negative when it is worse."""
        difference = fmean(self.ours) - fmean(self.theirs)
        return difference if self.higher else -difference

    @property
    def noise(self) -> float:
        """Two standard errors of the difference between the seeds, but half a per cent at least.

        Seeds may agree by chance, and some peers have none.
        """
        differences = [mine - its for mine, its in zip(self.ours, self.theirs, strict=True)]
        error = 2 * stdev(differences) / len(differences) ** 0.5
        return max(error, 0.005 * abs(fmean(self.theirs)))

    def holds(self) -> bool:
        return self.lead >= -self.noise

    def row(self) -> list[str]:
        arrow = "higher" if self.higher else "lower"
        return [
            self.algorithm,
            self.data,
            f"{self.metric} ({arrow} is better)",
            _spread(self.ours),
            f"{self.peer}: {_spread(self.theirs)}",
        ]

    def plain(self) -> dict[str, object]:
        """As JSON can carry it from a worker of pytest-xdist to the table."""
        return asdict(self) | {"ours": list(self.ours), "theirs": list(self.theirs)}


def table(comparisons: Sequence[Comparison]) -> list[str]:
    """Aligned lines, sorted."""
    head = ["algorithm", "data", "metric", "ours", "reference"]
    rows = [head, *sorted(comparison.row() for comparison in comparisons)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _spread(values: Sequence[float]) -> str:
    return f"{fmean(values):.4g} ± {stdev(values):.2g}"
