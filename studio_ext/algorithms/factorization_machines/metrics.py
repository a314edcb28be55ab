"""Losses of raw scores and the metrics that SageMaker documents."""

from __future__ import annotations

from typing import Any

import numpy as np

TINY = 1e-30


def sigmoid(scores: Any) -> Any:
    """The logistic function, without overflow."""
    return np.float32(0.5) * (1 + np.tanh(np.float32(0.5) * scores))


def slopes(binary: bool, scores: Any, labels: Any) -> Any:
    """The derivative of each row's loss, cross-entropy or squared error, by its score."""
    return sigmoid(scores) - labels if binary else 2 * (scores - labels)


def measure(binary: bool, scores: Any, labels: Any) -> dict[str, float]:
    """The documented metrics of raw scores, the loss first."""
    scores, labels = np.asarray(scores, np.float64), np.asarray(labels, np.float64)
    error = scores - labels
    if not binary:
        mse = float(np.mean(error**2))
        return {"rmse": mse**0.5, "mse": mse, "absolute_loss": float(np.mean(np.abs(error)))}
    grown = np.maximum(scores, 0) + np.log1p(np.exp(-np.abs(scores)))
    said, true = scores >= 0, labels > 0.5
    hits = float((said & true).sum())
    return {
        "binary_classification_cross_entropy": float(np.mean(grown - labels * scores)),
        "binary_classification_accuracy": float(np.mean(said == true)),
        "binary_f_beta": 2 * hits / max(float(said.sum() + true.sum()), 1.0),
    }
