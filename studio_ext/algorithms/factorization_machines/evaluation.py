"""Judge a trained factorization machine on its test channel, else on its training data."""

from __future__ import annotations

import numpy as np

from studio_ext.algorithms.data import Data
from studio_ext.algorithms.factorization_machines.training import Fit
from studio_ext.algorithms.report import CLASSES, NUMBERS, Report


def evaluate(fit: Fit, data: Data) -> Report:
    """What the pictures and the table of a job show."""
    channel, table = data.held_out()
    raw = fit.model.raw(table.features)
    binary = fit.model.binary
    return Report(
        channel=channel,
        task=CLASSES if binary else NUMBERS,
        actual=np.asarray(table.labels).astype(np.int64) if binary else table.labels,
        predicted=(raw >= 0).astype(np.int64) if binary else raw,
        metrics=fit.metrics,
        importance={},
    )
