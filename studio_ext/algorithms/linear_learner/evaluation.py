"""Judge a trained linear model on its held-out channel."""

from __future__ import annotations

import numpy as np

from studio_ext.algorithms.data import Data
from studio_ext.algorithms.linear_learner.training import Fit
from studio_ext.algorithms.report import CLASSES, NUMBERS, Report


def evaluate(fit: Fit, data: Data) -> Report:
    """Predict the held-out channel and compare.

    The importance of a feature is the share of its absolute weight when features are scaled.
    """
    channel, table = data.held_out()
    regressor = fit.model.predictor_type == "regressor"
    predicted = fit.model.labels(fit.model.scores(table.features))
    sizes = np.abs(fit.weights).sum(1)
    shares = sizes / (sizes.sum() or 1.0)
    order = np.argsort(-shares, kind="stable")
    return Report(
        channel=channel,
        task=NUMBERS if regressor else CLASSES,
        actual=table.labels if regressor else np.asarray(table.labels).astype(np.int64),
        predicted=predicted,
        metrics=fit.metrics,
        importance={data.train.name(int(i)): float(shares[i]) for i in order},
        importance_of="share of |weight|, features scaled",
    )
