"""Judge a trained Object2Vec model on its held-out channel, and picture its embeddings."""

from __future__ import annotations

from typing import Any

import numpy as np

from studio_ext.algorithms.object2vec.pairs import PairData, Sequences
from studio_ext.algorithms.object2vec.training import Fit
from studio_ext.algorithms.pictures import (
    BLUE,
    ORANGE,
    Picture,
    dress,
    finish,
    legend_of,
    new_figure,
)
from studio_ext.algorithms.report import CLASSES, NUMBERS, Report

SHOWN = 600  # pairs whose embeddings are drawn


def evaluate(fit: Fit, data: PairData) -> Report:
    """Predict the held-out channel and compare."""
    channel, pairs = data.held_out()
    scores = fit.model.scores(fit.model.raw(pairs.first, pairs.second))
    classes = fit.model.classifies
    return Report(
        channel=channel,
        task=CLASSES if classes else NUMBERS,
        actual=pairs.labels.astype(np.int64) if classes else pairs.labels,
        predicted=scores.argmax(1) if classes else scores[:, 0],
        metrics=fit.metrics,
        importance={},
    )


def embeddings(fit: Fit, data: PairData) -> Picture:
    """The embeddings of in0 and in1 on the plane in which they differ most."""
    channel, pairs = data.held_out()
    found = [
        fit.model.embeddings(which, _some(sequences))
        for which, sequences in enumerate((pairs.first, pairs.second))
    ]
    plane, share = _plane(np.concatenate(found))
    figure, (panel,) = new_figure(1, width=4.6, height=3.6)
    cut = len(found[0])
    for points, colour in ((plane[:cut], BLUE), (plane[cut:], ORANGE)):
        panel.plot(points[:, 0], points[:, 1], ".", color=colour, markersize=4, alpha=0.5)
    dress(panel, "Embeddings", "first component", "second component")
    legend_of(panel, {"in0": BLUE, "in1": ORANGE})
    return finish(
        figure,
        f"Embeddings of {cut:,} objects of in0 and of in1 of {channel}, by their first two "
        f"principal components, which hold {share:.0%} of the variance",
    )


def _some(sequences: Sequences) -> Sequences:
    count = min(SHOWN, len(sequences))
    starts = sequences.starts[: count + 1]
    return Sequences(sequences.tokens[: starts[-1]], starts)


def _plane(points: Any) -> tuple[Any, float]:
    """Two principal components, and their share of the variance."""
    centred = points - points.mean(0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    return left[:, :2] * sizes[:2], float((sizes[:2] ** 2).sum() / ((sizes**2).sum() or 1.0))
