"""How good a model is: what every supervised algorithm tells its notebook about its results."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio_ext.algorithms.data import html_table
from studio_ext.algorithms.job import write_whole

CLASSES, NUMBERS = "classes", "numbers"


@dataclass(frozen=True, slots=True)
class Report:
    """A model judged on one channel.

    Attributes:
        channel: the channel it was judged on.
        task: ``classes`` or ``numbers``.
        actual: labels, shape (rows,).
        predicted: of the same shape: classes as integers, or numbers.
        metrics: channel -> metric -> value, of every channel there is.
        importance: feature -> importance, shares of 1, the greatest first.
        importance_of: what that importance is, for the picture's axis.
    """

    channel: str
    task: str
    actual: Any
    predicted: Any
    metrics: Mapping[str, Mapping[str, float]]
    importance: Mapping[str, float]
    importance_of: str = "importance"

    def save(self, output_dir: str | Path) -> Path:
        """Write the metrics as ``metrics.json``: channel -> metric -> value."""
        return save_metrics(self.metrics, output_dir)

    def table(self) -> MetricsTable:
        return MetricsTable(self.metrics)


class MetricsTable:
    """Metrics by channel, as a notebook shows them."""

    def __init__(self, metrics: Mapping[str, Mapping[str, float]]) -> None:
        self.head: Sequence[str] = ("metric", *metrics)
        names = dict.fromkeys(name for values in metrics.values() for name in values)
        self.rows = [
            (name, *(_number(values.get(name)) for values in metrics.values())) for name in names
        ]

    def __repr__(self) -> str:
        lines = [self.head, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.head))]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )

    def _repr_html_(self) -> str:
        return html_table(self.head, self.rows)


def save_metrics(metrics: Mapping[str, Mapping[str, float]], output_dir: str | Path) -> Path:
    """Write ``metrics.json``: channel -> metric -> value."""
    path = Path(output_dir) / "metrics.json"
    text = json.dumps(metrics, indent=2) + "\n"
    write_whole(path, lambda part: _write(part, text))
    return path


def _write(path: Path, text: str) -> None:
    path.write_text(text)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.5g}"
