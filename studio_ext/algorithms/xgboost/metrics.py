"""The metrics that SageMaker's container adds to XGBoost's own: of classes, and mse and r2.

All class metrics come from one confusion matrix. Averages: ``f1``, ``*_macro`` are the plain mean
over the classes that occur; ``precision``, ``recall`` and ``f1_binary`` are those of class 1;
``*_micro`` equal the accuracy, since every row has one class.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio_ext.algorithms.xgboost.vocabulary import OF_CLASSES

Confusion = NDArray[np.int64]
Evaluate = Callable[[Any, Any], list[tuple[str, float]]]


def confusion(actual: Any, predicted: Any, classes: int) -> Confusion:
    """Counts, shape (classes, classes): row the true class, column the predicted one."""
    pairs = np.asarray(actual, np.int64) * classes + np.asarray(predicted, np.int64)
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def class_scores(matrix: Confusion) -> dict[str, float]:
    """All metrics of classes, by SageMaker's names."""
    right = np.diag(matrix).astype(float)
    actual, predicted = matrix.sum(1), matrix.sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(predicted > 0, right / predicted, 0.0)
        recall = np.where(actual > 0, right / actual, 0.0)
        f1 = np.where(actual + predicted > 0, 2 * right / (actual + predicted), 0.0)
    occurs = (actual + predicted) > 0
    accuracy = right.sum() / max(matrix.sum(), 1)
    positive = min(1, len(matrix) - 1)
    return {
        "accuracy": float(accuracy),
        "balanced_accuracy": float(recall[actual > 0].mean()) if actual.any() else 0.0,
        "f1": float(f1[occurs].mean()),
        "f1_binary": float(f1[positive]),
        "f1_macro": float(f1[occurs].mean()),
        "precision": float(precision[positive]),
        "precision_macro": float(precision[occurs].mean()),
        "precision_micro": float(accuracy),
        "recall": float(recall[positive]),
        "recall_macro": float(recall[occurs].mean()),
        "recall_micro": float(accuracy),
    }


def number_scores(actual: Any, predicted: Any) -> dict[str, float]:
    """mse, rmse, mae and r2 of a regression; r2 of constant labels is 0."""
    actual = np.asarray(actual, float)
    error = actual - np.asarray(predicted, float)
    mse = float(np.mean(error**2))
    spread = float(np.mean((actual - actual.mean()) ** 2))
    return {
        "mse": mse,
        "rmse": mse**0.5,
        "mae": float(np.mean(np.abs(error))),
        "r2": 1 - mse / spread if spread else 0.0,
    }


def classes_of(predictions: Any, objective: str) -> NDArray[np.int64]:
    """The class of each prediction, whatever the objective's predictions are."""
    predictions = np.asarray(predictions)
    if predictions.ndim == 2 and predictions.shape[1] > 1:
        return predictions.argmax(1)
    predictions = predictions.ravel()
    if objective == "multi:softmax" or objective == "binary:hinge":
        return predictions.astype(np.int64)
    return (predictions > (0.0 if objective == "binary:logitraw" else 0.5)).astype(np.int64)


def evaluator(names: Sequence[str], objective: str, num_class: int) -> Evaluate | None:
    """A ``custom_metric`` for ``xgboost.train`` that gives ``names``; None when there are none."""
    if not names:
        return None
    of_classes = any(name in OF_CLASSES for name in names)

    def evaluate(predictions: Any, matrix: Any) -> list[tuple[str, float]]:
        labels = matrix.get_label()
        scores: dict[str, float] = {}
        if of_classes:
            predicted = classes_of(predictions, objective)
            scores |= class_scores(
                confusion(labels > 0.5 if num_class == 2 else labels, predicted, num_class)
            )
        if set(names) - set(scores):
            scores |= number_scores(labels, predictions)
        return [(name, scores[name]) for name in names]

    return evaluate
