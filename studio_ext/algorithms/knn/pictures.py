"""What a KNN job's notebook draws beside the common pictures."""

from __future__ import annotations

import numpy as np

from studio_ext.algorithms.knn.evaluation import KnnReport
from studio_ext.algorithms.pictures import BLUE, QUIET, Picture, dress, finish, new_figure


def by_k(report: KnnReport) -> Picture:
    """The accuracy (or error) that each number of neighbours would have; the one asked marked."""
    asked = np.arange(1, len(report.by_k) + 1)
    figure, (panel,) = new_figure(1)
    panel.plot(asked, report.by_k, color=BLUE, linewidth=1.8, marker="o", markersize=3)
    panel.axvline(report.k, color=QUIET, linewidth=1, linestyle=":")
    dress(panel, f"{report.metric} on {report.channel}", "number of neighbours k", "")
    classes = report.metric == "accuracy"
    best = int(np.argmax(report.by_k) if classes else np.argmin(report.by_k))
    return finish(
        figure,
        f"Neighbours: {report.metric} {report.by_k[report.k - 1]:.4g} at k={report.k}, best "
        f"{report.by_k[best]:.4g} at k={best + 1}",
    )
