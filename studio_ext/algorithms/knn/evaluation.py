"""Judge an index on its test channel or, without one, each of its points by the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from studio_ext.algorithms.data import Data
from studio_ext.algorithms.knn.training import SHOWN_K, Fit, Judged
from studio_ext.algorithms.report import CLASSES, NUMBERS, Report

JUDGED = 2000  # points that stand in for a test channel


@dataclass(frozen=True, slots=True)
class KnnReport(Report):
    """A report that also tells how good other numbers of neighbours are.

    Attributes:
        k: neighbours asked.
        metric: ``accuracy`` or ``mse``.
        by_k: its value for 1, 2, … neighbours.
    """

    k: int = 1
    metric: str = "accuracy"
    by_k: Sequence[float] = ()


def evaluate(fit: Fit, data: Data) -> KnnReport:
    """What the pictures and the table of a job show."""
    judged = fit.test or leave_one_out(fit, data)
    classes = fit.values["predictor_type"] == "classifier"
    by_k = judged.by_k(fit.values["predictor_type"])
    k = fit.values["k"]
    return KnnReport(
        channel=judged.channel,
        task=CLASSES if classes else NUMBERS,
        actual=judged.actual,
        predicted=judged.answers[:, k - 1],
        metrics=fit.metrics or {judged.channel: {fit.metric: by_k[k - 1]}},
        importance={},
        k=k,
        metric=fit.metric,
        by_k=by_k,
    )


def leave_one_out(fit: Fit, data: Data) -> Judged:
    """Some training rows, each predicted by the other points of the index."""
    model = fit.model
    total = len(model.labels)
    at = np.linspace(0, total - 1, min(total, JUDGED)).astype(int)
    most = min(max(2 * model.k, SHOWN_K), max(model.k, 200)) + 1
    features = data.train.features[fit.rows[at]]
    numbers = model.neighbours(features, min(most, total))[1]
    # The point itself is left out where it was found, else the farthest is.
    own = numbers == at[:, None]
    own[~own.any(1), -1] = True
    others = numbers[~own].reshape(len(at), -1)
    if others.shape[1] < model.k:  # k points in all: the last place stays with the farthest
        others = np.pad(others, ((0, 0), (0, model.k - others.shape[1])), mode="edge")
    answers = model.answers(model.labels[others])
    return Judged("train, left out", model.labels[at], answers)
