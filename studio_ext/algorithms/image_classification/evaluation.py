"""Judge a trained image classifier on the validation channel."""

from __future__ import annotations

import numpy as np

from studio_ext.algorithms.image_classification.data import Data
from studio_ext.algorithms.image_classification.training import Fit
from studio_ext.algorithms.report import CLASSES, Report


def evaluate(fit: Fit, data: Data) -> Report:
    """Compare; with several labels, ``actual`` and ``predicted`` have a column for each class."""
    several = fit.model.values["multi_label"]
    found = fit.probabilities > 0.5 if several else fit.probabilities.argmax(1)
    return Report(
        channel="validation",
        task=CLASSES,
        actual=data.labels["validation"].astype(np.int64),
        predicted=found.astype(np.int64),
        metrics=fit.metrics,
        importance={},
    )
