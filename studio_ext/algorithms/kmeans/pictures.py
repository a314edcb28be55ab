"""What k-means found: the clusters seen from their two principal directions, and their sizes."""

from __future__ import annotations

from typing import Any

import numpy as np

from studio_ext.algorithms.data import Data
from studio_ext.algorithms.kmeans.training import Fit
from studio_ext.algorithms.pictures import (
    INK,
    PALETTE,
    SHOWN_POINTS,
    Picture,
    draw_bars,
    dress,
    finish,
    new_figure,
    write,
)

NUMBERED = 20  # clusters up to which each has its number in the picture
SHOWN_SIZES = 30


def clusters(fit: Fit, data: Data) -> Picture:
    """Left: rows in the plane in which they differ most, in their cluster's colour.

    Right: rows of each cluster, the largest first.
    """
    figure, (left, right) = new_figure(2)
    share = _plane(left, fit, data)
    order = np.argsort(-fit.sizes, kind="stable")[:SHOWN_SIZES]
    heights = fit.sizes[order]
    bars = [((at - 0.375, 0.0), 0.75, float(height)) for at, height in enumerate(heights)]
    draw_bars(right, bars, [colour(int(one)) for one in order])
    right.set_xlim(-0.6, len(order) - 0.4)
    right.set_ylim(0, 1.1 * heights.max())
    every = -(-len(order) // 12)
    ticks = [(i, str(one)) for i, one in enumerate(order)][::every]
    rest = len(fit.sizes) - len(order)
    title = "Rows by cluster" + (f" (and {rest} more)" if rest > 0 else "")
    dress(right, title, "cluster", "", columns=ticks, grid="y")
    total = fit.sizes.sum()
    return finish(
        figure,
        f"{len(fit.sizes)} clusters; the largest has {fit.sizes.max():,} rows "
        f"({fit.sizes.max() / total:.1%}), the smallest {fit.sizes.min():,}; "
        f"mean squared distance {fit.metrics['train']['msd']:.4g}; the plane shows {share:.0%} of "
        f"the variance",
    )


def colour(cluster: int) -> str:
    return PALETTE[cluster % len(PALETTE)]


def _plane(panel: Any, fit: Fit, data: Data) -> float:
    """Draw the rows, or some of them, and the centres; the share of variance that shows."""
    table = data.train
    shown = np.linspace(0, table.rows - 1, min(table.rows, SHOWN_POINTS)).astype(int)
    rows = table.features[shown]
    which = fit.model.assign(rows)[0]
    mean, directions, share = _directions(rows)
    points = rows @ directions - mean @ directions
    centers = fit.model.centers @ directions - mean @ directions
    for cluster in np.unique(which):
        own = points[which == cluster]
        panel.plot(own[:, 0], own[:, 1], ".", color=colour(int(cluster)), markersize=3, alpha=0.6)
    if len(centers) <= NUMBERED:
        for cluster, (x, y) in enumerate(centers):
            panel.plot([x], [y], "o", color="white", markersize=11, markeredgecolor=INK)
            write(panel, x, y, str(cluster), INK, size=8)
    else:
        panel.plot(centers[:, 0], centers[:, 1], "+", color=INK, markersize=6)
    title = f"Clusters in the plane of most variance ({share:.0%})"
    dress(panel, title, "first principal direction", "second", grid="")
    return share


def _directions(rows: Any) -> tuple[Any, Any, float]:
    """Mean, two directions of shape (features, 2), and the share of variance along them.

    Sparse rows are not shifted, which would fill them.
    """
    from scipy.sparse.linalg import svds

    features = rows.shape[1]
    if not isinstance(rows, np.ndarray):
        mean, shifted = np.zeros(features), rows.astype(np.float64)
        total = float(shifted.multiply(shifted).sum())
    else:
        mean = rows.mean(0, dtype=np.float64)
        shifted = rows - mean
        total = float(np.square(shifted).sum())
    if min(rows.shape) < 3:
        return mean, np.eye(features, 2), 1.0
    start = np.ones(min(rows.shape))
    _, values, directions = svds(shifted, 2, v0=start, random_state=0)
    return mean, directions[::-1].T, float(np.square(values).sum() / (total or 1.0))
