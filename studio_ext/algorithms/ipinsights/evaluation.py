"""Judge IP Insights by the scores of pairs that occur and of random ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from studio_ext.algorithms.ipinsights.training import Fit, PairsData, discriminate
from studio_ext.algorithms.report import NUMBERS, Report


@dataclass(frozen=True, slots=True)
class PairsReport(Report):
    """Attributes: AUC, and scores of the channel's pairs and of random ones."""

    auc: float = 0.5
    true: Any = None
    false: Any = None


def evaluate(fit: Fit, data: PairsData) -> PairsReport:
    """Of the validation channel, else of the training data."""
    channel = "validation" if "validation" in data.channels else "train"
    auc, true, false = discriminate(fit.model, data.channels[channel])
    actual = np.concatenate([np.ones(len(true)), np.zeros(len(false))])
    both = np.concatenate([true, false])
    return PairsReport(
        channel, NUMBERS, actual, both, fit.metrics, {}, auc=auc, true=true, false=false
    )
