"""What an IP Insights job's notebook draws: how pairs score beside random ones."""

from __future__ import annotations

import numpy as np

from studio_ext.algorithms.ipinsights.evaluation import PairsReport
from studio_ext.algorithms.pictures import (
    BLUE,
    INK,
    ORANGE,
    Picture,
    dress,
    finish,
    new_figure,
)

BINS = 40


def pair_scores(report: PairsReport) -> Picture:
    """Histograms of the dot products of the channel's pairs and of random ones."""
    figure, (panel,) = new_figure(1, width=6.0)
    both = np.concatenate([report.true, report.false])
    edges = np.histogram_bin_edges(both, BINS, np.quantile(both, [0.005, 0.995]))
    for scores, colour in ((report.false, ORANGE), (report.true, BLUE)):
        counts = np.histogram(np.clip(scores, edges[0], edges[-1]), edges)[0]
        panel.stairs(counts, edges, fill=True, color=colour, alpha=0.6)
    dress(panel, f"Pairs of {report.channel}: AUC {report.auc:.3f}", "dot product", "")
    for words, colour, at in ((report.channel, BLUE, 0.78), ("random", ORANGE, 0.97)):
        panel.text(
            at, 1.03, words, transform=panel.transAxes, color=colour if words else INK, fontsize=9,
            fontweight="bold", ha="right",
        )  # fmt: skip
    return finish(
        figure,
        f"Scores of pairs of {report.channel} (median {np.median(report.true):.3g}) and of random "
        f"ones (median {np.median(report.false):.3g}): AUC {report.auc:.4f}",
    )
