"""What Random Cut Forest says: scores in the order of the rows, and how they are spread."""

from __future__ import annotations

import numpy as np

from studio_ext.algorithms.pictures import (
    BLUE,
    GREEN,
    QUIET,
    VERMILION,
    Picture,
    dress,
    finish,
    new_figure,
)
from studio_ext.algorithms.random_cut_forest.training import Fit


def scores(fit: Fit) -> Picture:
    """Left: each row's score, those above the cut marked. Right: rows by score.

    Of the test channel where there is one, whose true anomalies are circled.
    """
    channel = "test" if "test" in fit.scores else "train"
    found = fit.scores[channel]
    taken = found.anomalous
    figure, (left, right) = new_figure(2)
    left.plot(found.rows[~taken], found.values[~taken], ".", color=BLUE, markersize=3, alpha=0.5)
    left.plot(found.rows[taken], found.values[taken], "^", color=VERMILION, markersize=5)
    if found.labels is not None:
        true = found.labels > 0.5
        ring = {"markerfacecolor": "none", "markeredgecolor": GREEN}
        left.plot(found.rows[true], found.values[true], "o", markersize=9, **ring)
    left.axhline(found.cut, color=QUIET, linewidth=1, linestyle=":")
    dress(left, f"Anomaly scores of {channel}, and the cut", "row", "score")
    counts, edges = np.histogram(found.values, 40)
    right.stairs(counts, edges, fill=True, color=BLUE, alpha=0.8)
    right.axvline(found.cut, color=QUIET, linewidth=1, linestyle=":")
    dress(right, "Rows by score", "score", "")
    top = ", ".join(str(row) for row in found.rows[np.argsort(-found.values)[:5]])
    words = (
        f"Anomaly scores of {channel}: {taken.sum()} of {len(taken):,} rows are above the cut of "
        f"{found.cut:.4g}; the highest are those of rows {top}"
    )
    if found.labels is not None:
        words += f"; {int((taken & true).sum())} of {int(true.sum())} true anomalies (circled)"
    return finish(figure, words)
