"""Which binary model is best, and at which threshold: the model selection criteria."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

BY_LOSS = ("loss_function", "cross_entropy_loss")


def calibrate(scores: Any, labels: Any, values: Mapping[str, Any]) -> tuple[float, float]:
    """The best threshold of one model and how good it is there, greater being better.

    Every cut between two different scores is tried, and those that take all rows or none. Where
    no cut reaches the target, the one that comes nearest to it is taken.

    Args:
        scores: shape (rows,); a row is positive when its score is at least the threshold.
        labels: 0 or 1.
        values: the criterion, targets and beta.
    """
    criterion = values["binary_classifier_model_selection_criteria"]
    order = np.argsort(-scores)
    ordered, positive = scores[order], labels[order] > 0.5
    last = np.append(ordered[1:] != ordered[:-1], True)  # rows after which a cut may come
    # The first cut is above all scores: no row is positive.
    hits = np.concatenate([[0.0], np.cumsum(positive)[last]])
    taken = np.concatenate([[0.0], np.flatnonzero(last) + 1.0])
    total = float(positive.sum())
    precision, recall = hits / np.maximum(taken, 1), hits / max(total, 1)
    if criterion == "accuracy":
        quality = (hits + (len(labels) - total) - (taken - hits)) / len(labels)
    elif criterion == "precision_at_target_recall":
        quality = _at_target(precision, recall, values["target_recall"])
    elif criterion == "recall_at_target_precision":
        quality = _at_target(recall, precision, values["target_precision"])
    else:
        quality = f_beta(precision, recall, values["f_beta"] if criterion == "f_beta" else 1.0)
    best = int(np.argmax(quality))
    return _cut(ordered[last], best - 1), float(quality[best])


def _at_target(wanted: Any, held: Any, target: float) -> Any:
    """``wanted`` where ``held`` reaches its target, else how far it is from that, below zero."""
    return np.where(held >= target, wanted, held - target - 1)


def _cut(distinct: Any, lowest: int) -> float:
    """The threshold that takes scores down to ``distinct[lowest]``, none with -1.

    It is halfway to the next score, so that unseen scores near the cut fall either way.
    """
    if lowest < 0:
        return float(distinct[0]) + 1
    below = distinct[min(lowest + 1, len(distinct) - 1)]
    return float((distinct[lowest] + below) / 2)


def f_beta(precision: Any, recall: Any, beta: float) -> Any:
    """The F score, 0 where precision and recall are."""
    weight = beta * beta
    whole = weight * precision + recall
    return np.where(whole > 0, (1 + weight) * precision * recall / np.where(whole > 0, whole, 1), 0)
