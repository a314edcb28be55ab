"""What PCA found: how much of the variance is along each component, and the rows in two of them."""

from __future__ import annotations

import numpy as np

from studio_ext.algorithms.data import Data
from studio_ext.algorithms.pca.training import Fit
from studio_ext.algorithms.pictures import (
    BLUE,
    ORANGE,
    SHOWN_POINTS,
    Picture,
    draw_bars,
    dress,
    finish,
    new_figure,
)

SHOWN_BARS = 60


def scree(fit: Fit) -> Picture:
    """Left: the share of variance along each component. Right: along it and those before it."""
    shares = fit.shares[::-1]
    sums = np.cumsum(shares)
    figure, (left, right) = new_figure(2)
    shown = shares[:SHOWN_BARS]
    draw_bars(left, [((at + 0.6, 0.0), 0.8, 100 * float(share)) for at, share in enumerate(shown)])
    left.set_xlim(0.4, len(shown) + 0.6)
    left.set_ylim(0, 105 * float(shown.max()) or 1)
    every = -(-len(shown) // 10)
    ticks = [(at, str(at)) for at in range(1, len(shown) + 1, every)]
    dress(left, "Variance by component", "component", "%", columns=ticks, grid="y")
    places = np.arange(1, len(sums) + 1)
    right.plot(places, 100 * sums, color=ORANGE, linewidth=1.8, marker="o", markersize=3)
    right.set_xlim(0.4, len(sums) + 0.6)
    right.set_ylim(0, 105)
    every = -(-len(sums) // 10)
    ticks = [(at, str(at)) for at in range(1, len(sums) + 1, every)]
    dress(right, "Variance kept by the first components", "components", "%", columns=ticks)
    half = int(np.searchsorted(sums, 0.5 * sums[-1])) + 1
    return finish(
        figure,
        f"Scree plot: {len(shares)} components hold {sums[-1]:.1%} of the variance, the first "
        f"{shares[0]:.1%}; {half} hold half of that",
    )


def plane(fit: Fit, data: Data) -> Picture:
    """Rows of the training channel along the first two components."""
    table = data.train
    shown = np.linspace(0, table.rows - 1, min(table.rows, SHOWN_POINTS)).astype(int)
    points = fit.model.project(table.features[shown])
    first = points[:, -1]
    second = points[:, -2] if points.shape[1] > 1 else np.zeros(len(points))
    figure, (panel,) = new_figure(1)
    panel.plot(first, second, ".", color=BLUE, markersize=3, alpha=0.5)
    kept = float(fit.shares[-2:].sum())
    title = f"Rows along the first two components ({kept:.0%} of variance)"
    dress(panel, title, "first component", "second component")
    return finish(
        figure, f"{len(shown):,} rows along the first two components, {kept:.1%} of the variance"
    )
