from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from studio_ext.algorithms.linear_learner.selection import calibrate

SCORES = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.4])
LABELS = np.array([1, 1, 0, 1, 0, 0, 1])


def chosen(criterion: str, **more: Any) -> tuple[float, float, float]:
    """Precision and recall at the threshold found, and the quality it claims."""
    values = {"target_recall": 0.8, "target_precision": 0.8, "f_beta": 1.0, **more}
    values["binary_classifier_model_selection_criteria"] = criterion
    threshold, quality = calibrate(SCORES, LABELS, values)
    said = threshold <= SCORES
    hits = (said & (LABELS == 1)).sum()
    return hits / max(said.sum(), 1), hits / (LABELS == 1).sum(), quality


def brute(score: Any) -> float:
    """The best of ``score(precision, recall, accuracy)`` over every threshold."""
    best = -np.inf
    for cut in SCORES:
        said = cut <= SCORES
        hits = (said & (LABELS == 1)).sum()
        accuracy = (said == (LABELS == 1)).mean()
        best = max(best, score(hits / said.sum(), hits / 4, accuracy))
    return float(best)


def test_accuracy_and_f_scores_are_the_best_there_are() -> None:
    assert chosen("accuracy")[2] == pytest.approx(brute(lambda p, r, a: a))
    assert chosen("f1")[2] == pytest.approx(brute(lambda p, r, a: 2 * p * r / (p + r)))
    assert chosen("f_beta", f_beta=2.0)[2] == pytest.approx(
        brute(lambda p, r, a: 5 * p * r / (4 * p + r))
    )


def test_targets() -> None:
    precision, recall, quality = chosen("precision_at_target_recall", target_recall=0.7)
    assert (precision, recall) == (0.75, 0.75)
    assert quality == 0.75
    precision, recall, _ = chosen("recall_at_target_precision", target_precision=0.99)
    assert (precision, recall) == (1.0, 0.5)


def test_a_target_out_of_reach_is_approached() -> None:
    values = {
        "binary_classifier_model_selection_criteria": "recall_at_target_precision",
        "target_precision": 0.9,
    }
    threshold, quality = calibrate(np.array([0.9, 0.5]), np.array([0, 1]), values)
    assert quality < 0
    assert threshold <= 0.5


def test_one_class_and_equal_scores() -> None:
    values = {"binary_classifier_model_selection_criteria": "accuracy"}
    assert calibrate(np.array([0.3, 0.3]), np.array([1, 1]), values) == (0.3, 1.0)
    assert calibrate(np.array([0.3, 0.3]), np.array([0, 0]), values) == (1.3, 1.0)
