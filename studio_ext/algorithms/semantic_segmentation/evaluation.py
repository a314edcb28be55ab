"""The report of a trained segmenter on the validation channel."""

from __future__ import annotations

import numpy as np

from studio_ext.algorithms.report import CLASSES, Report
from studio_ext.algorithms.semantic_segmentation.task import ious
from studio_ext.algorithms.semantic_segmentation.training import Fit


def evaluate(fit: Fit) -> Report:
    """``actual`` and ``predicted`` count pixels by class; ``importance`` has the classes' IOU."""
    found = {
        f"class {label}": float(value)
        for label, value in enumerate(ious(fit.counts))
        if not np.isnan(value)
    }
    return Report(
        channel="validation",
        task=CLASSES,
        actual=fit.counts.sum(1),
        predicted=fit.counts.sum(0),
        metrics=fit.metrics,
        importance=dict(sorted(found.items(), key=lambda one: one[1])),
        importance_of="intersection over union",
    )
