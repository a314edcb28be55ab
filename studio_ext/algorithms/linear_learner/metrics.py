"""The metrics of a finished model, under SageMaker's names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from studio_ext.algorithms.linear_learner.selection import f_beta


def regression(actual: Any, predicted: Any) -> dict[str, float]:
    error = np.asarray(predicted, float) - np.asarray(actual, float)
    mse = float(np.mean(error**2))
    return {"mse": mse, "rmse": mse**0.5, "absolute_loss": float(np.mean(np.abs(error)))}


def binary(actual: Any, scores: Any, predicted: Any, values: Mapping[str, Any]) -> dict[str, float]:
    positive, said = np.asarray(actual) > 0.5, np.asarray(predicted) > 0.5
    hits = float((positive & said).sum())
    precision = hits / max(float(said.sum()), 1.0)
    recall = hits / max(float(positive.sum()), 1.0)
    return {
        "binary_classification_accuracy": float((positive == said).mean()),
        "binary_f_beta": float(f_beta(precision, recall, values["f_beta"])),
        "precision": precision,
        "recall": recall,
        "roc_auc_score": roc_auc(positive, scores),
    }


def roc_auc(positive: Any, scores: Any) -> float:
    """The chance that a positive row has the higher score; 0.5 when there is one class only."""
    count = int(positive.sum())
    other = len(positive) - count
    if not count or not other:
        return 0.5
    _, place, times = np.unique(scores, return_inverse=True, return_counts=True)
    rank = np.cumsum(times) - (times - 1) / 2  # of equal scores the mean
    ranks = float(rank[place][positive].sum())
    return (ranks - count * (count + 1) / 2) / (count * other)


def multiclass(actual: Any, scores: Any, values: Mapping[str, Any]) -> dict[str, float]:
    """Averages are over the classes that occur; ``dcg`` is 1 / log2(1 + rank of the true class)."""
    actual = np.asarray(actual, np.intp)
    own = np.take_along_axis(scores, actual[:, None], 1)
    rank = 1 + (scores > own).sum(1)
    said = scores.argmax(1)
    classes = scores.shape[1]
    pairs = np.bincount(actual * classes + said, minlength=classes**2).reshape(classes, classes)
    hits, of, taken = np.diag(pairs).astype(float), pairs.sum(1), pairs.sum(0)
    occurs = (of + taken) > 0
    precision = hits[occurs] / np.maximum(taken[occurs], 1)
    recall = hits[occurs] / np.maximum(of[occurs], 1)
    return {
        "multiclass_accuracy": float((said == actual).mean()),
        "multiclass_top_k_accuracy": float((rank <= values["accuracy_top_k"]).mean()),
        "dcg": float((1 / np.log2(1 + rank)).mean()),
        "macro_precision": float(precision.mean()),
        "macro_recall": float(recall.mean()),
        "macro_f_beta": float(f_beta(precision, recall, values["f_beta"]).mean()),
    }
